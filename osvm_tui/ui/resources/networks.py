"""Networks with their subnets."""

from __future__ import annotations

from collections.abc import Iterable

from osvm_tui.domain.catalog import CatalogKind, Network, Subnet
from osvm_tui.domain.vm import Vm
from osvm_tui.ui.columns import Column
from osvm_tui.ui.resources.around import Around
from osvm_tui.ui.resources.cells import flag, ident, number, state, words
from osvm_tui.ui.resources.resource import Entry, Facts, Jump, Resource, condition


class Networks(Resource[Network]):
    """What VMs are plugged into; enter shows the plugs."""

    place = "network"
    kind = CatalogKind.NETWORK
    noun = "networks"
    one = "network"
    service = "network"
    use_column = "network"
    owned = True

    def columns(self, around: Around) -> tuple[Column[Entry[Network]], ...]:
        return (
            words("name", "NAME", 18, lambda row: row.item.name or row.item.id[:8], grow=2),
            state("status", "STATUS", 10, lambda row: _status(row.item), around),
            words("subnets", "SUBNETS", 22, lambda row: ", ".join(each.cidr for each in row.item.subnets), grow=3),
            number("vms", "VMS", 5, lambda row: self.uses(row, around)),
            flag("external", "EXTERNAL", 8, lambda row: row.item.external, priority=2),
            flag("shared", "SHARED", 6, lambda row: row.item.shared, priority=3),
            number("mtu", "MTU", 5, lambda row: row.item.mtu or None, priority=4),
            ident(priority=5),
        )

    def carried(self, vm: Vm) -> Iterable[str]:
        return (address.network for address in vm.addresses)

    def opens(self, row: Entry[Network], around: Around) -> Jump | None:
        return Jump("its ports", "port", condition("network", self.name(row.item)))

    def detail(self, row: Entry[Network], around: Around) -> Facts:
        item = row.item
        return (
            ("id", item.id),
            ("subnets", "\n".join(_subnet(each) for each in item.subnets) or "none"),
            ("used by", f"{self.uses(row, around)} VMs in sight"),
            ("up", "" if item.admin_state_up else "switched off by its owner"),
        )


def _status(item: Network) -> str:
    return item.status if item.admin_state_up else "DOWN"


def _subnet(each: Subnet) -> str:
    gateway = f"  gateway {each.gateway}" if each.gateway else "  no gateway"
    return f"{each.cidr}  {each.name}{gateway}  {each.id[:8]}"


RESOURCE = Networks()
