"""`CommandLine`: `:` at the bottom of a place, with completion, history and help for a slip of the finger."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, cast

from textual.binding import Binding
from textual.containers import Horizontal
from textual.suggester import Suggester
from textual.widgets import Input, Static

from osvm_tui.ui.completion import Arguments, complete, help_for, slip
from osvm_tui.ui.memory import Memory
from osvm_tui.ui.messages import Commanded

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import Widget

    from osvm_tui.ui.screens.place import PlaceScreen


class _Ghost(Suggester):
    """Shows the rest of the first line that the typed one may become; the right arrow takes it."""

    def __init__(self, arguments: Arguments) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._arguments = arguments

    async def get_suggestion(self, value: str) -> str | None:
        """Return the line that completes `value`."""
        return next((line for line in complete(value, self._arguments) if line.startswith(value)), None)


class CommandLine(Horizontal):
    """One line over the hints while it is open."""

    BINDINGS = [
        Binding("escape", "close", show=False, priority=True),
        Binding("tab", "complete(1)", show=False, priority=True),
        Binding("shift+tab", "complete(-1)", show=False, priority=True),
        Binding("up", "history(-1)", show=False, priority=True),
        Binding("down", "history(1)", show=False, priority=True),
    ]

    def __init__(self, memory: Memory, *, blink: bool = True) -> None:
        super().__init__()
        self._memory = memory
        self._blink = blink
        self._earlier: tuple[str, ...] = ()
        self._at = 0
        self._cycle: list[str] = []
        self._back: Widget | None = None

    def compose(self) -> ComposeResult:
        """Put the prompt before the field and the help behind it."""
        yield Static(":", id="command-prompt")
        field = Input(suggester=_Ghost(self._arguments), compact=True, select_on_focus=False)
        field.cursor_blink = self._blink
        yield field
        yield Static(id="command-help", markup=False)

    def open(self, text: str = "") -> None:
        """Show the line with the focus, empty or with a beginning."""
        self._earlier, self._at, self._cycle = self._memory.commands, len(self._memory.commands), []
        self._back = self.screen.focused
        self.display = True
        self._write(text)
        self.query_one(Input).focus()
        self._help(text)

    def action_close(self) -> None:
        """Hide the line; the focus goes back where it was."""
        self.display = False
        self.screen.set_focus(self._back)

    def action_complete(self, step: int) -> None:
        """Complete the line; again takes the next of what it may become."""
        field = self.query_one(Input)
        if field.value not in self._cycle:
            self._cycle = complete(field.value, self._arguments)
            found = self._cycle[0 if step > 0 else -1] if self._cycle else ""
        else:
            found = self._cycle[(self._cycle.index(field.value) + step) % len(self._cycle)]
        if found:
            self._write(f"{found} " if len(self._cycle) == 1 else found)

    def action_history(self, step: int) -> None:
        """Show an earlier or later line that begins as what was typed."""
        field = self.query_one(Input)
        if field.value not in self._earlier:
            self._earlier = tuple(line for line in self._memory.commands if line.startswith(field.value))
            self._at = len(self._earlier)
        self._at = min(max(0, self._at + step), len(self._earlier))
        self._write(self._earlier[self._at] if self._at < len(self._earlier) else "")

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what may follow."""
        event.stop()
        self._help(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the line, or say what it was probably meant to be."""
        event.stop()
        line = event.value.strip()
        if not line:
            self.action_close()
        elif wrong := slip(line):
            self.query_one("#command-help", Static).update(wrong)
        else:
            self._memory.add_command(line)
            word, _, rest = line.partition(" ")
            self.action_close()
            self._screen.save_memory()
            self.post_message(Commanded(word, rest.strip()))

    @property
    def _screen(self) -> PlaceScreen:
        return cast("PlaceScreen", self.screen)

    def _arguments(self, word: str) -> Sequence[str]:
        return self._screen.arguments(word)

    def _write(self, text: str) -> None:
        field = self.query_one(Input)
        field.value = text
        field.cursor_position = len(text)

    def _help(self, value: str) -> None:
        self.query_one("#command-help", Static).update(help_for(value, self._arguments))
