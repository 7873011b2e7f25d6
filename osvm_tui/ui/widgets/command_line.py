"""`CommandLine`: `:` at the bottom of a place, with completion, history and help for a slip of the finger."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.binding import Binding
from textual.containers import Horizontal
from textual.suggester import Suggester
from textual.widgets import Input, Static

from osvm_tui.ui.messages import Commanded
from osvm_tui.ui.places import WORDS, completions, nearest, place_named

if TYPE_CHECKING:
    from textual.app import ComposeResult
    from textual.widget import Widget


class _Words(Suggester):
    async def get_suggestion(self, value: str) -> str | None:
        """Return the word that completes `value`."""
        found = completions(value) if value and " " not in value else []
        return found[0] if found else None


class CommandLine(Horizontal):
    """One line over the hints while it is open."""

    HISTORY: ClassVar[list[str]] = []
    """Lines given in this process, oldest first."""
    BINDINGS = [
        Binding("escape", "close", show=False, priority=True),
        Binding("tab", "complete", show=False, priority=True),
        Binding("up", "history(-1)", show=False, priority=True),
        Binding("down", "history(1)", show=False, priority=True),
    ]

    def __init__(self, *, blink: bool = True) -> None:
        super().__init__()
        self._blink = blink
        self._at = 0
        self._back: Widget | None = None

    def compose(self) -> ComposeResult:
        """Put the prompt before the field and the help behind it."""
        yield Static(":", id="command-prompt")
        field = Input(suggester=_Words(use_cache=False), compact=True, select_on_focus=False)
        field.cursor_blink = self._blink
        yield field
        yield Static(id="command-help")

    def open(self) -> None:
        """Show the line, empty, with the focus."""
        self._at = len(self.HISTORY)
        self._back = self.screen.focused
        self.display = True
        field = self.query_one(Input)
        field.value = ""
        field.focus()
        self._help("")

    def action_close(self) -> None:
        """Hide the line; the focus goes back where it was."""
        self.display = False
        self.screen.set_focus(self._back)

    def action_complete(self) -> None:
        """Complete the word."""
        field = self.query_one(Input)
        found = completions(field.value) if " " not in field.value else []
        if found:
            field.value = f"{found[0]} "
            field.cursor_position = len(field.value)

    def action_history(self, step: int) -> None:
        """Show an earlier or later line."""
        self._at = min(max(0, self._at + step), len(self.HISTORY))
        field = self.query_one(Input)
        field.value = self.HISTORY[self._at] if self._at < len(self.HISTORY) else ""
        field.cursor_position = len(field.value)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Show what may follow."""
        event.stop()
        self._help(event.value)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Give the line, or say what it was probably meant to be."""
        event.stop()
        word, _, rest = event.value.strip().partition(" ")
        if not word:
            self.action_close()
            return
        if place_named(word) is None and word not in WORDS:
            near = nearest(word)
            self.query_one("#command-help", Static).update(f"no :{word}" + (f"; did you mean :{near}?" if near else ""))
            return
        if not self.HISTORY or self.HISTORY[-1] != event.value.strip():
            self.HISTORY.append(event.value.strip())
        self.action_close()
        self.post_message(Commanded(word, rest.strip()))

    def _help(self, value: str) -> None:
        word, blank, _ = value.partition(" ")
        place = place_named(word)
        if blank and word in WORDS:
            text = WORDS[word]
        elif blank and place:
            text = place.help
        else:
            text = "  ".join(completions(word))
        self.query_one("#command-help", Static).update(text)
