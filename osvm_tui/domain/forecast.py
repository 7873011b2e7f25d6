"""`Forecast`: what a month will come to: accrued so far, the present burn rate for the rest, and a band; pure."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct


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
