"""The levels of a heat map: which value is how hot, and how a level is marked beside its colour. Pure."""

from __future__ import annotations

from collections.abc import Iterable

LEVELS = 5
MARKS: dict[str, tuple[str, ...]] = {
    "unicode": ("··", "░░", "▒▒", "▓▓", "██", "!!"),
    "ascii": ("..", "--", "++", "**", "##", "!!"),
}
"""The mark of every level: first what is not known, then the coolest to the hottest."""
EDGES: dict[str, str] = {"unicode": "▸◂", "ascii": "><"}
"""What stands before and behind the mark under the cursor, which keeps its own colour."""
_BOUNDS = (25.0, 50.0, 75.0, 90.0)
"""Percent of the full scale at which the next level begins."""


def level_of(value: float | None, full: float) -> int:
    """Return 0 for what is not known, else 1 to 5 as a part of `full`."""
    if value is None:
        return 0
    part = 100 * value / full if full > 0 else 0.0
    return 1 + sum(part >= bound for bound in _BOUNDS)


def highest(values: Iterable[float | None]) -> float:
    """Return the highest known value, 0 without one."""
    return max((value for value in values if value is not None), default=0.0)


def legend(glyphs: str) -> list[tuple[int, str]]:
    """Return every level with the percent at which it begins, in less than 80 columns with a metric's name."""
    marks = MARKS[glyphs]
    bounds = [f"{bound:.0f} %" for bound in _BOUNDS]
    words = [f"under {bounds[0]}", *bounds]
    return [*((n, f"{marks[n]} {told}") for n, told in enumerate(words, 1)), (0, f"{marks[0]} unknown")]
