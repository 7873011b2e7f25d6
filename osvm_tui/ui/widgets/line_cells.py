"""Text of a table's line: padded to width whatever characters it holds. Knows no row."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from osvm_tui.ui.columns import GAP, GUTTER, Placed
from osvm_tui.ui.printable import printable


_ONE_LINE = str.maketrans("\n\t", "  ")


def padded(text: str, width: int, *, right: bool = False) -> str:
    """Return `text` in exactly `width` cells; what does not fit is cut with an ellipsis."""
    if text.isascii() and text.isprintable():
        if len(text) > width:
            return text[: max(0, width - 1)] + "…"[: max(0, width)]
        return text.rjust(width) if right else text.ljust(width)
    text = printable(text).translate(_ONE_LINE)
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, max(0, width - 1)) + "…"
    blanks = " " * (width - length)
    return blanks + text if right else text + blanks


def cells_to_segments(
    names: Iterable[tuple[str, str]], placed: Sequence[Placed[Any]], style: Callable[[str], Style]
) -> Strip:
    """Return a head: each name with its style part, as wide as its column."""
    plain = style("head")
    segments = [Segment(" " * GUTTER, plain)]
    for (name, part), place in zip(names, placed, strict=True):
        segments.append(Segment(padded(name, place.width, right=place.column.right), style(part)))
        segments.append(Segment(" " * GAP, plain))
    return Strip(segments)
