"""`CostReports`: amounts of days put together: by group, by day, by month with forecast and budgets; asks nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal

from osvm_tui.domain.cost_book import Budget
from osvm_tui.domain.forecast import Forecast
from osvm_tui.domain.money import ZERO
from osvm_tui.domain.rates import VM_COMPONENTS
from osvm_tui.domain.rollup import HELD, DaySum, hours
from osvm_tui.services.cost_days import ProjectDay
from osvm_tui.services.costs_api import BudgetView, By, Day, Group, Sum

_OF_VMS = frozenset({*(component.value for component in VM_COMPONENTS), HELD})
NOTHING = "-"

Name = Callable[[str, str], str]
"""(entry, project id) to the project's name."""


class _Adding:
    """One sum while it grows."""

    def __init__(self) -> None:
        self.amount, self.amount_max, self.seconds = ZERO, ZERO, ZERO

    def add(self, one: DaySum) -> None:
        self.amount += one.amount
        self.amount_max += one.amount_max
        self.seconds += one.seconds

    def sum(self, currency: str) -> Sum:
        return Sum(currency=currency, amount=self.amount, amount_max=self.amount_max, hours=hours(self.seconds))


def grouped(found: Iterable[ProjectDay], by: Sequence[By], name: Name) -> tuple[Group, ...]:
    """Return one group per keys and currency, the dearest first."""
    sums: dict[tuple[str, tuple[str, ...]], _Adding] = {}
    for day in found:
        project = name(day.entry, day.project_id)
        for one in day.sums:
            if one.component == HELD and By.COMPONENT in by:
                continue
            keys = tuple(_key(each, one, day.entry, project) for each in by)
            sums.setdefault((one.currency, keys), _Adding()).add(one)
    groups = [Group(keys, adding.sum(currency)) for (currency, keys), adding in sums.items()]
    return tuple(sorted(groups, key=lambda each: (each.sum.currency, -each.sum.amount_max, each.keys)))


def _key(by: By, one: DaySum, entry: str, project: str) -> str:
    of_vm = one.component in _OF_VMS
    match by:
        case By.PROJECT:
            return project
        case By.CLOUD:
            return entry
        case By.COMPONENT:
            return one.component
        case By.FLAVOR:
            return (one.what or NOTHING) if of_vm else one.component
        case By.STATE:
            return (one.state or NOTHING) if of_vm else one.component
        case By.TAG:
            return ", ".join(one.tags) or NOTHING


def totals(found: Iterable[ProjectDay]) -> tuple[Sum, ...]:
    """Return one sum per currency."""
    sums: dict[str, _Adding] = {}
    for day in found:
        for one in day.sums:
            sums.setdefault(one.currency, _Adding()).add(one)
    return tuple(sums[currency].sum(currency) for currency in sorted(sums))


def by_day(found: Iterable[ProjectDay], wanted: Iterable[date]) -> tuple[Day, ...]:
    """Return every wanted day, also those that came to nothing."""
    days: dict[date, list[ProjectDay]] = {day: [] for day in wanted}
    for one in found:
        days.setdefault(one.day, []).append(one)
    last = max(days, default=None)
    return tuple(Day(day, totals(days[day]), complete=day != last) for day in sorted(days))


def budget_view(budget: Budget, found: Iterable[ProjectDay], rest: Sequence[Forecast], name: Name) -> BudgetView:
    """Return a budget against what was accrued; what is expected grows as the month's forecast does."""
    covered = [one for one in found if budget.covers(one.entry, one.project_id, name(one.entry, one.project_id))]
    mine = next((one for one in totals(covered) if one.currency == budget.currency), None)
    accrued = (mine.amount + mine.amount_max) / 2 if mine is not None else ZERO
    expected = accrued * _growth(rest, budget.currency)
    reached = accrued * 100 / budget.amount
    return BudgetView(
        name=budget.name,
        entry=budget.cloud,
        project=budget.project,
        currency=budget.currency,
        limit=budget.amount,
        accrued=accrued,
        expected=expected.quantize(Decimal("1E-10")),
        reached=reached.quantize(Decimal("0.01")),
        alert=_alert(budget, reached, expected * 100 / budget.amount),
        over=accrued > budget.amount,
    )


def _growth(rest: Sequence[Forecast], currency: str) -> Decimal:
    mine = next((one for one in rest if one.currency == currency), None)
    if mine is None:
        return Decimal(1)
    middle = (mine.accrued + mine.accrued_max) / 2
    return mine.expected / middle if middle else Decimal(1)


def _alert(budget: Budget, reached: Decimal, expected: Decimal) -> str:
    passed = [mark for mark in budget.alerts if reached >= mark]
    if passed:
        return f"{reached:.0f} % of {budget.amount:.2f} {budget.currency} reached"
    coming = [mark for mark in budget.alerts if expected >= mark >= 100]
    return f"will be {expected:.0f} % of {budget.amount:.2f} {budget.currency}" if coming else ""
