"""`Forecast`: what a month will come to: accrued so far, the present burn rate for the rest, and a band; pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal

from msgspec import Struct

from osvm_tui.domain.money import QUANTUM, exact_hours

CENT = Decimal("0.01")
"""A rest that differs from the present rate by no more tells of no change of prices."""
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
    daily: Sequence[tuple[Decimal, Decimal]],
    now: datetime,
    rest: Decimal | None = None,
) -> Forecast:
    """Return the month of `now`: `accrued` is (least, most) so far, `hourly` the present burn rate, `daily` the least
    and the most that the last complete days came to, oldest first; `rest` what the present stock comes to until the
    month's end where prices change in it.

    Expected is the middle of what was accrued and the present stock for the rest. The band takes the cheapest day's
    least and the dearest day's most for the rest, as prices will then be, and the least and the most that was accrued.
    """
    since, until = month_of(now)
    left_h = exact_hours(until - now)
    steady = hourly * left_h
    rest = steady if rest is None else rest
    dearer = rest / steady if steady else Decimal(1)
    least, most = accrued
    days = daily[-DAYS:]
    return Forecast(
        currency=currency,
        since=since,
        until=until,
        accrued=least,
        accrued_max=most,
        low=_tidy(least + min([rest, *(day[0] / 24 * left_h * dearer for day in days)])),
        expected=_tidy((least + most) / 2 + rest),
        high=_tidy(most + max([rest, *(day[1] / 24 * left_h * dearer for day in days)])),
        made=_made(least != most, hourly, left_h, currency, days, changes=abs(rest - steady) > CENT),
    )


def _made(
    bounded: bool,
    hourly: Decimal,
    left_h: Decimal,
    currency: str,
    days: Sequence[tuple[Decimal, Decimal]],
    *,
    changes: bool,
) -> str:
    so_far = "middle of what was accrued" if bounded else "accrued so far"
    seen = f"band: cheapest to dearest of the last {len(days)} days"
    band = seen if days else "no band: no complete day was seen yet"
    if bounded or any(least != most for least, most in days):
        band += ", and what nobody saw"
    rest = f"{hourly:.4f} {currency}/h now for the {left_h:.0f} h left"
    if changes:
        rest += ", with the prices that change in them"
    return f"{so_far} + {rest}; {band}"


def _tidy(amount: Decimal) -> Decimal:
    return amount.quantize(QUANTUM)
