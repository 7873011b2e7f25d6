"""`FleetChoice`: which VMs the fleet shows and in which order: filter, counts, sort. Draws nothing itself."""

from __future__ import annotations

from collections.abc import Sequence

from textual import on

from osvm_tui.domain.filter import FilterError
from osvm_tui.ui.columns import Column
from osvm_tui.ui.fleet_filters import QUICK
from osvm_tui.ui.fleet_picture import FleetPicture
from osvm_tui.ui.fleet_view import Row
from osvm_tui.ui.format import count
from osvm_tui.ui.table_place import TablePlace
from osvm_tui.ui.widgets.filter_bar import FilterBar
from osvm_tui.ui.widgets.header_bar import HeaderBar
from osvm_tui.ui.widgets.vtable import VTable

FAULTS = "status=ERROR"
FALLING = ("age", "cost", "cpu", "mem")
"""Columns whose first order is the highest first."""


class FleetChoice(TablePlace):
    """Mix in before a place that shows a FleetPicture."""

    picture: FleetPicture

    def draw_rows(self) -> None:
        """Show the picture's rows as they are now."""
        raise NotImplementedError

    def show_text(self, text: str) -> None:
        """Filter by a text; a wrong one is shown with its error and the rows stay."""
        bar = self.query_one(FilterBar)
        try:
            self.picture.filter_by(text)
        except FilterError as wrong:
            bar.show(text, wrong.sentence)
            return
        bar.show(text)
        self.draw_rows()

    @on(FilterBar.Typed)
    @on(HeaderBar.CountPressed)
    def _filter_given(self, event: FilterBar.Typed | HeaderBar.CountPressed) -> None:
        self.show_text(event.text)

    @on(FilterBar.Left)
    def _typing_ended(self) -> None:
        self.table.focus()
        self.keep()

    @property
    def shown_text(self) -> str:
        """The filter in force."""
        return self.query_one(FilterBar).text

    def filter_words(self) -> Sequence[str]:
        """Return how terms of the filter begin, for completion."""
        return self.picture.filter_words()

    def every_column(self) -> Sequence[Column[Row]]:
        """Return all columns, those of projects and hosts among them."""
        return self.picture.columns

    @property
    def order(self) -> tuple[str, bool]:
        """The column that the rows are sorted by, and whether descending."""
        return self.picture.sort, self.picture.view.descending

    def sort_by(self, column: str, descending: bool) -> None:
        """Sort by a column, by name for none."""
        self.picture.sort_by(column or "name", descending=descending)
        self.table.set_sorted(self.picture.sort, descending)
        self.draw_rows()

    def action_filter(self) -> None:
        """Let the filter be typed."""
        self.query_one(FilterBar).open()

    def action_quick(self, key_id: str) -> None:
        """Show only the VMs of a count, or all again."""
        text = next(quick.text for quick in QUICK if quick.id == key_id)
        self.show_text("" if self.shown_text == text else text)
        self.keep()

    def action_all(self) -> None:
        """Show all VMs."""
        self.show_text("")
        self.keep()

    def action_seen(self) -> None:
        """Say that what has changed was seen: from now on only new changes count."""
        seen = self.picture.acknowledge()
        self.draw_rows()
        self.notify(f"{count(seen)} changed VMs seen" if seen else "nothing has changed since you looked")

    def action_faults(self) -> None:
        """Show only VMs in trouble, or all again."""
        self.show_text("" if self.query_one(FilterBar).text == FAULTS else FAULTS)
        self.keep()

    def action_sort(self, column: str) -> None:
        """Sort by a column: age newest first, what is a number highest first, the rest ascending; again turns it."""
        again = column == self.picture.sort
        self.sort_by(column, not self.picture.view.descending if again else column in FALLING)
        self.keep()

    @on(VTable.HeadPressed)
    def _head_pressed(self, event: VTable.HeadPressed) -> None:
        self.action_sort(event.column)
