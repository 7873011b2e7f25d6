"""`:cost`: what everything costs now, has cost this month and will cost; budgets, and the curve of the last 30 days."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.content import Content
from textual.widget import Widget

from osvm_tui.domain.errors import OsvmError
from osvm_tui.services.costs_api import Day, MonthView
from osvm_tui.ui.bindings import bindings_of
from osvm_tui.ui.cost_facts import BLOCKS, budget_block, curves, month_block, now_block, rates_block
from osvm_tui.ui.cost_views import CostViews
from osvm_tui.ui.messages import CostsMoved
from osvm_tui.ui.printable import printable
from osvm_tui.ui.widgets.about import About
from osvm_tui.ui.widgets.chart import Chart
from osvm_tui.ui.widgets.sections import Sections

_EVERY_S = 60.0
_DAYS = 30
_CURRENCIES = 3
"""How many curves there is room for; more currencies are told in numbers."""


class CostSections(Sections):
    """The blocks, and a curve for each currency below them."""

    def __init__(self, *, way: str) -> None:
        super().__init__(BLOCKS, broad=("problems",), id="cost-sections")
        self._way = way

    def compose(self) -> ComposeResult:
        yield from super().compose()
        for _ in range(_CURRENCIES):
            chart = Chart(way=self._way)
            chart.display = False
            yield chart

    def draw(self, days: tuple[Day, ...]) -> None:
        """Draw the curves of these days."""
        drawn = curves(days) if days else ()
        for number, chart in enumerate(self.query(Chart)):
            chart.display = number < len(drawn)
            if number < len(drawn):
                chart.curve = drawn[number]


class CostScreen(CostViews):
    """The overview of money."""

    place: ClassVar[str] = "cost"
    BINDINGS = bindings_of("cost")
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (110, "-two"), (170, "-three")]

    def body(self) -> Iterable[Widget]:
        yield from self.strip()
        yield About("cost · counting ...")
        yield CostSections(way="ascii" if self.options.glyphs == "ascii" else "braille")

    def on_mount(self) -> None:
        """Show what memory knows, then count."""
        self.query_one(Sections).focus()
        self._show_now()
        self._read()
        self.set_interval(_EVERY_S, self._again)

    def on_costs_moved(self, _: CostsMoved) -> None:
        """Count again."""
        self._show_now()
        self._again()

    def action_refresh_now(self) -> None:
        super().action_refresh_now()
        self._read()

    def tick(self) -> None:
        """Tell the present rate anew; it moves with every VM."""
        self._show_now()

    def _again(self) -> None:
        if self.is_current:
            self._read()

    def _show_now(self) -> None:
        costs = self.api.costs
        problems = "\n".join(printable(each) for each in costs.problems())
        self.query_one(Sections).show(
            {
                "problems": Content.styled(problems, "$state-wrong"),
                "now": now_block(costs.burn_totals()),
                "prices": rates_block(costs.rates(scope.entry) for scope in self.api.scopes()),
            }
        )

    @work(group="costs", exclusive=True, exit_on_error=False)
    async def _read(self) -> None:
        about = self.query_one(About)
        try:
            month = await self.api.costs.month()
            self._show_month(month)
            self.query_one(CostSections).draw(await self.api.costs.trend(_DAYS))
        except OsvmError as error:
            about.trouble(error)
            return
        alerts = sum(bool(each.alert or each.note) for each in month.budgets)
        told = f" · {alerts} of {len(month.budgets)} budgets need a look" if alerts else ""
        about.tell(f"cost · months and days are those of UTC{told}")

    def _show_month(self, month: MonthView) -> None:
        now = self.options.clock()
        blocks = {
            "this month": month_block(month, now),
            "budgets": budget_block(month.budgets, self.options.glyphs),
        }
        self.query_one(Sections).show(blocks)
