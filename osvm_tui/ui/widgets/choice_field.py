"""`ChoiceField`: one line that shows what is chosen and opens the list to choose from; knows not what is chosen."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.events import Click
from textual.message import Message
from textual.widgets import Static

from osvm_tui.ui.dialogs.pick import Choice, PickDialog
from osvm_tui.ui.printable import printable

_WIDE_GAP = re.compile(" {3,}")


class ChoiceField(Static, can_focus=True):
    """Enter, space or a click opens the list; `many` lets several be chosen."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter,space,down", "choose", show=False)]

    class Changed(Message):
        """Something else is chosen now."""

        def __init__(self, field: ChoiceField) -> None:
            super().__init__()
            self.field = field

    def __init__(self, title: str, *, many: bool = False, nothing: str = "", id: str | None = None) -> None:
        super().__init__(nothing, id=id, markup=False)
        self.title = title
        self.many = many
        self.nothing = nothing
        """What is shown while nothing is chosen."""
        self.choices: tuple[Choice, ...] = ()
        self.chosen: tuple[str, ...] = ()

    @property
    def value(self) -> str:
        """The one id that is chosen, empty when there is none."""
        return self.chosen[0] if self.chosen else ""

    def offer(self, choices: Sequence[Choice]) -> None:
        """Offer these; what was chosen and is still offered stays."""
        self.choices = tuple(choices)
        known = {choice.id for choice in choices}
        self.chosen = tuple(id for id in self.chosen if id in known)
        self._show()

    def choose(self, chosen: Sequence[str]) -> None:
        """Choose these ids."""
        self.chosen = tuple(chosen)
        self._show()

    def _show(self) -> None:
        labels = {choice.id: choice for choice in self.choices}
        shown = [labels[id] for id in self.chosen if id in labels]
        text = ", ".join(choice.label for choice in shown)
        if len(shown) == 1 and shown[0].told:
            # What is told stands in columns for the list; here one line is all there is room for.
            text = f"{text}  {_WIDE_GAP.sub('  ', shown[0].told)}"
        self.set_class(len(shown) == 1, "-one")
        self.update(printable(text) or self.nothing)
        self.set_class(not shown, "-nothing")

    def action_choose(self) -> None:
        """Open the list."""
        self.app.push_screen(PickDialog(self.title, self.choices, self.chosen, many=self.many), self._picked)

    def on_click(self, _: Click) -> None:
        """Open the list."""
        self.action_choose()

    def _picked(self, chosen: tuple[str, ...] | None) -> None:
        if chosen is not None:
            self.choose(chosen)
            self.post_message(self.Changed(self))
