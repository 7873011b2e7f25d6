"""Ports: the plugs of networks, and whose they are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.filter import Field, Kind
from osvm_tui.domain.network import Port
from osvm_tui.ui.columns import Column
from osvm_tui.ui.fleet_columns import ip_key
from osvm_tui.ui.format import Token
from osvm_tui.ui.resources.around import Around
from osvm_tui.ui.resources.cells import ident, state, words
from osvm_tui.ui.resources.resource import Entry, Facts, Jump, Resource, condition

_NEUTRON = {
    "network:dhcp": "DHCP",
    "network:router_gateway": "gateway",
    "network:floatingip": "floating IP",
    "network:distributed": "metadata",
}


class Ports(Resource[Port]):
    """A VM's or a router's plug in a network."""

    place = "port"
    kind = CatalogKind.PORT
    noun = "ports"
    one = "port"
    service = "network"
    beside = (CatalogKind.NETWORK, CatalogKind.ROUTER, CatalogKind.SECURITY_GROUP)
    owned = True

    def order(self, item: Port) -> tuple[str, tuple[int, str]]:
        return (item.network_id, ip_key(item.address))

    def columns(self, around: Around) -> tuple[Column[Entry[Port]], ...]:
        return (
            words("name", "NAME", 14, lambda row: self.name(row.item), grow=2),
            state("status", "STATUS", 10, lambda row: row.item.status, around),
            words("ip", "ADDRESS", 15, lambda row: " ".join(addr for _, addr in row.item.fixed_ips), grow=1),
            words("owner", "OWNER", 14, lambda row: owner_of(row, around), grow=2),
            words("network", "NETWORK", 12, lambda row: _network(row, around), priority=1, grow=1),
            words("mac", "MAC", 17, lambda row: row.item.mac, priority=3, token=Token.DIM),
            ident(priority=4),
        )

    def fields(self, around: Around) -> Mapping[str, Field[Entry[Port]]]:
        return {"device": Field(Kind.TEXT, lambda row: row.item.device_id)}

    def uses(self, row: Entry[Port], around: Around) -> int:
        return int(_of_vm(row.item))

    def used_by(self, row: Entry[Port], around: Around) -> Jump | None:
        ref = around.ref(row.cloud, row.item.device_id) if _of_vm(row.item) else None
        return Jump(f"VM {around.vm_name(row.cloud, row.item.device_id)}", ref=ref) if ref else None

    def owners(self, row: Entry[Port], around: Around) -> Sequence[Jump]:
        item, found = row.item, []
        vm = self.used_by(row, around)
        if vm is not None:
            found.append(vm)
        elif router := around.item(row.cloud, CatalogKind.ROUTER, item.device_id):
            found.append(Jump(f"router {router.name}", "router", condition("id", router.id)))
        network = _network(row, around)
        return (*found, Jump(f"network {network}", "network", condition("id", item.network_id)))

    def detail(self, row: Entry[Port], around: Around) -> Facts:
        item = row.item
        groups = [around.name(row.cloud, CatalogKind.SECURITY_GROUP, each) for each in item.security_group_ids]
        return (
            ("id", item.id),
            ("owner", f"{owner_of(row, around) or 'nobody'}  {item.device_owner}".rstrip()),
            ("network", _network(row, around)),
            ("addresses", ", ".join(addr for _, addr in item.fixed_ips)),
            ("mac", item.mac),
            ("groups", ", ".join(groups)),
            ("up", "" if item.admin_state_up else "switched off by its owner"),
        )


def owner_of(row: Entry[Port], around: Around) -> str:
    """Return whose a port is: a VM's or router's name, or what Neutron uses it for; empty when it is free."""
    item = row.item
    if _of_vm(item):
        return around.vm_name(row.cloud, item.device_id)
    router = around.item(row.cloud, CatalogKind.ROUTER, item.device_id)
    if router is not None:
        return f"router {router.name}"
    return _NEUTRON.get(item.device_owner, item.device_owner.removeprefix("network:").replace("_", " "))


def _of_vm(item: Port) -> bool:
    return bool(item.device_id) and item.device_owner.startswith("compute:")


def _network(row: Entry[Port], around: Around) -> str:
    return around.name(row.cloud, CatalogKind.NETWORK, row.item.network_id)


RESOURCE = Ports()
