"""`MonitorApi`: what every VM and this machine do, what is wrong, and what is not measured.

Every value is serialisable. Methods without `async` answer from memory and may be called on the path of a key press or
for each row drawn.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from osvm_tui.domain.alerts import AlertState as AlertState
from osvm_tui.domain.alerts import AlertView as AlertView
from osvm_tui.domain.measured import Measured as Measured
from osvm_tui.domain.metrics import Metric, Sample, Source
from osvm_tui.domain.vm import VmRef


class Range(StrEnum):
    """How far back a chart goes."""

    MIN_15 = "15m"
    HOUR_1 = "1h"
    HOURS_6 = "6h"
    DAY_1 = "24h"
    DAYS_7 = "7d"
    DAYS_30 = "30d"


class Point(Struct, frozen=True, array_like=True):
    """What is kept of one slot of time."""

    at: datetime
    """When the slot begins."""
    mean: float
    low: float
    high: float
    samples: int


class Series(Struct, frozen=True, kw_only=True):
    """One line of a chart; slots that nothing was measured in are missing, never zero."""

    metric: Metric
    device: str = ""
    """Empty: all devices together (of mounts: the fullest)."""
    step_s: float
    """How long a point stands for: its slot, or longer where the VM is not measured in each of them."""
    since: datetime
    until: datetime
    gap_s: float = 0.0
    """Points farther apart than this have a gap between them; nearer ones belong together: VMs out of view are
    measured once in several slots."""
    points: tuple[Point, ...] = ()


class Coverage(Struct, frozen=True, kw_only=True):
    """How many VMs are measured by what, and why the rest is not."""

    by_source: tuple[tuple[Source, int], ...] = ()
    not_measured: tuple[tuple[str, int], ...] = ()
    """Reason in words, and for how many VMs."""
    samples_per_minute: float = 0.0
    connections: int = 0
    trouble: str = ""
    """Why what is measured is not kept (a full disk, a broken file); empty when it is."""
    budget: str = ""
    """What bounds it, in words: `at most 20 samples a second, 100 connections, 8 threads`."""


class HostView(Struct, frozen=True, kw_only=True):
    """The machine the console runs on, by psutil, and what this console takes of it."""

    sample: Sample
    name: str
    own_cpu_percent: float = 0.0
    own_rss_mib: float = 0.0
    own_threads: int = 0
    own_files: int = 0
    api_calls_per_minute: tuple[tuple[str, int], ...] = ()
    """By entry."""


class MonitorApi(ABC):
    """Monitoring of one console; background sampling is done by the leader of a scope."""

    @abstractmethod
    def watch(self, refs: Iterable[VmRef]) -> None:
        """Say which VMs are in view: those are measured every few seconds by this console, until said otherwise."""

    @abstractmethod
    def measured(self, ref: VmRef) -> Measured | None:
        """Return the newest of a VM, None when nothing was ever tried."""

    @abstractmethod
    def recent(self, ref: VmRef, metric: Metric) -> tuple[float | None, ...]:
        """Return the last values of a metric for a sparkline, oldest first, None for gaps; at most 60."""

    @abstractmethod
    def top(self, metric: Metric, count: int) -> tuple[tuple[VmRef, float], ...]:
        """Return the VMs with the highest present values of a metric."""

    @abstractmethod
    def coverage(self) -> Coverage: ...

    @abstractmethod
    def problems(self) -> tuple[str, ...]:
        """Return what is wrong in the alert files, each with file, line and key; the last good rules are in force."""

    @abstractmethod
    def alerts(self, *, ended: bool = False) -> tuple[AlertView, ...]:
        """Return the open alerts, the worst and newest first; with `ended` the recent ended ones behind them."""

    @abstractmethod
    def host(self) -> HostView | None:
        """Return this machine, None before the first reading."""

    # waits for a source or the store

    @abstractmethod
    async def charts(
        self, ref: VmRef, metrics: Sequence[Metric], over: Range, *, devices: bool = False
    ) -> tuple[Series, ...]:
        """Return what is kept of a VM: one series a metric, or one a metric and device. Raises StoreError."""

    @abstractmethod
    async def acknowledge(self, alert_id: str, note: str) -> None:
        """Say that somebody knows. Audited; raises Refused for a role that may not, StoreError."""

    @abstractmethod
    async def silence(self, alert_id: str, minutes: int, note: str) -> None:
        """Keep an alert quiet for a while. Audited; raises as above."""
