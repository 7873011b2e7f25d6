"""`About`: one line that says what a pane shows and how old it is, or what went wrong with reading it."""

from __future__ import annotations

from textual.widgets import Static

from osvm_tui.domain.errors import OsvmError
from osvm_tui.ui.printable import printable


class About(Static):
    """One line above a pane."""

    def __init__(self, text: str) -> None:
        super().__init__(text, classes="about", markup=False)

    def tell(self, text: str) -> None:
        """Say how it is."""
        self.remove_class("-error")
        self.update(text)

    def trouble(self, error: OsvmError) -> None:
        """Say what went wrong; the pane keeps its last picture."""
        self.add_class("-error")
        hint = f" · {error.hint}" if error.hint else ""
        self.update(printable(f"{error.title}: {error.detail}{hint}"))
