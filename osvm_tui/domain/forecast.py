"""`Forecast`: what a month will come to: accrued so far, the present burn rate for the rest, and a band; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from msgspec import Struct

from osvm_tui.domain.money import QUANTUM

DAYS = 7
"""How many complete days the band is made from."""


class Forecast(Struct, frozen=True, kw_only=True):
    """One month in one currency. `low` and `high` bound what `expected` may be wrong by; `made` says how."""

    currency: str
    since: datetime
    until: datetime
    accrued: Decimal
    """The least that was accrued so far."""
    accrued_max: Decimal
    """The most: greater where states were not seen."""
    low: Decimal
    expected: Decimal
    high: Decimal
    made: str


def month_of(moment: datetime) -> tuple[datetime, datetime]:
    """Return when the calendar month of a moment begins and ends, in UTC."""
    since = moment.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    year, month = (since.year + 1, 1) if since.month == 12 else (since.year, since.month + 1)
    return since, since.replace(year=year, month=month)


def forecast(
    currency: str,
    accrued: tuple[Decimal, Decimal],
    hourly: Decimal,
    daily: Sequence[Decimal],
    now: datetime,
) -> Forecast:
    """Return the month of `now`: `accrued` is (least, most) so far, `hourly` the present burn rate, `daily` what the
    last complete days came to, oldest first.

    Expected is the middle of what was accrued and the present rate for the rest. The band takes the cheapest and the
    dearest of the last days for the rest, and the least and the most that was accrued.
    """
    since, until = month_of(now)
    left_h = Decimal((until - now).total_seconds()) / Decimal(3600)
    rates = [hourly, *(day / 24 for day in daily[-DAYS:])]
    least, most = accrued
    return Forecast(
        currency=currency,
        since=since,
        until=until,
        accrued=least,
        accrued_max=most,
        low=_tidy(least + min(rates) * left_h),
        expected=_tidy((least + most) / 2 + hourly * left_h),
        high=_tidy(most + max(rates) * left_h),
        made=_made(least != most, hourly, left_h, currency, len(daily[-DAYS:])),
    )


def _made(bounded: bool, hourly: Decimal, left_h: Decimal, currency: str, days: int) -> str:
    so_far = "middle of what was accrued" if bounded else "accrued so far"
    band = f"band: cheapest to dearest of the last {days} days" if days else "no band: no complete day was seen yet"
    if bounded:
        band += ", and what nobody saw"
    return f"{so_far} + {hourly:.4f} {currency}/h now for the {left_h:.0f} h left; {band}"


def _tidy(amount: Decimal) -> Decimal:
    return amount.quantize(QUANTUM)
