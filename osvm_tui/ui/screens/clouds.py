"""`:cloud`: the entries of clouds.yaml as they are open here; enter lets actions go through one."""

from __future__ import annotations

from collections.abc import Hashable
from typing import ClassVar

from textual import work
from textual.content import Content

from osvm_tui.domain.errors import OsvmError
from osvm_tui.services.api import ScopeView
from osvm_tui.ui.bindings import bindings_of
from osvm_tui.ui.cloud_look import wear
from osvm_tui.ui.columns import Cell, Column
from osvm_tui.ui.format import GLYPHS, Token, age, count
from osvm_tui.ui.health_facts import SCOPE_TOKENS, scope_facts
from osvm_tui.ui.messages import ScopesMoved
from osvm_tui.ui.printable import printable
from osvm_tui.ui.screens.list_place import ListPlace


class CloudsScreen(ListPlace[ScopeView]):
    """One row per entry."""

    place: ClassVar[str] = "cloud"
    BINDINGS = bindings_of("cloud")
    noun = "clouds"
    empty = "no cloud is open; osvm --cloud NAME opens an entry of clouds.yaml"

    def columns(self) -> tuple[Column[ScopeView], ...]:
        return (
            Column("entry", "CLOUD", 16, self._entry, grow=1, raw=lambda view: view.entry),
            Column("state", "STATE", 13, self._state),
            Column("age", "AGE", 6, self._age, right=True, flash=False),
            Column("vms", "VMS", 7, lambda view: Cell(count(view.vms)), lambda view: view.vms, 1, right=True),
            Column("project", "PROJECT", 14, _project, priority=2, grow=1),
            Column("roles", "ROLES", 16, _roles, priority=5, grow=1),
            Column("poll", "POLL", 8, lambda view: Cell(f"{view.poll_ms:.0f} ms", Token.DIM), None, 3, right=True),
            Column("change", "CHANGES", 9, _changes, priority=4),
            Column("acts", "ACTS", 5, lambda view: Cell("acts" if view.acting else "-", Token.DIM), priority=4),
        )

    def _entry(self, view: ScopeView) -> Cell:
        worn = wear(self.options, [each.entry for each in self.api.scopes()], view.entry)
        return Cell(worn.title, worn.hue or Token.PLAIN)

    def _state(self, view: ScopeView) -> Cell:
        token = SCOPE_TOKENS[view.state]
        return Cell(f"{GLYPHS[self.options.glyphs][token]} {view.state}", token)

    def _age(self, view: ScopeView) -> Cell:
        if view.last_good_at is None:
            return Cell("-", Token.DIM)
        return Cell(age((self.options.clock() - view.last_good_at).total_seconds()))

    def key_of(self, row: ScopeView) -> Hashable:
        return row.entry

    def detail(self, row: ScopeView) -> Content:
        return scope_facts(row, self.options)

    def read(self) -> None:
        self.show_rows(self.api.scopes(), " · enter: let actions on shared VMs go through it")

    def opened(self, row: ScopeView) -> None:
        self._use(row.entry)

    @work(group="use-entry", exclusive=True, exit_on_error=False)
    async def _use(self, entry: str) -> None:
        try:
            await self.api.use_entry(entry)
        except OsvmError as error:
            self.show_trouble(error)
        else:
            self.notify(f"actions go through {entry} first", markup=False)
            self.read()

    def tick(self) -> None:
        """Read again: a good poll of a live scope is no event of its own."""
        self.renew_rows(self.api.scopes())
        self.table.redraw_changed()

    def on_scopes_moved(self, _: ScopesMoved) -> None:
        """Read again; the header hears of it by itself."""
        self.read()


def _project(view: ScopeView) -> Cell:
    scope = view.scope
    if scope is None:
        return Cell("-", Token.DIM)
    return Cell("all projects" if scope.all_projects else printable(scope.project_name) or scope.project_id)


def _changes(view: ScopeView) -> Cell:
    return Cell("read-only", Token.STALE) if view.read_only else Cell("allowed", Token.DIM)


def _roles(view: ScopeView) -> Cell:
    return Cell(", ".join(sorted(view.scope.roles)) if view.scope else "-", Token.DIM)
