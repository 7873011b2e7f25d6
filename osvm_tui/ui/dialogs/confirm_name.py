"""The question before a destructive action on one VM: its name is typed, or 8 of its id when the name is not unique."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Static

from osvm_tui.ui.action_plan import ActionPlan
from osvm_tui.ui.dialogs.confirm import identity
from osvm_tui.ui.dialogs.typed_confirm import TypedConfirm
from osvm_tui.ui.widgets.price_line import PriceLine


class ConfirmName(TypedConfirm):
    """Ask for the name of the one target of a plan."""

    def __init__(self, plan: ActionPlan, price: Content | None = None) -> None:
        super().__init__(plan.targets[0].typed, plan.sentence)
        self.plan = plan
        self.price = price

    def explanation(self) -> ComposeResult:
        target = self.plan.targets[0]
        yield Static(identity(target), markup=False)
        yield Static(self.plan.spec.note or self.plan.spec.help, classes="note -danger", markup=False)
        yield PriceLine(self.price)
        if not target.unique_name:
            yield Static(
                "its name is not unique or cannot be typed, so its id is asked for", classes="note", markup=False
            )
