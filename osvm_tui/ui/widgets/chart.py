"""`Chart`: one curve over time with its scale, its present value and a cursor. Knows no metric and no money."""

from __future__ import annotations

from collections.abc import Callable
from math import inf
from typing import ClassVar

from msgspec import Struct
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.reactive import reactive
from textual.strip import Strip
from textual.widget import Widget

from osvm_tui.ui.format import age
from osvm_tui.ui.plot import PER_CELL, Cell, Column, Slot, ceiling, columns, rows

LABEL = 11
"""Columns that the scale takes, on the left."""


class Curve(Struct, frozen=True, kw_only=True):
    """What a chart shows. Moments are seconds since 1970."""

    title: str
    slots: tuple[Slot, ...] = ()
    step_s: float = 60.0
    gap_s: float = inf
    """A newest value that is older is not the present one."""
    since: float = 0.0
    until: float = 0.0
    words: Callable[[float], str]
    """How a value is told: `12 %`, `3.4 MiB/s`."""
    moment: Callable[[float], str]
    """How a moment is told below the curve."""
    top: float | None = None
    """The ceiling where it is fixed (100 %), else the next round number above the highest value."""
    base: float = 10.0
    """1024 where the unit goes by it."""
    least: float = 1.0
    """The lowest ceiling: a curve of nearly nothing stays near the ground."""
    note: str = ""
    """Where the values come from and how old they are, or why there are none."""


class Chart(Widget):
    """A filled curve: the mean strong, what was reached for a moment dim behind it; gaps are empty."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "chart--title", "chart--value", "chart--mean", "chart--peak", "chart--scale", "chart--cursor", "chart--note",
    }  # fmt: skip
    curve: reactive[Curve | None] = reactive(None)
    at: reactive[int | None] = reactive(None)
    """The column of characters under the cursor, counted from the right end; None: no cursor."""

    def __init__(self, *, way: str = "braille", id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._way = way
        self._drawn: list[Column] = []
        self._rows: list[list[Cell]] = []
        self._top = 1.0
        self._for: tuple[Curve | None, Size] | None = None

    @property
    def plot_width(self) -> int:
        """How many characters the curve is wide."""
        return max(1, self.size.width - LABEL)

    def value_at(self, column: int) -> Column:
        """Return (mean, high) of a column counted from the right end, None for a gap."""
        self._draw()
        per = PER_CELL[self._way][0]
        end = len(self._drawn) - column * per
        here = [one for one in self._drawn[max(0, end - per) : end] if one is not None]
        return (max(one[0] for one in here), max(one[1] for one in here)) if here else None

    def moment_at(self, column: int) -> float:
        """Return the moment in the middle of a column counted from the right end."""
        if self.curve is None:
            return 0.0
        span = self.curve.until - self.curve.since
        return self.curve.until - span * (column + 0.5) / self.plot_width

    def _draw(self) -> None:
        if self._for == (self.curve, self.size):
            return
        self._for = (self.curve, self.size)
        curve = self.curve
        per, _ = PER_CELL[self._way]
        if curve is None:
            self._drawn, self._rows = [], []
            return
        self._drawn = columns(curve.slots, curve.step_s, curve.since, curve.until, self.plot_width * per)
        self._top = curve.top or ceiling((one[1] for one in self._drawn if one), curve.least, curve.base)
        self._rows = rows(self._drawn, max(1, self.size.height - 2), self._top, self._way)

    def render_line(self, y: int) -> Strip:
        """Draw one line: the head, a row of the curve, or the moments below it."""
        width = self.size.width
        if self.curve is None or width <= LABEL:
            return Strip.blank(width, self.rich_style)
        self._draw()
        if y == 0:
            return self._head(width)
        if y == self.size.height - 1:
            return self._foot(width)
        return self._plot(y - 1, width)

    def _head(self, width: int) -> Strip:
        assert self.curve is not None
        title = f"{self.curve.title}  "
        told = self._told(width - len(title))
        room = max(0, width - len(title) - len(told) - 1)
        note = f"  {self.curve.note}"[:room] if self.curve.note else ""
        parts = [
            Segment(title, self.get_component_rich_style("chart--title")),
            Segment(told, self.get_component_rich_style("chart--value")),
            Segment(note, self.get_component_rich_style("chart--note")),
        ]
        return Strip(parts).adjust_cell_length(width, self.rich_style)

    def _told(self, room: int) -> str:
        assert self.curve is not None
        words = self.curve.words
        if self.at is not None:
            here = self.value_at(self.at)
            when = self.curve.moment(self.moment_at(self.at))
            if here is None:
                return f"{when}  not measured"
            told, most = f"{when}  {words(here[0])}", f", up to {words(here[1])}"
            return told + (most if len(told) + len(most) <= room else "")
        if not self.curve.slots:
            return "not measured"
        means = [slot.mean for slot in self.curve.slots]
        highest = max(slot.high for slot in self.curve.slots)
        told = self._newest(room)
        for part in (f"  mean {words(sum(means) / len(means))}", f"  max {words(highest)}"):
            told += part if len(told) + len(part) <= room else ""
        return told

    def _newest(self, room: int) -> str:
        """Return the present value, or that there is none and how old the last one is."""
        assert self.curve is not None
        last = self.curve.slots[-1]
        old_s = self.curve.until - last.begin
        if old_s <= max(self.curve.gap_s, 2 * self.curve.step_s):  # the slot at the end has just begun
            return self.curve.words(last.mean)
        told, more = "not measured now", f" (last {self.curve.words(last.mean)}, {age(old_s)} ago)"
        return told + (more if len(told) + len(more) <= room else "")

    def _plot(self, row: int, width: int) -> Strip:
        assert self.curve is not None
        height = len(self._rows)
        scale = {0: self.curve.words(self._top), height - 1: self.curve.words(0.0)}.get(row, "")
        if height >= 7 and row == height // 2:
            scale = self.curve.words(self._top / 2)
        parts = [Segment(f"{scale:>{LABEL - 1}} "[:LABEL], self.get_component_rich_style("chart--scale"))]
        styles = {peak: self.get_component_rich_style(f"chart--{'peak' if peak else 'mean'}") for peak in (False, True)}
        parts += _joined(self._rows[row] if row < height else [], styles)
        strip = Strip(parts).adjust_cell_length(width, self.rich_style)
        if self.at is None:
            return strip
        x = width - 1 - self.at
        before, under, after = strip.crop(0, x), strip.crop(x, x + 1), strip.crop(x + 1, width)
        return Strip.join([before, under.apply_style(self.get_component_rich_style("chart--cursor")), after])

    def _foot(self, width: int) -> Strip:
        assert self.curve is not None
        style = self.get_component_rich_style("chart--scale")
        first, last = self.curve.moment(self.curve.since), self.curve.moment(self.curve.until)
        middle = self.curve.moment((self.curve.since + self.curve.until) / 2)
        room = self.plot_width
        line = first.ljust(room - len(last)) + last if len(first) + len(last) < room else last.rjust(room)
        at = (room - len(middle)) // 2
        if at > len(first) + 1 and at + len(middle) + 1 < room - len(last):
            line = line[:at] + middle + line[at + len(middle) :]
        return Strip([Segment(" " * LABEL + line, style)]).adjust_cell_length(width, self.rich_style)


def _joined(cells: list[Cell], styles: dict[bool, Style]) -> list[Segment]:
    """Return cells as segments, neighbours of one style together."""
    parts: list[Segment] = []
    run, peak = "", False
    for cell in cells:
        if cell.text == " ":
            run += " "
        elif cell.peak == peak:
            run += cell.text
        else:
            if run:
                parts.append(Segment(run, styles[peak]))
            run, peak = cell.text, cell.peak
    if run:
        parts.append(Segment(run, styles[peak]))
    return parts
