"""Choose one or several from a list that narrows as one types; knows not what the choices are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Input, OptionList, Static
from textual.widgets.option_list import Option

from osvm_tui.ui.dialogs.dialog import Dialog
from osvm_tui.ui.printable import printable


class Choice(NamedTuple):
    """One thing to choose: what is kept, what is shown, and what is told beside it."""

    id: str
    label: str
    told: str = ""


class PickDialog(Dialog[tuple[str, ...]]):
    """Return the ids that were chosen; None when left. Type to narrow, up and down to move, enter to take."""

    AUTO_FOCUS: ClassVar[str] = "Input"
    SIZE: ClassVar[str] = "-wide"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "step(1)", show=False, priority=True),
        Binding("up", "step(-1)", show=False, priority=True),
    ]

    def __init__(self, title: str, choices: Sequence[Choice], chosen: Sequence[str], *, many: bool) -> None:
        super().__init__()
        self.pick_title = title
        self.choices = tuple(choices)
        self.chosen = dict.fromkeys(chosen)
        self.many = many

    @property
    def heading(self) -> str:
        return self.pick_title

    def body(self) -> ComposeResult:
        yield Input(placeholder="type to narrow", compact=True)
        yield OptionList(compact=True)
        if self.many:
            yield Static("enter adds or takes away; tab, then done", classes="note")
            with Horizontal(classes="buttons"):
                yield Button("cancel", id="cancel", compact=True)
                yield Button("done", id="done", compact=True)

    def on_mount(self) -> None:
        """Show everything, the cursor on what is chosen already."""
        self._fill("")

    def _fill(self, needle: str, at: str = "") -> None:
        menu = self.query_one(OptionList)
        words = needle.lower().split()
        shown = [each for each in self.choices if all(w in f"{each.label} {each.told}".lower() for w in words)]
        width = max((len(each.label) for each in shown), default=0)
        menu.clear_options()
        menu.add_options([Option(self._prompt(each, width), id=each.id) for each in shown])
        wanted = at or next(iter(self.chosen), "")
        ids = [each.id for each in shown]
        menu.highlighted = ids.index(wanted) if wanted in ids else (0 if ids else None)

    def _prompt(self, choice: Choice, width: int) -> Content:
        sign = "+ " if choice.id in self.chosen else "  "
        label = printable(choice.label).ljust(width + 2)
        return Content.assemble((sign, "bold $accent"), label, (printable(choice.told), "$dim"))

    @on(Input.Changed)
    def _narrowed(self, event: Input.Changed) -> None:
        self._fill(event.value)

    @on(Input.Submitted)
    def _taken(self) -> None:
        menu = self.query_one(OptionList)
        if menu.highlighted is not None:
            self.take(menu.get_option_at_index(menu.highlighted).id or "")

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.take(event.option.id or "")

    def take(self, id: str) -> None:
        """Take one and leave; of several, add it or take it away and stay."""
        if not self.many:
            self.dismiss((id,))
            return
        if id in self.chosen:
            del self.chosen[id]
        else:
            self.chosen[id] = None
        self._fill(self.query_one(Input).value, at=id)

    def action_step(self, by: int) -> None:
        """Move the cursor of the list while typing."""
        menu = self.query_one(OptionList)
        (menu.action_cursor_down if by > 0 else menu.action_cursor_up)()

    @on(Button.Pressed)
    def _answered(self, event: Button.Pressed) -> None:
        self.dismiss(tuple(self.chosen) if event.button.id == "done" else None)
