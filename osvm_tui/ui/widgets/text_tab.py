"""`TextTab`: a long text with one line about it above and a search line below; knows not where the text comes from."""

from __future__ import annotations

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input

from osvm_tui.domain.errors import OsvmError
from osvm_tui.ui.widgets.about import About
from osvm_tui.ui.widgets.entry_line import EntryLine
from osvm_tui.ui.widgets.text_view import TextView


class TextTab(Vertical):
    """Text, what is told about it, and a search."""

    def __init__(self, id: str, *, waiting: str, follow: bool = False) -> None:
        super().__init__(id=id)
        self._waiting = waiting
        self._follow = follow
        self._about = waiting

    def compose(self) -> ComposeResult:
        yield About(self._waiting)
        yield TextView(follow=self._follow)
        yield EntryLine("search")

    @property
    def view(self) -> TextView:
        """The text itself."""
        return self.query_one(TextView)

    def show(self, text: str, about: str) -> None:
        """Show `text` and say `about` it."""
        self._about = about
        self.query_one(About).tell(about)
        self.view.show(text)

    def show_error(self, error: OsvmError) -> None:
        """Say what went wrong above the last text."""
        self.query_one(About).trouble(error)

    def open_search(self) -> None:
        """Let the operator type what to look for."""
        self.query_one(EntryLine).open()

    @on(EntryLine.Closed)
    def end_search(self) -> None:
        """Put the focus back on the text; nothing is lit any more."""
        self.view.search("")
        self.query_one(About).tell(self._about)
        self.view.focus()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        self.view.search(event.value)

    @on(Input.Submitted)
    def _submitted(self) -> None:
        self.view.focus()

    @on(TextView.Searched)
    def _searched(self, event: TextView.Searched) -> None:
        if self.view.needle:
            found = f"match {event.at} of {event.matches}" if event.matches else "no match"
            self.query_one(About).tell(f"{found} for {self.view.needle} · n next, p previous")
