"""Server groups: VMs that the scheduler keeps together or apart."""

from __future__ import annotations

from collections.abc import Sequence

from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.host import ServerGroup
from osvm_tui.ui.columns import Column
from osvm_tui.ui.resources.around import Around
from osvm_tui.ui.resources.cells import ident, number, words
from osvm_tui.ui.resources.resource import Entry, Facts, Jump, Resource


class ServerGroups(Resource[ServerGroup]):
    """Who shall share a host, or never."""

    place = "group"
    kind = CatalogKind.SERVER_GROUP
    noun = "server groups"
    one = "server group"
    new = "server-group.create"
    delete = "server-group.delete"
    owned = True

    def columns(self, around: Around) -> tuple[Column[Entry[ServerGroup]], ...]:
        return (
            words("name", "NAME", 20, lambda row: self.name(row.item), grow=1),
            words("policy", "POLICY", 18, lambda row: row.item.policy),
            number("vms", "VMS", 5, lambda row: len(row.item.members)),
            words("members", "MEMBERS", 22, lambda row: ", ".join(_members(row, around)), priority=1, grow=3),
            ident(priority=5),
        )

    def uses(self, row: Entry[ServerGroup], around: Around) -> int:
        return len(row.item.members)

    def used_by(self, row: Entry[ServerGroup], around: Around) -> Jump | None:
        members = "|".join(each[:13] for each in row.item.members)
        return Jump(f"the VMs of {row.item.name}", "vm", f"id~^({members})") if members else None

    def owners(self, row: Entry[ServerGroup], around: Around) -> Sequence[Jump]:
        refs = [around.ref(row.cloud, each) for each in row.item.members]
        return [Jump(f"VM {around.vm_name(row.cloud, ref.id)}", ref=ref) for ref in refs if ref]

    def detail(self, row: Entry[ServerGroup], around: Around) -> Facts:
        item = row.item
        limit = item.max_per_host
        return (
            ("id", item.id),
            ("policy", f"{item.policy}{f', at most {limit} on a host' if limit else ''}"),
            ("members", "\n".join(_told(row, each, around) for each in item.members) or "none yet"),
        )


def _members(row: Entry[ServerGroup], around: Around) -> list[str]:
    return sorted(around.vm_name(row.cloud, each) for each in row.item.members)


def _told(row: Entry[ServerGroup], vm_id: str, around: Around) -> str:
    vm = around.vm(row.cloud, vm_id)
    return f"{vm.name}  {vm.status}  {vm.host}".rstrip() if vm else f"{vm_id}  not in sight"


RESOURCE = ServerGroups()
