"""`CostViews`: what the places of money have in common: the strip that leads from one to the other. Knows no amount."""

from __future__ import annotations

from collections.abc import Iterable

from textual import on
from textual.widget import Widget

from osvm_tui.ui.messages import GoBack, GoTo
from osvm_tui.ui.screens.place import PlaceScreen
from osvm_tui.ui.widgets.tab_strip import Tab, TabStrip

VIEWS = (
    Tab("cost", "overview", "1"),
    Tab("spend", "spent by", "2"),
    Tab("waste", "waste", "3"),
    Tab("held", "hours held", "4"),
)
"""The places of money, by name."""


class CostViews(PlaceScreen):
    """Mix in before a place of money; its body begins with `strip()`."""

    def strip(self) -> Iterable[Widget]:
        """Yield the line of the views."""
        yield TabStrip(VIEWS, self.place)

    def action_cost_view(self, name: str) -> None:
        """Go to another view; of two views beside the overview only one stays open, so that esc leads out."""
        if name == self.place:
            return
        if self.place != VIEWS[0].id:
            self.post_message(GoBack())
        self.post_message(GoTo(name))

    @on(TabStrip.Chosen)
    def _view_chosen(self, event: TabStrip.Chosen) -> None:
        self.action_cost_view(event.tab)
