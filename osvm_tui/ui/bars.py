"""How a share is drawn as a bar: one rule for every place, in eighths of a character or in plain signs. Pure."""

from __future__ import annotations

from decimal import Decimal

_SIGNS = {"unicode": ("█", "▏▎▍▌▋▊▉", "░"), "ascii": ("#", "", "-")}
"""By kind of glyphs: a full character, the parts of one from the least on, and what is left."""


def bar(share: float | Decimal, width: int, glyphs: str = "unicode") -> tuple[str, str]:
    """Return the filled and the empty end of a bar of `width` characters.

    What is more than nothing shows as the least part at least, and only the whole (or more) fills the bar.
    """
    full, parts, rest = _SIGNS[glyphs]
    steps = len(parts) + 1
    filled = round(min(max(share, 0), 1) * width * steps)
    if 0 < share < 1:
        filled = max(1, min(filled, width * steps - 1))
    whole, part = divmod(filled, steps)
    drawn = full * whole + (parts[part - 1] if part else "")
    return drawn, rest * (width - len(drawn))
