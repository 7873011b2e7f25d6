"""A cloud by script: VMs in a dict, and errors that the next calls raise. Shares the face of the real ones."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from osvm_tui.cloud.base import Accepted, Changed, CloudClient, VmPage
from osvm_tui.domain.catalog import (
    Image,
    InstanceAction,
    KeyPair,
    Network,
    PortAddress,
    Project,
    QuotaItem,
    RemoteConsole,
    SecurityGroup,
    Zone,
)
from osvm_tui.domain.errors import NotFound
from osvm_tui.domain.host import ComputeService, Hypervisor, Migration, ServerGroup
from osvm_tui.domain.measure import Measure, Past
from osvm_tui.domain.network import FloatingIp, Port, Router
from osvm_tui.domain.operations import CreateVm
from osvm_tui.domain.roles import Scope
from osvm_tui.domain.states import status_of
from osvm_tui.domain.usage import VmUsage
from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.domain.volume import AttachedVolume, Volume, VolumeSnapshot, VolumeType

START = datetime(2026, 1, 22, 9, 0, tzinfo=UTC)
SCOPE = Scope(
    entry="lab", endpoint="e", project_id="p", project_name="demo", user_id="u", roles=frozenset({"member", "reader"})
)


def a_vm(vm_id: str, vm_state: str = "active", task: str | None = None, **more: object) -> Vm:
    """Return a launched VM on a host."""
    fields: dict[str, object] = {
        "endpoint": "e", "id": vm_id, "name": f"vm-{vm_id}", "status": status_of(vm_state, task),
        "vm_state": vm_state, "task_state": task, "project_id": "p", "host_id": "h", "launched_at": START,
        "updated_at": START,
    }  # fmt: skip
    return Vm(**{**fields, **more})  # type: ignore[arg-type]


class ScriptedCloud(CloudClient):
    """`vms` is the truth; `errors[method]` is a list of errors (or None) that its next calls raise, in order."""

    def __init__(self, *vms: Vm, scope: Scope = SCOPE, entry: str = "lab") -> None:
        self.entry = entry
        self._scope = msgspec.structs.replace(scope, entry=entry)
        self.vms = {vm.id: vm for vm in vms}
        self.changed: list[str] = []
        """Ids that the next delta list reports."""
        self.deleted: list[str] = []
        self.errors: dict[str, list[Exception | None]] = {}
        self.sent: list[tuple[str, str]] = []
        self.log: list[InstanceAction] = []
        self.asked: list[str] = []
        self.addresses: tuple[PortAddress, ...] = ()
        self.changes: list[tuple[str, str, dict[str, object]]] = []
        """(action id, resource id, parameters) of every change of a resource that was sent."""
        self.lists: dict[str, tuple[Any, ...]] = {}
        """What the lists of resources answer, by the method's name."""
        self.server_time = START
        self.page = 2
        self.on_act: Callable[[str, str], None] = lambda action, vm_id: None

    @property
    def scope(self) -> Scope:
        return self._scope

    def _step(self, method: str) -> None:
        self.asked.append(method)
        errors = self.errors.get(method)
        error = errors.pop(0) if errors else None
        if error is not None:
            raise error

    async def connect(self) -> Scope:
        self._step("connect")
        return self._scope

    async def list_vms(self, since: datetime | None = None) -> AsyncIterator[VmPage]:
        self._step("delta" if since else "list")
        ids = [i for i in self.changed if i in self.vms] if since else list(self.vms)
        gone = tuple(self.deleted) if since else ()
        pages = [ids[n : n + self.page] for n in range(0, len(ids), self.page)] or [[]]
        for number, page in enumerate(pages):
            if number:
                self._step("page")
            last = number == len(pages) - 1
            yield VmPage(tuple(self.vms[i] for i in page), gone, self.server_time, last)

    async def list_vm_ids(self) -> AsyncIterator[tuple[str, ...]]:
        self._step("ids")
        yield tuple(self.vms)

    async def list_addresses(self) -> tuple[PortAddress, ...]:
        self._step("addresses")
        return self.addresses

    async def get_vm(self, vm_id: str) -> Vm:
        self._step("get")
        if vm_id not in self.vms:
            raise NotFound(f"no server {vm_id}", status=404)
        return self.vms[vm_id]

    async def raw_vm(self, vm_id: str) -> bytes:
        return msgspec.json.encode({"server": {"id": vm_id}})

    async def act(self, action_id: str, vm_id: str, params: Mapping[str, object]) -> Accepted:
        self.sent.append((action_id, vm_id))
        self._step("act")
        self.on_act(action_id, vm_id)
        return Accepted(202, f"req-{len(self.sent)}")

    async def create_vm(self, order: CreateVm) -> Accepted:
        self.sent.append(("create-server", order.name))
        self._step("create")
        vm_id = f"new-{len(self.sent)}"
        self.vms[vm_id] = a_vm(vm_id, name=order.name, metadata=(("osvm_uuid", order.vm_uuid),))
        self._step("created")
        return Accepted(202, f"req-{len(self.sent)}", vm_id)

    async def find_created(self, vm_uuid: str, name: str) -> Vm | None:
        self._step("find")
        return next((vm for vm in self.vms.values() if ("osvm_uuid", vm_uuid) in vm.metadata), None)

    async def change(self, action_id: str, resource_id: str, params: Mapping[str, object]) -> Changed:
        self.changes.append((action_id, resource_id, dict(params)))
        self._step("change")
        secret = "PRIVATE KEY" if action_id == "keypair.create" else ""
        return Changed(202, f"req-{len(self.changes)}", resource_id or f"new-{len(self.changes)}", secret)

    async def console_output(self, vm_id: str, lines: int | None) -> str:
        return "booted"

    async def remote_console(self, vm_id: str, protocol: str = "vnc", kind: str = "novnc") -> RemoteConsole:
        return RemoteConsole(protocol, kind, "http://127.0.0.1/console")

    async def instance_actions(self, vm_id: str) -> tuple[InstanceAction, ...]:
        self._step("log")
        return tuple(self.log)

    async def instance_action(self, vm_id: str, request_id: str) -> InstanceAction | None:
        return next((action for action in self.log if action.request_id == request_id), None)

    def _listed(self, method: str) -> tuple[Any, ...]:
        self._step(method)
        return self.lists.get(method, ())

    async def measures(self, vm_id: str, past: Past | None = None) -> tuple[Measure, ...]:
        self._step("measures")
        return self.lists.get("measures", ())

    async def diagnostics(self, vm_id: str) -> str:
        self._step("diagnostics")
        return "{}"

    async def migrations(self, vm_id: str) -> tuple[Migration, ...]:
        return self._listed("migrations")

    async def volume_attachments(self, vm_id: str) -> tuple[AttachedVolume, ...]:
        return self._listed("volume_attachments")

    async def flavors(self) -> tuple[Flavor, ...]:
        return self._listed("flavors") or (Flavor("m1.small", 2, 4096, 20, id="f1"),)

    async def images(self) -> tuple[Image, ...]:
        return self._listed("images")

    async def networks(self) -> tuple[Network, ...]:
        return self._listed("networks") or (Network("n1", "private"),)

    async def ports(self, vm_id: str = "") -> tuple[Port, ...]:
        return self._listed("ports")

    async def routers(self) -> tuple[Router, ...]:
        return self._listed("routers")

    async def floating_ips(self) -> tuple[FloatingIp, ...]:
        return self._listed("floating_ips")

    async def volumes(self) -> tuple[Volume, ...]:
        return self._listed("volumes")

    async def volume_snapshots(self) -> tuple[VolumeSnapshot, ...]:
        return self._listed("volume_snapshots")

    async def volume_types(self) -> tuple[VolumeType, ...]:
        return self._listed("volume_types")

    async def server_groups(self) -> tuple[ServerGroup, ...]:
        return self._listed("server_groups")

    async def hypervisors(self) -> tuple[Hypervisor, ...]:
        return self._listed("hypervisors")

    async def compute_services(self) -> tuple[ComputeService, ...]:
        return self._listed("compute_services")

    async def zones(self) -> tuple[Zone, ...]:
        return self._listed("zones")

    async def projects(self) -> tuple[Project, ...]:
        return self._listed("projects")

    async def keypairs(self) -> tuple[KeyPair, ...]:
        return self._listed("keypairs")

    async def security_groups(self) -> tuple[SecurityGroup, ...]:
        return self._listed("security_groups")

    async def quota(self) -> tuple[QuotaItem, ...]:
        return self._listed("quota")

    async def usage(self, start: datetime, end: datetime) -> tuple[VmUsage, ...]:
        return self._listed("usage")

    async def project_names(self) -> dict[str, str]:
        return {"p": "demo"}

    async def user_names(self) -> dict[str, str]:
        return {"u": "demo"}

    async def close(self) -> None:
        self.asked.append("close")
