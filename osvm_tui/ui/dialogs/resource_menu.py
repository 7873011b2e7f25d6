"""The menu of changes in a place of resources: a letter begins one; refused ones stay in reach and tell why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import OptionList, Static
from textual.widgets.option_list import Option

from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.dialogs.dialog import Dialog
from osvm_tui.ui.refusals import note_refused_change
from osvm_tui.ui.resource_plan import ResourcePlan
from osvm_tui.ui.what_if import what_if_resource


class ResourceMenu(Dialog[ResourcePlan]):
    """Choose one of frozen plans; each is gated when the menu opens and again when its letter is pressed."""

    SIZE: ClassVar[str] = "-wide"
    AUTO_FOCUS: ClassVar[str] = "OptionList"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("q", "leave", show=False),
        Binding("j", "step(1)", show=False),
        Binding("k", "step(-1)", show=False),
    ]

    def __init__(self, api: ConsoleApi, plans: Sequence[ResourcePlan], nothing: str) -> None:
        super().__init__()
        self.nothing = nothing
        """What the menu is called where no item is meant."""
        self.api = api
        self.plans = {plan.spec.key: plan for plan in plans}

    @property
    def heading(self) -> str:
        named = next((plan for plan in self.plans.values() if plan.name), None)
        if named is None:
            return self.nothing
        return f"act on {named.name}{f' · {named.target.status}' if named.target.status else ''}"

    def clouds(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(plan.target.entry for plan in self.plans.values()))

    def body(self) -> ComposeResult:
        yield OptionList(*(Option(self._prompt(key), id=f"key-{key}") for key in self.plans), compact=True)
        yield Static("", id="reason", markup=False)

    def refusal(self, key: str) -> str:
        """Return why a letter does nothing now, empty when it does something."""
        plan = self.plans[key]
        verdict = self.api.resources.verdict(plan.spec.id, plan.target)
        return "" if verdict.allowed else verdict.reason

    def _prompt(self, key: str) -> Content:
        plan, refusal = self.plans[key], self.refusal(key)
        label = plan.verb.ljust(max(len(each.verb) for each in self.plans.values()) + 2)
        if refusal:
            return Content.assemble((f"{key} ", "bold $dim"), (label + refusal, "$dim"))
        return Content.assemble((f"{key} ", "bold $accent"), label, (plan.spec.help, "$dim"))

    def on_key(self, event: events.Key) -> None:
        """Begin the change behind a letter."""
        if event.character in self.plans:
            event.stop()
            self.choose(event.character)

    @on(OptionList.OptionSelected)
    def _selected(self, event: OptionList.OptionSelected) -> None:
        self.choose((event.option.id or "").removeprefix("key-"))

    @on(OptionList.OptionHighlighted)
    def _highlighted(self, event: OptionList.OptionHighlighted) -> None:
        key = (event.option.id or "").removeprefix("key-")
        refusal = self.refusal(key)
        self._say(refusal or self._sentence(self.plans[key]), refused=bool(refusal))

    def _sentence(self, plan: ResourcePlan) -> str:
        """Return what a change does, and what it would change of the bill where nothing more is asked for."""
        spec = plan.spec
        told = f"{spec.help}; {spec.note}" if spec.note else spec.help
        price = what_if_resource(self.api, spec, (plan.target,), plan.given) if not plan.asked else None
        return f"{told}\n{price.plain.splitlines()[0]}" if price else told

    def _say(self, sentence: str, *, refused: bool) -> None:
        line = self.query_one("#reason", Static)
        line.update(sentence)
        line.set_class(refused, "-refused")

    def action_step(self, by: int) -> None:
        """Move the cursor."""
        menu = self.query_one(OptionList)
        (menu.action_cursor_down if by > 0 else menu.action_cursor_up)()

    def choose(self, key: str) -> None:
        """Leave with the plan behind a letter, or tell why it cannot go on."""
        refusal = self.refusal(key)
        if refusal:
            self._say(f"refused: {refusal}", refused=True)
            note_refused_change(self.app, self.api, self.plans[key])
        else:
            self.dismiss(self.plans[key])
