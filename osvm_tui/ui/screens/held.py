"""`:held`: how long each VM was held this month, by Nova's own usage record and by ours, and why they differ."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Hashable, Iterable, Mapping
from decimal import Decimal
from typing import ClassVar

from msgspec import Struct
from textual import work
from textual.content import Content
from textual.widget import Widget

from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.filter import Field, Kind
from osvm_tui.domain.forecast import month_of
from osvm_tui.services.costs_api import HoursHeld, UsageCheck
from osvm_tui.ui.bindings import bindings_of
from osvm_tui.ui.columns import Cell, Column
from osvm_tui.ui.cost_views import CostViews
from osvm_tui.ui.facts import facts
from osvm_tui.ui.format import Token
from osvm_tui.ui.money_words import plain, signed
from osvm_tui.ui.printable import printable
from osvm_tui.ui.resources.around import Around
from osvm_tui.ui.resources.resource import Jump
from osvm_tui.ui.screens.list_place import ListPlace


class Held(Struct, frozen=True):
    """One VM of one cloud."""

    entry: str
    hours: HoursHeld

    @property
    def apart(self) -> Decimal | None:
        """Nova's hours more than ours, None where one of them tells nothing."""
        nova, ours = self.hours.nova_hours, self.hours.our_hours
        return None if nova is None or ours is None else nova - ours


class HeldScreen(ListPlace[Held], CostViews):
    """One row per VM, those that differ first."""

    place: ClassVar[str] = "held"
    BINDINGS = bindings_of("held")
    noun = "hours held"
    empty = "no VM was held this month"

    def body(self) -> Iterable[Widget]:
        yield from self.strip()
        yield from super().body()

    def columns(self) -> tuple[Column[Held], ...]:
        return (
            Column("name", "NAME", 18, lambda row: Cell(printable(row.hours.name) or row.hours.vm_id[:8]), grow=2),
            Column("nova", "NOVA", 9, lambda row: _hours(row.hours.nova_hours), _by(lambda row: row.hours.nova_hours),
                   right=True, raw=lambda row: row.hours.nova_hours),
            Column("ours", "OURS", 9, lambda row: _hours(row.hours.our_hours), _by(lambda row: row.hours.our_hours),
                   right=True, raw=lambda row: row.hours.our_hours),
            Column("apart", "APART", 9, _apart, _by(lambda row: row.apart), right=True, raw=lambda row: row.apart),
            Column("why", "WHY", 24, lambda row: Cell(printable(row.hours.explained) or "they agree", Token.DIM),
                   priority=1, grow=4),
            Column("project", "PROJECT", 10, lambda row: Cell(self._project(row), Token.DIM), priority=2),
            Column("cloud", "CLOUD", 10, lambda row: Cell(printable(row.entry), Token.DIM), priority=3),
        )  # fmt: skip

    def _project(self, row: Held) -> str:
        project_id = row.hours.project_id
        return printable(self.api.names(row.entry)[0].get(project_id, project_id)) or "-"

    def more_fields(self) -> Mapping[str, Field[Held]]:
        return {
            "nova": Field(Kind.NUMBER, lambda row: _number(row.hours.nova_hours)),
            "ours": Field(Kind.NUMBER, lambda row: _number(row.hours.our_hours)),
            "apart": Field(Kind.NUMBER, lambda row: _number(row.apart)),
        }

    def key_of(self, row: Held) -> Hashable:
        return (row.entry, row.hours.vm_id)

    def title_of(self, row: Held) -> str:
        return printable(row.hours.name) or row.hours.vm_id[:8]

    def detail(self, row: Held) -> Content:
        hours = row.hours
        return facts(
            (
                ("nova", f"{plain(hours.nova_hours, 2)} h" if hours.nova_hours is not None else "tells nothing of it"),
                ("ours", f"{plain(hours.our_hours, 2)} h" if hours.our_hours is not None else "never seen"),
                ("why", printable(hours.explained) or "they agree within a minute"),
                ("id", hours.vm_id),
            )
        )

    @work(group="held", exclusive=True, exit_on_error=False)
    async def read(self) -> None:  # type: ignore[override]
        now = self.options.clock()
        since, _ = month_of(now)
        entries = [scope.entry for scope in self.api.scopes()]
        asked = (self.api.costs.check_usage(entry, since, now) for entry in entries)
        answers = await asyncio.gather(*asked, return_exceptions=True)
        checks = [answer for answer in answers if isinstance(answer, UsageCheck)]
        self._show(checks)
        for trouble in answers:
            if isinstance(trouble, OsvmError):
                self.show_trouble(trouble)
            elif isinstance(trouble, BaseException):
                raise trouble

    def _show(self, checks: list[UsageCheck]) -> None:
        rows = [Held(check.entry, each) for check in checks for each in check.rows]
        rows.sort(key=lambda row: (not row.hours.explained, -abs(row.apart or Decimal(0)), row.hours.name))
        nova, ours = sum(check.nova_hours for check in checks), sum(check.our_hours for check in checks)
        notes = dict.fromkeys(printable(note) for check in checks for note in check.notes)
        whole = f"Nova {plain(Decimal(nova), 1)} h, ours {plain(Decimal(ours), 1)} h"
        self.show_rows(rows, f" this month: {whole}{''.join(f' · {note}' for note in notes)}")

    def opened(self, row: Held) -> None:
        from osvm_tui.ui.relations import choose

        choose(self, self.owners(), f"{self.title_of(row)} is not in sight any more")

    def owners(self) -> tuple[Jump, ...]:
        row = self.table.row_at_cursor()
        ref = Around(self.api, self.options).ref(row.entry, row.hours.vm_id) if row is not None else None
        vm = self.api.vm(ref) if ref is not None else None
        return (Jump(f"VM {vm.name}", ref=vm.ref),) if vm is not None else ()


def _number(value: Decimal | None) -> float | None:
    return None if value is None else float(value)


def _by(read: Callable[[Held], Decimal | None]) -> Callable[[Held], Decimal]:
    def key(row: Held) -> Decimal:
        value = read(row)
        return _NONE if value is None else value

    return key


_NONE = Decimal(-1)


def _hours(value: Decimal | None) -> Cell:
    return Cell("-", Token.DIM) if value is None else Cell(plain(value, 2))


def _apart(row: Held) -> Cell:
    if row.apart is None:
        return Cell("-", Token.DIM)
    told = signed(row.apart, 2)
    return Cell(told, Token.STALE if row.hours.explained else Token.DIM)
