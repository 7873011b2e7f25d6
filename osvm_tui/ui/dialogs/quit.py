"""The question before quitting while operations run: they go on without this console."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button, Static

from osvm_tui.domain.item_action import action_of
from osvm_tui.domain.operations import OperationItem
from osvm_tui.ui.dialogs.dialog import Dialog
from osvm_tui.ui.printable import printable

_SHOWN = 6


class QuitDialog(Dialog[bool]):
    """Ask whether to leave although `items` are open; True means leave."""

    AUTO_FOCUS: ClassVar[str] = "#cancel"

    def __init__(self, items: Sequence[OperationItem]) -> None:
        super().__init__()
        self.items = tuple(items)

    @property
    def heading(self) -> str:
        return "quit?"

    def body(self) -> ComposeResult:
        lines = [f"{action_of(item.action_id).doing} {printable(item.vm_name)}" for item in self.items[:_SHOWN]]
        if len(self.items) > _SHOWN:
            lines.append(f"and {len(self.items) - _SHOWN} more")
        yield Static("\n".join(lines), markup=False)
        what = "this operation goes on" if len(self.items) == 1 else "these operations go on"
        yield Static(f"{what} in the cloud; another console, or this one when it is back, follows", classes="note")
        with Horizontal(classes="buttons"):
            yield Button("stay", id="cancel", compact=True)
            yield Button("quit", id="go", compact=True, classes="-disruptive")

    @on(Button.Pressed)
    def _answered(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "go")
