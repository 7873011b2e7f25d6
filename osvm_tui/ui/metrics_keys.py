"""`MetricsKeys`: what the screen of one VM does for its Metrics tab, and that it is measured every few seconds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from osvm_tui.ui.text_tab_keys import TextTabKeys
from osvm_tui.ui.widgets.metrics_tab import MetricsTab

if TYPE_CHECKING:
    from osvm_tui.ui.messages import MetricsMoved


class MetricsKeys(TextTabKeys):
    """A subclass says which tab is in sight and which VM it is."""

    def on_screen_resume(self) -> None:
        """Let this VM be measured every few seconds."""
        self.api.monitor.watch((self.ref,))

    def action_metrics_range(self, by: int) -> None:
        """Show a longer or a shorter time in the curves."""
        if self.tab == "metrics":
            self.query_one(MetricsTab).range_by(by)

    def action_metrics_devices(self) -> None:
        """Show the devices one by one, or the curves again."""
        if self.tab == "metrics":
            self.query_one(MetricsTab).turn_over()

    def on_metrics_moved(self, _: MetricsMoved) -> None:
        """Draw what was measured since."""
        if self.tab == "metrics" and self.is_current:
            self.query_one(MetricsTab).moved()
