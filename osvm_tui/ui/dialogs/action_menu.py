"""The action menu: a second letter runs a verb; refused verbs stay in reach and tell why.

Rows are a reading of ACTIONS. What a letter means is frozen when the menu opens and gated again when it is pressed,
so that a state which moved in between refuses the verb and never flips it.
"""

from __future__ import annotations

from itertools import groupby
from typing import ClassVar

from msgspec import Struct
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from osvm_tui.domain.action import Group
from osvm_tui.domain.actions import offered
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.action_plan import ActionPlan, plans_for_key, regate, verb
from osvm_tui.ui.dialogs.dialog import Dialog
from osvm_tui.ui.printable import printable
from osvm_tui.ui.refusals import note_refused

_LABEL_WIDTH = 19


class MenuRow(Struct, frozen=True):
    """One letter of the menu and what it would do."""

    letter: str
    group: Group
    plans: tuple[ActionPlan, ...]

    @property
    def refusal(self) -> str:
        """Why the letter does nothing now, empty when it does something."""
        return "" if any(each.targets for each in self.plans) else self.plans[0].refusal

    @property
    def label(self) -> str:
        """The verb as the row shows it; both when marks are mixed."""
        if len(self.plans) == 1 and len(self.plans[0].targets) < 2:
            return verb(self.plans[0].spec)
        return " or ".join(f"{verb(each.spec)} {len(each.targets)}" for each in self.plans)

    @property
    def sentence(self) -> str:
        """What the line below the menu says of this row."""
        if self.refusal or len(self.plans) > 1:
            return self.refusal or "choose a direction first"
        spec = self.plans[0].spec
        return f"{spec.help}; {spec.note}" if spec.note else spec.help

    def prompt(self) -> Content:
        """Return the row's line: letter, verb, and what it does or why it does not."""
        label = self.label.ljust(_LABEL_WIDTH)
        if self.refusal:
            return Content.assemble((f"{self.letter} ", "bold $dim"), (label + self.refusal, "$dim"))
        doing = self.plans[0].spec.help if len(self.plans) == 1 else "the marks are in different states"
        return Content.assemble((f"{self.letter} ", "bold $accent"), label, (doing, "$dim"))


def menu_rows(api: ConsoleApi, refs: tuple[VmRef, ...]) -> tuple[MenuRow, ...]:
    """Return the menu for these VMs as they are now, grouped as the table is."""
    groups = {spec.key: spec.group for spec in reversed(offered()) if spec.key}
    letters = [letter for letter, _ in groupby(spec.key for spec in offered() if spec.key)]
    unique = dict.fromkeys(letters)
    return tuple(MenuRow(letter, groups[letter], plans_for_key(api, letter, refs)) for letter in unique)


class ActionMenu(Dialog[tuple[ActionPlan, ...]]):
    """Choose a verb for frozen targets; the answer is one plan, or two when a direction must be chosen."""

    SIZE: ClassVar[str] = "-wide"
    AUTO_FOCUS: ClassVar[str] = "OptionList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave", show=False),
        Binding("j", "step(1)", show=False),
        Binding("k", "step(-1)", show=False),
    ]

    def __init__(self, api: ConsoleApi, refs: tuple[VmRef, ...]) -> None:
        super().__init__()
        self.api = api
        self.refs = refs
        self.rows = {row.letter: row for row in menu_rows(api, refs)}

    @property
    def heading(self) -> str:
        if len(self.refs) > 1:
            return f"act on {len(self.refs)} VMs"
        vm = self.api.vm(self.refs[0])
        return f"act on {printable(vm.name)} · {vm.status}" if vm else "act on a VM that is gone"

    def body(self) -> ComposeResult:
        yield OptionList(*self._options(), compact=True)
        yield Static("", id="reason", markup=False)

    def _options(self) -> list[Option]:
        options: list[Option] = []
        for group, rows in groupby(self.rows.values(), key=lambda row: row.group):
            options.append(Option(Content.styled(str(group), "$dim"), disabled=True))
            options.extend(Option(row.prompt(), id=f"key-{row.letter}") for row in rows)
        return options

    def on_key(self, event: events.Key) -> None:
        """Run the verb behind a letter."""
        if event.character in self.rows:
            event.stop()
            self.choose(event.character)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.choose((event.option.id or "").removeprefix("key-"))

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        row = self.rows[(event.option.id or "").removeprefix("key-")]
        self.tell(row.sentence, refused=bool(row.refusal))

    def tell(self, sentence: str, *, refused: bool) -> None:
        """Say something in the line below the menu."""
        line = self.query_one("#reason", Static)
        line.update(sentence)
        line.set_class(refused, "-refused")

    def action_step(self, by: int) -> None:
        """Move the cursor."""
        menu = self.query_one(OptionList)
        (menu.action_cursor_down if by > 0 else menu.action_cursor_up)()

    def choose(self, letter: str) -> None:
        """Gate the row's verbs again; leave with those that can go on, or tell why none can."""
        row = self.rows[letter]
        plans = tuple(regate(self.api, each) for each in row.plans)
        possible = tuple(each for each in plans if each.targets)
        if possible:
            self.dismiss(possible)
        else:
            self.tell(f"refused: {plans[0].refusal}", refused=True)
            note_refused(self.app, self.api, plans[0])
