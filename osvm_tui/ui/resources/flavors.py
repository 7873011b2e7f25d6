"""Flavors: sizes of VMs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from osvm_tui.domain.catalog import CatalogKind, Flavor
from osvm_tui.domain.filter import Field, Kind
from osvm_tui.domain.vm import Vm
from osvm_tui.ui.columns import Column
from osvm_tui.ui.format import Token, mib
from osvm_tui.ui.resources.around import Around
from osvm_tui.ui.resources.cells import flag, gib, number, words
from osvm_tui.ui.resources.resource import Entry, Facts, Resource


class Flavors(Resource[Flavor]):
    """What a VM may be as large as."""

    place = "flavor"
    kind = CatalogKind.FLAVOR
    noun = "flavors"
    one = "flavor"
    use_column = "flavor"

    def columns(self, around: Around) -> tuple[Column[Entry[Flavor]], ...]:
        return (
            words("name", "NAME", 18, lambda row: row.item.name, grow=2),
            number("vcpus", "VCPU", 5, lambda row: row.item.vcpus),
            number("ram", "RAM", 9, lambda row: row.item.memory_mib, mib),
            number("disk", "DISK", 9, lambda row: row.item.disk_gib, gib),
            number("vms", "VMS", 6, lambda row: self.uses(row, around), priority=1),
            flag("public", "PUBLIC", 6, lambda row: row.item.is_public, priority=3),
            words("id", "ID", 16, lambda row: row.item.id, priority=4, grow=1, token=Token.DIM),
        )

    def fields(self, around: Around) -> Mapping[str, Field[Entry[Flavor]]]:
        return {"ram": Field(Kind.SIZE, lambda row: row.item.memory_mib)}

    def carried(self, vm: Vm) -> Iterable[str]:
        return (vm.flavor.name,) if vm.flavor else ()

    def detail(self, row: Entry[Flavor], around: Around) -> Facts:
        item = row.item
        ephemeral = f" and {item.ephemeral_gib} GiB ephemeral" if item.ephemeral_gib else ""
        specs = "\n".join(f"{key} = {value}" for key, value in item.extra_specs)
        return (
            ("id", item.id),
            ("disk", f"{item.disk_gib} GiB{ephemeral}"),
            ("swap", mib(item.swap_mib) if item.swap_mib else ""),
            ("used by", f"{self.uses(row, around)} VMs in sight"),
            ("about", item.description),
            ("specs", specs),
        )


RESOURCE = Flavors()
