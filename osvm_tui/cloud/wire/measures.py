"""What Gnocchi answers: resources with the ids of their metrics, archives, measures. Ceilometer gives them their names.

Forms as Gnocchi 4.7.1 and 4.4.2 answered, with the archive policies that Ceilometer makes.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

import msgspec
from msgspec import Struct

from osvm_tui.cloud.wire.times import utc
from osvm_tui.domain.measure import Measure

_DIRECTIONS, _COUNTS = ("incoming", "outgoing"), ("bytes", "packets")
OF_VM = ("cpu", "cpu_util", "memory", "memory.usage", "vcpus")
OF_DISK = tuple(f"disk.device.{way}.{what}" for way in ("read", "write") for what in ("bytes", "requests"))
OF_NIC = tuple(f"network.{way}.{what}" for way in _DIRECTIONS for what in _COUNTS)
WANTED = frozenset((*OF_VM, *OF_DISK, *OF_NIC))


MOST_POINTS = 11_000
"""Of one metric in one reply: some archives keep every second of a year."""
_SPAN = re.compile(r"(?:(\d+) days?, )?(\d+):(\d\d):(\d\d(?:\.\d+)?)")


class ResourceRow(Struct):
    """A resource: a VM, one of its disks or interfaces."""

    id: str = ""
    metrics: dict[str, str] = {}
    name: str | None = None
    """Of a disk or interface: the device."""
    ended_at: str | None = None


class MetricKey(Struct, frozen=True, gc=False):
    """One metric that is asked for."""

    id: str
    device: str
    name: str
    resource: str = ""
    """The id of what it is of: the VM, a disk or an interface."""


Point = tuple[datetime, float, float | None]
"""Begin, granularity in seconds, value."""


class Archive(Struct, frozen=True):
    """One of the archives of a metric, in seconds: how far apart its values are, and how far back they go."""

    grain_s: float
    span_s: float


class _Aggregates(Struct):
    measures: dict[str, dict[str, list[Point]]] = {}


class _OfResources(Struct):
    measures: dict[str, dict[str, dict[str, list[Point]]]] = {}


class _Definition(Struct):
    granularity: str
    timespan: str


class _Policy(Struct):
    definition: list[_Definition] = []


class _MetricRow(Struct):
    id: str
    archive_policy: _Policy


def resource(body: bytes) -> ResourceRow:
    """Read one resource."""
    return msgspec.json.decode(body, type=ResourceRow)


def resources(body: bytes) -> list[ResourceRow]:
    """Read what a search found."""
    return msgspec.json.decode(body, type=list[ResourceRow])


def keys_of(row: ResourceRow, device: str = "") -> list[MetricKey]:
    """Return the metrics of a resource that somebody wants to know; none of what has ended."""
    if row.ended_at:
        return []
    return [MetricKey(metric_id, device, name, row.id) for name, metric_id in row.metrics.items() if name in WANTED]


def archives(body: bytes) -> dict[str, tuple[Archive, ...]]:
    """Read the archives of a resource's metrics, by the metrics' ids."""
    return {
        row.id: tuple(
            Archive(_seconds(one.granularity), _seconds(one.timespan)) for one in row.archive_policy.definition
        )
        for row in msgspec.json.decode(body, type=list[_MetricRow])
    }


def grain_of(kept: Sequence[Archive], step_s: float, back_s: float, long_s: float) -> float | None:
    """Return how far apart the values should be that are asked for, in seconds; None where nothing is kept.

    Of the archives that go back so far (else of that which goes farthest) and have no more than MOST_POINTS in a time
    so `long_s`: the finest that is not finer than a step, else the coarsest.
    """
    farthest = max((one.span_s for one in kept), default=0.0)
    reaching = [one.grain_s for one in kept if one.span_s >= min(back_s, farthest)]
    few = [grain for grain in reaching if long_s / grain <= MOST_POINTS]
    return min((grain for grain in few if grain >= step_s), default=max(few or reaching, default=None))


def _seconds(text: str) -> float:
    """Read `30 days, 0:05:00`."""
    found = _SPAN.fullmatch(text)
    if found is None:
        raise msgspec.ValidationError(f"{text!r} is no span of time")
    days, hours, minutes, seconds = found.groups(default="0")
    return int(days) * 86_400 + int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def aggregates(body: bytes, keys: Mapping[str, MetricKey]) -> list[Measure]:
    """Read measures of several metrics, which are told by their ids and aggregation."""
    found: list[Measure] = []
    for metric_id, told in msgspec.json.decode(body, type=_Aggregates).measures.items():
        if (key := keys.get(metric_id)) is not None:
            found += _measures(key, told.get("mean", []))
    return found


def of_resources(body: bytes, keys: Iterable[MetricKey]) -> list[Measure]:
    """Read measures of the metrics of several resources, which are told by the resources' ids, name and aggregation."""
    told = msgspec.json.decode(body, type=_OfResources).measures
    return [one for key in keys for one in _measures(key, told.get(key.resource, {}).get(key.name, {}).get("mean", []))]


def measures(body: bytes, key: MetricKey) -> list[Measure]:
    """Read measures of one metric."""
    return _measures(key, msgspec.json.decode(body, type=list[Point]))


def _measures(key: MetricKey, points: list[Point]) -> list[Measure]:
    finest = min((point[1] for point in points), default=0.0)
    told = ((utc(at), value) for at, grain, value in points if grain == finest)
    return [Measure(key.device, key.name, at, value, finest) for at, value in told if at and value is not None]
