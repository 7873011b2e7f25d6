"""`FormField`: a label, a control, and the sentence on what is wrong with it, in words beside the field."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static


class FormField(Vertical):
    """One field of a form; its id is `field-NAME`."""

    def __init__(self, name: str, label: str, *controls: Widget) -> None:
        super().__init__(id=f"field-{name}")
        self._label = label
        self._controls = controls

    def compose(self) -> ComposeResult:
        with Horizontal(classes="field-line"):
            yield Static(self._label, classes="field-name", markup=False)
            yield from self._controls
        yield Static("", classes="field-wrong", markup=False)

    def tell(self, wrong: str) -> None:
        """Say what is wrong, nothing when `wrong` is empty."""
        line = self.query_one(".field-wrong", Static)
        line.update(wrong)
        line.display = bool(wrong)
        self.set_class(bool(wrong), "-wrong")
