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

from osvm_tui.domain.accrual import Held, Line, Made, Tariff, held_lines, vm_lines
from osvm_tui.domain.money import ZERO
from osvm_tui.domain.stretches import UNKNOWN, Stretch

HELD = "held"
"""The component of rows that count how long VMs were held; they carry no amount."""
_HOUR_S = Decimal(3600)


class DaySum(Struct, frozen=True, array_like=True, gc=False):
    """What all VMs or things alike came to on one day. `state` is empty for what is no VM."""

    component: str
    what: str
    """The flavor of a VM, else what the thing is called by."""
    state: str
    tags: tuple[str, ...]
    currency: str
    amount: Decimal
    amount_max: Decimal
    seconds: Decimal = ZERO


class CostDay(Struct, frozen=True, gc=False):
    """The sums of one project on one day. `basis` names prices, policy and code: with another one they are stale."""

    endpoint: str
    project_id: str
    day: date
    basis: str
    sums: tuple[DaySum, ...]


class Billed(Struct, frozen=True):
    """One VM ready to be counted."""

    project_id: str
    tags: tuple[str, ...]
    made: Made
    life: tuple[Stretch, ...]


def basis_of(tariff: Tariff) -> str:
    """Return a name for prices and policy that changes when any of them does."""
    text = msgspec.json.encode(("1", tariff), order="deterministic")
    return hashlib.sha256(text).hexdigest()[:16]


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
) -> dict[str, tuple[DaySum, ...]]:
    """Return the sums of a day, or of a part of one, by project."""
    found: dict[str, dict[tuple[object, ...], list[Decimal]]] = {}
    currency = tariff.card.currency
    for one in billed:
        into = found.setdefault(one.project_id, {})
        for line in vm_lines(one.life, one.made, tariff, since, until):
            key = (line.component.value, line.flavor, line.vm_state, one.tags, currency)
            _add(into, key, line.amount, line.amount_max, ZERO)
        for stretch in one.life:
            seconds = _seconds(max(since, stretch.since), min(until, stretch.until))
            if seconds:
                key = (HELD, stretch.flavors[-1], stretch.vm_state, one.tags, currency)
                _add(into, key, ZERO, ZERO, seconds)
    for thing in things:
        for line in held_lines(thing, tariff.card, since, until, now, grace):
            key = (line.component.value, thing.what or line.component.value, "", (), currency)
            _add(found.setdefault(thing.project_id, {}), key, line.amount, line.amount_max, ZERO)
    return {project: tuple(_sums(sums)) for project, sums in found.items()}


def _add(into: dict[tuple[object, ...], list[Decimal]], key: tuple[object, ...], *values: Decimal) -> None:
    held = into.setdefault(key, [ZERO, ZERO, ZERO])
    for place, value in enumerate(values):
        held[place] += value


def _sums(sums: dict[tuple[object, ...], list[Decimal]]) -> Iterator[DaySum]:
    for key in sorted(sums):
        component, what, state, tags, currency = key
        yield msgspec.convert((component, what, state, tags, currency, *sums[key]), DaySum)


def _seconds(since: datetime, until: datetime) -> Decimal:
    if until <= since:
        return ZERO
    return Decimal((until - since) // timedelta(microseconds=1)).scaleb(-6)


def hours(seconds: Decimal) -> Decimal:
    """Return seconds as hours, to the ten-thousandth."""
    return (seconds / _HOUR_S).quantize(Decimal("0.0001"))


def unseen(lines: Sequence[Line]) -> bool:
    """Return whether a part of the lines is bounded only."""
    return any(line.vm_state == UNKNOWN for line in lines)
