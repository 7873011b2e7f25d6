"""`PriceLine`: what a dialog's answer would change of the bill; not there while nothing is known. Knows no price."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Static


class PriceLine(Static):
    """One line or a few about money."""

    def __init__(self, price: Content | None = None) -> None:
        super().__init__("", classes="price", markup=False)
        self.tell(price or Content(""))

    def tell(self, price: Content) -> None:
        """Show this; nothing takes no room."""
        self.update(price)
        self.display = bool(price)
