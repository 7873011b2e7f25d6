"""Everything that is known of one thing, to be read and scrolled; knows not what it is."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from osvm_tui.ui.dialogs.dialog import Dialog


class AllFacts(Dialog[None]):
    """Show facts until the operator has read them."""

    SIZE: ClassVar[str] = "-wide"
    AUTO_FOCUS: ClassVar[str] = "VerticalScroll"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q,enter", "leave", show=False),
        Binding("j", "scroll(1)", show=False),
        Binding("k", "scroll(-1)", show=False),
    ]

    def __init__(self, title: str, content: Content) -> None:
        super().__init__()
        self._title_text = title
        self._content = content

    @property
    def heading(self) -> str:
        return self._title_text

    def body(self) -> ComposeResult:
        with VerticalScroll(classes="facts"):
            yield Static(self._content, markup=False)

    def action_scroll(self, by: int) -> None:
        """Move by a line."""
        self.query_one(VerticalScroll).scroll_relative(y=by, animate=False)
