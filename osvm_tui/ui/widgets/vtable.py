"""`VTable`: a table over many rows that draws only the lines on screen. Knows no VM; rows are any immutable values.

A line is a strip cached by what it shows. A change repaints single lines, never the screen. The cursor and the marks
hold on to a row's key, not to its place.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from functools import partial
from typing import Generic, TypeAlias, TypeVar

from textual.events import Click, Leave, MouseMove, MouseScrollDown, MouseScrollUp, Resize
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from osvm_tui.ui.bindings import bindings_of
from osvm_tui.ui.cloud_look import Hue
from osvm_tui.ui.columns import GAP, GUTTER, Cell, Column, Placed, fit
from osvm_tui.ui.format import Token
from osvm_tui.ui.widgets import table_messages
from osvm_tui.ui.widgets.flashes import FLASH_S, Flashes
from osvm_tui.ui.widgets.line_painter import Line, LinePainter

T = TypeVar("T")


class VTable(ScrollView, Generic[T], can_focus=True):
    """Rows under a fixed head. `tone` may give a token in which a whole row is drawn, for rows that are stale."""

    COMPONENT_CLASSES = {
        "vtable--head",
        "vtable--head-sorted",
        "vtable--cursor",
        "vtable--cursor-dim",
        "vtable--marked",
        "vtable--hover",
        "vtable--flash",
        "vtable--sign",
        "vtable--empty",
        *(f"vtable--{token}" for token in (*Token, *Hue)),
    }
    BINDINGS = bindings_of("table")

    Highlighted: TypeAlias = table_messages.Highlighted
    Opened: TypeAlias = table_messages.Opened
    HeadPressed: TypeAlias = table_messages.HeadPressed
    MarksMoved: TypeAlias = table_messages.MarksMoved

    def __init__(
        self,
        columns: Sequence[Column[T]],
        key: Callable[[T], Hashable],
        *,
        tone: Callable[[T], Token | None] | None = None,
        glyphs: str = "unicode",
        empty: str = "",
        id: str | None = None,
    ) -> None:
        super().__init__(id=id)
        self.rows: Sequence[T] = ()
        self.columns = tuple(columns)
        self.placed: tuple[Placed[T], ...] = ()
        self.marks: set[Hashable] = set()
        self.cursor = 0
        self.cursor_key: Hashable | None = None
        self.empty = empty
        """What an empty table says."""
        self.wide = False
        self.on_placed: Callable[[tuple[Placed[T], ...]], None] | None = None
        """Called when other columns are shown."""
        self._key = key
        self._tone = tone
        self._painter = LinePainter(self, glyphs)
        self._skip = 0
        self._sorted: tuple[str, bool] = ("", False)
        self._wanted: Mapping[str, int] = {}
        self._empty: frozenset[str] = frozenset()
        self._hover = -1
        self._anchor: Hashable | None = None
        self._drawn: dict[int, tuple[Hashable, Line]] = {}
        self._flashes = Flashes()

    # rows
    def set_rows(self, rows: Sequence[T]) -> None:
        """Show these rows. The cursor stays on its row, and that row on its line as far as the ends allow."""
        before = len(self.rows)
        self.rows = rows
        line = self.cursor - self.scroll_offset.y
        held = self.cursor_key
        self.cursor = self._find(held)
        self.cursor_key = self._key(rows[self.cursor]) if rows else None
        if len(rows) != before or not rows:
            self._resize_virtual()
            self.refresh()
        if self.scroll_offset.y or self.cursor >= self._page:
            self._scroll_rows(self.cursor - line)
        self.redraw_changed()
        if self.cursor_key != held:
            self.post_message(self.Highlighted(self.cursor_key))

    def row_at_cursor(self) -> T | None:
        """Return the row under the cursor, None in an empty table."""
        return self.rows[self.cursor] if self.rows else None

    def keys_in_sight(self) -> list[Hashable]:
        """Return the keys of the rows that are on screen."""
        top = self.scroll_offset.y
        return [self._key(row) for row in self.rows[top : top + self._page]]

    def say_when_empty(self, words: str) -> None:
        """Set what the table says while it has no rows."""
        if words != self.empty:
            self.empty = words
            self.refresh()

    def redraw_changed(self) -> None:
        """Repaint the lines on screen that would look different now: changed rows, ages, spinners."""
        before = {key: line.cells for key, line in self._drawn.values()}
        for y in range(1, self.size.height):
            index = self.scroll_offset.y + y - 1
            if index >= len(self.rows):
                break
            key, cells = self._key(self.rows[index]), self._cells(self.rows[index])
            if self._flashes.note(key, before.get(key), cells, self.placed):
                self.set_timer(FLASH_S, partial(self._end_flash, key))
            line = self._line(index, cells)
            self._refresh_difference(y, line)
            self._drawn[y] = (key, line)

    def set_sorted(self, column: str, descending: bool) -> None:
        """Show the sort arrow at this column."""
        self._sorted = (column, descending)
        self._refresh_line(0)

    def set_wide(self, wide: bool) -> None:
        """Show all columns, scrolled sideways, or those that fit."""
        self.wide, self._skip = wide, 0
        self._place()

    def set_columns(self, columns: Sequence[Column[T]]) -> None:
        """Show other columns, or the same in another order."""
        self.columns, self._skip = tuple(columns), 0
        self._place()

    def set_shape(self, wanted: Mapping[str, int], empty: frozenset[str]) -> None:
        """Say how wide columns want to be and which are empty in every row; see `fit`."""
        if (wanted, empty) != (self._wanted, self._empty):
            self._wanted, self._empty = wanted, empty
            self._place()

    def cursor_to(self, key: Hashable) -> None:
        """Put the cursor on the row of this key; nothing happens when it is not shown."""
        index = self._find(key)
        if self.rows and self._key(self.rows[index]) == key:
            self._move(index)

    # marks
    def toggle_mark(self) -> None:
        """Mark the row under the cursor or take its mark away, and go one down."""
        if self.cursor_key is None:
            return
        self.marks ^= {self.cursor_key}
        self._anchor = self.cursor_key
        self._marks_moved()
        self._move(self.cursor + 1)

    def mark_range(self) -> None:
        """Mark all rows from the last mark to the cursor."""
        if not self.rows:
            return
        anchor = self._find(self._anchor) if self._anchor is not None else self.cursor
        low, high = sorted((anchor, self.cursor))
        self.marks |= {self._key(row) for row in self.rows[low : high + 1]}
        self._marks_moved()

    def mark_all(self) -> None:
        """Mark every row shown by the filter."""
        self.marks |= {self._key(row) for row in self.rows}
        self._marks_moved()

    def unmark(self, keys: set[Hashable] | None = None) -> None:
        """Take these marks away, all when None."""
        left = self.marks - keys if keys is not None else set()
        if left != self.marks:
            self.marks = left
            self._marks_moved()

    def _marks_moved(self) -> None:
        self.redraw_changed()
        self.post_message(self.MarksMoved())

    # moving
    def action_cursor(self, step: int) -> None:
        """Move the cursor by `step` rows."""
        self._move(self.cursor + step)

    def action_page(self, step: int) -> None:
        """Move the cursor by a page."""
        self._move(self.cursor + step * self._page)

    def action_top(self) -> None:
        """Move the cursor to the first row."""
        self._move(0)

    def action_bottom(self) -> None:
        """Move the cursor to the last row."""
        self._move(len(self.rows) - 1)

    def action_scroll_columns(self, step: int) -> None:
        """Scroll sideways by a column; only when all columns are asked for."""
        if self.wide:
            self._skip = min(max(0, self._skip + step), max(0, len(self.columns) - 2))
            self._place()

    @property
    def _width(self) -> int:
        return self.scrollable_content_region.width

    @property
    def _page(self) -> int:
        return max(1, self.size.height - 1)

    def _move(self, index: int) -> None:
        if not self.rows:
            return
        old, self.cursor = self.cursor, min(max(0, index), len(self.rows) - 1)
        self.cursor_key = self._key(self.rows[self.cursor])
        top = self.scroll_offset.y
        if self.cursor < top:
            self._scroll_rows(self.cursor)
        elif self.cursor >= top + self._page:
            self._scroll_rows(self.cursor - self._page + 1)
        if old != self.cursor:
            self._refresh_line(old - self.scroll_offset.y + 1)
            self._refresh_line(self.cursor - self.scroll_offset.y + 1)
            self.post_message(self.Highlighted(self.cursor_key))

    def _scroll_rows(self, top: int) -> None:
        self.scroll_to(y=min(max(0, top), max(0, len(self.rows) - self._page)), animate=False, immediate=True)

    def _find(self, key: Hashable | None) -> int:
        rows, near = self.rows, min(self.cursor, len(self.rows) - 1)
        if not rows:
            return 0
        if key is None or self._key(rows[near]) == key:
            return near
        read = self._key
        return next((index for index, row in enumerate(rows) if read(row) == key), near)

    # drawing
    def render_line(self, y: int) -> Strip:
        """Draw the head for line 0, else the row that stands there."""
        width = self._width
        if not self.placed:
            self._place()
        if y == 0:
            return self._painter.head(self.placed, width, *self._sorted)
        index = self.scroll_offset.y + y - 1
        if index < len(self.rows):
            line = self._line(index, self._cells(self.rows[index]))
            self._drawn[y] = (self._key(self.rows[index]), line)
            return self._painter.row(line, self.placed, width)
        self._drawn.pop(y, None)
        return self._painter.words("" if self.rows else self.empty, y - 2, width)

    def _cells(self, row: T) -> tuple[Cell, ...]:
        tone = self._tone(row) if self._tone else None
        if tone is not None:
            return tuple([Cell(placed.column.cell(row).text, tone) for placed in self.placed])
        return tuple([placed.column.cell(row) for placed in self.placed])

    def _line(self, index: int, cells: tuple[Cell, ...]) -> Line:
        key = self._key(self.rows[index])
        return Line(
            cells,
            index == self.cursor,
            key in self.marks,
            index == self._hover,
            self.has_focus,
            self._flashes.of(key),
        )

    def _refresh_difference(self, y: int, new: Line) -> None:
        old = self._drawn[y][1] if y in self._drawn else None
        if old == new:
            return
        if old is None or old[1:] != new[1:] or len(old.cells) != len(new.cells):
            self._refresh_line(y)
            return
        x = GUTTER
        for before, after, placed in zip(old.cells, new.cells, self.placed, strict=True):
            if before != after:
                self.refresh(Region(x, y, placed.width, 1))
            x += placed.width + GAP

    def _refresh_line(self, y: int) -> None:
        if 0 <= y < self.size.height:
            self.refresh(Region(0, y, self._width, 1))

    def _end_flash(self, key: Hashable) -> None:
        self._flashes.end(key)
        self.redraw_changed()

    # events
    def _place(self) -> None:
        if not self._width:
            return  # not laid out yet: columns for no width would flash up before those of the real one
        placed = fit(self.columns, self._width, wide=self.wide, skip=self._skip, wanted=self._wanted, empty=self._empty)
        if placed != self.placed:
            self.placed = placed
            self._painter.forget()
            self._drawn.clear()
            if self.on_placed:
                self.on_placed(placed)
            self.refresh()

    def _resize_virtual(self) -> None:
        # Setting the reactive would lay out the whole screen; the scroll bar is always there, so nothing moves.
        size = Size(self._width, len(self.rows) + 1)
        self.set_reactive(ScrollView.virtual_size, size)
        self._scroll_update(size)

    def on_resize(self, event: Resize) -> None:
        """Place the columns anew; the cursor stays in sight."""
        self._place()
        self._resize_virtual()
        if self.rows and self.cursor >= self.scroll_offset.y + self._page:
            self._scroll_rows(self.cursor - self._page + 1)

    def notify_style_update(self) -> None:
        """Forget strips drawn in other colours."""
        self._painter.forget(styles=True)
        super().notify_style_update()

    def on_focus(self) -> None:
        """Brighten the cursor."""
        self.redraw_changed()

    def on_blur(self) -> None:
        """Dim the cursor."""
        self.redraw_changed()

    def on_click(self, event: Click) -> None:
        """Put the cursor on the clicked row, open it at a double click, or sort by a clicked title."""
        if event.y == 0:
            self._press_head(event.x)
            return
        index = self.scroll_offset.y + event.y - 1
        if index < len(self.rows):
            self._move(index)
            if event.chain == 2 and self.cursor_key is not None:
                self.post_message(self.Opened(self.cursor_key))

    def _press_head(self, x: int) -> None:
        at = GUTTER
        for placed in self.placed:
            if at <= x < at + placed.width + GAP:
                self.post_message(self.HeadPressed(placed.column.key))
                return
            at += placed.width + GAP

    def on_mouse_move(self, event: MouseMove) -> None:
        """Show which row a click would take."""
        self._hover_to(self.scroll_offset.y + event.y - 1 if event.y else -1)

    def on_leave(self, event: Leave) -> None:
        """Hover nowhere."""
        self._hover_to(-1)

    def _hover_to(self, index: int) -> None:
        old, self._hover = self._hover, index
        if old != index:
            self._refresh_line(old - self.scroll_offset.y + 1 if old >= 0 else -1)
            self._refresh_line(index - self.scroll_offset.y + 1 if index >= 0 else -1)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        """Scroll the rows; the cursor stays on its row."""
        self._wheel(event, 3)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        """Scroll the rows; the cursor stays on its row."""
        self._wheel(event, -3)

    def _wheel(self, event: MouseScrollDown | MouseScrollUp, step: int) -> None:
        event.stop()
        event.prevent_default()
        self._scroll_rows(self.scroll_offset.y + step)
