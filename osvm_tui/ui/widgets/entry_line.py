"""`EntryLine`: one line to type into that hides when it is left; what is typed is its owner's business."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Input


class EntryLine(Input):
    """Hidden until opened. Enter keeps what was typed, Escape leaves it."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape", "close", show=False)]

    class Closed(Message):
        """It was left by Escape."""

    def __init__(self, placeholder: str) -> None:
        super().__init__(placeholder=placeholder, compact=True, classes="entry-line", select_on_focus=False)
        self.display = False

    def open(self) -> None:
        """Show the line and type into it."""
        self.display = True
        self.focus()

    def action_close(self) -> None:
        """Hide the line; its text is gone."""
        self.display = False
        with self.prevent(Input.Changed):
            self.value = ""
        self.post_message(self.Closed())
