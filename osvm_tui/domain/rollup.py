"""Totals of a day by project, flavor, state and tags: what reports are read from instead of every VM's history; pure.

A day is one of UTC. Totals are sums of exact lines, so reports of whole days agree with the lines to the last digit.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import msgspec
from msgspec import Struct

from osvm_tui.domain.accrual import Held, Line, Made, Tariff, Unpriced, held_parts, vm_parts
from osvm_tui.domain.burn import NOT_KNOWN
from osvm_tui.domain.money import QUANTUM
from osvm_tui.domain.stretches import Stretch

TOGETHER = ""
"""The component of a row that sums all components."""
_MICRO = timedelta(microseconds=1)


class DaySum(Struct, frozen=True, array_like=True, gc=False):
    """What all VMs or things alike came to on one day. Amounts are whole numbers of `QUANTUM`: sums of them are exact
    and cheap."""

    component: str
    """Empty: all components together."""
    what: str
    """The flavor of a VM, else which kind of thing."""
    state: str
    """Empty for what is no VM."""
    tags: str
    """Sorted, with commas."""
    currency: str
    amount: int
    amount_max: int
    micros: int = 0
    """How long VMs were held, in microseconds; in rows of all components together."""
    unpriced: tuple[str, ...] = ()
    """What of it had no price at times, sorted: the amounts are without it."""


class CostDay(Struct, frozen=True, gc=False):
    """The sums of one project on one day. `basis` names that day's prices, policy and code: with another one they are
    stale."""

    endpoint: str
    project_id: str
    day: date
    basis: str
    sums: tuple[DaySum, ...]
    parts: tuple[DaySum, ...] = ()
    """The same by component; left out where nobody asks for it."""


class Billed(Struct, frozen=True):
    """One VM ready to be counted."""

    project_id: str
    tags: tuple[str, ...]
    made: Made
    life: tuple[Stretch, ...]


def basis_of(tariff: Tariff, since: datetime, until: datetime) -> str:
    """Return a name for the policy and the prices that hold from `since` to `until`; prices of any other time leave it
    as it is: a change that begins tomorrow rewrites no day that is over."""
    card, policy = tariff.card, tariff.policy
    prices = [(at.isoformat() if at > since else "", card.at(at)) for at in (since, *card.changes(since, until))]
    held = [(at, found.prices if found is not None else None) for at, found in prices]
    told = ("3", card.currency, policy.states, policy.otherwise, policy.from_launch, held)
    return hashlib.sha256(msgspec.json.encode(told, order="deterministic")).hexdigest()[:16]


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """Return when a day begins and ends."""
    since = datetime.combine(day, time(), UTC)
    return since, since + timedelta(days=1)


def days(since: datetime, until: datetime) -> Iterator[tuple[date, datetime, datetime]]:
    """Yield the days that a stretch touches, each with the part of it that lies in the stretch."""
    day = since.astimezone(UTC).date()
    while True:
        start, end = day_bounds(day)
        if start >= until:
            return
        yield day, max(start, since), min(end, until)
        day += timedelta(days=1)


def sums_of(
    billed: Iterable[Billed],
    things: Iterable[Held],
    tariff: Tariff,
    since: datetime,
    until: datetime,
    now: datetime,
    grace: timedelta,
) -> dict[str, tuple[tuple[DaySum, ...], tuple[DaySum, ...]]]:
    """Return the sums of a day, or of a part of one, by project: all components together, and one by one."""
    found: dict[str, _Sums] = {}
    missing: dict[str, _Names] = {}
    currency = tariff.card.currency
    for one in billed:
        into, tags = found.setdefault(one.project_id, {}), ", ".join(one.tags)
        names = missing.setdefault(one.project_id, {})
        life = [stretch for stretch in one.life if stretch.since < until and stretch.until > since]
        for part in vm_parts(life, one.made, tariff, since, until):
            _add(into, names, (part.flavor, part.vm_state, tags, currency), part)
        for stretch in life:
            held = (min(until, stretch.until) - max(since, stretch.since)) // _MICRO
            _entry(into, (TOGETHER, stretch.flavors[-1], stretch.vm_state, tags, currency))[2] += held
    for thing in things:
        into, names = found.setdefault(thing.project_id, {}), missing.setdefault(thing.project_id, {})
        for part in held_parts(thing, tariff.card, since, until, now, grace):
            _add(into, names, (part.component.value, "", "", currency), part)
    return {project: _told(sums, missing[project]) for project, sums in found.items()}


_Key = tuple[str, str, str, str, str]
_Sums = dict[_Key, list[int]]
_Names = dict[_Key, set[str]]


def _add(into: _Sums, names: _Names, key: tuple[str, str, str, str], part: Line | Unpriced) -> None:
    amount, amount_max = (0, 0) if isinstance(part, Unpriced) else (_steps(part.amount), _steps(part.amount_max))
    for component in (TOGETHER, part.component.value):
        held = _entry(into, (component, *key))
        if isinstance(part, Unpriced):
            names.setdefault((component, *key), set()).add(part.name)
        held[0] += amount
        held[1] += amount_max


def _entry(into: _Sums, key: _Key) -> list[int]:
    return into.setdefault(key, [0, 0, 0])


def _told(sums: _Sums, names: _Names) -> tuple[tuple[DaySum, ...], tuple[DaySum, ...]]:
    rows = [_row(key, sums[key], names.get(key, ())) for key in sorted(sums)]
    return tuple(row for row in rows if row.component == TOGETHER), tuple(row for row in rows if row.component)


def _row(key: _Key, counted: Sequence[int], names: Iterable[str]) -> DaySum:
    amount, amount_max, micros = counted
    return DaySum(*key, amount, amount_max, micros, tuple(sorted(names)))


def _steps(amount: Decimal) -> int:
    return int(amount.scaleb(-QUANTUM.as_tuple().exponent))  # type: ignore[operator]


def guessed(sums: Iterable[DaySum]) -> bool:
    """Return whether anything of it is bounded, or left out for want of a size or a name that may become known."""
    return any(one.amount != one.amount_max or any(name.endswith(NOT_KNOWN) for name in one.unpriced) for one in sums)


def money(steps: int) -> Decimal:
    """Return a whole number of `QUANTUM` as an amount."""
    return Decimal(steps).scaleb(QUANTUM.as_tuple().exponent)  # type: ignore[arg-type]


def hours(micros: int) -> Decimal:
    """Return microseconds as hours, to the ten-thousandth."""
    return (Decimal(micros) / Decimal(3_600_000_000)).quantize(Decimal("0.0001"))
