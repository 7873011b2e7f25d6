"""Alert rules and alerts: what is wrong with a VM, when it begins and when it has ended; pure, reads no clock."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from fnmatch import fnmatchcase

from msgspec import Struct

from osvm_tui.domain.metrics import UNITS, Metric, Unit
from osvm_tui.domain.vm import Vm, VmRef


class AlertKind(StrEnum):
    """What a rule looks at."""

    METRIC = "metric"
    """A number beyond a bound for a while."""
    NO_DATA = "no-data"
    """A running VM that was measured, and is not any more."""
    ERROR = "error"
    """A VM in ERROR."""
    STUCK = "stuck"
    """An operation that takes much longer than usual."""
    DISK_FULL = "disk-full"
    """A file system that will be full soon, as it grows now."""


class AlertSeverity(StrEnum):
    """How bad it is."""

    WARNING = "warning"
    CRITICAL = "critical"


class AlertRule(Struct, frozen=True, kw_only=True):
    """What is wrong, and of which VMs. Patterns may hold `*` and `?`; none means all."""

    name: str
    kind: AlertKind = AlertKind.METRIC
    metric: Metric = Metric.CPU
    bound: float = 0.0
    """Of METRIC, in the metric's own unit; of DISK_FULL hours."""
    below: bool = False
    """Whether less than the bound is wrong, instead of more."""
    clear: float | None = None
    """Where a metric must come back to for the alert to end; None: the bound."""
    for_s: float = 0.0
    """How long it must last first."""
    severity: AlertSeverity = AlertSeverity.WARNING
    clouds: tuple[str, ...] = ()
    projects: tuple[str, ...] = ()
    """Names or ids."""
    names: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()

    def fits(self, vm: Vm, entry: str, project_name: str = "") -> bool:
        """Return whether the rule is for this VM."""
        return (
            _any(self.clouds, (entry,))
            and _any(self.projects, (vm.project_id, project_name))
            and _any(self.names, (vm.name,))
            and _any(self.tags, vm.tags)
        )

    def broken_by(self, value: float, *, firing: bool = False) -> bool:
        """Return whether a value is wrong; once the alert is there, until it has come back past `clear`."""
        bound = self.bound if not firing or self.clear is None else self.clear
        return value < bound if self.below else value > bound

    @property
    def words(self) -> str:
        """The bound in words: `over 90 % for 5 min`."""
        if self.kind is not AlertKind.METRIC:
            return ""
        lasting = f" for {spell(self.for_s)}" if self.for_s else ""
        return f"{'under' if self.below else 'over'} {told(self.metric, self.bound)}{lasting}"


def _any(patterns: tuple[str, ...], values: tuple[str, ...]) -> bool:
    return not patterns or any(fnmatchcase(value, pattern) for pattern in patterns for value in values if value)


def _metric(name: str, metric: Metric, bound: float, clear: float, for_s: float, severity: AlertSeverity) -> AlertRule:
    return AlertRule(name=name, metric=metric, bound=bound, clear=clear, for_s=for_s, severity=severity)


DEFAULT_RULES = (
    _metric("cpu", Metric.CPU, 90, 80, 600, AlertSeverity.WARNING),
    _metric("memory", Metric.MEMORY, 95, 90, 300, AlertSeverity.WARNING),
    _metric("disk", Metric.DISK, 95, 92, 60, AlertSeverity.CRITICAL),
    AlertRule(name="disk-full", kind=AlertKind.DISK_FULL, bound=24.0),
    AlertRule(name="no-data", kind=AlertKind.NO_DATA, for_s=600),
    AlertRule(name="error", kind=AlertKind.ERROR, severity=AlertSeverity.CRITICAL),
    AlertRule(name="stuck", kind=AlertKind.STUCK),
)
"""In force unless the operator's file says otherwise; a rule of the same name takes a default's place."""


class AlertBook(Struct, frozen=True):
    """The rules in force, and what is wrong in their files: those as they were last good are in force then."""

    rules: tuple[AlertRule, ...] = DEFAULT_RULES
    problems: tuple[str, ...] = ()


class AlertState(StrEnum):
    """What became of an alert."""

    FIRING = "firing"
    ACKNOWLEDGED = "acknowledged"
    SILENCED = "silenced"
    ENDED = "ended"


class AlertView(Struct, frozen=True, kw_only=True):
    """One alert: a rule that one VM broke, since when, and who knows."""

    id: str
    rule: str
    ref: VmRef
    vm_name: str
    entry: str = ""
    severity: AlertSeverity = AlertSeverity.WARNING
    words: str
    """`cpu 97 % for 12 min (over 90 % for 5 min)`."""
    state: AlertState
    since: datetime
    ended_at: datetime | None = None
    value: float | None = None
    who: str = ""
    """Who acknowledged or silenced it."""
    note: str = ""
    silent_until: datetime | None = None

    @property
    def open(self) -> bool:
        """Whether it has not ended."""
        return self.state is not AlertState.ENDED

    def state_at(self, now: datetime) -> AlertState:
        """Return its state: a silence ends by itself."""
        over = self.state is AlertState.SILENCED and self.silent_until is not None and self.silent_until <= now
        return AlertState.FIRING if over else self.state

    def order(self) -> tuple[bool, int, bool, float]:
        """Return what lists go by: open ones first, the worst, those that nobody knows of, the newest."""
        known = self.state in (AlertState.ACKNOWLEDGED, AlertState.SILENCED)
        when = (self.ended_at or self.since).timestamp()
        return not self.open, -_RANK[self.severity] if self.open else 0, known, -when


_RANK = {AlertSeverity.WARNING: 0, AlertSeverity.CRITICAL: 1}


class AlertEvent(StrEnum):
    """What happened to an alert."""

    BEGUN = "begun"
    ENDED = "ended"
    AGAIN = "again"
    """Its silence is over, and what is wrong is not."""


class AlertStep(Struct, frozen=True):
    """One thing that happened, with the alert as it is since; after a silence `silent_until` is when it ended."""

    event: AlertEvent
    alert: AlertView


_NAMED = 3
"""Alerts that a sentence about many names."""


def sentence(alerts: Sequence[AlertView]) -> str:
    """Return what is wrong in one sentence, however much it is: `312 alerts: web-1: in ERROR; ... and 309 more`."""
    worst = heapq.nsmallest(_NAMED, alerts, key=lambda one: (one.order(), one.vm_name))
    named = "; ".join(f"{one.vm_name}: {one.words}" for one in worst)
    if len(alerts) == 1:
        return named
    more = f"; and {len(alerts) - len(worst)} more" if len(alerts) > len(worst) else ""
    return f"{len(alerts)} alerts: {named}{more}"


class Breach(Struct, frozen=True, gc=False):
    """A value that is beyond its bound: since when, and until when it was seen so."""

    since: datetime
    seen_at: datetime
    value: float


def breached(
    rule: AlertRule, held: Breach | None, value: float, at: datetime, *, firing: bool, gap_s: float
) -> Breach | None:
    """Return how a value is wrong now, None when it is not. Over a gap nothing is known: the time begins anew."""
    if not rule.broken_by(value, firing=firing):
        return None
    if held is None or (not firing and (at - held.seen_at).total_seconds() > gap_s):
        return Breach(at, at, value)
    return Breach(held.since, at, value)


def metric_words(rule: AlertRule, breach: Breach) -> str:
    """Return an alert's sentence."""
    lasted = (breach.seen_at - breach.since).total_seconds()
    since = f" for {spell(lasted)}" if lasted >= 60 else ""
    return f"{rule.metric} {told(rule.metric, breach.value)}{since} ({rule.words})"


def told(metric: Metric, value: float) -> str:
    """Return a number with its unit: `97 %`, `3.2 MB/s`."""
    unit = UNITS[metric]
    if unit is Unit.BYTES_S:
        for prefix in ("", "k", "M", "G"):
            if abs(value) < 1000 or prefix == "G":
                return f"{value:.3g} {prefix}B/s"
            value /= 1000
    return f"{value:.3g} {unit}".rstrip()


def spell(seconds: float) -> str:
    """Return a length of time in its largest fitting unit: `45 s`, `12 min`, `3 h`, `2 d`."""
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= 2 * size or seconds == size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.0f} s"


def is_trend(points: Sequence[tuple[float, float]]) -> bool:
    """Return whether (seconds, percent) are enough for a trend: 6 over an hour."""
    return len(points) >= 6 and points[-1][0] - points[0][0] >= 3600


def hours_until_full(points: tuple[tuple[float, float], ...]) -> float | None:
    """Return when a disk will be full by the straight line through (seconds, percent), None when it does not grow, or
    there is no trend yet.
    """
    if not is_trend(points):
        return None
    middle_at = sum(at for at, _ in points) / len(points)
    middle = sum(percent for _, percent in points) / len(points)
    spread = sum((at - middle_at) ** 2 for at, _ in points)
    slope = sum((at - middle_at) * (percent - middle) for at, percent in points) / spread
    if slope * 3600 < _LEAST_GROWTH:
        return None
    return max(0.0, 100.0 - points[-1][1]) / slope / 3600


_LEAST_GROWTH = 0.1
"""Percent an hour: less is no growth but noise."""
