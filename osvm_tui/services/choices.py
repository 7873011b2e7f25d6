"""`Choices`: what can be given for a parameter that is picked from a list of the cloud. Reads, never changes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from osvm_tui.domain.catalog import CatalogKind, Network, SecurityGroup
from osvm_tui.domain.errors import CloudError, Forbidden, Unknown
from osvm_tui.domain.host import Migration
from osvm_tui.domain.network import FloatingIp, Port
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.domain.volume import Volume
from osvm_tui.services.api import CatalogItem
from osvm_tui.services.catalog_choices import CATALOG_CHOICES, rule_words, volume_choice
from osvm_tui.services.catalogs import NOT_PERMITTED, Catalogs
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.resources_api import Choice
from osvm_tui.services.scopes import Scopes

_AGE_S = 30.0

Found = tuple[Choice, ...]


class Choices:
    """Lists for parameters, from catalogs, from the VM as it is known, and from the cloud where only it can tell."""

    def __init__(self, scopes: Scopes, catalogs: Catalogs, fleet: Fleet) -> None:
        self._scopes, self._catalogs, self._fleet = scopes, catalogs, fleet
        self._of_vm: dict[str, Callable[[str, Vm], Awaitable[Found]]] = {
            "port-of-vm": self._ports,
            "floating-ip-of-vm": self._floating_ips,
            "group-of-vm": self._groups,
            "volume-of-vm": self._volumes,
            "migration": self._migrations,
            "metadata-key": self._metadata,
            "tag": self._tags,
        }

    async def choices(self, kind: str, entry: str, ref: VmRef | None = None, resource_id: str = "") -> Found:
        """Return what can be given, see `ResourcesApi.choices`. Empty where the token may not look; CloudError else."""
        try:
            if kind == "rule-of-group":
                return await self._rules(entry, resource_id)
            if kind == "subnet-of-router":
                return await self._router_subnets(entry, resource_id)
            vm = self._fleet.get(ref) if ref is not None else None
            if kind in CATALOG_CHOICES:
                of, choice = CATALOG_CHOICES[kind]
                return tuple(found for item in await self._items(entry, of) for found in choice(item, vm))
            if kind not in self._of_vm:
                raise Unknown(f"nothing is listed for a parameter of kind {kind}")
            return await self._of_vm[kind](entry, vm) if vm is not None else ()
        except Forbidden:
            return ()

    async def _items(self, entry: str, kind: CatalogKind) -> tuple[CatalogItem, ...]:
        # What was made a moment ago is what is wanted now: it may have arrived since.
        view = await self._catalogs.load(entry, kind, _AGE_S, settled=True)
        if view.error and not view.items:
            if view.error.startswith(NOT_PERMITTED):
                raise Forbidden(view.error, entry=entry)
            raise CloudError(view.error, entry=entry)
        return view.items

    async def _ports(self, entry: str, vm: Vm) -> Found:
        networks = await self._items(entry, CatalogKind.NETWORK)
        nets = {item.id: item.name for item in networks if isinstance(item, Network)}
        ports = await self._scopes.client(entry).ports(vm.id)
        return tuple(
            Choice(port.id, port.address or port.mac, f"{nets.get(port.network_id, port.network_id[:8])}, {port.mac}")
            for port in ports
        )

    async def _floating_ips(self, entry: str, vm: Vm) -> Found:
        mine = {port.id for port in await self._scopes.client(entry).ports(vm.id)}
        items = await self._items(entry, CatalogKind.FLOATING_IP)
        found = [item for item in items if isinstance(item, FloatingIp) and item.port_id in mine]
        return tuple(Choice(item.id, item.address, f"leads to {item.fixed_address}") for item in found)

    async def _groups(self, entry: str, vm: Vm) -> Found:
        """Return the groups of the VM's ports; its own list has names only, and those may be several groups'."""
        ports = await self._scopes.client(entry).ports(vm.id)
        held = {group for port in ports for group in port.security_group_ids}
        groups = [g for g in await self._items(entry, CatalogKind.SECURITY_GROUP) if isinstance(g, SecurityGroup)]
        named = [Choice(group.id, group.name, group.description) for group in groups if group.id in held]
        unnamed = held - {group.id for group in groups}
        return (*named, *(Choice(one, one[:8], "of another project") for one in sorted(unnamed)))

    async def _volumes(self, entry: str, vm: Vm) -> Found:
        attached = await self._scopes.client(entry).volume_attachments(vm.id)
        try:
            volumes = {v.id: v for v in await self._items(entry, CatalogKind.VOLUME) if isinstance(v, Volume)}
        except CloudError:
            volumes = {}
        return tuple(volume_choice(one.volume_id, volumes.get(one.volume_id), one.device) for one in attached)

    async def _migrations(self, entry: str, vm: Vm) -> Found:
        moves = await self._scopes.client(entry).migrations(vm.id)
        return tuple(
            Choice(move.id, f"{move.source} to {move.destination or 'a host not chosen yet'}", _progress(move))
            for move in moves
            if move.running
        )

    async def _metadata(self, entry: str, vm: Vm) -> Found:
        return tuple(Choice(key, key, value) for key, value in vm.metadata)

    async def _tags(self, entry: str, vm: Vm) -> Found:
        return tuple(Choice(tag, tag) for tag in vm.tags)

    async def _rules(self, entry: str, group_id: str) -> Found:
        items = await self._items(entry, CatalogKind.SECURITY_GROUP)
        groups = {item.id: item for item in items if isinstance(item, SecurityGroup)}
        if group_id not in groups:
            return ()
        names = {group.id: group.name for group in groups.values()}
        return tuple(Choice(rule.id, rule_words(rule, names), rule.description) for rule in groups[group_id].rules)

    async def _router_subnets(self, entry: str, router_id: str) -> Found:
        ports = [p for p in await self._items(entry, CatalogKind.PORT) if isinstance(p, Port)]
        joined = {subnet for port in ports if port.device_id == router_id for subnet, _ in port.fixed_ips}
        return tuple(choice for choice in await self.choices("subnet", entry) if choice.value in joined)


def _progress(move: Migration) -> str:
    """Return a migration's status and how much of its memory and disk is copied, as far as the cloud tells it."""
    parts = (("memory", move.memory_remaining, move.memory_total), ("disk", move.disk_remaining, move.disk_total))
    copied = [f"{name} {100 - 100 * left // whole} %" for name, left, whole in parts if whole and left is not None]
    return ", ".join([move.status, *copied])
