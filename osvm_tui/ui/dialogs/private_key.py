"""The private half of a new key pair: shown once, to be copied or saved; it is kept nowhere else."""

from __future__ import annotations

import re
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Static

from osvm_tui.ui.dialogs.dialog import Dialog
from osvm_tui.ui.dialogs.save_text import SaveText


class PrivateKey(Dialog[None]):
    """Hold a key until it was copied or saved; leaving before that asks to be done twice."""

    SIZE: ClassVar[str] = "-wide"
    AUTO_FOCUS: ClassVar[str] = "#save"

    def __init__(self, key: str, entry: str, name: str) -> None:
        super().__init__()
        self._key = key
        self._entry = entry
        self._file = re.sub(r"[^\w.-]", "_", name) or "osvm"
        self._taken = False
        self._warned = False

    @property
    def heading(self) -> str:
        return "the private key"

    def clouds(self) -> tuple[str, ...]:
        return (self._entry,)

    def body(self) -> ComposeResult:
        with VerticalScroll(classes="plan", can_focus=False):
            yield Static(self._key.strip(), markup=False)
        yield Static("shown this once and kept nowhere: save it or copy it", classes="note", markup=False)
        with Horizontal(classes="buttons"):
            yield Button("save", id="save", compact=True)
            yield Button("copy", id="copy", compact=True)
            yield Button("close", id="close", compact=True)

    @on(Button.Pressed, "#save")
    def _save(self) -> None:
        self.app.push_screen(SaveText(self._key, f"~/.ssh/{self._file}.pem"), self._saved)

    def _saved(self, path: Path | None) -> None:
        self._taken = self._taken or path is not None

    @on(Button.Pressed, "#copy")
    def _copy(self) -> None:
        self.app.copy_to_clipboard(self._key)
        self._taken = True
        self.app.notify("copied the private key")

    @on(Button.Pressed, "#close")
    def action_leave(self) -> None:
        """Close; a key that nobody has yet is thrown away only when asked twice."""
        if self._taken or self._warned:
            self.dismiss(None)
            return
        self._warned = True
        note = self.query_one(".note", Static)
        note.update("neither saved nor copied: once more throws it away for good")
        note.add_class("-danger")
