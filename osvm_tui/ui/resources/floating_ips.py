"""Floating IPs: a project's outside addresses, and where each leads."""

from __future__ import annotations

from collections.abc import Sequence

from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.network import FloatingIp
from osvm_tui.ui.columns import Column
from osvm_tui.ui.fleet_columns import ip_key
from osvm_tui.ui.resources.around import Around
from osvm_tui.ui.resources.cells import ident, state, words
from osvm_tui.ui.resources.resource import Entry, Facts, Jump, Resource, condition


class FloatingIps(Resource[FloatingIp]):
    """An address of the outside that a project holds."""

    place = "fip"
    kind = CatalogKind.FLOATING_IP
    noun = "floating IPs"
    one = "floating IP"
    new = "floating-ip.allocate"
    delete = "floating-ip.release"
    service = "network"
    beside = (CatalogKind.NETWORK, CatalogKind.PORT, CatalogKind.ROUTER)
    owned = True

    def name(self, item: FloatingIp) -> str:
        return item.address or item.id[:8]

    def order(self, item: FloatingIp) -> tuple[int, str]:
        return ip_key(item.address)

    def columns(self, around: Around) -> tuple[Column[Entry[FloatingIp]], ...]:
        return (
            words("address", "ADDRESS", 15, lambda row: self.name(row.item), grow=1),
            state("status", "STATUS", 10, lambda row: row.item.status, around),
            words("vm", "LEADS TO", 16, lambda row: _leads_to(row, around), grow=2),
            words("fixed", "INSIDE", 15, lambda row: row.item.fixed_address, priority=1),
            words("pool", "POOL", 10, lambda row: _pool(row, around), priority=2, grow=1),
            words("about", "ABOUT", 14, lambda row: row.item.description, priority=4, grow=1),
            ident(priority=5),
        )

    def uses(self, row: Entry[FloatingIp], around: Around) -> int:
        return int(bool(row.item.port_id))

    def used_by(self, row: Entry[FloatingIp], around: Around) -> Jump | None:
        ref = around.ref(row.cloud, row.item.vm_id)
        return Jump(f"VM {around.vm_name(row.cloud, row.item.vm_id)}", ref=ref) if ref else None

    def owners(self, row: Entry[FloatingIp], around: Around) -> Sequence[Jump]:
        item = row.item
        vm = self.used_by(row, around)
        router = around.name(row.cloud, CatalogKind.ROUTER, item.router_id)
        return (
            *((vm,) if vm else ()),
            *((Jump(f"port {item.port_id[:8]}", "port", condition("id", item.port_id)),) if item.port_id else ()),
            *((Jump(f"router {router}", "router", condition("id", item.router_id)),) if item.router_id else ()),
            Jump(f"network {_pool(row, around)}", "network", condition("id", item.network_id)),
        )

    def detail(self, row: Entry[FloatingIp], around: Around) -> Facts:
        item = row.item
        inside = f"  {item.fixed_address}" if item.fixed_address else ""
        return (
            ("id", item.id),
            ("leads to", f"{_leads_to(row, around) or 'nowhere: it is held and of no use'}{inside}"),
            ("port", item.port_id),
            ("router", around.name(row.cloud, CatalogKind.ROUTER, item.router_id)),
            ("pool", _pool(row, around)),
            ("about", item.description),
        )


def _leads_to(row: Entry[FloatingIp], around: Around) -> str:
    item = row.item
    return around.vm_name(row.cloud, item.vm_id) or (f"port {item.port_id[:8]}" if item.port_id else "")


def _pool(row: Entry[FloatingIp], around: Around) -> str:
    return around.name(row.cloud, CatalogKind.NETWORK, row.item.network_id)


RESOURCE = FloatingIps()
