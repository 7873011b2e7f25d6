"""`CostReports`: amounts of days put together: by group, by day, by month with forecast and budgets; asks nobody."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import date
from decimal import Decimal
from fnmatch import fnmatchcase

from msgspec import Struct
from msgspec.structs import replace

from osvm_tui.domain.cost_book import Budget
from osvm_tui.domain.money import ZERO, digits
from osvm_tui.domain.rollup import DaySum, hours, money
from osvm_tui.services.cost_burns import Coming
from osvm_tui.services.cost_days import ProjectDay
from osvm_tui.services.costs_api import BudgetView, By, Day, Group, Sum

NOTHING = "-"

Name = Callable[[str, str], str]
"""(entry, project id) to the project's name."""
_Key = tuple[str, tuple[str, ...]]
_Sums = dict[_Key, list[int]]
_TOLD = 6
"""So many names of what has no price are told for each cloud."""


def with_tag(found: Iterable[ProjectDay], tag: str) -> tuple[ProjectDay, ...]:
    """Return of each day only what VMs with this tag came to."""
    kept = (replace(day, sums=tuple(one for one in day.sums if tag in one.tags.split(", "))) for day in found)
    return tuple(day for day in kept if day.sums)


def grouped(found: Sequence[ProjectDay], by: Sequence[By], name: Name) -> tuple[Group, ...]:
    """Return one group per keys and currency, the dearest first."""
    sums: _Sums = {}
    unpriced: dict[_Key, set[tuple[str, ...]]] = {}
    projects = _projects(found, name)
    held = By.COMPONENT not in by
    for day in found:
        shared = {By.PROJECT: projects.get((day.endpoint, day.project_id), NOTHING), By.CLOUD: day.entry}
        reads = [_fixed(shared[each]) if each in shared else _READS[each] for each in by]
        for one in day.sums:
            key = (one.currency, tuple([read(one) for read in reads]))
            _add(sums, key, one)
            if one.unpriced:
                unpriced.setdefault(key, set()).add(one.unpriced)
    groups = [
        Group(key[1], _sum(key[0], values, held=held), tuple(sorted(set().union(*unpriced.get(key, ())))))
        for key, values in sums.items()
    ]
    return tuple(sorted(groups, key=lambda each: (each.sum.currency, -each.sum.amount_max, each.keys)))


def _projects(found: Iterable[ProjectDay], name: Name) -> dict[tuple[str, str], str]:
    """Return what each project (endpoint, id) is called: its name, with its cloud or id where others have it, too."""
    entries = {(day.endpoint, day.project_id): day.entry for day in found if day.sums}
    names = {key: name(entry, key[1]) or NOTHING for key, entry in entries.items()}
    alike: dict[str, list[str]] = {}
    for key, called in names.items():
        alike.setdefault(called, []).append(entries[key])
    found_names: dict[tuple[str, str], str] = {}
    for key, called in names.items():
        clouds = alike[called]
        apart = f" ({entries[key]})" if len(set(clouds)) == len(clouds) else f" ({entries[key]} {key[1][:8]})"
        found_names[key] = called + apart * (len(clouds) > 1)
    return found_names


def _fixed(text: str) -> Callable[[DaySum], str]:
    return lambda _: text


def _flavor(one: DaySum) -> str:
    return one.what or NOTHING


def _state(one: DaySum) -> str:
    return one.state or one.what


def _tags(one: DaySum) -> str:
    return one.tags or NOTHING


def _component(one: DaySum) -> str:
    return one.component


_READS: dict[By, Callable[[DaySum], str]] = {
    By.FLAVOR: _flavor, By.STATE: _state, By.TAG: _tags, By.COMPONENT: _component,
}  # fmt: skip


def _add(sums: _Sums, key: _Key, one: DaySum) -> None:
    held = sums.get(key)
    if held is None:
        held = sums[key] = [0, 0, 0]
    held[0] += one.amount
    held[1] += one.amount_max
    held[2] += one.micros


def _sum(currency: str, values: Sequence[int], *, held: bool = True) -> Sum:
    micros = hours(values[2]) if held else None
    return Sum(currency=currency, amount=money(values[0]), amount_max=money(values[1]), hours=micros)


def totals(found: Iterable[ProjectDay], *, held: bool = True) -> tuple[Sum, ...]:
    """Return one sum per currency; without hours unless `held`."""
    sums: _Sums = {}
    for day in found:
        for one in day.sums:
            _add(sums, (one.currency, ()), one)
    return tuple(_sum(currency, sums[currency, ()], held=held) for currency, _ in sorted(sums))


def unpriced_notes(found: Iterable[ProjectDay]) -> tuple[str, ...]:
    """Return one sentence for each cloud in which something had no price."""
    names: dict[str, set[tuple[str, ...]]] = {}
    for day in found:
        names.setdefault(day.entry, set()).update({one.unpriced for one in day.sums})
    known = {entry: set().union(*found) for entry, found in sorted(names.items())}
    return tuple(f"{entry}: {unpriced_words(found)}" for entry, found in known.items() if found)


def unpriced_words(names: Iterable[str]) -> str:
    """Return that these have no price: `no price, not in it: flavor m1.small, volume gold`."""
    known = sorted(set(names))
    more = f" and {len(known) - _TOLD} more" if len(known) > _TOLD else ""
    return f"no price, not in it: {', '.join(known[:_TOLD])}{more}"


def by_day(found: Iterable[ProjectDay], wanted: Iterable[date]) -> tuple[Day, ...]:
    """Return every wanted day, also those that came to nothing."""
    days: dict[date, list[ProjectDay]] = {day: [] for day in wanted}
    for one in found:
        days.setdefault(one.day, []).append(one)
    last = max(days, default=None)
    return tuple(Day(day, totals(days[day]), complete=day != last) for day in sorted(days))


class InSight(Struct, frozen=True):
    """What budgets can be about."""

    currencies: dict[str, str | None]
    """Of each entry, empty where it has no rates, None while it is not connected."""
    projects: frozenset[tuple[str, str]]
    """(entry, project id)."""


def budget_note(budget: Budget, sight: InSight, name: Name) -> str:
    """Return why a budget can never fill; empty where it can."""
    entries = [entry for entry in sight.currencies if not budget.cloud or fnmatchcase(entry, budget.cloud)]
    if not entries:
        return f"no cloud here is called {budget.cloud}: it never fills"
    found = [sight.currencies[entry] for entry in entries]
    if None in found:
        return ""
    if budget.currency not in found:
        return f"no prices in {budget.currency} are in use: it never fills"
    if not any(budget.covers(entry, project_id, name(entry, project_id)) for entry, project_id in sight.projects):
        return f"no project here is called {budget.project}: it never fills"
    return ""


def budget_view(
    budget: Budget, found: Iterable[ProjectDay], coming: Iterable[Coming], name: Name, note: str = ""
) -> BudgetView:
    """Return a budget against what was accrued; expected is what exactly that will come to, which it covers."""
    covered = [one for one in found if _covers(budget, one, name)]
    mine = next((one for one in totals(covered) if one.currency == budget.currency), None)
    accrued = (mine.amount + mine.amount_max) / 2 if mine is not None else ZERO
    rest = (one.amount for one in coming if one.currency == budget.currency and _covers(budget, one, name))
    expected = accrued + sum(rest, ZERO)
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
        note=note,
        over=accrued > budget.amount,
    )


def _covers(budget: Budget, one: ProjectDay | Coming, name: Name) -> bool:
    return budget.covers(one.entry, one.project_id, name(one.entry, one.project_id))


def _alert(budget: Budget, reached: Decimal, expected: Decimal) -> str:
    if not budget.alerts:
        return ""
    first, amount = min(budget.alerts), f"{digits(budget.amount)} {budget.currency}"
    if reached >= first:
        return f"{reached:.0f} % of {amount} reached"
    # A mark below the whole amount is passed in every month that goes well: only one that will be broken is told.
    return f"will be {expected:.0f} % of {amount}" if expected >= max(first, Decimal(100)) else ""
