"""Which way: marks that are partly running and partly stopped share one letter, so the operator says which first."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Static

from osvm_tui.ui.action_plan import ActionPlan
from osvm_tui.ui.dialogs.dialog import Dialog


class DirectionDialog(Dialog[ActionPlan]):
    """Choose one of several plans; None when left."""

    AUTO_FOCUS: ClassVar[str] = "#cancel"

    def __init__(self, plans: tuple[ActionPlan, ...]) -> None:
        super().__init__()
        self.plans = plans

    @property
    def heading(self) -> str:
        return "which way?"

    def body(self) -> ComposeResult:
        yield Static("the marked VMs are in different states; one direction at a time", markup=False)
        with Horizontal(classes="buttons"):
            yield Button("cancel", id="cancel", compact=True)
            for number, plan in enumerate(self.plans):
                yield Button(Content(plan.sentence), id=f"plan-{number}", compact=True)

    @on(Button.Pressed)
    def _chosen(self, event: Button.Pressed) -> None:
        chosen = event.button.id or "cancel"
        self.dismiss(None if chosen == "cancel" else self.plans[int(chosen.removeprefix("plan-"))])
