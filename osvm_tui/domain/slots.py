"""Slots of time that measurements are kept in: 10 s, 1 min and 10 min, each with mean, low and high; pure.

A slot that nothing was measured in does not exist: a gap stays a gap. Merging is associative, so it does not matter in
which order, by how many consoles or in how many steps samples are rolled up.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from math import isfinite

from msgspec import Struct

from osvm_tui.domain.metrics import Metric, Sample

BASE_S = 10
STEPS = (BASE_S, 60, 600)
"""Seconds of a slot, the finest first."""
KEPT_S: dict[int, int] = {BASE_S: 3600, 60: 24 * 3600, 600: 30 * 24 * 3600}
"""How long slots of a step are kept."""
_METRICS = tuple(Metric)
"""Going through an enum costs more than reading a number."""
_OF_ONE_VM = re.compile(
    r"([0-9a-f]{2}:){5}[0-9a-f]{2}|(instance-.*-)?(tap|vnet|macvtap|qvo|qvb|qbr|hns).*", re.IGNORECASE
)
"""Interfaces as a hypervisor names them: no other VM has the name, so it is kept as one of the VM's in their order."""
ALL = ""
"""The device that stands for all devices together (of mounts: the fullest)."""


class Cell(Struct, frozen=True, array_like=True, gc=False):
    """What was measured of one metric in one slot."""

    mean: float
    low: float
    high: float
    samples: int = 1

    def joined(self, other: Cell) -> Cell:
        """Return the cell of both."""
        count = self.samples + other.samples
        mean = (self.mean * self.samples + other.mean * other.samples) / count
        low, high = min(self.low, other.low), max(self.high, other.high)
        # A mean of floats may leave its bounds by the last digit.
        return Cell(min(max(mean, low), high), low, high, count)


Key = tuple[str, Metric]
"""Device and metric."""
Cells = Mapping[Key, Cell]


class Slot(Struct, frozen=True, gc=False):
    """All that was measured of one VM in one slot."""

    step: int
    """Seconds."""
    at: int
    """When it begins: seconds since 1970, a multiple of `step`."""
    cells: Cells

    @property
    def begins(self) -> datetime:
        """When it begins."""
        return datetime.fromtimestamp(self.at, UTC)


class Track(Struct, frozen=True, gc=False):
    """One metric of one device over time: `cells` and when their slots begin (seconds since 1970), by time."""

    device: str
    metric: Metric
    at: list[int]
    cells: list[Cell]


def slot_of(sample: Sample, step: int = BASE_S) -> Slot | None:
    """Return the slot of one sample, None when it tells no number."""
    cells: dict[Key, Cell] = {}
    for metric in _METRICS:
        _put(cells, ALL, metric, sample.value(metric))
    for mount in sample.mounts:
        _put(cells, mount.path, Metric.DISK, mount.percent)
    for number, percent in enumerate(sample.cores):
        _put(cells, f"core {number}", Metric.CPU, percent)
    for disk in sample.disks or ():
        _put(cells, disk.device, Metric.DISK_READ, disk.read_bytes)
        _put(cells, disk.device, Metric.DISK_WRITE, disk.write_bytes)
        _put(cells, disk.device, Metric.DISK_READ_OPS, disk.read_ops)
        _put(cells, disk.device, Metric.DISK_WRITE_OPS, disk.write_ops)
    for number, nic in enumerate(sample.nics or ()):
        device = f"nic {number}" if _OF_ONE_VM.fullmatch(nic.device) else nic.device
        _put(cells, device, Metric.NET_IN, nic.in_bytes)
        _put(cells, device, Metric.NET_OUT, nic.out_bytes)
        _put(cells, device, Metric.NET_IN_PACKETS, nic.in_packets)
        _put(cells, device, Metric.NET_OUT_PACKETS, nic.out_packets)
    return Slot(step, floor(sample.at.timestamp(), step), cells) if cells else None


def _put(cells: dict[Key, Cell], device: str, metric: Metric, value: float | None) -> None:
    if value is not None and isfinite(value):
        cells[device, metric] = Cell(value, value, value)


def floor(moment_s: float, step: int) -> int:
    """Return the begin of the slot that a moment (seconds since 1970) lies in."""
    return int(moment_s // step) * step


def merged(one: Cells, other: Cells) -> dict[Key, Cell]:
    """Return the cells of both."""
    found = dict(one)
    for key, cell in other.items():
        held = found.get(key)
        found[key] = cell if held is None else held.joined(cell)
    return found


def rolled(slots: Iterable[Slot], step: int) -> list[Slot]:
    """Return slots of a coarser (or the same) step, in the order of time. `step` is a multiple of each slot's own."""
    found: dict[int, Cells] = {}
    for slot in slots:
        at = floor(slot.at, step)
        held = found.get(at)
        found[at] = slot.cells if held is None else merged(held, slot.cells)
    return [Slot(step, at, found[at]) for at in sorted(found)]
