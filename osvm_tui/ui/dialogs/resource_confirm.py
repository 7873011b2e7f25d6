"""The questions before a change of what VMs stand on: two buttons, or the item's name typed when it is gone then."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Button, Static

from osvm_tui.ui.dialogs.dialog import Dialog
from osvm_tui.ui.dialogs.typed_confirm import TypedConfirm
from osvm_tui.ui.facts import facts
from osvm_tui.ui.resource_plan import ResourcePlan
from osvm_tui.ui.widgets.price_line import PriceLine


def identity(plan: ResourcePlan) -> Content:
    """Return what tells one item from another: name, state, cloud and the first 8 of its id."""
    target = plan.target
    return facts((("name", plan.name), ("state", target.status), ("cloud", target.entry), ("id", target.id[:8])))


class ConfirmChange(Dialog[bool]):
    """Ask once; True means go on. `caution` is pointed out in amber, `price` is what it would change of the bill."""

    AUTO_FOCUS: ClassVar[str] = "#cancel"

    def __init__(self, plan: ResourcePlan, caution: str = "", price: Content | None = None) -> None:
        super().__init__()
        self.price = price
        self.change = plan
        self.caution = caution

    @property
    def heading(self) -> str:
        return f"{self.change.sentence}?"

    def clouds(self) -> tuple[str, ...]:
        return (self.change.target.entry,)

    def body(self) -> ComposeResult:
        spec = self.change.spec
        yield Static(identity(self.change), markup=False)
        yield Static(spec.note or spec.help, classes="note", markup=False)
        if self.caution:
            yield Static(self.caution, classes="caution", markup=False)
        yield PriceLine(self.price)
        with Horizontal(classes="buttons"):
            yield Button("cancel", id="cancel", compact=True)
            yield Button(Content(self.change.verb), id="go", compact=True, classes="-disruptive")

    @on(Button.Pressed)
    def _answered(self, event: Button.Pressed) -> None:
        self.dismiss(event.button.id == "go")


class ConfirmGone(TypedConfirm):
    """Ask for the name of an item that will not be there any more."""

    def __init__(self, plan: ResourcePlan, price: Content | None = None) -> None:
        super().__init__(plan.typed, plan.sentence)
        self.price = price
        self.change = plan

    def clouds(self) -> tuple[str, ...]:
        return (self.change.target.entry,)

    def explanation(self) -> ComposeResult:
        spec = self.change.spec
        yield Static(identity(self.change), markup=False)
        yield Static(spec.note or spec.help, classes="note -danger", markup=False)
        if self.change.typed != self.change.name:
            yield Static("its name is not enough, so its id is asked for", classes="note", markup=False)
        yield PriceLine(self.price)
