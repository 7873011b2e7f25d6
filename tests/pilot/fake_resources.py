"""`FakeResources`: a scripted ResourcesApi for tests of the console. It really gates and applies what it is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from osvm_tui.domain.catalog import CatalogKind, KeyPair, SecurityGroup, SecurityRule
from osvm_tui.domain.errors import NotFound, OsvmError, Refused
from osvm_tui.domain.events import CatalogChanged
from osvm_tui.domain.gating import Verdict, check_resource
from osvm_tui.domain.host import ServerGroup
from osvm_tui.domain.network import FloatingIp
from osvm_tui.domain.resources import RESOURCE_ACTIONS
from osvm_tui.domain.vm import VmRef
from osvm_tui.domain.volume import Volume, VolumeSnapshot
from osvm_tui.services.resources_api import Choice, ResourceOutcome, ResourceRequest, ResourcesApi, ResourceTarget
from tests.pilot.fake_stock import stock

if TYPE_CHECKING:
    from tests.pilot.fake_console import FakeConsole

PRIVATE_KEY = "-----BEGIN OPENSSH PRIVATE KEY-----\nnot-a-key-but-secret\n-----END OPENSSH PRIVATE KEY-----\n"
"""The secret half of every key pair made here."""

_LISTS = {
    "external-network": CatalogKind.NETWORK,
    "floating-ip-of-vm": CatalogKind.FLOATING_IP,
    "group-of-vm": CatalogKind.SECURITY_GROUP,
    "volume-of-vm": CatalogKind.VOLUME,
    "port-of-vm": CatalogKind.PORT,
    "host": CatalogKind.HYPERVISOR,
}
"""Kinds of parameters that are not named as the catalog which they are chosen from."""
_OF_VM = {"metadata-key": ("team",), "tag": ("prod",), "migration": ("1",)}


class FakeResources(ResourcesApi):
    """Answer from `items`. `fail_next` is raised by the next change or list of choices."""

    def __init__(self, console: FakeConsole) -> None:
        self.console = console
        self.items = stock(tuple(console.fleet.values()))
        self.requests: list[ResourceRequest] = []
        self.refusals: list[ResourceRequest] = []
        self.fail_next: OsvmError | None = None
        self._made = 0

    def verdict(self, action_id: str, target: ResourceTarget) -> Verdict:
        scope = self.console.scope
        actor = scope.actor(self.console.operator, self.console.console_role)
        return check_resource(RESOURCE_ACTIONS[action_id], target, actor, scope.profile)

    async def change(self, request: ResourceRequest) -> ResourceOutcome:
        self._fail()
        verdict = self.verdict(request.action_id, request.target)
        if not verdict.allowed:
            raise Refused(verdict.reason)
        self.requests.append(request)
        spec = RESOURCE_ACTIONS[request.action_id]
        made = _CHANGES[request.action_id](self, request.target, request.params)
        self.console.tell(CatalogChanged(request.target.entry, spec.kind))
        secret = PRIVATE_KEY if request.action_id == "keypair.create" else ""
        return ResourceOutcome(made or request.target.id, "req-5e50c0de", secret)

    async def note_refused(self, request: ResourceRequest) -> None:
        self.refusals.append(request)

    async def choices(
        self, kind: str, entry: str, ref: VmRef | None = None, resource_id: str = ""
    ) -> tuple[Choice, ...]:
        self._fail()
        if kind == "rule-of-group":
            group = self._find(CatalogKind.SECURITY_GROUP, resource_id)
            return tuple(Choice(rule.id, f"{rule.protocol or 'any'} {rule.port_min or ''}") for rule in group.rules)
        if kind in _OF_VM:
            return tuple(Choice(value, value) for value in _OF_VM[kind])
        if kind in ("subnet", "subnet-of-router"):
            return (Choice("s-1", "private-v4", "192.168.128.0/20"),)
        items: list[Any] = [*self.items[_LISTS.get(kind) or CatalogKind(kind)]]
        if kind == "external-network":
            items = [each for each in items if each.external]
        return tuple(_choice(each) for each in items if _free(kind, each))

    def _fail(self) -> None:
        if self.fail_next:
            error, self.fail_next = self.fail_next, None
            raise error

    # what a change does to the items
    def _find(self, kind: CatalogKind, item_id: str) -> Any:
        found = next((each for each in self.items[kind] if _id(each) == item_id), None)
        if found is None:
            raise NotFound(f"there is no {kind} {item_id}")
        return found

    def _put(self, kind: CatalogKind, item: Any) -> str:
        kept = [each for each in self.items[kind] if _id(each) != _id(item)]
        self.items[kind] = [*kept, item]
        return _id(item)

    def _drop(self, kind: CatalogKind, item_id: str) -> str:
        gone = self._find(kind, item_id)
        self.items[kind] = [each for each in self.items[kind] if each is not gone]
        return item_id

    def _edit(self, kind: CatalogKind, item_id: str, **values: Any) -> str:
        return self._put(kind, replace(self._find(kind, item_id), **values))

    def _fresh(self) -> str:
        self._made += 1
        return f"made-{self._made}"

    def _add_rule(self, target: ResourceTarget, params: dict[str, Any]) -> str:
        group = self._find(CatalogKind.SECURITY_GROUP, target.id)
        low, _, high = str(params.get("ports", "")).partition("-")
        rule = SecurityRule(
            id=self._fresh(), direction=params.get("direction", "ingress"), protocol=params.get("protocol", "tcp"),
            port_min=int(low) if low else None, port_max=int(high or low) if low else None,
            remote_cidr=params.get("remote_cidr", ""), remote_group_id=params.get("remote_group_id", ""),
        )  # fmt: skip
        self._edit(CatalogKind.SECURITY_GROUP, target.id, rules=(*group.rules, rule))
        return rule.id

    def _drop_rule(self, target: ResourceTarget, params: dict[str, Any]) -> str:
        group = self._find(CatalogKind.SECURITY_GROUP, target.id)
        kept = tuple(rule for rule in group.rules if rule.id != params["rule_id"])
        return self._edit(CatalogKind.SECURITY_GROUP, target.id, rules=kept)

    def _snapshot(self, target: ResourceTarget, params: dict[str, Any]) -> str:
        volume = self._find(CatalogKind.VOLUME, target.id)
        name = str(params["name"]).replace("{name}", volume.name)
        made = VolumeSnapshot(
            id=self._fresh(), name=name, status="available", size_gib=volume.size_gib, volume_id=target.id
        )
        return self._put(CatalogKind.VOLUME_SNAPSHOT, made)

    def _allocate(self, target: ResourceTarget, params: dict[str, Any]) -> str:
        made = FloatingIp(
            id=self._fresh(), address=f"203.0.112.{100 + self._made}", status="DOWN", network_id=params["network_id"]
        )
        return self._put(CatalogKind.FLOATING_IP, made)

    def _new_volume(self, target: ResourceTarget, params: dict[str, Any]) -> str:
        made = Volume(
            id=self._fresh(), name=params["name"], status="available", size_gib=int(params["size_gib"]),
            type=params.get("volume_type", ""),
        )  # fmt: skip
        return self._put(CatalogKind.VOLUME, made)


_Change = Callable[[FakeResources, ResourceTarget, dict[str, Any]], str]


def _deletes(kind: CatalogKind) -> _Change:
    return lambda fake, target, params: fake._drop(kind, target.id)


def _edits(kind: CatalogKind, **fixed: Any) -> _Change:
    return lambda fake, target, params: fake._edit(kind, target.id, **fixed, **params)


def _makes(kind: CatalogKind, make: Callable[[str, dict[str, Any]], Any]) -> _Change:
    return lambda fake, target, params: fake._put(kind, make(fake._fresh(), params))


_GROUP, _FIP, _VOLUME = CatalogKind.SECURITY_GROUP, CatalogKind.FLOATING_IP, CatalogKind.VOLUME
_CHANGES: dict[str, _Change] = {
    "image.rename": _edits(CatalogKind.IMAGE),
    "image.delete": _deletes(CatalogKind.IMAGE),
    "floating-ip.allocate": FakeResources._allocate,
    "floating-ip.release": _deletes(_FIP),
    "floating-ip.disassociate": _edits(_FIP, port_id="", vm_id="", fixed_address="", status="DOWN"),
    "security-group.create": _makes(_GROUP, lambda new, p: SecurityGroup(new, p["name"], p.get("description", ""))),
    "security-group.add-rule": FakeResources._add_rule,
    "security-group.delete-rule": FakeResources._drop_rule,
    "security-group.rename": _edits(_GROUP),
    "security-group.delete": _deletes(_GROUP),
    "volume.create": FakeResources._new_volume,
    "volume.extend": lambda fake, target, p: fake._edit(_VOLUME, target.id, size_gib=int(p["size_gib"])),
    "volume.snapshot": FakeResources._snapshot,
    "volume.rename": _edits(_VOLUME),
    "volume.delete": _deletes(_VOLUME),
    "volume-snapshot.rename": _edits(CatalogKind.VOLUME_SNAPSHOT),
    "volume-snapshot.delete": _deletes(CatalogKind.VOLUME_SNAPSHOT),
    "keypair.create": _makes(CatalogKind.KEYPAIR, lambda new, p: KeyPair(p["name"], f"fe:ed:{new[5:]}")),
    "keypair.import": _makes(CatalogKind.KEYPAIR, lambda new, p: KeyPair(p["name"], f"fe:ed:{new[5:]}")),
    "keypair.delete": _deletes(CatalogKind.KEYPAIR),
    "server-group.create": _makes(
        CatalogKind.SERVER_GROUP, lambda new, p: ServerGroup(id=new, name=p["name"], policy=p["policy"])
    ),
    "server-group.delete": _deletes(CatalogKind.SERVER_GROUP),
    "service.disable": lambda fake, target, p: fake._edit(
        CatalogKind.SERVICE, target.id, status="disabled", disabled_reason=p["reason"]
    ),
    "service.enable": _edits(CatalogKind.SERVICE, status="enabled", disabled_reason=""),
}


def _id(item: Any) -> str:
    return str(getattr(item, "id", "") or item.name)


def _free(kind: str, item: Any) -> bool:
    if kind == "volume":
        return not item.attachments
    return not item.port_id if kind == "floating-ip" else True


def _choice(item: Any) -> Choice:
    label = getattr(item, "name", "") or getattr(item, "address", "") or getattr(item, "hostname", "") or _id(item)
    return Choice(_id(item), label, getattr(item, "status", ""))
