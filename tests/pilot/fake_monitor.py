"""`FakeMonitor`: a MonitorApi for tests of the console: curves by formula, the same at every start."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import partial
from zlib import crc32

from msgspec.structs import replace

from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.measured import Measured
from osvm_tui.domain.metrics import UNITS, DiskRates, Memory, Metric, Mount, NicRates, Sample, Source, Unit
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.monitor_api import AlertState, AlertView, Coverage, HostView, MonitorApi, Point, Range, Series

GIB = 1 << 30
SPANS = {
    Range.MIN_15: (15 * 60, 10),
    Range.HOUR_1: (3600, 10),
    Range.HOURS_6: (6 * 3600, 60),
    Range.DAY_1: (86_400, 60),
    Range.DAYS_7: (7 * 86_400, 600),
    Range.DAYS_30: (30 * 86_400, 600),
}


def level(ref: VmRef, metric: Metric, at: float) -> float:
    """Return what a VM does at a moment: a day's wave with a ripple, of a size that is its own."""
    own = crc32(f"{ref.id} {metric}".encode()) % 1000 / 1000
    wave = 0.5 + 0.4 * math.sin(at / 13_751 + 6 * own) + 0.1 * math.sin(at / 97 + 9 * own)
    if UNITS[metric] is Unit.PERCENT:
        return 100 * wave * (0.2 + 0.8 * own)
    return wave * own * (4 if metric is Metric.LOAD else 4_000_000 if UNITS[metric] is Unit.BYTES_S else 300)


class FakeMonitor(MonitorApi):
    """Every VM of `known` is measured; the others are not, for the reason in `trouble`."""

    def __init__(self, now: datetime, known: Iterable[VmRef], absent: Mapping[VmRef, str] | None = None) -> None:
        self.now = now
        self.known = list(known)
        self.absent = dict(absent or {})
        """Why the others are not measured."""
        self.trouble = ""
        self.watched: tuple[VmRef, ...] = ()
        self.alert_views: list[AlertView] = []
        self.gaps: tuple[tuple[float, float], ...] = ()
        """Stretches, in seconds before now, in which nothing was measured."""
        self.error: OsvmError | None = None
        self.noted: list[tuple[str, str, str]] = []
        self.host_view: HostView | None = None

    @classmethod
    def of(cls, now: datetime, fleet: Iterable[Vm]) -> FakeMonitor:
        """Return a monitor that measures the VMs of a fleet that run."""
        vms = list(fleet)
        still = {vm.ref: f"not running ({vm.status})" for vm in vms if vm.vm_state != "active"}
        return cls(now, [vm.ref for vm in vms if vm.ref not in still], still)

    def watch(self, refs: Iterable[VmRef]) -> None:
        self.watched = tuple(refs)

    def measured(self, ref: VmRef) -> Measured | None:
        if ref not in self.known:
            return Measured(ref=ref, trouble=self.absent[ref]) if ref in self.absent else None
        if self.trouble:
            return Measured(ref=ref, trouble=self.trouble, tried=((Source.DIAGNOSTICS, self.trouble),))
        return Measured(ref=ref, sample=self.sample(ref), tried=((Source.SIMULATED, "simulated"),))

    def sample(self, ref: VmRef) -> Sample:
        """Return the newest of a VM."""
        say = partial(level, ref, at=self.now.timestamp())
        return Sample(
            at=self.now - timedelta(seconds=2),
            source=Source.SIMULATED,
            span_s=5.0,
            cpu=say(Metric.CPU),
            cores=(say(Metric.CPU), say(Metric.CPU) / 2),
            load=(say(Metric.LOAD), say(Metric.LOAD) / 2, say(Metric.LOAD) / 3),
            memory=Memory(4 * GIB, used=round(4 * GIB * say(Metric.MEMORY) / 100)),
            mounts=(Mount("/", 20 * GIB, round(20 * GIB * say(Metric.DISK) / 100)), Mount("/srv", 80 * GIB, 8 * GIB)),
            disks=(DiskRates("vda", say(Metric.DISK_READ), say(Metric.DISK_WRITE), 12.0, 30.5),),
            nics=(NicRates("eth0", say(Metric.NET_IN), say(Metric.NET_OUT), 210.0, 190.0),),
            uptime_s=12 * 86_400 + 4 * 3600.0,
        )

    def recent(self, ref: VmRef, metric: Metric) -> tuple[float | None, ...]:
        if ref not in self.known or self.trouble:
            return ()
        return tuple(level(ref, metric, self.now.timestamp() - 30 * n) for n in reversed(range(40)))

    def top(self, metric: Metric, count: int) -> tuple[tuple[VmRef, float], ...]:
        at = self.now.timestamp()
        found = [] if self.trouble else [(ref, level(ref, metric, at)) for ref in self.known]
        return tuple(sorted(found, key=lambda pair: -pair[1])[:count])

    def coverage(self) -> Coverage:
        if self.trouble:
            return Coverage(not_measured=((self.trouble, len(self.known)),))
        return Coverage(
            by_source=((Source.SIMULATED, len(self.known)),),
            not_measured=tuple(Counter(self.absent.values()).most_common()),
            samples_per_minute=84.0,
            budget="at most 20 samples a second, 100 connections, 8 threads",
        )

    def problems(self) -> tuple[str, ...]:
        return ()

    def alerts(self, *, ended: bool = False) -> tuple[AlertView, ...]:
        return tuple(one for one in self.alert_views if ended or one.ended_at is None)

    def host(self) -> HostView | None:
        return self.host_view

    async def charts(
        self, ref: VmRef, metrics: Sequence[Metric], over: Range, *, devices: bool = False
    ) -> tuple[Series, ...]:
        if self.error is not None:
            raise self.error
        span, step = SPANS[over]
        return tuple(
            Series(
                metric=metric,
                step_s=step,
                gap_s=max(1.5 * step, 210.0),
                since=self.now - timedelta(seconds=span),
                until=self.now,
                points=() if self.trouble or ref not in self.known else tuple(self._points(ref, metric, span, step)),
            )
            for metric in metrics
        )

    def _points(self, ref: VmRef, metric: Metric, span: int, step: int) -> Iterable[Point]:
        for before in range(span, 0, -step):
            if any(late <= before <= early for early, late in self.gaps):
                continue
            mean = level(ref, metric, self.now.timestamp() - before)
            high = min(mean * 1.1, 100.0) if UNITS[metric] is Unit.PERCENT else mean * 1.1
            yield Point(self.now - timedelta(seconds=before), mean, mean * 0.9, high, 3)

    async def acknowledge(self, alert_id: str, note: str) -> None:
        self._note("acknowledge", alert_id, note, AlertState.ACKNOWLEDGED)

    async def silence(self, alert_id: str, minutes: int, note: str) -> None:
        self._note(f"silence {minutes}", alert_id, note, AlertState.SILENCED, self.now + timedelta(minutes=minutes))

    def _note(self, what: str, alert_id: str, note: str, state: AlertState, until: datetime | None = None) -> None:
        if self.error is not None:
            raise self.error
        self.noted.append((what, alert_id, note))
        at = next(n for n, one in enumerate(self.alert_views) if one.id == alert_id)
        self.alert_views[at] = replace(self.alert_views[at], who="ops-1", note=note, state=state, silent_until=until)
