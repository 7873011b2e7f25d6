"""What Gnocchi answers: resources with the ids of their metrics, and measures. Ceilometer gives them their names."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct

from osvm_tui.cloud.wire.times import utc
from osvm_tui.domain.measure import Measure

_DIRECTIONS, _COUNTS = ("incoming", "outgoing"), ("bytes", "packets")
OF_VM = ("cpu", "cpu_util", "memory", "memory.usage", "vcpus")
OF_DISK = tuple(f"disk.device.{way}.{what}" for way in ("read", "write") for what in ("bytes", "requests"))
OF_NIC = tuple(f"network.{way}.{what}" for way in _DIRECTIONS for what in _COUNTS)
WANTED = frozenset((*OF_VM, *OF_DISK, *OF_NIC))


class ResourceRow(Struct):
    """A resource: a VM, one of its disks or interfaces."""

    metrics: dict[str, str] = {}
    name: str | None = None
    """Of a disk or interface: the device."""
    ended_at: str | None = None


class MetricKey(Struct, frozen=True, gc=False):
    """One metric that is asked for."""

    id: str
    device: str
    name: str


Point = tuple[datetime, float, float | None]
"""Begin, granularity in seconds, value."""


class _Aggregates(Struct):
    measures: dict[str, Any] = {}


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
    return [MetricKey(metric_id, device, name) for name, metric_id in row.metrics.items() if name in WANTED]


def aggregates(body: bytes, keys: Mapping[str, MetricKey]) -> list[Measure]:
    """Read measures of several metrics, which are told by their ids and aggregation."""
    found: list[Measure] = []
    for metric_id, told in msgspec.json.decode(body, type=_Aggregates).measures.items():
        key, points = keys.get(metric_id), told.get("mean") if isinstance(told, dict) else None
        if key is not None and points:
            found += _measures(key, msgspec.convert(points, list[Point]))
    return found


def measures(body: bytes, key: MetricKey) -> list[Measure]:
    """Read measures of one metric."""
    return _measures(key, msgspec.json.decode(body, type=list[Point]))


def _measures(key: MetricKey, points: list[Point]) -> list[Measure]:
    finest = min((point[1] for point in points), default=0.0)
    told = ((utc(at), value) for at, grain, value in points if grain == finest)
    return [Measure(key.device, key.name, at, value) for at, value in told if at is not None and value is not None]
