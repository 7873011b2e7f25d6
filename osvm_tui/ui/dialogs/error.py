"""The one way from an error to a dialog: what happened, to which VM, what to do, and the request id."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Static

from osvm_tui.domain.errors import CloudError, OsvmError
from osvm_tui.ui.dialogs.dialog import Dialog
from osvm_tui.ui.facts import facts
from osvm_tui.ui.printable import printable


class ErrorDialog(Dialog[None]):
    """Show an error until the operator has read it; `doing` says what was asked: `stop web-0017`."""

    AUTO_FOCUS: ClassVar[str] = "#close"

    def __init__(self, error: OsvmError, doing: str = "") -> None:
        super().__init__()
        self.error = error
        self.doing = doing

    @property
    def heading(self) -> str:
        return self.error.title

    def body(self) -> ComposeResult:
        error = self.error
        cloud = error if isinstance(error, CloudError) else None
        rows = (
            ("asked", self.doing),
            ("happened", printable(error.detail)),
            ("to do", error.hint),
            ("cloud", cloud.entry if cloud else ""),
            ("request", cloud.request_id if cloud else ""),
        )
        with VerticalScroll(classes="plan", can_focus=False):
            yield Static(facts(rows), markup=False)
        with Horizontal(classes="buttons"):
            yield Button("close", id="close", compact=True)

    @on(Button.Pressed)
    def _read(self) -> None:
        self.dismiss(None)
