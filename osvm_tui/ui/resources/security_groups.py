"""Security groups; enter shows the rules."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from textual.content import Content

from osvm_tui.domain.catalog import CatalogKind, SecurityGroup
from osvm_tui.domain.resource import ResourceSpec
from osvm_tui.domain.vm import Vm
from osvm_tui.ui.columns import Cell, Column
from osvm_tui.ui.format import Token
from osvm_tui.ui.resources.around import Around
from osvm_tui.ui.resources.cells import NONE, ident, number, words
from osvm_tui.ui.resources.resource import Entry, Facts, Jump, Resource, condition
from osvm_tui.ui.resources.rules_told import rule_of, world_told


class SecurityGroups(Resource[SecurityGroup]):
    """What may reach VMs."""

    place = "sg"
    kind = CatalogKind.SECURITY_GROUP
    noun = "security groups"
    one = "security group"
    new = "security-group.create"
    delete = "security-group.delete"
    service = "network"
    use_column = "sg"
    owned = True

    def columns(self, around: Around) -> tuple[Column[Entry[SecurityGroup]], ...]:
        return (
            words("name", "NAME", 14, lambda row: self.name(row.item), grow=1),
            number("rules", "RULES", 5, lambda row: len(row.item.rules)),
            number("vms", "VMS", 5, lambda row: self.uses(row, around)),
            Column("world", "OPEN TO THE WORLD", 34, _world, grow=2),
            words("about", "ABOUT", 18, lambda row: row.item.description, priority=3, grow=1, token=Token.DIM),
            ident(priority=5),
        )

    def carried(self, vm: Vm) -> Iterable[str]:
        return vm.security_groups

    def opens(self, row: Entry[SecurityGroup], around: Around) -> Jump | None:
        return Jump("its rules", "rule", condition("group", self.name(row.item)))

    def detail(self, row: Entry[SecurityGroup], around: Around) -> Facts:
        item, world = row.item, world_told(row.item.rules)
        return (
            ("id", item.id),
            ("about", item.description),
            ("used by", f"{self.uses(row, around)} VMs in sight"),
            ("world", Content.styled(world, "$state-stale") if world else "nothing is open to the world"),
        )

    def caution(self, spec: ResourceSpec, params: Mapping[str, object]) -> str:
        return caution_of(spec, params)


def caution_of(spec: ResourceSpec, params: Mapping[str, object]) -> str:
    """Return what a rule that is about to be added opens to the world, empty when nothing."""
    return world_told([rule_of(params)]) if spec.id == "security-group.add-rule" else ""


def _world(row: Entry[SecurityGroup]) -> Cell:
    told = world_told(row.item.rules)
    return Cell(told, Token.STALE) if told else NONE


RESOURCE = SecurityGroups()
