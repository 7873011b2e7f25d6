"""Curves over time that can be added up exactly: a week's pattern, ripples and bursts. Pure; seconds since 1970.

Every curve knows its value and its sum since a fixed moment in closed form, so that a counter at any time costs the
same, is never stored, and agrees with the curve to the last digit.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from itertools import accumulate, pairwise
from math import cos, pi, sin

import msgspec

HOUR_S, DAY_S, WEEK_S = 3600, 86400, 604800
_TURN = 2 * pi
EPOCH_S = 1_577_923_200
"""Sums begin here, 2020-01-02, a Thursday as 1970-01-01 was: small numbers keep their digits."""


class Week:
    """A pattern that comes back every week: 168 values, one an hour beginning Thursday 0:00 UTC, joined by lines."""

    def __init__(self, hours: Sequence[float]) -> None:
        self._at = [*hours, hours[0]]
        self._sums = [0.0, *accumulate((one + two) / 2 for one, two in pairwise(self._at))]

    def at(self, t: float) -> float:
        """Return the value."""
        hour = (t - EPOCH_S) % WEEK_S / HOUR_S
        place = int(hour)
        return self._at[place] + (self._at[place + 1] - self._at[place]) * (hour - place)

    def sum(self, t: float) -> float:
        """Return value times seconds since the epoch."""
        weeks, rest = divmod(t - EPOCH_S, WEEK_S)
        hour = rest / HOUR_S
        place = int(hour)
        part, first, last = hour - place, self._at[place], self._at[place + 1]
        return (weeks * self._sums[-1] + self._sums[place] + part * (first + (last - first) * part / 2)) * HOUR_S


class Burst(msgspec.Struct, frozen=True):
    """One burst in every `every_s` seconds, of equal area but at any time in it, for a fortieth to a tenth of it."""

    every_s: float
    height: float
    """Of the highest, which is the shortest."""
    seed: int

    def at(self, t: float) -> float:
        """Return the value."""
        place, rest = divmod(t - EPOCH_S, self.every_s)
        begin, length, height = self._of(int(place))
        return height if begin <= rest < begin + length else 0.0

    def sum(self, t: float) -> float:
        """Return value times seconds since the epoch."""
        place, rest = divmod(t - EPOCH_S, self.every_s)
        begin, length, height = self._of(int(place))
        return place * self.height * self.every_s / 40 + height * min(max(rest - begin, 0.0), length)

    def _of(self, place: int) -> tuple[float, float, float]:
        longer, begin = _burst(self.seed, place)
        length = self.every_s / 40 * longer
        return begin * (self.every_s - length), length, self.height / longer


class Curve(msgspec.Struct, frozen=True):
    """A sum of a floor, a pattern, two ripples and bursts; never below its floor."""

    floor: float
    swing: float = 0.0
    week: Week | None = None
    ripple: float = 0.0
    """From lowest to highest of both together."""
    slow_s: float = 1260.0
    fast_s: float = 331.0
    phase: float = 0.0
    burst: Burst | None = None

    def at(self, t: float) -> float:
        """Return the value."""
        value, since = self.floor + self.ripple / 2, t - EPOCH_S
        if self.week is not None:
            value += self.swing * self.week.at(t)
        if self.burst is not None:
            value += self.burst.at(t)
        slow, fast = sin(_TURN * since / self.slow_s + self.phase), sin(_TURN * since / self.fast_s + self.phase)
        return value + self.ripple / 4 * (slow + fast)

    def sum(self, t: float) -> float:
        """Return value times seconds since the epoch."""
        since = t - EPOCH_S
        value = (self.floor + self.ripple / 2) * since
        if self.week is not None:
            value += self.swing * self.week.sum(t)
        if self.burst is not None:
            value += self.burst.sum(t)
        slow = self.slow_s * cos(_TURN * since / self.slow_s + self.phase)
        return value - self.ripple / 4 * (slow + self.fast_s * cos(_TURN * since / self.fast_s + self.phase)) / _TURN


def saw(t: float, every_s: float, phase: float) -> float:
    """Return how far a thing that comes back every `every_s` has come, 0 to 1; `phase` is 0 to 1."""
    return ((t - EPOCH_S) / every_s + phase) % 1.0


_MASK = 2**64 - 1


@lru_cache(maxsize=16384)
def _burst(seed: int, place: int) -> tuple[float, float]:
    """Return how much longer than the shortest a burst is, 1 to 4, and when it begins, as a share of what is left."""
    return 1 + 3 * _chance(seed, 2 * place), _chance(seed, 2 * place + 1)


def _chance(seed: int, place: int) -> float:
    """Return a number from 0 to 1 that is fixed by both (the finalizer of SplitMix64)."""
    value = (seed + (place + 1) * 0x9E3779B97F4A7C15) & _MASK
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & _MASK
    return (value ^ (value >> 31)) / 2**64
