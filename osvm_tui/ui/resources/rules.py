"""Rules of security groups, one row each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from textual.content import Content

from osvm_tui.domain.catalog import CatalogKind, SecurityGroup, SecurityRule
from osvm_tui.domain.resource import ResourceSpec, ResourceTarget
from osvm_tui.domain.resources import RESOURCE_ACTIONS
from osvm_tui.ui.columns import Cell, Column
from osvm_tui.ui.format import Token
from osvm_tui.ui.resources.around import Around
from osvm_tui.ui.resources.cells import words
from osvm_tui.ui.resources.resource import Entry, Facts, Jump, Resource, condition
from osvm_tui.ui.resources.rules_told import ports_told, world_told
from osvm_tui.ui.resources.security_groups import caution_of

_ADD, _DELETE = RESOURCE_ACTIONS["security-group.add-rule"], RESOURCE_ACTIONS["security-group.delete-rule"]


class GroupRule(Struct, frozen=True):
    """A rule with the group that it is of."""

    group: SecurityGroup
    rule: SecurityRule


class Rules(Resource[GroupRule]):
    """What security groups let through."""

    place = "rule"
    kind = CatalogKind.SECURITY_GROUP
    noun = "rules"
    one = "rule"
    new = "security-group.add-rule"
    delete = "security-group.delete-rule"
    service = "network"

    def rows(self, items: Iterable[Any]) -> Iterable[GroupRule]:
        return (GroupRule(group, rule) for group in items for rule in group.rules)

    def id_of(self, item: GroupRule) -> str:
        return item.rule.id

    def name(self, item: GroupRule) -> str:
        return f"{item.group.name or item.group.id[:8]} {item.rule.direction} {ports_told(item.rule)}"

    def columns(self, around: Around) -> tuple[Column[Entry[GroupRule]], ...]:
        return (
            words("group", "GROUP", 14, lambda row: row.item.group.name or row.item.group.id[:8], grow=1),
            words("direction", "WAY", 7, lambda row: row.item.rule.direction),
            Column("passes", "LETS THROUGH", 16, _passes, lambda row: ports_told(row.item.rule)),
            Column("remote", "FROM OR TO", 22, lambda row: _remote(row, around), grow=1),
            words("version", "IP", 4, lambda row: row.item.rule.ethertype, priority=1, token=Token.DIM),
            words("about", "ABOUT", 16, lambda row: row.item.rule.description, priority=3, grow=1),
            words("id", "ID", 8, lambda row: row.item.rule.id[:8], priority=4, token=Token.DIM),
        )

    def uses(self, row: Entry[GroupRule], around: Around) -> int:
        return 0

    def owners(self, row: Entry[GroupRule], around: Around) -> Sequence[Jump]:
        group, other = row.item.group, row.item.rule.remote_group_id
        found = [Jump(f"group {group.name}", "sg", condition("id", group.id))]
        if other and other != group.id:
            name = around.name(row.cloud, self.kind, other)
            found.append(Jump(f"group {name}, to which it opens", "sg", condition("id", other)))
        return found

    def verbs(self) -> tuple[ResourceSpec, ...]:
        return (_ADD, _DELETE)

    def target(self, row: Entry[GroupRule], around: Around) -> ResourceTarget:
        group = row.item.group
        return ResourceTarget(row.cloud, group.id, group.name, project_id=group.project_id)

    def said(self, row: Entry[GroupRule], spec: ResourceSpec) -> tuple[str, str]:
        # A rule is added to the group of the rule under the cursor.
        return ("", row.item.group.name) if spec is _ADD else ("delete the rule", self.name(row.item))

    def given(self, row: Entry[GroupRule]) -> dict[str, object]:
        return {"rule_id": row.item.rule.id}

    def caution(self, spec: ResourceSpec, params: Mapping[str, object]) -> str:
        return caution_of(spec, params)

    def detail(self, row: Entry[GroupRule], around: Around) -> Facts:
        rule, world = row.item.rule, world_told([row.item.rule])
        return (
            ("group", row.item.group.name),
            ("rule", rule.id),
            ("lets", f"{ports_told(rule)}  {rule.ethertype}  {rule.direction}"),
            ("remote", _remote(row, around).text),
            ("about", rule.description),
            ("world", Content.styled(world, "$state-stale") if world else ""),
        )


def _passes(row: Entry[GroupRule]) -> Cell:
    return Cell(ports_told(row.item.rule))


def _remote(row: Entry[GroupRule], around: Around) -> Cell:
    rule = row.item.rule
    if rule.remote_group_id:
        return Cell(f"group {around.name(row.cloud, CatalogKind.SECURITY_GROUP, rule.remote_group_id)}")
    if rule.open_to_world:
        return Cell("open to the world", Token.STALE)
    return Cell(rule.remote_cidr or "anywhere")


RESOURCE = Rules()
