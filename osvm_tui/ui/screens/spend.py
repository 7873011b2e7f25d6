"""`:spend`: what was accrued in a stretch of time, by project, flavor, state, tag, component or cloud."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

from textual import work
from textual.content import Content
from textual.widget import Widget

from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.filter import Field, Kind
from osvm_tui.domain.forecast import month_of
from osvm_tui.services.costs_api import By, CostReport, Group
from osvm_tui.ui.bars import bar
from osvm_tui.ui.bindings import bindings_of
from osvm_tui.ui.columns import Cell, Column
from osvm_tui.ui.cost_views import CostViews
from osvm_tui.ui.facts import facts
from osvm_tui.ui.format import Token
from osvm_tui.ui.messages import CostsMoved
from osvm_tui.ui.money_words import money, plain, spent
from osvm_tui.ui.printable import printable
from osvm_tui.ui.screens.list_place import ListPlace

WAYS = (By.PROJECT, By.FLAVOR, By.STATE, By.TAG, By.COMPONENT, By.CLOUD)
TIMES = ("this month", "last month", "last 7 days", "today")
_BAR = 16


def stretch(name: str, now: datetime) -> tuple[datetime, datetime]:
    """Return when one of TIMES begins and ends, in UTC; what is not over ends now."""
    first, _ = month_of(now)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    match name:
        case "last month":
            return month_of(first - timedelta(days=1))[0], first
        case "last 7 days":
            return today - timedelta(days=6), now
        case "today":
            return today, now
        case _:
            return first, now


class SpendScreen(ListPlace[Group], CostViews):
    """One row per group and currency, the dearest first."""

    place: ClassVar[str] = "spend"
    BINDINGS = bindings_of("spend")
    noun = "spent"
    empty = "nothing was accrued in this time; :cost tells by which prices is counted"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.by = WAYS[0]
        self.time = TIMES[0]
        self._totals: dict[str, Decimal] = {}
        super().__init__(*args, **kwargs)

    def body(self) -> Iterable[Widget]:
        yield from self.strip()
        yield from super().body()

    def columns(self) -> tuple[Column[Group], ...]:
        return (
            Column("group", "GROUP", 22, lambda row: Cell(_name(row)), grow=3),
            Column(
                "amount", "AMOUNT", 12, _amount, lambda row: row.sum.amount, right=True, raw=lambda row: row.sum.amount
            ),
            Column("currency", "", 3, lambda row: Cell(row.sum.currency), raw=lambda row: row.sum.currency),
            Column(
                "most", "AT MOST", 12, _most, lambda row: row.sum.amount_max, 1, True,
                raw=lambda row: row.sum.amount_max,
            ),
            Column("share", "SHARE", _BAR + 6, self._share, self._part, 2, raw=lambda row: float(self._part(row))),
            Column(
                "hours", "VM HOURS", 10, _hours, lambda row: row.sum.hours or Decimal(0), 3, True,
                raw=lambda row: row.sum.hours,
            ),
        )  # fmt: skip

    def more_fields(self) -> Mapping[str, Field[Group]]:
        return {
            "amount": Field(Kind.NUMBER, lambda row: float(row.sum.amount)),
            "most": Field(Kind.NUMBER, lambda row: float(row.sum.amount_max)),
            "hours": Field(Kind.NUMBER, lambda row: float(row.sum.hours or 0)),
        }

    def key_of(self, row: Group) -> Hashable:
        return (row.keys, row.sum.currency)

    def title_of(self, row: Group) -> str:
        return f"{self.by.value} {_name(row)}"

    def detail(self, row: Group) -> Content:
        whole = self._totals.get(row.sum.currency, Decimal(0))
        return facts(
            (
                ("spent", spent(row.sum)),
                ("of", f"{money(whole, row.sum.currency)} at most in all, {self.time}" if whole else ""),
                (
                    "hours",
                    f"{plain(row.sum.hours, 1)} VM hours, whatever their state" if row.sum.hours is not None else "",
                ),
                ("no price", printable(", ".join(row.unpriced))),
            )
        )

    def _part(self, row: Group) -> Decimal:
        whole = self._totals.get(row.sum.currency, Decimal(0))
        return row.sum.amount_max / whole if whole else Decimal(0)

    def _share(self, row: Group) -> Cell:
        part = self._part(row)
        return Cell(f"{''.join(bar(part, _BAR, self.options.glyphs))} {part * 100:3.0f} %")

    def on_costs_moved(self, _: CostsMoved) -> None:
        """Count again."""
        self.read()

    @work(group="spend", exclusive=True, exit_on_error=False)
    async def read(self) -> None:  # type: ignore[override]
        since, until = stretch(self.time, self.options.clock())
        try:
            report = await self.api.costs.report(since, until, (self.by,))
        except OsvmError as error:
            self.show_trouble(error)
            return
        self._show(report)

    def _show(self, report: CostReport) -> None:
        self._totals = {one.currency: one.amount_max for one in report.totals}
        whole = "; ".join(spent(one) for one in report.totals) or "nothing"
        days = f"{report.since:%Y-%m-%d %H:%M} to {report.until:%Y-%m-%d %H:%M} UTC"
        notes = "".join(f" · {printable(note)}" for note in report.notes)
        self.show_rows(report.groups, f" by {self.by.value}, {self.time}: {whole} · {days}{notes}")

    # keys
    def action_next_way(self) -> None:
        """Group by the next thing."""
        self.by = WAYS[(WAYS.index(self.by) + 1) % len(WAYS)]
        self.read()

    def action_next_time(self) -> None:
        """Look at the next stretch of time."""
        self.time = TIMES[(TIMES.index(self.time) + 1) % len(TIMES)]
        self.read()


def _name(row: Group) -> str:
    return printable(" · ".join(row.keys)) or "-"


def _hours(row: Group) -> Cell:
    return Cell(plain(row.sum.hours, 1)) if row.sum.hours is not None else Cell("-", Token.DIM)


def _amount(row: Group) -> Cell:
    if row.unpriced:
        return Cell(f"{plain(row.sum.amount)}+" if row.sum.amount_max else "no price", Token.STALE)
    return Cell(plain(row.sum.amount), Token.STALE if row.sum.bounded else Token.PLAIN)


def _most(row: Group) -> Cell:
    return Cell(plain(row.sum.amount_max), Token.STALE) if row.sum.bounded else Cell("-", Token.DIM)
