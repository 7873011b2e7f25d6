"""The action menu in two columns: a second letter runs a verb; refused verbs stay in reach and tell why.

Rows are a reading of ACTIONS, what is possible first in each group. What a letter means is frozen when the menu opens
and gated again when it is pressed, so that a state which moved in between refuses the verb and never flips it.
"""

from __future__ import annotations

from itertools import groupby
from typing import ClassVar

from msgspec import Struct
from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from osvm_tui.domain.action import Group
from osvm_tui.domain.actions import offered
from osvm_tui.domain.gating import Refusal
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.action_plan import ActionPlan, plans_for_key, regate, verb
from osvm_tui.ui.dialogs.dialog import Dialog
from osvm_tui.ui.format import SIGNS
from osvm_tui.ui.printable import printable
from osvm_tui.ui.refusals import note_refused
from osvm_tui.ui.what_if import AT_ONCE, what_if


class MenuRow(Struct, frozen=True):
    """One letter of the menu and what it would do."""

    letter: str
    group: Group
    plans: tuple[ActionPlan, ...]
    by_role: bool = False
    """Whether the token's role is what refuses it: nothing on the VM would change that."""

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
            return self.refusal or "the marks are in different states: a direction is chosen first"
        spec = self.plans[0].spec
        return f"{spec.help}; {spec.note}" if spec.note else spec.help

    def prompt(self, off: str) -> Content:
        """Return the row's line: letter and verb, which is in `off` signs when it is refused, as the buttons are."""
        if self.refusal:
            return Content.styled(f"{self.letter} {off}{self.label}{off}", "$dim")
        return Content.assemble((f"{self.letter} ", "bold $accent"), f" {self.label}")


def menu_rows(api: ConsoleApi, refs: tuple[VmRef, ...]) -> tuple[MenuRow, ...]:
    """Return the menu for these VMs as they are now: grouped as the table is, what is possible first in its group."""
    groups = {spec.key: spec.group for spec in reversed(offered()) if spec.key}
    letters = dict.fromkeys(spec.key for spec in offered() if spec.key)
    rows = [_row(api, letter, groups[letter], refs) for letter in letters]
    order = list(Group)
    return tuple(sorted(rows, key=lambda row: (order.index(row.group), bool(row.refusal))))


def _row(api: ConsoleApi, letter: str, group: Group, refs: tuple[VmRef, ...]) -> MenuRow:
    plans = plans_for_key(api, letter, refs)
    roles = [api.verdict(refs[0], each.spec.id).refusal is Refusal.CLOUD_ROLE for each in plans]
    return MenuRow(letter, group, plans, all(roles))


_LEFT = (Group.POWER, Group.LIFECYCLE)
"""The groups of the left column; the others stand at its right."""
_FOLD = 3
"""From how many verbs on that the token's role bars they stand in one line."""
_AROUND = 6
"""Lines of the box beside the columns: its border, a blank and three for what is told."""


class ActionMenu(Dialog[tuple[ActionPlan, ...]]):
    """Choose a verb for frozen targets; the answer is one plan, or two when a direction must be chosen."""

    SIZE: ClassVar[str] = "-wide"
    AUTO_FOCUS: ClassVar[str] = "OptionList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave", show=False),
        Binding("j", "step(1)", show=False),
        Binding("k", "step(-1)", show=False),
    ]
    footing = "a letter runs, esc leaves"

    def __init__(self, api: ConsoleApi, refs: tuple[VmRef, ...], glyphs: str = "unicode") -> None:
        super().__init__()
        self.api = api
        self.refs = refs
        self.off = SIGNS[glyphs]["off"]
        self.rows = {row.letter: row for row in menu_rows(api, refs)}

    @property
    def heading(self) -> str:
        if len(self.refs) > 1:
            return f"act on {len(self.refs)} VMs"
        vm = self.api.vm(self.refs[0])
        return f"act on {printable(vm.name)} · {vm.status}" if vm else "act on a VM that is gone"

    def body(self) -> ComposeResult:
        rows = list(self.rows.values())
        with Horizontal(id="columns"):
            yield OptionList(*self._options([row for row in rows if row.group in _LEFT]), compact=True)
            yield OptionList(*self._options([row for row in rows if row.group not in _LEFT]), compact=True)
        yield Static("", id="reason", markup=False)

    def _options(self, rows: list[MenuRow]) -> list[Option]:
        options: list[Option] = []
        for group, members in groupby(rows, key=lambda row: row.group):
            inside = list(members)
            options.append(Option(Content.styled(str(group), "bold $head"), disabled=True))
            barred = [row for row in inside if row.by_role]
            # What the token's role bars for good takes one line; the letters themselves tell it in full.
            folded = barred if len(barred) >= _FOLD else []
            options.extend(Option(row.prompt(self.off), id=f"key-{row.letter}") for row in inside if row not in folded)
            if folded:
                told = f"{' '.join(row.letter for row in folded)}: not for this token"
                options.append(Option(Content.styled(told, "$dim"), disabled=True))
        return options

    def on_resize(self, event: events.Resize) -> None:
        """Leave room for what is told below the columns."""
        self._make_room(event.size.height)

    def on_mount(self) -> None:
        """Take the room there is: the first size is told before there are columns."""
        self._make_room(self.app.size.height)

    def _make_room(self, height: int) -> None:
        for columns in self.query("#columns"):
            columns.styles.max_height = max(4, int(height * 0.96) - _AROUND)

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
        if event.option_list.has_focus:
            self._tell_of(event.option_list)

    @on(events.DescendantFocus)
    def _column_entered(self, event: events.DescendantFocus) -> None:
        if isinstance(event.widget, OptionList):
            self._tell_of(event.widget)

    def _tell_of(self, column: OptionList) -> None:
        option = column.highlighted_option
        row = self.rows.get((option.id or "").removeprefix("key-")) if option else None
        if row is not None:
            self.tell(self._sentence(row), refused=bool(row.refusal))

    def _sentence(self, row: MenuRow) -> str:
        """Return a row's sentence, with what its verb would change of the bill where that is counted at once."""
        plan = row.plans[0]
        if row.refusal or len(row.plans) > 1 or len(plan.refs) > AT_ONCE or plan.spec.params:
            return row.sentence
        price = what_if(self.api, plan.spec.id, plan.refs)
        return f"{row.sentence}\n{price.plain.splitlines()[0]}" if price else row.sentence

    def tell(self, sentence: str, *, refused: bool) -> None:
        """Say something in the line below the menu."""
        line = self.query_one("#reason", Static)
        line.update(sentence)
        line.set_class(refused, "-refused")

    def action_step(self, by: int) -> None:
        """Move the cursor."""
        column = self.focused
        if isinstance(column, OptionList):
            (column.action_cursor_down if by > 0 else column.action_cursor_up)()

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
