"""Sparklines: the last values of a metric in a few characters of a cell. Pure; knows no widget and no metric.

A gap is a blank and a zero a line on the ground, as in the curves, so that the two differ.
"""

from __future__ import annotations

from collections.abc import Sequence

RAMPS: dict[str, str] = {"unicode": "▁▂▃▄▅▆▇█", "ascii": "_.:-=+*#"}
_EACH = 4
"""Values that one character stands for, where there are so many."""


def spark(values: Sequence[float | None], width: int, top: float, glyphs: str = "unicode") -> str:
    """Return `width` characters, the newest last; of several values in one the highest counts, so no peak is lost."""
    ramp = RAMPS[glyphs]
    each = _EACH if len(values) >= width * _EACH else max(1, len(values) // width)
    kept = values[-width * each :]
    parts = [kept[max(0, end - each) : end] for end in range(len(kept), 0, -each)][::-1]
    return "".join(_sign(part, top, ramp) for part in parts).rjust(width)


def _sign(part: Sequence[float | None], top: float, ramp: str) -> str:
    known = [value for value in part if value is not None]
    if not known:
        return " "
    return ramp[min(max(0, int(max(known) / top * len(ramp))), len(ramp) - 1)] if top > 0 else ramp[0]
