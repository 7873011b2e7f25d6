"""The question before a disruptive action on one VM: a sentence, the VM's identity, two buttons with Cancel focused."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Static

from osvm_tui.ui.action_plan import ActionPlan, Target
from osvm_tui.ui.dialogs.dialog import Dialog
from osvm_tui.ui.facts import facts
from osvm_tui.ui.widgets.price_line import PriceLine


def identity(target: Target) -> Content:
    """Return what tells one VM from another: name, cloud, project, address and the first 8 of the id."""
    return facts(
        (
            ("name", target.name),
            ("state", target.status),
            ("cloud", target.cloud),
            ("project", target.project),
            ("address", target.address or "-"),
            ("id", target.ref.short),
        )
    )


def in_one_line(target: Target) -> str:
    """Return the same on a line, without the name, for a box that is called by it."""
    told = (target.status, target.cloud, f"project {target.project}", target.address, target.ref.short)
    return " · ".join(filter(None, told))


class ConfirmDialog(Dialog[bool]):
    """Ask once; True means go on."""

    AUTO_FOCUS: ClassVar[str] = "#cancel"

    def __init__(self, plan: ActionPlan, price: Content | None = None) -> None:
        super().__init__()
        self.plan = plan
        self.price = price

    @property
    def heading(self) -> str:
        return f"{self.plan.sentence}?"

    def body(self) -> ComposeResult:
        spec = self.plan.spec
        yield Static(identity(self.plan.targets[0]), markup=False)
        yield Static(spec.note or spec.help, classes="note", markup=False)
        yield PriceLine(self.price)
        with Horizontal(classes="buttons"):
            yield Button("cancel", id="cancel", compact=True)
            yield Button(Content(self.plan.sentence), id="go", compact=True, classes="-disruptive")

    @on(Button.Pressed)
    def _answered(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "go")
