"""Images, those made from VMs included."""

from __future__ import annotations

from collections.abc import Iterable

from osvm_tui.domain.catalog import CatalogKind, Image
from osvm_tui.domain.vm import Vm
from osvm_tui.ui.columns import Column
from osvm_tui.ui.format import Token, mib, size
from osvm_tui.ui.resources.around import Around
from osvm_tui.ui.resources.cells import born, gib, ident, number, state, words
from osvm_tui.ui.resources.resource import Entry, Facts, Jump, Resource, condition


class Images(Resource[Image]):
    """What VMs boot from."""

    place = "image"
    kind = CatalogKind.IMAGE
    noun = "images"
    one = "image"
    delete = "image.delete"
    service = "image"
    use_column = "image"

    def columns(self, around: Around) -> tuple[Column[Entry[Image]], ...]:
        return (
            words("name", "NAME", 22, lambda row: row.item.name, grow=3),
            state("status", "STATUS", 11, lambda row: row.item.status, around),
            number("size", "SIZE", 9, lambda row: row.item.size_bytes, size),
            number("vms", "VMS", 5, lambda row: self.uses(row, around), priority=1),
            words("from", "FROM", 6, lambda row: "VM" if row.item.snapshot else "", priority=3, token=Token.DIM),
            number("disk", "MIN DISK", 8, lambda row: row.item.min_disk_gib or None, gib, priority=4),
            number("ram", "MIN RAM", 8, lambda row: row.item.min_memory_mib or None, mib, priority=5),
            words("seen", "SEEN BY", 9, lambda row: row.item.visibility, priority=6, token=Token.DIM),
            ident(priority=7),
            born(lambda row: row.item.created_at, around, priority=2),
        )

    def carried(self, vm: Vm) -> Iterable[str]:
        return (vm.image_id,) if vm.image_id else ()

    def use_key(self, item: Image) -> str:
        return item.id

    def used_by(self, row: Entry[Image], around: Around) -> Jump | None:
        # The fleet's filter knows images by name.
        if not self.uses(row, around):
            return None
        return Jump(f"the VMs of {row.item.name}", "vm", condition("image", row.item.name or row.item.id[:8]))

    def detail(self, row: Entry[Image], around: Around) -> Facts:
        item = row.item
        return (
            ("id", item.id),
            ("system", f"{item.os_distro} {item.os_version}".strip()),
            ("format", item.disk_format),
            ("made", f"{around.moment(item.created_at)}{'  from a VM' if item.snapshot else ''}"),
            ("owner", around.project(row.cloud, item.owner)),
            ("used by", f"{self.uses(row, around)} VMs in sight"),
            ("protected", "yes: the cloud refuses to delete it" if item.protected else ""),
            ("tags", ", ".join(item.tags)),
        )


RESOURCE = Images()
