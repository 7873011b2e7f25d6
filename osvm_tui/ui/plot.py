"""Curves as characters: values in slots of time become columns, columns become rows of text. Pure; knows no widget.

A gap is a column without a value and is drawn as nothing; a zero is a line on the ground, so that the two differ.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple


class Slot(NamedTuple):
    """A stretch of time with one value: `begin` in seconds, `mean` and the `high` that was reached in it."""

    begin: float
    mean: float
    high: float


class Cell(NamedTuple):
    """One character of a plot. `peak`: only what was reached for a moment is in it, not the mean."""

    text: str
    peak: bool


Column = tuple[float, float] | None
"""(mean, high) of one column of dots, None where nothing is known."""
PER_CELL: dict[str, tuple[int, int]] = {"braille": (2, 4), "block": (1, 8), "ascii": (1, 3)}
"""Columns and levels of dots in one character, by way of drawing."""
_DOTS = ((0x40, 0x04, 0x02, 0x01), (0x80, 0x20, 0x10, 0x08))
"""Braille dots of the left and the right column, from the ground up (Unicode, chart 2800)."""
_BLOCKS = " ▁▂▃▄▅▆▇█"
_ASCII = " .:#"


def columns(slots: Iterable[Slot], step_s: float, since: float, until: float, count: int) -> list[Column]:
    """Return `count` columns from `since` to `until`. Of several slots in one the highest counts: no peak is lost."""
    found: list[Column] = [None] * count
    span = until - since
    if span <= 0:
        return found
    for slot in slots:
        first = math.floor((slot.begin - since) / span * count)
        last = math.ceil((slot.begin + step_s - since) / span * count) - 1
        for n in range(max(first, 0), min(max(last, first), count - 1) + 1):
            old = found[n]
            found[n] = (slot.mean, slot.high) if old is None else (max(old[0], slot.mean), max(old[1], slot.high))
    return found


def rows(drawn: Sequence[Column], height: int, top: float, way: str = "braille") -> list[list[Cell]]:
    """Return the rows of a filled plot, the highest first; values above `top` reach the ceiling."""
    wide, levels = PER_CELL[way]
    steps = height * levels
    heights = [None if one is None else (_level(one[0], top, steps), _level(one[1], top, steps)) for one in drawn]
    heights += [None] * (-len(heights) % wide)
    cells = [heights[n : n + wide] for n in range(0, len(heights), wide)]
    return [[_cell(pair, row * levels, levels, way) for pair in cells] for row in reversed(range(height))]


def ceiling(values: Iterable[float], least: float = 1.0, base: float = 10.0) -> float:
    """Return a round number that no value exceeds: 1, 2 or 5 times a power of ten, of units that are powers of `base`.

    With a base of 1024 these are 1, 2, 5, 10 to 500 KiB, then 1 MiB.
    """
    highest = max((value for value in values if math.isfinite(value)), default=0.0)
    if highest <= least:
        return least
    unit = base ** max(0, math.floor(math.log(highest, base))) if base > 10 else 1.0
    power = unit * 10.0 ** math.floor(math.log10(highest / unit))
    found = next((factor * power for factor in (1, 2, 5) if highest <= factor * power), 10 * power)
    return unit * base if base > 10 and found > unit * 500 else found


def _level(value: float, top: float, steps: int) -> int:
    return max(1, min(steps, round(value / top * steps))) if top > 0 else 1


def _cell(pair: Sequence[tuple[int, int] | None], ground: int, levels: int, way: str) -> Cell:
    means = [min(max(0, one[0] - ground), levels) if one else 0 for one in pair]
    highs = [min(max(0, one[1] - ground), levels) if one else 0 for one in pair]
    if way == "braille":
        bits = sum(dot for side, high in enumerate(highs) for dot in _DOTS[side][:high])
        text = chr(0x2800 + bits) if bits else " "
    else:
        # One colour a character: where the mean ends in it, the mean is what is drawn.
        level = means[0] or highs[0]
        text = (_BLOCKS if way == "block" else _ASCII)[level]
    return Cell(text, not any(means))
