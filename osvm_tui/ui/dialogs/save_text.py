"""Where to save a text: one path; a file that is there already is never overwritten."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button, Input, Static

from osvm_tui.ui.dialogs.dialog import Dialog
from osvm_tui.ui.private_file import in_time, write_new


class SaveText(Dialog[Path]):
    """Save `text` under a path that starts as `suggested`; the answer is the file, None when left."""

    AUTO_FOCUS: ClassVar[str] = "Input"

    def __init__(self, text: str, suggested: str) -> None:
        super().__init__()
        self.text = text
        self.suggested = suggested

    @property
    def heading(self) -> str:
        return "save as"

    def body(self) -> ComposeResult:
        yield Input(self.suggested, compact=True, select_on_focus=False)
        yield Static("readable by you only; an existing file is not touched", classes="note")
        with Horizontal(classes="buttons"):
            yield Button("cancel", id="cancel", compact=True)
            yield Button("save", id="save", compact=True)

    @on(Input.Submitted)
    @on(Button.Pressed, "#save")
    async def _save(self) -> None:
        path = Path(self.query_one(Input).value).expanduser()
        try:
            await in_time(write_new, path, self.text)
        except OSError as error:
            note = self.query_one(".note", Static)
            note.update(f"not saved: {error.strerror or error}: {path}")
            note.add_class("-danger")
        else:
            self.app.notify(f"saved {path}", markup=False)
            self.dismiss(path)

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.action_leave()
