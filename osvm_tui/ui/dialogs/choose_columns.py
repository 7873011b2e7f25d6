"""Which columns a table shows and in which order; knows no table and no row."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from osvm_tui.ui.dialogs.dialog import Dialog


class ChooseColumns(Dialog[tuple[str, ...]]):
    """Return the keys of the columns to show, in their order; an empty answer means the usual ones.

    The first column names the row: it can be neither hidden nor moved.
    """

    AUTO_FOCUS: ClassVar[str] = "OptionList"
    footing: ClassVar[str] = "enter takes them, esc leaves"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "show_or_hide", show=False, priority=True),
        Binding("J,shift+down", "shift(1)", show=False, priority=True),
        Binding("K,shift+up", "shift(-1)", show=False, priority=True),
        Binding("j", "step(1)", show=False),
        Binding("k", "step(-1)", show=False),
        Binding("r", "usual", show=False),
    ]

    def __init__(self, titles: Mapping[str, str], shown: Sequence[str]) -> None:
        super().__init__()
        self._titles = titles
        self._first = next(iter(titles))
        hidden = [key for key in titles if key not in shown]
        self._order = [self._first, *(key for key in (*shown, *hidden) if key != self._first)]
        self._shown = {*shown, self._first}

    @property
    def heading(self) -> str:
        return "columns"

    def body(self) -> ComposeResult:
        yield OptionList(compact=True)
        yield Static("space shows or hides, J and K move, r takes the usual ones", classes="note")

    def on_mount(self) -> None:
        """Show all columns, those that are shown first."""
        self._fill(0)

    def _fill(self, at: int) -> None:
        menu = self.query_one(OptionList)
        menu.clear_options()
        menu.add_options([Option(self._prompt(key), id=key) for key in self._order])
        menu.highlighted = at

    def _prompt(self, key: str) -> Content:
        mark = "x" if key in self._shown else " "
        always = ("  always", "$dim") if key == self._first else ("", "")
        return Content.assemble(f"[{mark}] ", (self._titles[key], "" if key in self._shown else "$dim"), always)

    def action_show_or_hide(self) -> None:
        """Show or hide the column under the cursor."""
        at = self.query_one(OptionList).highlighted
        if at:
            self._shown ^= {self._order[at]}
            self._fill(at)

    def action_shift(self, by: int) -> None:
        """Move the column under the cursor."""
        at = self.query_one(OptionList).highlighted
        if at and 1 <= at + by < len(self._order):
            self._order[at], self._order[at + by] = self._order[at + by], self._order[at]
            self._fill(at + by)

    def action_step(self, by: int) -> None:
        """Move the cursor."""
        menu = self.query_one(OptionList)
        (menu.action_cursor_down if by > 0 else menu.action_cursor_up)()

    def action_usual(self) -> None:
        """Show the columns that the place shows by itself."""
        self.dismiss(())

    @on(OptionList.OptionSelected)
    def _done(self) -> None:
        self.dismiss(tuple(key for key in self._order if key in self._shown))
