"""`FormField`: a label, a control, and the sentence on what is wrong with it, in words beside the field."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Static


class FormField(Vertical):
    """One field of a form; its id is `field-NAME`. `hint` stands below it while nothing is wrong.

    `label_width` 0 leaves the label's width to the sheet.
    """

    def __init__(self, name: str, label: str, *controls: Widget, hint: str = "", label_width: int = 0) -> None:
        super().__init__(id=f"field-{name}")
        self._label = label
        self._controls = controls
        self._hint = hint
        self._label_width = label_width

    def compose(self) -> ComposeResult:
        label = Static(self._label, classes="field-name", markup=False)
        below = Static(self._hint, classes="field-wrong", markup=False)
        below.display = bool(self._hint)
        if self._label_width:
            label.styles.width = self._label_width
            below.styles.padding = (0, 0, 0, self._label_width + 1)
        with Horizontal(classes="field-line"):
            yield label
            yield from self._controls
        yield below

    def tell(self, wrong: str) -> None:
        """Say what is wrong, or the hint again when `wrong` is empty."""
        line = self.query_one(".field-wrong", Static)
        line.update(wrong or self._hint)
        line.display = bool(wrong or self._hint)
        self.set_class(bool(wrong), "-wrong")
