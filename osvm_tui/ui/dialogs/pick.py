"""Choose one or several from a list that narrows as one types; knows not what the choices are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, OptionList, Static
from textual.widgets.option_list import Option

from osvm_tui.ui.dialogs.dialog import Dialog
from osvm_tui.ui.printable import printable


class Choice(NamedTuple):
    """One thing to choose: what is kept, what is shown, and what is told beside it."""

    id: str
    label: str
    told: str = ""
    refused: str = ""
    """Why it cannot be chosen now; it stays in the list and tells it."""


class NarrowLine(Input):
    """The line that narrows the list; space is the list's, unless the dialog leaves it to the line."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Let the dialog's own binding of space be asked first."""
        return key != "space" and super().check_consume_key(key, character)


class PickDialog(Dialog[tuple[str, ...]]):
    """Return the ids that were chosen; None when left. Type to narrow, up and down to move, enter to take.

    Of several, space adds the one under the cursor or takes it away; enter with none added takes that one.
    """

    AUTO_FOCUS: ClassVar[str] = "NarrowLine"
    SIZE: ClassVar[str] = "-wide"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "step(1)", show=False, priority=True),
        Binding("up", "step(-1)", show=False, priority=True),
        Binding("space", "add", show=False, priority=True),
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
        yield NarrowLine(placeholder="type to narrow", compact=True)
        yield OptionList(compact=True)
        yield Static("", id="why", markup=False)
        if self.many:
            yield Static("space adds or takes away, enter is done", classes="note")

    def on_mount(self) -> None:
        """Show everything, the cursor on what is chosen already."""
        self.query_one("#why").display = False
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
        possible = next((n for n, each in enumerate(shown) if not each.refused), 0)
        menu.highlighted = ids.index(wanted) if wanted in ids else (possible if ids else None)

    def _prompt(self, choice: Choice, width: int) -> Content:
        sign = "+ " if choice.id in self.chosen else "x " if choice.refused else "  "
        label = printable(choice.label).ljust(width + 2)
        if choice.refused:
            return Content.styled(f"{sign}{label}{printable(choice.told)}", "$dim")
        return Content.assemble((sign, "bold $accent"), label, (printable(choice.told), "$dim"))

    @on(Input.Changed)
    def _narrowed(self, event: Input.Changed) -> None:
        self._fill(event.value)

    @on(Input.Submitted)
    @on(OptionList.OptionSelected)
    def _done(self) -> None:
        here = self._here()
        if self.many and (self.chosen or not here):
            self.dismiss(tuple(self.chosen))
        elif here is not None and not self._why_not(here):
            self.dismiss((here,))

    @on(OptionList.OptionHighlighted)
    def _tell_why(self, event: OptionList.OptionHighlighted) -> None:
        why = self._why_not(event.option.id or "")
        line = self.query_one("#why", Static)
        line.update(f"not possible: {printable(why)}" if why else "")
        line.display = any(each.refused for each in self.choices)

    def _why_not(self, here: str) -> str:
        return next((each.refused for each in self.choices if each.id == here), "")

    def _here(self) -> str | None:
        menu = self.query_one(OptionList)
        return None if menu.highlighted is None else menu.get_option_at_index(menu.highlighted).id

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave space to the filter when only one is chosen."""
        return self.many if action == "add" else True

    def action_add(self) -> None:
        """Add the choice under the cursor or take it away."""
        here = self._here()
        if here is None or self._why_not(here):
            return
        if here in self.chosen:
            del self.chosen[here]
        else:
            self.chosen[here] = None
        self._fill(self.query_one(Input).value, at=here)

    def action_step(self, by: int) -> None:
        """Move the cursor of the list while typing."""
        menu = self.query_one(OptionList)
        (menu.action_cursor_down if by > 0 else menu.action_cursor_up)()
