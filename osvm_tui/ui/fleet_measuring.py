"""`FleetMeasuring`: the fleet's columns of what VMs do: which are measured often, and rows that move by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osvm_tui.ui.fleet_choice import FleetChoice
from osvm_tui.ui.messages import MetricsMoved
from osvm_tui.ui.watching import Watching

if TYPE_CHECKING:
    from textual.timer import Timer

MOVE_S = 5.0
"""How long rows keep their places before those that go by metrics are placed anew: a table must hold still to be
read."""


class FleetMeasuring(FleetChoice, Watching):
    """Mix in before a place that shows a FleetPicture of VMs that are measured."""

    _frozen = False
    _move_wait: Timer | None = None
    _measured_since = False

    def on_metrics_moved(self, _: MetricsMoved) -> None:
        """Repaint the rows in sight whose values changed; those that go by them find their places a little later."""
        if self._frozen or not self.is_current:
            return
        self.table.redraw_changed()
        self._measured_since = True
        if self._move_wait is None and self.picture.goes_by_metrics:
            self._move_rows()

    def _move_rows(self) -> None:
        self._move_wait = None
        if self._measured_since and self.is_current and not self._frozen and self.picture.read_metrics():
            self._measured_since = False
            self.draw_rows()
            self._move_wait = self.set_timer(MOVE_S, self._move_rows)
