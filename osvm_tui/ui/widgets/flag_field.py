"""`FlagField`: one line that says yes or no and is turned by space, enter or a click; knows not what it means."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.widgets import Static


class FlagField(Static, can_focus=True):
    """Yes or no."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("space,enter", "turn", show=False)]

    class Changed(Message):
        """It was turned."""

    def __init__(self, *, on: bool = False, id: str | None = None) -> None:
        super().__init__("", id=id, markup=False)
        self.on = on

    @property
    def value(self) -> str:
        """`yes` or `no`."""
        return "yes" if self.on else "no"

    def on_mount(self) -> None:
        """Show how it stands."""
        self._show()

    def _show(self) -> None:
        self.update(f"{self.value}   (space turns it)")

    def action_turn(self) -> None:
        """Turn it."""
        self.on = not self.on
        self._show()
        self.post_message(self.Changed())

    def on_click(self, _: Click) -> None:
        """Turn it."""
        self.action_turn()
