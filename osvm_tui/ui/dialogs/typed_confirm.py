"""A question answered by typing one given word; enter does nothing until it matches. Knows no action."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Input, Static

from osvm_tui.ui.dialogs.dialog import Dialog


class TypedConfirm(Dialog[bool]):
    """Ask for `word`; True when it was typed and sent off."""

    AUTO_FOCUS: ClassVar[str] = "#typed"

    def __init__(self, word: str, sentence: str) -> None:
        super().__init__()
        self.word = word
        self.sentence = sentence

    @property
    def heading(self) -> str:
        return f"{self.sentence}?"

    def explanation(self) -> ComposeResult:
        """Yield what the operator should read before typing."""
        yield from ()

    def line(self) -> Input:
        """Return the field that the word is typed in."""
        return Input(id="typed", compact=True, select_on_focus=False)

    def body(self) -> ComposeResult:
        yield from self.explanation()
        yield Static(Content.assemble("type ", (self.word, "bold"), " to go on"), classes="ask")
        yield self.line()
        with Horizontal(classes="buttons"):
            yield Button("cancel", id="cancel", compact=True)
            yield Button(Content(self.sentence), id="go", compact=True, classes="-destructive -refused")

    @property
    def matches(self) -> bool:
        """Whether the word stands in the field."""
        return self.query_one("#typed", Input).value.strip() == self.word

    @on(Input.Changed, "#typed")
    def _typed(self) -> None:
        self.query_one("#go", Button).set_class(not self.matches, "-refused")

    @on(Input.Submitted, "#typed")
    @on(Button.Pressed, "#go")
    def _go(self) -> None:
        if self.matches:
            self.dismiss(True)
        else:
            self.query_one(".ask", Static).add_class("-missing")

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.action_leave()
