"""Cells of one slot as bytes and back: single floats behind a mask of metrics; knows no table.

One entry for each device and number of samples: device (u32), mask (u16, a bit per metric, the highest for "the mean
alone"), samples (u16), then mean, low and high of each metric in the order of the mask. Little endian.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Mapping
from struct import Struct as Layout
from struct import error as LayoutError

from osvm_tui.domain.errors import StoreCorrupt
from osvm_tui.domain.metrics import Metric
from osvm_tui.domain.slots import ALL, Cell, Cells, Key, Track

_ORDER = (
    Metric.CPU, Metric.LOAD, Metric.MEMORY, Metric.DISK, Metric.DISK_READ, Metric.DISK_WRITE, Metric.DISK_READ_OPS,
    Metric.DISK_WRITE_OPS, Metric.NET_IN, Metric.NET_OUT, Metric.NET_IN_PACKETS, Metric.NET_OUT_PACKETS,
)  # fmt: skip
"""The bit of each metric: new ones are appended, never inserted."""
_BIT = {metric: 1 << place for place, metric in enumerate(_ORDER)}
_FLAT = 1 << 15
_HEAD = Layout("<IHH")
_FLOATS = [Layout(f"<{count}f") for count in range(3 * len(_ORDER) + 1)]
_MOST_SAMPLES = 0xFFFF
_LARGEST = 3e38
_log = logging.getLogger("osvm.store")
_MOST_DEVICES = 64
"""Of one VM: what has more tells of the first."""


def is_total(key: Key) -> bool:
    """Return whether a cell is of all devices together."""
    return key[0] == ALL


def pack(cells: Cells, number: Callable[[str], int | None], *, flat: bool = False) -> bytes:
    """Return cells as bytes; `number` gives a device's number, None leaves it out. `flat` keeps means alone."""
    groups: dict[tuple[int, int, bool], list[tuple[Metric, Cell]]] = {}
    for (device, metric), cell in cells.items():
        found = number(device)
        if found is not None:
            single = flat or cell.low == cell.high
            groups.setdefault((found, min(cell.samples, _MOST_SAMPLES), single), []).append((metric, cell))
    kept = sorted({device for device, _, _ in groups})[:_MOST_DEVICES]
    return b"".join(_entry(*head, found) for head, found in groups.items() if head[0] in kept)


def _entry(device: int, samples: int, single: bool, cells: list[tuple[Metric, Cell]]) -> bytes:
    mask, values = _FLAT if single else 0, list[float]()
    for metric, cell in sorted(cells, key=lambda found: _BIT[found[0]]):
        mask |= _BIT[metric]
        values += (cell.mean,) if single else (cell.mean, cell.low, cell.high)
    bounded = [min(max(value, -_LARGEST), _LARGEST) for value in values]
    return _HEAD.pack(device, mask, samples) + _FLOATS[len(values)].pack(*bounded)


def unpack(body: bytes, names: Mapping[int, str]) -> dict[Key, Cell]:
    """Return the cells of one slot; devices without a name are left out. Raises StoreCorrupt."""
    tracks: dict[Key, Track] = {}
    try:
        _add(body, 0, names, (), tracks, {})
    except LayoutError as error:
        raise StoreCorrupt(f"a slot of measurements cannot be read: {error}") from error
    return {key: track.cells[0] for key, track in tracks.items()}


def unpack_tracks(
    rows: Iterable[tuple[int, bytes]], step: int, names: Mapping[int, str], metrics: Collection[Metric] = ()
) -> tuple[Track, ...]:
    """Return rows of (slot number, bytes) as tracks of these metrics (all when none is named).

    A row that cannot be read is a gap. What is looked up for each device and mask is looked up once: a chart of 30 days
    has tens of thousands of cells.
    """
    tracks: dict[Key, Track] = {}
    plans: _Plans = {}
    for at, body in rows:
        try:
            _add(body, at * step, names, metrics, tracks, plans)
        except LayoutError as error:
            _log.warning("left out", extra={"detail": f"slot {at} of {step} s: {error}"})
    return tuple(tracks.values())


def _add(
    body: bytes, begins: int, names: Mapping[int, str], metrics: Collection[Metric], tracks: dict[Key, Track],
    plans: _Plans,
) -> None:  # fmt: skip
    place, end = 0, len(body)
    while place < end:
        device, mask, samples = _HEAD.unpack_from(body, place)
        plan = plans.get((device, mask))
        if plan is None:
            plan = plans[device, mask] = _plan(names.get(device), mask, metrics, tracks)
        layout, wanted = plan
        values = layout.unpack_from(body, place + _HEAD.size)
        place += _HEAD.size + layout.size
        for mean, low, high, put_at, put_cell in wanted:
            put_at(begins)
            put_cell(Cell(values[mean], values[low], values[high], samples))


_Plan = list[tuple[int, int, int, Callable[[int], None], Callable[[Cell], None]]]
"""Of each wanted metric: where mean, low and high stand, and where the cell goes."""
_Plans = dict[tuple[int, int], tuple[Layout, _Plan]]


def _plan(device: str | None, mask: int, metrics: Collection[Metric], tracks: dict[Key, Track]) -> tuple[Layout, _Plan]:
    here = [metric for metric in _ORDER if mask & _BIT[metric]]
    width = 1 if mask & _FLAT else 3
    wanted: _Plan = []
    for place, metric in enumerate(here):
        if device is not None and (not metrics or metric in metrics):
            track = tracks.setdefault((device, metric), Track(device, metric, [], []))
            first = place * width
            low, high = (first, first) if width == 1 else (first + 1, first + 2)
            wanted.append((first, low, high, track.at.append, track.cells.append))
    return _FLOATS[len(here) * width], wanted


def halves(cells: Cells) -> Iterable[tuple[int, dict[Key, Cell]]]:
    """Yield (detail, cells) of the two rows that a slot is kept in; an empty one is left out."""
    parts = ({}, {})  # type: tuple[dict[Key, Cell], dict[Key, Cell]]
    for key, cell in cells.items():
        parts[not is_total(key)][key] = cell
    return ((detail, part) for detail, part in enumerate(parts) if part)
