"""A question with two buttons, Cancel focused; knows not what it is about."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Static

from osvm_tui.ui.dialogs.dialog import Dialog


class Question(Dialog[bool]):
    """Ask `heading` with a sentence on what it means; True means go on."""

    AUTO_FOCUS: ClassVar[str] = "#cancel"

    def __init__(self, heading: str, sentence: str, go: str) -> None:
        super().__init__()
        self.asked, self.sentence, self.go = heading, sentence, go

    @property
    def heading(self) -> str:
        return self.asked

    def body(self) -> ComposeResult:
        yield Static(self.sentence, markup=False)
        with Horizontal(classes="buttons"):
            yield Button("leave it", id="cancel", compact=True)
            yield Button(Content(self.go), id="go", compact=True, classes="-disruptive")

    @on(Button.Pressed)
    def _answered(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "go")
