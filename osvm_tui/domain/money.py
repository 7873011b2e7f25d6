"""Exact amounts of money over time: `Decimal` with a currency, rounded in one place only; knows no prices.

An amount between two moments is the difference of two cumulative amounts, each counted from one fixed moment and
rounded down to `QUANTUM`. So parts of a stretch add up to the whole to the last digit, however it is cut, an amount
never is negative, and whole hours of a price of up to ten digits cost exactly that price.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, ROUND_HALF_EVEN, Context, Decimal

from msgspec import Struct

MONTH_HOURS = 730
"""Hours of a month, 8760 / 12, as providers and estimators count it."""
HOUR_S = 3600
MONTH_S = MONTH_HOURS * HOUR_S
QUANTUM = Decimal("1E-10")
"""The last digit of every amount."""
ZERO = Decimal(0)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_PRECISE = Context(prec=80, rounding=ROUND_FLOOR)
_NEAREST = Context(prec=80, rounding=ROUND_HALF_EVEN)


class Money(Struct, frozen=True, order=True):
    """An amount of one currency. Amounts of different currencies are never added."""

    currency: str
    amount: Decimal


def accrued(price: Decimal, unit_s: int, since: datetime, until: datetime) -> Decimal:
    """Return what `price` per `unit_s` seconds comes to from `since` to `until`; zero for an empty stretch."""
    if until <= since:
        return ZERO
    return _PRECISE.subtract(_cumulative(price, unit_s, until), _cumulative(price, unit_s, since))


def _cumulative(price: Decimal, unit_s: int, at: datetime) -> Decimal:
    ticks = (at - _EPOCH) // _TICK
    whole = _PRECISE.multiply(price, Decimal(ticks))
    return _PRECISE.divide(whole, Decimal(unit_s * 1_000_000)).quantize(QUANTUM, context=_PRECISE)


def exact_hours(length: timedelta) -> Decimal:
    """Return a length of time in hours, from its whole microseconds."""
    return Decimal(length // _TICK) / 3_600_000_000


def product(*factors: Decimal) -> Decimal:
    """Return the exact product, whatever number of digits it has."""
    found = Decimal(1)
    for factor in factors:
        found = _PRECISE.multiply(found, factor)
    return found


def per_hour(price: Decimal, unit_s: int) -> Decimal:
    """Return a price per `unit_s` seconds as one per hour, rounded to the last digit."""
    if unit_s == HOUR_S:
        return price
    return _tidy(_NEAREST.divide(product(price, Decimal(HOUR_S)), Decimal(unit_s)))


def per_month(price: Decimal, unit_s: int) -> Decimal:
    """Return a price per `unit_s` seconds as one per month of 730 hours, rounded to the last digit."""
    if unit_s == MONTH_S:
        return price
    return _tidy(_NEAREST.divide(product(price, Decimal(MONTH_S)), Decimal(unit_s)))


def digits(value: Decimal, places: int = 2) -> str:
    """Return a number with fixed decimals in groups of three: `1 234.50`; what rounds to nothing has no sign."""
    rounded = value.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_EVEN)
    return f"{rounded or abs(rounded):,f}".replace(",", " ")


def _tidy(value: Decimal) -> Decimal:
    return value.quantize(QUANTUM, context=_NEAREST)


def totals(amounts: Iterable[Money]) -> tuple[Money, ...]:
    """Return one sum per currency, by currency."""
    sums: dict[str, Decimal] = {}
    for money in amounts:
        sums[money.currency] = sums.get(money.currency, ZERO) + money.amount
    return tuple(Money(currency, sums[currency]) for currency in sorted(sums))
