"""`UsedOf`: what VMs were measured to use over 30 days, as advice needs it; read now and then, kept in memory."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from osvm_tui.domain.advice import VmMetrics
from osvm_tui.domain.errors import StoreError
from osvm_tui.domain.metrics import Metric
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.monitor_api import MonitorApi, Point, Range, Series

_METRICS = (Metric.CPU, Metric.MEMORY, Metric.NET_IN, Metric.NET_OUT)
_OLD = timedelta(hours=1)
_AT_ONCE = 60
"""So many VMs are read while somebody waits; more are read ahead, quietly."""
_REST = 5.0
"""Reading ahead rests so many times as long as it reads."""


class UsedOf:
    """Summaries of kept measurements."""

    def __init__(self, monitor: MonitorApi) -> None:
        self._monitor = monitor
        self._found: dict[VmRef, tuple[datetime, VmMetrics | None]] = {}

    async def read_ahead(self, refs: Iterable[VmRef], now: datetime) -> None:
        """Read what is old, resting in between; what cannot be read is left as it was."""
        wanted = set(refs)
        for ref in [ref for ref in self._found if ref not in wanted]:
            del self._found[ref]
        for ref in self._lacking(wanted, now):
            began = time.monotonic()
            await self._read(ref, now)
            await asyncio.sleep((time.monotonic() - began) * _REST)

    async def of(self, refs: Iterable[VmRef], now: datetime) -> dict[VmRef, VmMetrics]:
        """Return what is known of these VMs, after reading what is missing of a small fleet."""
        refs = tuple(refs)
        lacking = [ref for ref in refs if ref not in self._found]
        if len(lacking) <= _AT_ONCE:
            for ref in lacking:
                await self._read(ref, now)
        known = ((ref, self._found.get(ref)) for ref in refs)
        return {ref: held[1] for ref, held in known if held is not None and held[1] is not None}

    def _lacking(self, refs: Iterable[VmRef], now: datetime) -> list[VmRef]:
        return [ref for ref in refs if ref not in self._found or now - self._found[ref][0] > _OLD]

    async def _read(self, ref: VmRef, now: datetime) -> None:
        try:
            series = await self._monitor.charts(ref, _METRICS, Range.DAYS_30)
        except StoreError:
            return
        self._found[ref] = (now, summed_up(series))


def summed_up(series: Sequence[Series]) -> VmMetrics | None:
    """Return the averages and peaks of one VM's charts, None where nothing was measured.

    A peak of the CPU is that of a slot's mean: a second at 100 % is no reason for a bigger flavor.
    """
    points = {each.metric: each.points for each in series if each.points}
    moments = [point.at for each in points.values() for point in each]
    if not moments:
        return None
    step = timedelta(seconds=max(each.step_s for each in series))
    cpu, memory = points.get(Metric.CPU, ()), points.get(Metric.MEMORY, ())
    network = [
        mean for metric in (Metric.NET_IN, Metric.NET_OUT) if (mean := _mean(points.get(metric, ()))) is not None
    ]
    return VmMetrics(
        since=min(moments),
        until=max(moments) + step,
        samples=max(sum(point.samples for point in each) for each in points.values()),
        cpu_avg=_mean(cpu),
        cpu_max=max((point.mean for point in cpu), default=None),
        memory_avg=_mean(memory),
        memory_max=max((point.high for point in memory), default=None),
        network_avg_bps=sum(network) if network else None,
    )


def _mean(points: Sequence[Point]) -> float | None:
    weight = sum(point.samples for point in points)
    return sum(point.mean * point.samples for point in points) / weight if weight else None
