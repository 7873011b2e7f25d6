"""`FakeMonitor`: a scripted MonitorApi for tests of the console: samples, series and alerts are put in."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from osvm_tui.domain.errors import OsvmError, Refused, Unknown
from osvm_tui.domain.metrics import Metric
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.monitor_api import (
    AlertState,
    AlertView,
    Coverage,
    HostView,
    Measured,
    MonitorApi,
    Range,
    Series,
)


class FakeMonitor(MonitorApi):
    """Answer what was put into the public fields. `fail_next` is raised by the next call that may wait."""

    def __init__(self) -> None:
        self.watched: tuple[VmRef, ...] = ()
        self.newest: dict[VmRef, Measured] = {}
        self.values: dict[tuple[VmRef, Metric], tuple[float | None, ...]] = {}
        self.series: dict[tuple[VmRef, Metric], tuple[Series, ...]] = {}
        self.open: dict[str, AlertView] = {}
        self.ended: list[AlertView] = []
        self.covered = Coverage()
        self.wrong: tuple[str, ...] = ()
        self.machine: HostView | None = None
        self.may_speak = True
        self.asked: list[tuple[VmRef, tuple[Metric, ...], Range, bool]] = []
        self.fail_next: OsvmError | None = None

    def watch(self, refs: Iterable[VmRef]) -> None:
        self.watched = tuple(refs)

    def measured(self, ref: VmRef) -> Measured | None:
        return self.newest.get(ref)

    def recent(self, ref: VmRef, metric: Metric) -> tuple[float | None, ...]:
        return self.values.get((ref, metric), ())

    def top(self, metric: Metric, count: int) -> tuple[tuple[VmRef, float], ...]:
        found = [(ref, one.sample.value(metric)) for ref, one in self.newest.items() if one.sample]
        present = [(ref, value) for ref, value in found if value is not None]
        return tuple(sorted(present, key=lambda one: -one[1])[:count])

    def coverage(self) -> Coverage:
        return self.covered

    def problems(self) -> tuple[str, ...]:
        return self.wrong

    def alerts(self, *, ended: bool = False) -> tuple[AlertView, ...]:
        return tuple(sorted([*self.open.values(), *(self.ended if ended else ())], key=AlertView.order))

    def host(self) -> HostView | None:
        return self.machine

    async def charts(
        self, ref: VmRef, metrics: Sequence[Metric], over: Range, *, devices: bool = False
    ) -> tuple[Series, ...]:
        self._wait()
        self.asked.append((ref, tuple(metrics), over, devices))
        found = [one for metric in metrics for one in self.series.get((ref, metric), ())]
        return tuple(one for one in found if bool(one.device) == devices)

    async def acknowledge(self, alert_id: str, note: str) -> None:
        self._mark(alert_id, AlertState.ACKNOWLEDGED, note)

    async def silence(self, alert_id: str, minutes: int, note: str) -> None:
        self._mark(alert_id, AlertState.SILENCED, note)

    def _mark(self, alert_id: str, state: AlertState, note: str) -> None:
        self._wait()
        if not self.may_speak:
            raise Refused("console role viewer may not acknowledge or silence alerts")
        if alert_id not in self.open:
            raise Unknown(f"no alert has the id {alert_id}")
        self.open[alert_id] = replace(self.open[alert_id], state=state, who="ops-1", note=note)

    def _wait(self) -> None:
        if self.fail_next:
            error, self.fail_next = self.fail_next, None
            raise error
