"""What was accrued: lines from state intervals and dated prices, exact, and bounded where nobody looked; pure."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from osvm_tui.domain.rates import Component, Price


class Certainty(StrEnum):
    """How a stretch of a line is known."""

    KNOWN = "known"
    """A console saw the state."""
    REBUILT = "rebuilt"
    """Nobody looked; the launch time or the cloud's action log tells the state."""
    BOUNDED = "bounded"
    """Nobody looked and nothing tells: the least and the most that it can be."""


class Line(Struct, frozen=True, kw_only=True, gc=False):
    """What one component came to while state, price and share stayed the same."""

    component: Component
    what: str
    since: datetime
    until: datetime
    quantity: Decimal
    price: Price
    share: Decimal
    """Of a bounded line: the greatest share."""
    currency: str
    amount: Decimal
    """Of a bounded line: the least."""
    amount_max: Decimal
    certainty: Certainty
    vm_state: str = ""
    """Empty for what is no VM, `unknown` for a bounded line."""
    flavor: str = ""
