"""The form for an action's parameters, one field per `Param`; what is required is said beside the field."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Input, Static

from osvm_tui.domain.action import Param
from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.action_plan import ActionPlan, verb
from osvm_tui.ui.dialogs.dialog import Dialog


class ParamsForm(Dialog[dict[str, object]]):
    """Ask for the parameters of a plan; the answer holds what was typed, empty fields left out."""

    AUTO_FOCUS: ClassVar[str] = "Input"

    def __init__(self, api: ConsoleApi, plan: ActionPlan) -> None:
        super().__init__()
        self.plan = plan
        self.before = present_values(api, plan)
        """What the VM has now: a field left as it is asks for no change."""

    @property
    def heading(self) -> str:
        return self.plan.sentence

    def body(self) -> ComposeResult:
        for param in self.plan.spec.params:
            yield Static(Content.assemble(param.name, (f"  {param.help}", "$dim")), classes="field-label")
            yield Input(
                self.before.get(param.name, param.default),
                id=f"param-{param.name}",
                compact=True,
                password=param.kind == "secret",
                select_on_focus=False,
            )
        yield Static("", classes="note", id="wrong", markup=False)
        with Horizontal(classes="buttons"):
            yield Button("cancel", id="cancel", compact=True)
            yield Button(Content(verb(self.plan.spec)), id="go", compact=True)

    def values(self) -> dict[str, object]:
        """Return what is asked for: fields that were changed and are not empty, or were emptied on purpose."""
        typed = {param.name: self._typed(param) for param in self.plan.spec.params}
        return {name: value for name, value in typed.items() if value != self.before.get(name, "")}

    def _typed(self, param: Param) -> str:
        return self.query_one(f"#param-{param.name}", Input).value.strip()

    @on(Input.Submitted)
    @on(Button.Pressed, "#go")
    def _go(self) -> None:
        wrong = self._wrong()
        if wrong:
            note = self.query_one("#wrong", Static)
            note.update(wrong)
            note.add_class("-danger")
        else:
            self.dismiss(self.values())

    def _wrong(self) -> str:
        for param in self.plan.spec.params:
            if param.required and not self._typed(param):
                return f"{param.name} is needed"
        if self.plan.spec.edits:
            if not self._typed(self.plan.spec.params[0]):
                return "a VM needs a name"
            if not self.values():
                return "nothing is changed yet"
        return ""

    @on(Button.Pressed, "#cancel")
    def _cancel(self) -> None:
        self.action_leave()


def present_values(api: ConsoleApi, plan: ActionPlan) -> dict[str, str]:
    """Return the values that a form starts from: name and description when a VM is renamed."""
    vm = api.vm(plan.targets[0].ref) if len(plan.targets) == 1 else None
    if vm is None or not plan.spec.edits:
        return {}
    return {param.name: getattr(vm, param.name) for param in plan.spec.params}
