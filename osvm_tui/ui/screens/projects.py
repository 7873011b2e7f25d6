"""`:project`: the projects of each cloud's token; enter goes over to one, or shows its VMs where all are in sight."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Hashable
from typing import ClassVar

from msgspec import Struct
from textual import work
from textual.content import Content

from osvm_tui.domain.catalog import Project
from osvm_tui.domain.errors import OsvmError
from osvm_tui.services.api import CatalogKind, CatalogView, ScopeView
from osvm_tui.ui.bindings import bindings_of
from osvm_tui.ui.columns import Cell, Column
from osvm_tui.ui.facts import facts
from osvm_tui.ui.format import Token, count
from osvm_tui.ui.messages import CatalogMoved, GoTo, ScopesMoved
from osvm_tui.ui.printable import printable
from osvm_tui.ui.screens.list_place import ListPlace


class Membership(Struct, frozen=True):
    """A project as one entry's token sees it."""

    cloud: str
    project: Project
    here: bool = False
    """Whether the console is in this project now."""
    all_projects: bool = False
    """Whether the token shows every project's VMs anyway."""
    vms: int = 0
    """How many VMs of it are in sight."""


class ProjectsScreen(ListPlace[Membership]):
    """One row per entry and project."""

    place: ClassVar[str] = "project"
    BINDINGS = bindings_of("project")
    noun = "projects"
    empty = "no cloud has told of its projects"

    def columns(self) -> tuple[Column[Membership], ...]:
        return (
            Column("name", "NAME", 20, lambda row: Cell(printable(row.project.name)), grow=2),
            Column("cloud", "CLOUD", 12, lambda row: Cell(printable(row.cloud)), priority=2, grow=1),
            Column("here", "HERE", 12, _here),
            Column("vms", "VMS", 7, lambda row: Cell(count(row.vms)), lambda row: row.vms, 1, right=True),
            Column("enabled", "ENABLED", 7, _enabled, priority=3),
            Column("about", "ABOUT", 16, lambda row: Cell(printable(row.project.description) or "-", Token.DIM),
                   priority=5, grow=3),
            Column("id", "ID", 8, lambda row: Cell(row.project.id[:8], Token.DIM), priority=4,
                   raw=lambda row: row.project.id),
        )  # fmt: skip

    def key_of(self, row: Membership) -> Hashable:
        return (row.cloud, row.project.id)

    def more_text(self, row: Membership) -> str:
        return row.project.id

    def detail(self, row: Membership) -> Content:
        project = row.project
        return facts(
            (
                ("name", printable(project.name)),
                ("id", project.id),
                ("domain", project.domain_id),
                ("about", printable(project.description)),
                ("enter", "shows its VMs" if row.all_projects else "stays here" if row.here else "goes over to it"),
            )
        )

    @work(group="projects", exclusive=True, exit_on_error=False)
    async def read(self) -> None:  # type: ignore[override]
        entries = [scope.entry for scope in self.api.scopes() if scope.scope is not None]
        reading = (self.api.load_catalog(entry, CatalogKind.PROJECT) for entry in entries)
        answers = await asyncio.gather(*reading, return_exceptions=True)
        views = [answer for answer in answers if isinstance(answer, CatalogView)]
        told = next((f" · {view.entry}: {view.error}" for view in views if view.error), "")
        self.show_rows(self._rows(), told or " · enter goes over to a project")
        for trouble in answers:
            if isinstance(trouble, OsvmError):
                self.show_trouble(trouble)
            elif isinstance(trouble, BaseException):
                raise trouble

    def _rows(self) -> list[Membership]:
        vms = Counter((self.api.entry_of(vm.ref), vm.project_id) for vm in self.api.fleet_since(0).upserts)
        rows = [row for scope in self.api.scopes() for row in self._of(scope, vms)]
        return sorted(rows, key=lambda row: (row.cloud, row.project.name.casefold()))

    def _of(self, view: ScopeView, vms: Counter[tuple[str, str]]) -> list[Membership]:
        catalog = self.api.catalog(view.entry, CatalogKind.PROJECT)
        items = [item for item in catalog.items if isinstance(item, Project)] if catalog else []
        scope = view.scope
        return [
            Membership(
                view.entry,
                item,
                scope is not None and scope.project_id == item.id,
                scope is not None and scope.all_projects,
                vms[view.entry, item.id],
            )
            for item in items
        ]

    def opened(self, row: Membership) -> None:
        if row.all_projects:
            self.post_message(GoTo("vm", f'project="{row.project.name}"'))
        elif row.here:
            self.notify(f"{row.cloud} is in project {row.project.name} already", markup=False)
        else:
            self._go_over(row)

    @work(group="switch-project", exclusive=True, exit_on_error=False)
    async def _go_over(self, row: Membership) -> None:
        self.notify(f"going over to project {row.project.name} of {row.cloud}", markup=False)
        try:
            await self.api.switch_project(row.cloud, row.project.id)
        except OsvmError as error:
            self.show_trouble(error)
        else:
            self.notify(f"{row.cloud} is in project {row.project.name} now", markup=False)
            self.read()

    def on_catalog_moved(self, event: CatalogMoved) -> None:
        """Show what was read elsewhere."""
        if event.kind == CatalogKind.PROJECT:
            self.renew_rows(self._rows())

    def on_scopes_moved(self, _: ScopesMoved) -> None:
        """Show where the console is now."""
        self.renew_rows(self._rows())


def _here(row: Membership) -> Cell:
    if row.all_projects:
        return Cell("all projects", Token.DIM)
    return Cell("here", Token.RUNNING) if row.here else Cell("-", Token.DIM)


def _enabled(row: Membership) -> Cell:
    return Cell("yes") if row.project.enabled else Cell("no", Token.STALE)
