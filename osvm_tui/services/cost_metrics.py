"""`UsedOf`: what VMs were measured to use over 30 days, as advice needs it; read now and then, kept in memory."""

from __future__ import annotations

import asyncio
import time
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from osvm_tui.domain.advice import VmMetrics
from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.metrics import Metric
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.domain.vm_advice import LEAST_COVERED, MIN_DAYS, tells
from osvm_tui.services.monitor_api import MonitorApi, Point, Range, Series

_METRICS = (Metric.CPU, Metric.MEMORY, Metric.NET_IN, Metric.NET_OUT)
_OLD = timedelta(hours=6)
"""What is told of days changes little in hours, and 30 days of ten thousand VMs are minutes of work."""
_SOON = timedelta(hours=1)
"""When that is read again which tells nothing yet: too little of it was kept, or a source was too slow to add to it."""
_LOGIN_OLD = timedelta(hours=1)
_AT_ONCE = 60
"""So many VMs are read while somebody waits; more are read ahead, quietly."""
_TRIES = 2
"""A source that keeps more than we do is waited for a moment only; the second reading finds its answer."""
_REST, _REST_WANTED = 50.0, 5.0
"""Reading ahead rests so many times as long as it reads; less while somebody looks."""
_WANTED_S = 120.0
"""So long after a look the rest of what it asked for is read with less rest."""
_WINDOWS = (timedelta(days=14), timedelta(days=7), timedelta(days=MIN_DAYS))
"""Tried in turn where not enough of all there is was measured: a console that runs since last week tells of that."""


class _Read(Struct, frozen=True):
    """What was read of a VM and when; it is of the machine that came up at `launched_at`."""

    at: datetime
    launched_at: datetime | None
    used: VmMetrics | None


class UsedOf:
    """Summaries of kept measurements."""

    def __init__(self, monitor: MonitorApi) -> None:
        self._monitor = monitor
        self._found: dict[VmRef, _Read] = {}
        self._wanted_at = -_WANTED_S

    async def read_ahead(self, vms: Iterable[Vm], now: datetime) -> None:
        """Read what is old, resting in between; what cannot be read is left as it was."""
        wanted = {vm.ref: vm for vm in vms}
        for ref in [ref for ref in self._found if ref not in wanted]:
            del self._found[ref]
        for vm in [vm for vm in wanted.values() if self._lacks(vm) or self._old(vm, now)]:
            began = time.monotonic()
            await self._read(vm, now)
            now_s = time.monotonic()
            rest = _REST_WANTED if now_s - self._wanted_at < _WANTED_S else _REST
            await asyncio.sleep((now_s - began) * rest)

    async def of(self, vms: Iterable[Vm], now: datetime) -> dict[VmRef, VmMetrics]:
        """Return what is known of these VMs, after reading what is missing of a small fleet."""
        vms, self._wanted_at = tuple(vms), time.monotonic()
        lacking = [vm for vm in vms if self._lacks(vm)]
        if len(lacking) <= _AT_ONCE:
            for vm in lacking:
                await self._read(vm, now)
        known = ((vm, self._found.get(vm.ref)) for vm in vms)
        return {
            vm.ref: held.used
            for vm, held in known
            if held is not None and held.used is not None and held.launched_at == vm.launched_at
        }

    def _lacks(self, vm: Vm) -> bool:
        held = self._found.get(vm.ref)
        return held is None or held.launched_at != vm.launched_at

    def _old(self, vm: Vm, now: datetime) -> bool:
        held = self._found[vm.ref]
        return now - held.at > (_OLD if held.used is not None and tells(vm, held.used) else _SOON)

    async def _read(self, vm: Vm, now: datetime) -> None:
        used = None
        for _ in range(_TRIES):
            try:
                series = await self._monitor.charts(vm.ref, _METRICS, Range.DAYS_30)
            except OsvmError:
                return
            used = await asyncio.to_thread(summed_up, series, now, vm.launched_at)
            young = vm.launched_at is not None and now - vm.launched_at < timedelta(days=MIN_DAYS)
            if young or used is None or tells(vm, used):
                break
        newest = self._monitor.measured(vm.ref)
        sample = newest.sample if newest is not None else None
        if used is not None and sample is not None and now - sample.at <= _LOGIN_OLD:
            used = replace(used, login_at=sample.login_at)
        self._found[vm.ref] = _Read(now, vm.launched_at, used)


def summed_up(series: Sequence[Series], now: datetime, launched_at: datetime | None = None) -> VmMetrics | None:
    """Return the averages and peaks of one VM's charts since it came up, None where its CPU was not measured.

    Nova writes `launched_at` anew when a VM is resized, rebuilt or unshelved: what was measured before is not of this
    machine. The window is the longest of which enough was measured. A peak of the CPU is that of a slot's mean: a
    second at 100 % is no reason for a bigger flavor.
    """
    steps = {one.metric: one.step_s for one in series}
    told = {one.metric: _from(one.points, launched_at) for one in series}
    most = max(told, key=lambda metric: len(told[metric]), default=None)
    if most is None or not told[most]:
        return None
    since = _window(told[most], steps[most], now)
    told = {metric: _from(points, since) for metric, points in told.items()}
    cpu, memory = told.get(Metric.CPU, ()), told.get(Metric.MEMORY, ())
    network = [told.get(Metric.NET_IN, ()), told.get(Metric.NET_OUT, ())]

    def days(metric: Metric) -> float:
        return _covered(told.get(metric, ()), steps.get(metric, 0.0), now) / 86400

    return VmMetrics(
        since=since, until=now,
        cpu_avg=_mean(cpu), cpu_max=max((point.mean for point in cpu), default=None), cpu_days=days(Metric.CPU),
        memory_avg=_mean(memory), memory_max=max((point.high for point in memory), default=None),
        memory_days=days(Metric.MEMORY),
        network_avg_bps=sum(_mean(points) or 0.0 for points in network) if all(network) else None,
        network_days=min(days(Metric.NET_IN), days(Metric.NET_OUT)),
    )  # fmt: skip


def _from(points: Sequence[Point], since: datetime | None) -> Sequence[Point]:
    return points if since is None else points[bisect_left(points, since, key=lambda point: point.at) :]


def _window(points: Sequence[Point], step_s: float, now: datetime) -> datetime:
    """Return the longest way back that is covered well enough; all of it where none is."""
    first = points[0].at
    for since in (first, *(now - back for back in _WINDOWS if now - back > first)):
        measured = _covered(_from(points, since), step_s, now)
        if measured >= LEAST_COVERED * (now - since).total_seconds():
            return since
    return first


def _covered(points: Sequence[Point], step_s: float, until: datetime) -> float:
    """Return how many seconds points stand for, each until the next or for its slot: gaps are not covered."""
    step, moments = timedelta(seconds=step_s), [*(point.at for point in points), until]
    # Nearly all of them follow each other: only those that do not are told apart.
    shorter = [after - at for at, after in pairwise(moments) if after - at < step]
    full = len(points) - len(shorter)
    return full * step_s + sum(max(0.0, each.total_seconds()) for each in shorter)


def _mean(points: Sequence[Point]) -> float | None:
    return sum(point.mean for point in points) / len(points) if points else None
