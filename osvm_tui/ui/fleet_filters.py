"""QUICK: the counts that the fleet shows above its rows; each is a filter behind one key. Pure."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from osvm_tui.ui.fleet_counts import FleetCounts
from osvm_tui.ui.format import Token


class Quick(NamedTuple):
    """One count: the id of its key, its word, its filter, and how many VMs pass it."""

    id: str
    word: str
    text: str
    token: Token
    number: Callable[[FleetCounts, int], int]
    """Of all counts and the number of changed VMs."""


def _rest(counts: FleetCounts, _changed: int) -> int:
    named = ("ACTIVE", "SHUTOFF", "ERROR")
    return counts.by_status.total() - sum(counts.by_status[status] for status in named)


QUICK: tuple[Quick, ...] = (
    Quick("fleet.active", "active", "status=ACTIVE busy=no", Token.RUNNING, lambda c, _: c.by_status["ACTIVE"]),
    Quick("fleet.shutoff", "off", "status=SHUTOFF busy=no", Token.STOPPED, lambda c, _: c.by_status["SHUTOFF"]),
    Quick("fleet.busy", "busy", "busy=yes", Token.CHANGING, lambda c, _: c.busy),
    Quick("fleet.error", "error", "status=ERROR", Token.WRONG, lambda c, _: c.wrong),
    Quick("fleet.rest", "rest", "busy=no !status=ACTIVE !status=SHUTOFF !status=ERROR", Token.PLAIN, _rest),
    Quick("fleet.changed", "changed", "changed", Token.STALE, lambda _, changed: changed),
)
"""Status words are Nova's; the rest is what is paused, suspended, shelved, rescued, resized."""


class Counted(NamedTuple):
    """A count as it is shown: the key that filters by it, glyph, word and number."""

    key: str
    word: str
    number: int
    token: Token
