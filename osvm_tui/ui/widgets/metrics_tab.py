"""`MetricsTab`: what one VM does: curves over a range of time with a cursor, or its devices one by one."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Grid, Vertical
from textual.widgets import Static

from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.metrics import UNITS, Metric, Unit
from osvm_tui.domain.slots import BASE_S
from osvm_tui.services.monitor_api import Range, Series
from osvm_tui.ui.metric_words import DEVICE_BLOCKS, TITLES, device_sections, source_words, standing, value_words
from osvm_tui.ui.plot import Slot
from osvm_tui.ui.widgets.chart import Chart, Curve
from osvm_tui.ui.widgets.sections import Sections

if TYPE_CHECKING:
    from osvm_tui.domain.vm import VmRef
    from osvm_tui.services.api import ConsoleApi
    from osvm_tui.ui.options import UiOptions

SHOWN = (Metric.CPU, Metric.MEMORY, Metric.DISK_READ, Metric.DISK_WRITE, Metric.NET_IN, Metric.NET_OUT)
_RANGES = tuple(Range)
_DAY_S = 86_400.0
_UNASKED_S = 30.0
"""So long after the last reading there may be more, though nothing was measured: a source's own history."""
_LEAST = {Unit.BYTES_S: 10_240.0}


class MetricsTab(Vertical, can_focus=True):
    """Six curves of one VM. The keys of a chart work while it has the focus."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(1)", show=False),
        Binding("right", "step(-1)", show=False),
        Binding("shift+left", "step(10)", show=False),
        Binding("shift+right", "step(-10)", show=False),
        Binding("home", "step(100000)", show=False),
        Binding("end", "live", show=False),
    ]

    def __init__(self, api: ConsoleApi, options: UiOptions, ref: VmRef) -> None:
        super().__init__(id="metrics")
        self._api = api
        self._options = options
        self._ref = ref
        self.over = Range.HOUR_1
        self.devices = False
        self._trouble = ""
        self._reading: Range | None = None
        self._again = False
        self._read_at: datetime | None = None
        self._read_of = 0.0
        """When what the curves end with was measured, in seconds since 1970."""

    def compose(self) -> ComposeResult:
        yield Static("", id="metrics-head", markup=False)
        with Grid(id="metrics-charts"):
            for metric in SHOWN:
                yield Chart(way="braille" if self._options.glyphs == "unicode" else "ascii", id=f"chart-{metric}")
        devices = Sections(DEVICE_BLOCKS, id="metrics-devices")
        devices.display = False
        yield devices

    def on_resize(self) -> None:
        """Say as much above the curves as there is room for."""
        self.show_head()

    @property
    def charts(self) -> list[Chart]:
        """The curves in their order."""
        return list(self.query(Chart))

    def read(self) -> None:
        """Read the curves; what is being read of the same range is waited for, and read once more after it."""
        if self._reading is self.over:
            self._again = True
            return
        self._reading, self._again = self.over, False
        self._read_at, self._read_of = self._options.clock(), self._measured_at()
        self._read(self.over)

    def moved(self) -> None:
        """Show what was measured since: another age at once, the curves when their finest slot is over."""
        waited_s = abs((self._options.clock() - self._read_at).total_seconds()) if self._read_at else _UNASKED_S
        newer_s = abs(self._measured_at() - self._read_of)
        if newer_s >= BASE_S or waited_s >= _UNASKED_S:
            self.read()
        else:
            self.show_head()

    def _measured_at(self) -> float:
        seen = self._api.monitor.measured(self._ref)
        return seen.sample.at.timestamp() if seen and seen.sample else 0.0

    @work(group="vm-tab", exclusive=True, exit_on_error=False)
    async def _read(self, over: Range) -> None:
        """Read the curves now; the last ones stay where the store does not give them."""
        try:
            found = await self._api.monitor.charts(self._ref, SHOWN, over)
            self._trouble = ""
        except OsvmError as error:
            self._trouble, found = f"{error.title}: {error.detail}", ()
        finally:
            if self._reading is over:
                self._reading = None
        for series in found:
            self.query_one(f"#chart-{series.metric}", Chart).curve = self._curve(series, over)
        self.show_head()
        if self._again:
            self.read()

    def show_head(self) -> None:
        """Draw ranges, source and age; values of the devices where those are in sight."""
        now = self._options.clock()
        seen = self._api.monitor.measured(self._ref)
        head, line = self.query_one("#metrics-head", Static), Text(no_wrap=True, overflow="ellipsis")
        for one in _RANGES:
            line.append(f" {one} ", "reverse bold" if one is self.over else "")
        line.append("  ")
        line.append(self._trouble or source_words(seen, now), "bold" if self._trouble else "")
        for told in standing(seen.sample if seen else None):
            if line.cell_len + len(told) + 3 <= head.size.width:
                line.append(f" · {told}")
        head.update(line)
        if self.devices:
            self.query_one("#metrics-devices", Sections).show(device_sections(seen, now, self._options.glyphs))

    def _curve(self, series: Series, over: Range) -> Curve:
        unit = UNITS[series.metric]
        slots = tuple(Slot(point.at.timestamp(), point.mean, point.high) for point in series.points)
        since, until = series.since.timestamp(), series.until.timestamp()
        return Curve(
            title=TITLES[series.metric],
            slots=slots,
            step_s=series.step_s,
            gap_s=series.gap_s,
            since=since,
            until=until,
            words=partial(value_words, series.metric),
            moment=partial(self._moment, days=until - since > _DAY_S, seconds=over is Range.MIN_15),
            top=100.0 if unit is Unit.PERCENT else None,
            base=1024.0 if unit is Unit.BYTES_S else 10.0,
            least=_LEAST.get(unit, 1.0),
        )

    def _moment(self, at: float, *, days: bool, seconds: bool) -> str:
        moment = datetime.fromtimestamp(at, UTC)
        local = moment if self._options.utc else moment.astimezone()
        return local.strftime("%m-%d %H:%M" if days else "%H:%M:%S" if seconds else "%H:%M")

    # keys
    def range_by(self, by: int) -> None:
        """Show a longer or a shorter time."""
        at = min(max(_RANGES.index(self.over) + by, 0), len(_RANGES) - 1)
        self.over = _RANGES[at]
        self.show_head()
        self.read()

    def turn_over(self) -> None:
        """Show the devices, or the curves again."""
        self.devices = not self.devices
        self.query_one("#metrics-charts").display = not self.devices
        self.query_one("#metrics-devices").display = self.devices
        self.show_head()

    def action_step(self, by: int) -> None:
        """Move the cursor of all curves; left is back in time."""
        charts = self.charts
        widest = min(chart.plot_width for chart in charts) - 1
        at = charts[0].at
        now = (0 if by > 0 else None) if at is None else at + by
        for chart in charts:
            chart.at = None if now is None or now < 0 else min(now, widest)

    def action_live(self) -> None:
        """Take the cursor away: the newest values again."""
        for chart in self.charts:
            chart.at = None
