"""`ResourceScreen`: the one place of all that VMs stand on, over a `Resource`; changes come with ResourceFlow."""

from __future__ import annotations

import asyncio
from collections.abc import Hashable, Iterable, Mapping
from functools import cache
from importlib import import_module
from typing import Any, ClassVar

from textual import work
from textual.content import Content

from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.filter import Field, Kind
from osvm_tui.services.api import CatalogView, ScopeState, ScopeView
from osvm_tui.ui.bindings import bindings_of
from osvm_tui.ui.columns import Column
from osvm_tui.ui.facts import facts
from osvm_tui.ui.format import Token, age
from osvm_tui.ui.messages import CatalogMoved, FleetMoved, ScopesMoved
from osvm_tui.ui.printable import printable
from osvm_tui.ui.relations import follow, within
from osvm_tui.ui.resource_flow import ResourceFlow
from osvm_tui.ui.resources.around import Around
from osvm_tui.ui.resources.cells import cloud_column, token_of, words
from osvm_tui.ui.resources.resource import Entry, Jump, Resource
from osvm_tui.ui.resources.stock_words import empty_words, served, trouble_words
from osvm_tui.ui.screens.list_place import ListPlace
from osvm_tui.ui.widgets.about import About

MAX_AGE_S = 60.0
"""How old a catalog may be that is shown without being read again."""
BESIDE_S = 300.0
"""How old the catalogs may be that only give names."""
FOLLOW_S = 4.0
"""How often rows that are changing are read again."""


class ResourceScreen(ListPlace[Entry[Any]], ResourceFlow):
    """The items of one kind of every open cloud; clouds that cannot be read are told and the others shown."""

    resource: ClassVar[Resource[Any]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._around: Around | None = None
        self._not_live: frozenset[str] = frozenset()
        super().__init__(*args, **kwargs)
        self.noun = self.resource.noun

    @property
    def around(self) -> Around:
        """What the rows are drawn with."""
        if self._around is None:
            self._around = Around(self.api, self.options)
        return self._around

    # what ListPlace asks
    def columns(self) -> tuple[Column[Entry[Any]], ...]:
        name, *rest = self.resource.columns(self.around)
        scopes = self.api.scopes()
        if len(scopes) > 1:
            rest = [cloud_column(scopes, self.options), *rest]
        if self.resource.owned and any(scope.scope and scope.scope.all_projects for scope in scopes):
            rest = [*rest, words("project", "PROJECT", 10, self._project, priority=6, token=Token.DIM)]
        return (name, *rest)

    def tone(self, row: Entry[Any]) -> Token | None:
        return Token.DIM if row.cloud in self._not_live else None

    def _project(self, row: Entry[Any]) -> str:
        return self.around.project(row.cloud, row.item.project_id)

    def more_fields(self) -> Mapping[str, Field[Entry[Any]]]:
        # What a column is sorted by is its value; the cell may show it with a unit, a glyph or a bar.
        found = {
            column.key: Field(Kind.NUMBER if column.right else Kind.TEXT, column.sort)
            for column in self._columns
            if column.sort
        }
        more: dict[str, Field[Entry[Any]]] = {
            "id": Field(Kind.TEXT, lambda row: self.resource.id_of(row.item)),
            "age": Field(Kind.AGE, self._age),
        }
        return {**found, **more, **self.resource.fields(self.around)}

    def _age(self, row: Entry[Any]) -> float | None:
        return self.around.seconds(getattr(row.item, "created_at", None))

    def title_of(self, row: Entry[Any]) -> str:
        return printable(self.resource.name(row.item))

    def more_text(self, row: Entry[Any]) -> str:
        return self.resource.id_of(row.item)

    def key_of(self, row: Entry[Any]) -> Hashable:
        return (row.cloud, self.resource.id_of(row.item))

    def detail(self, row: Entry[Any]) -> Content:
        project = self._project(row) if self.resource.owned else ""
        told = (*self.resource.detail(row, self.around), ("project", project))
        return facts((label, printable(value) if isinstance(value, str) else value) for label, value in told)

    def opened(self, row: Entry[Any]) -> None:
        jump = self.resource.opens(row, self.around)
        if jump is not None:
            follow(self, self._within(jump, row.cloud))
            return
        from osvm_tui.ui.dialogs.all_facts import AllFacts

        self.app.push_screen(AllFacts(self.title_of(row), self.detail(row)))

    # reading
    def on_mount(self) -> None:
        """Show at once what is in memory, then follow rows that change."""
        self._read_scopes()
        known = [view for scope in self._served() if (view := self.api.catalog(scope.entry, self.resource.kind))]
        if known:
            self.show_views(known)
        else:
            self.table.say_when_empty(f"reading {self.noun} ...")
        self.set_interval(FOLLOW_S, self._follow)

    def _served(self) -> list[ScopeView]:
        return served(self.resource, self.api.scopes())

    @work(group="catalog", exclusive=True, exit_on_error=False)
    async def read(self, max_age_s: float = MAX_AGE_S) -> None:  # type: ignore[override]
        kind = self.resource.kind
        entries = [scope.entry for scope in self._served()]
        answers = await asyncio.gather(
            *(self.api.load_catalog(entry, kind, max_age_s) for entry in entries), return_exceptions=True
        )
        held = (
            answer if isinstance(answer, CatalogView) else self.api.catalog(entry, kind)
            for entry, answer in zip(entries, answers, strict=True)
        )
        self.show_views([view for view in held if view is not None])
        for trouble in answers:
            if isinstance(trouble, OsvmError):
                self.show_trouble(trouble)
            elif isinstance(trouble, BaseException):
                raise trouble
        await self._read_beside(entries)

    async def _read_beside(self, entries: list[str]) -> None:
        # Names are a comfort: an id stands for what a cloud does not tell.
        wanted = [(entry, kind) for entry in entries for kind in self.resource.beside]
        loading = (self.api.load_catalog(entry, kind, BESIDE_S) for entry, kind in wanted)
        answers = await asyncio.gather(*loading, return_exceptions=True)
        if any(isinstance(answer, CatalogView) for answer in answers):
            self._renew()

    def action_refresh_now(self) -> None:
        """Read the clouds and this catalog again, whatever its age."""
        super().action_refresh_now()
        self.read(0.0)

    def _follow(self) -> None:
        reading = any(worker.group == "catalog" and not worker.is_finished for worker in self.workers)
        if self.is_current and not reading:
            busy = any(token_of(getattr(row.item, "status", "-")) is Token.CHANGING for row in self.all_rows)
            self.read(FOLLOW_S / 2 if busy else MAX_AGE_S)

    def show_views(self, views: list[CatalogView]) -> None:
        """Show what was read, and how old the oldest reading is."""
        scopes = self.api.scopes()
        rows = [Entry(view.entry, item) for view in views for item in self.resource.rows(view.items)]
        rows.sort(key=lambda row: (row.cloud, self.resource.order(row.item)))
        read = [view.fetched_at for view in views if view.fetched_at is not None]
        old = f" · read {age((self.options.clock() - min(read)).total_seconds())} ago" if read else ""
        self.around.renew()
        self.empty = empty_words(self.resource, scopes, views)
        self.show_rows(rows, old)
        trouble = trouble_words(self.resource, scopes, views) if rows else ""
        if trouble:
            self.query_one(About).tell(f"{self.noun}{old} · {trouble}")

    # what ResourceFlow asks
    def chosen(self) -> Entry[Any] | None:
        return self.table.row_at_cursor()

    def same_name(self, row: Entry[Any]) -> bool:
        name = self.resource.name(row.item)
        return sum(self.resource.name(each.item) == name for each in self.all_rows) > 1

    # what moves
    def on_scopes_moved(self, _: ScopesMoved) -> None:
        """Grey the rows of a cloud that is not live."""
        self._read_scopes()
        self.table.redraw_changed()

    def _read_scopes(self) -> None:
        stale = (ScopeState.STALE, ScopeState.FAILED)
        self._not_live = frozenset(scope.entry for scope in self.api.scopes() if scope.state in stale)

    def _renew(self) -> None:
        self.around.renew()
        self.table.redraw_changed()
        self._show_detail()

    def on_catalog_moved(self, event: CatalogMoved) -> None:
        """Show a catalog that was read again elsewhere."""
        if event.kind == self.resource.kind:
            known = [self.api.catalog(scope.entry, self.resource.kind) for scope in self._served()]
            self.show_views([view for view in known if view is not None])
        elif event.kind in self.resource.beside or event.kind == "names":
            self._renew()

    def on_fleet_moved(self, _: FleetMoved) -> None:
        """Count the VMs that use the rows anew."""
        if self.is_current:
            self._renew()

    # relations
    def action_used_by(self) -> None:
        """Go to the VMs that use the item under the cursor."""
        row = self.table.row_at_cursor()
        jump = self.resource.used_by(row, self.around) if row else None
        if row is not None and jump is not None:
            follow(self, self._within(jump, row.cloud))
        elif row is not None:
            self.notify(f"no VM in sight uses {self.title_of(row)}", markup=False)

    def owners(self) -> Iterable[Jump]:
        row = self.table.row_at_cursor()
        return [self._within(jump, row.cloud) for jump in self.resource.owners(row, self.around)] if row else ()

    def _within(self, jump: Jump, cloud: str) -> Jump:
        return within(self.api, jump, cloud)


@cache
def screen_for(module: str) -> type[ResourceScreen]:
    """Return the place of the kind that `osvm_tui.ui.resources.MODULE` tells of, the same class at every call."""
    resource: Resource[Any] = import_module(f"osvm_tui.ui.resources.{module}").RESOURCE
    members = {"resource": resource, "place": resource.place, "BINDINGS": bindings_of(resource.place)}
    return type(f"{type(resource).__name__}Screen", (ResourceScreen,), {**members, "__doc__": type(resource).__doc__})
