"""Routers between a project's networks and the outside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.network import Port, Router
from osvm_tui.ui.columns import Column
from osvm_tui.ui.resources.around import Around
from osvm_tui.ui.resources.cells import ident, number, state, words
from osvm_tui.ui.resources.resource import Entry, Facts, Jump, Resource, condition


class Routers(Resource[Router]):
    """What leads from network to network; enter shows its plugs."""

    place = "router"
    kind = CatalogKind.ROUTER
    noun = "routers"
    one = "router"
    service = "network"
    beside = (CatalogKind.NETWORK, CatalogKind.PORT)
    owned = True

    def columns(self, around: Around) -> tuple[Column[Entry[Router]], ...]:
        return (
            words("name", "NAME", 20, self._name, grow=2),
            state("status", "STATUS", 10, lambda row: row.item.status, around),
            words("outside", "OUTSIDE", 14, lambda row: _outside(row, around), grow=1),
            words("ip", "OUTSIDE ADDRESS", 16, lambda row: " ".join(row.item.external_ips), priority=1, grow=1),
            number("ports", "PORTS", 5, lambda row: sum(1 for _ in _ports(row, around))),
            ident(priority=5),
        )

    def _name(self, row: Entry[Router]) -> str:
        return self.name(row.item)

    def owners(self, row: Entry[Router], around: Around) -> Sequence[Jump]:
        item = row.item
        ids = dict.fromkeys((item.external_network_id, *(port.network_id for port in _ports(row, around))))
        names = {each: around.name(row.cloud, CatalogKind.NETWORK, each) for each in ids if each}
        return [Jump(f"network {name}", "network", condition("id", each)) for each, name in names.items()]

    def opens(self, row: Entry[Router], around: Around) -> Jump | None:
        return Jump("its ports", "port", condition("owner", f"router {row.item.name}"))

    def detail(self, row: Entry[Router], around: Around) -> Facts:
        item = row.item
        plugs = (f"{port.address}  {_net(row, port, around)}" for port in _ports(row, around))
        return (
            ("id", item.id),
            ("outside", f"{_outside(row, around) or 'nowhere'}  {', '.join(item.external_ips)}".rstrip()),
            ("inside", "\n".join(plugs)),
            ("up", "" if item.admin_state_up else "switched off by its owner"),
        )


def _ports(row: Entry[Router], around: Around) -> Iterator[Port]:
    for port in around.all(row.cloud, CatalogKind.PORT):
        if port.device_id == row.item.id and port.device_owner != "network:router_gateway":
            yield port


def _net(row: Entry[Router], port: Port, around: Around) -> str:
    return around.name(row.cloud, CatalogKind.NETWORK, port.network_id)


def _outside(row: Entry[Router], around: Around) -> str:
    return around.name(row.cloud, CatalogKind.NETWORK, row.item.external_network_id)


RESOURCE = Routers()
