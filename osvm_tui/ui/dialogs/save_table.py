"""Where to save a table: one path. A file that is there is overwritten only when it is asked for twice."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button, Input, Static

from osvm_tui.ui.dialogs.dialog import Dialog
from osvm_tui.ui.private_file import in_time, write_new, write_over


class SaveTable(Dialog[None]):
    """Save what `text_of(path)` returns; it raises ValueError for a name that it cannot serve."""

    AUTO_FOCUS: ClassVar[str] = "Input"

    def __init__(self, text_of: Callable[[Path], str], suggested: str, rows: int, *, exists: bool = False) -> None:
        super().__init__()
        self._text_of = text_of
        self._suggested = suggested
        self._rows = rows
        self._warned = suggested if exists else ""

    @property
    def heading(self) -> str:
        return f"save {self._rows} rows as"

    def body(self) -> ComposeResult:
        yield Input(self._suggested, compact=True, select_on_focus=False)
        yield Static("what is shown, as .csv or .json; readable by you only", classes="note", markup=False)
        with Horizontal(classes="buttons"):
            yield Button("cancel", id="cancel", compact=True)
            yield Button("save", id="save", compact=True)

    def on_mount(self) -> None:
        """Say at once when the file is there already."""
        if self._warned:
            self._warn(self._warned)

    @on(Input.Submitted)
    @on(Button.Pressed, "#save")
    async def _save(self) -> None:
        given = self.query_one(Input).value
        path = Path(given).expanduser()
        try:
            text = await in_time(self._text_of, path)
            await in_time(write_over if given == self._warned else write_new, path, text)
        except FileExistsError:
            self._warn(given)
        except (OSError, ValueError) as error:
            self._tell(f"not saved: {getattr(error, 'strerror', None) or error}")
        else:
            self.app.notify(f"saved {self._rows} rows in {path}", markup=False)
            self.dismiss(None)

    def _warn(self, given: str) -> None:
        self._warned = given
        self._tell("there is such a file already: save again to overwrite it, or give another name")

    def _tell(self, words: str) -> None:
        note = self.query_one(".note", Static)
        note.update(words)
        note.add_class("-danger")

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.action_leave()
