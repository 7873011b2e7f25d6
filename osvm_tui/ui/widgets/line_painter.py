"""`LinePainter`: turns what a table's line shows into a strip, and keeps the strips. Knows no row and no cursor."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any, NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip
from textual.widget import Widget

from osvm_tui.ui.columns import GAP, GUTTER, Cell, Placed
from osvm_tui.ui.format import SIGNS
from osvm_tui.ui.printable import printable

_STRIPS = 2000
_ONE_LINE = str.maketrans("\n\t", "  ")


class Line(NamedTuple):
    """Everything that a drawn line depends on. `flash` holds the places of cells that have just changed."""

    cells: tuple[Cell, ...]
    cursor: bool = False
    marked: bool = False
    hovered: bool = False
    focused: bool = False
    flash: frozenset[int] = frozenset()

    @property
    def ground(self) -> str:
        """The component class of the line's background, empty for the plain one."""
        if self.cursor:
            return "cursor" if self.focused else "cursor-dim"
        return "marked" if self.marked else "hover" if self.hovered else ""


class LinePainter:
    """Paints for one widget, in the colours of its component classes `vtable--NAME`."""

    def __init__(self, widget: Widget, glyphs: str) -> None:
        self._widget = widget
        self._signs = SIGNS[glyphs]
        self._strips: dict[tuple[Line, int], Strip] = {}
        self._styles: dict[tuple[str, ...], Style] = {}

    def forget(self, *, styles: bool = False) -> None:
        """Forget strips, after columns have moved; styles too, after the theme has changed."""
        self._strips.clear()
        if styles:
            self._styles.clear()

    def row(self, line: Line, placed: Sequence[Placed[Any]], width: int) -> Strip:
        """Return a row's strip of exactly `width` cells."""
        strip = self._strips.get((line, width))
        if strip is None:
            if len(self._strips) >= _STRIPS:
                self._strips.clear()
            strip = self._strips[line, width] = self._paint(line, placed, width)
        return strip

    def head(self, placed: Sequence[Placed[Any]], width: int, sorted_by: str, descending: bool) -> Strip:
        """Return the strip of the titles, an arrow at the sorted one."""
        plain = self.style("head")
        segments = [Segment(" " * GUTTER, plain)]
        for column, room in placed:
            here = column.key == sorted_by
            arrow = self._signs["down" if descending else "up"] if here else ""
            text = padded(f"{column.title}{arrow}", room, right=column.right, cut=self._signs["cut"])
            segments += [Segment(text, self.style("head-sorted") if here else plain), Segment(" " * GAP, plain)]
        return Strip(segments).adjust_cell_length(width, plain)

    def words(self, text: str, number: int, width: int) -> Strip:
        """Return one of the lines, counted from 0, that hold a sentence instead of rows: its end is often the hint."""
        lines = textwrap.wrap(text, max(20, width - 6)) if text else []
        line = lines[number] if 0 <= number < len(lines) else ""
        return Strip([Segment(f"   {line}", self.style("empty"))]).adjust_cell_length(width, self.style())

    def style(self, *parts: str) -> Style:
        """Return the widget's style with those of component classes laid over it."""
        found = self._styles.get(parts)
        if found is None:
            found = self._widget.rich_style
            for part in filter(None, parts):
                found += self._widget.get_component_rich_style(f"vtable--{part}", partial=True)
            self._styles[parts] = found
        return found

    def _paint(self, line: Line, placed: Sequence[Placed[Any]], width: int) -> Strip:
        base = self.style(line.ground)
        sign = self._signs["mark"] if line.marked else self._signs["cursor"] if line.cursor else " "
        segments = [Segment(f" {sign} ", self.style(line.ground, "sign"))]
        length, gap, cut = GUTTER, " " * GAP, self._signs["cut"]
        for at, (cell, (column, room)) in enumerate(zip(line.cells, placed, strict=True)):
            text = padded(cell.text, room, right=column.right, cut=cut)
            length += room + GAP
            if at in line.flash:
                segments += [Segment(text, self.style("flash", str(cell.token))), Segment(gap, base)]
            else:
                segments.append(Segment(text + gap, self.style(line.ground, str(cell.token))))
        return Strip(segments, length).adjust_cell_length(width, base)


def padded(text: str, width: int, *, right: bool = False, cut: str = "…") -> str:
    """Return `text` in exactly `width` cells; the end of what does not fit is `cut`, one cell wide."""
    if text.isascii() and text.isprintable():
        if len(text) > width:
            return text[: max(0, width - 1)] + cut[: max(0, width)]
        return text.rjust(width) if right else text.ljust(width)
    text = printable(text).translate(_ONE_LINE)
    length = cell_len(text)
    if length > width:
        return set_cell_size(text, max(0, width - 1)) + cut
    blanks = " " * (width - length)
    return blanks + text if right else text + blanks
