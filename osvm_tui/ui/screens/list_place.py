"""`ListPlace`: a place that is one list with a filter, a sort order and a pane about the row under the cursor.

A subclass says what its rows are; it knows no widget. The filter is the console's one grammar over the columns.
"""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from textual import on
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.filter import Field, Filter, FilterError, Kind, compile_filter
from osvm_tui.ui.columns import Column
from osvm_tui.ui.format import Token
from osvm_tui.ui.table_place import TablePlace
from osvm_tui.ui.widgets.about import About
from osvm_tui.ui.widgets.filter_bar import FilterBar, Shown
from osvm_tui.ui.widgets.vtable import VTable

T = TypeVar("T")


class ListPlace(TablePlace, Generic[T]):
    """Rows of type T under a line that says what they are."""

    noun = "rows"
    empty = "nothing here"
    falling: Collection[str] = ()
    """Columns whose first order is the highest first."""

    def columns(self) -> tuple[Column[T], ...]:
        """Return the table's columns."""
        raise NotImplementedError

    def key_of(self, row: T) -> Hashable:
        """Return what makes a row the same row in the next reading."""
        raise NotImplementedError

    def detail(self, row: T) -> Content:
        """Return what the pane says about a row."""
        raise NotImplementedError

    def title_of(self, row: T) -> str:
        """Return what the pane is called: the row's first cell."""
        return self._columns[0].cell(row).text

    def opened(self, row: T) -> None:
        """Do what enter means on a row."""

    def read(self) -> None:
        """Read the rows and call `show_rows`."""
        raise NotImplementedError

    def tone(self, row: T) -> Token | None:
        """Return the colour of a whole row that is not to be trusted now, None for any other."""
        return None

    def more_fields(self) -> Mapping[str, Field[T]]:
        """Return filter columns beside those of the table."""
        return {}

    def more_text(self, row: T) -> str:
        """Return what a bare word may match beside the table's cells."""
        return ""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.all_rows: Sequence[T] = ()
        self.told = ""
        self._columns = self.columns()
        self._filter: Filter[T] | None = None
        self._whole = ""
        self._sort: tuple[Column[T], bool] | None = None

    def body(self) -> Iterable[Widget]:
        yield FilterBar(self.options)
        yield About(f"reading {self.noun} ...")
        yield VTable(self._columns, self.key_of, tone=self.tone, glyphs=self.options.glyphs)
        pane = Static("", classes="detail", markup=False)
        pane.display = False
        yield pane

    def on_mount(self) -> None:
        """Read, with the filter that rode along."""
        self.table.focus()
        self.restore(self.remembered())
        if self.text:
            self.show_text(self.text)
        self.read()

    def focus_rows(self) -> None:
        """Let the keys move over the rows."""
        self.table.focus()

    def every_column(self) -> Sequence[Column[T]]:
        """Return all columns, as they were when the place was opened."""
        return self._columns

    @property
    def order(self) -> tuple[str, bool]:
        """The column that the rows are sorted by, and whether descending."""
        return (self._sort[0].key, self._sort[1]) if self._sort else ("", False)

    def sort_by(self, column: str, descending: bool) -> None:
        """Sort by a column; an empty one is the order of the reading."""
        found = next((each for each in self._columns if each.key == column), None)
        wanted = (found, descending) if found else None
        if wanted != self._sort:
            self._sort = wanted
            self.table.set_sorted(column, descending)
            self._redraw()

    def filter_words(self) -> Sequence[str]:
        """Return how terms over columns begin, for completion."""
        return [f"{name}:" for name in self._fields()]

    def show_rows(self, rows: Sequence[T], told: str = "") -> None:
        """Show these rows as filter and order say; `told` ends the line about them."""
        self.all_rows, self.told = rows, told
        self._redraw()

    def renew_rows(self, rows: Sequence[T]) -> None:
        """Show newer values of the rows; what is told of them, be it trouble, stays."""
        self.all_rows = rows
        self._place_rows()

    def show_trouble(self, error: OsvmError) -> None:
        """Say what went wrong; the rows stay."""
        self.query_one(About).trouble(error)

    def show_text(self, text: str) -> None:
        """Filter by `text`; a wrong one is told and the rows before stay."""
        try:
            self._filter = compile_filter(text, self._fields(), self._any_text)
        except FilterError as error:
            self.query_one(FilterBar).show(text, error.sentence)
            return
        self.query_one(FilterBar).show(text)
        self._whole = text.strip().casefold()
        self._redraw()
        exact = next(filter(self._is_whole, self.table.rows), None) if text else None
        if exact is not None:
            self.table.cursor_to(self.key_of(exact))

    @property
    def shown_text(self) -> str:
        """The filter in force."""
        return self.query_one(FilterBar).text

    def _fields(self) -> dict[str, Field[T]]:
        fields = {column.key: Field(Kind.TEXT, _reader(column)) for column in self._columns}
        return {**fields, **self.more_fields()}

    def _any_text(self, row: T) -> str:
        cells = [column.cell(row).text for column in self._columns]
        return "\n".join([*cells, self.more_text(row)]).lower()

    def _redraw(self) -> None:
        self._place_rows()
        self.query_one(About).tell(f"{self.noun}{self.told}")

    def _place_rows(self) -> None:
        rows = list(self.all_rows)
        if self._filter is not None:
            rows = [row for row in rows if self._filter.passes(row)]
        if self._sort is None and self._whole:
            rows.sort(key=self._is_whole, reverse=True)
        elif self._sort is not None:
            column, down = self._sort
            rows.sort(key=column.sort or _reader(column), reverse=down)
        hidden = self._filter is not None and bool(self.all_rows)
        self.table.say_when_empty("nothing matches the filter; esc clears it" if hidden else self.empty)
        self.table.set_rows(rows)
        self._show_detail()
        order = f"{self._sort[0].title}{', descending' if self._sort[1] else ''}" if self._sort else ""
        self.query_one(FilterBar).tell(Shown(len(rows), len(self.all_rows), sort=order))

    def _is_whole(self, row: T) -> bool:
        """Return whether the filter is a word that a cell of this row consists of: `10.0.0.1`, not `10.0.0.17`."""
        return any(self._whole == column.cell(row).text.casefold() for column in self._columns)

    def _show_detail(self) -> None:
        row, pane = self.table.row_at_cursor(), self.query_one(".detail", Static)
        pane.display = row is not None and self.size.height >= 20
        if row is not None:
            pane.border_title = self.title_of(row).replace("[", "\\[")
            pane.update(self.detail(row))

    # keys
    def action_filter(self) -> None:
        """Type a filter."""
        self.call_next(self.query_one(FilterBar).open)

    def action_open_row(self) -> None:
        """Do what enter means on the row under the cursor."""
        row = self.table.row_at_cursor()
        if row is not None:
            self.opened(row)

    def action_back(self) -> None:
        """Clear the filter, then close the place."""
        if self._filter is not None:
            self.show_text("")
            self.keep()
        else:
            super().action_back()

    def action_refresh_now(self) -> None:
        """Read again."""
        super().action_refresh_now()
        self.read()

    def action_sort(self, column: str) -> None:
        """Sort by a column; again turns the order round."""
        now, down = self.order
        self.sort_by(column, not down if column == now else column in self.falling)
        self.keep()

    @on(FilterBar.Typed)
    def _typed(self, event: FilterBar.Typed) -> None:
        self.show_text(event.text)

    @on(FilterBar.Left)
    def _left(self) -> None:
        self.focus_rows()
        self.keep()

    @on(VTable.Highlighted)
    def _highlighted(self) -> None:
        self._show_detail()

    @on(VTable.Opened)
    def _double_clicked(self) -> None:
        self.action_open_row()

    @on(VTable.HeadPressed)
    def _head_pressed(self, event: VTable.HeadPressed) -> None:
        self.action_sort(event.column)


def _reader(column: Column[T]) -> Any:
    return lambda row: column.cell(row).text
