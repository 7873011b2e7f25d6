"""`bill_of`: one VM's lines put together, with what was not seen and what is not in the amounts; asks nobody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from osvm_tui.domain.accrual import Certainty, Line, Tariff, Unpriced
from osvm_tui.domain.money import ZERO
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.cost_reports import unpriced_words
from osvm_tui.services.costs_api import Sum, VmBill


def bill_of(
    ref: VmRef, since: datetime, until: datetime, parts: Iterable[Line | Unpriced], entry: str, tariff: Tariff
) -> VmBill:
    """Return a bill from the parts of a VM's life."""
    found = tuple(parts)
    lines = tuple(part for part in found if isinstance(part, Line))
    missing = [part.name for part in found if isinstance(part, Unpriced)]
    told = (unpriced_words(missing),) if missing else ()
    return VmBill(
        ref=ref,
        since=since,
        until=until,
        lines=lines,
        sums=_sums(lines),
        notes=(*_unseen(lines), *begins_note(entry, tariff, since), *told),
        simulated=tariff.card.simulated,
    )


def begins_note(entry: str, tariff: Tariff, since: datetime) -> tuple[str, ...]:
    """Return that a card has no prices yet at `since`; empty where it has."""
    first = tariff.card.versions[0].since
    if first <= since:
        return ()
    return (f"{entry}: the prices of {tariff.card.name} begin {first:%Y-%m-%d %H:%M} UTC, not in it: all before",)


def _sums(lines: Sequence[Line]) -> tuple[Sum, ...]:
    found = []
    for currency in sorted({line.currency for line in lines}):
        mine = [line for line in lines if line.currency == currency]
        least, most = sum((one.amount for one in mine), ZERO), sum((one.amount_max for one in mine), ZERO)
        found.append(Sum(currency=currency, amount=least, amount_max=most))
    return tuple(found)


def _unseen(lines: Sequence[Line]) -> tuple[str, ...]:
    bounded = [line for line in lines if line.certainty is Certainty.BOUNDED]
    if not bounded:
        return ()
    first, last = min(line.since for line in bounded), max(line.until for line in bounded)
    return (f"no console looked at times between {first:%Y-%m-%d %H:%M} and {last:%Y-%m-%d %H:%M} UTC: least to most",)
