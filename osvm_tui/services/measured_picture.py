"""`MeasuredPicture`: the newest of every VM and its last values in memory, for rows that are drawn. No I/O.

Bounded: 60 values of seven metrics for each VM that was measured, as single floats.
"""

from __future__ import annotations

import heapq
from array import array
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from math import isnan, nan

from osvm_tui.domain.measured import Measured
from osvm_tui.domain.metrics import Metric
from osvm_tui.domain.vm import VmRef

KEPT = (
    Metric.CPU, Metric.MEMORY, Metric.DISK, Metric.DISK_READ, Metric.DISK_WRITE, Metric.NET_IN, Metric.NET_OUT,
)  # fmt: skip
LENGTH = 60
_PLACE = {metric: place for place, metric in enumerate(KEPT)}


class MeasuredPicture:
    """What was measured last. `least_s` tells how old any present value may be at least, `runs` whether a VM can have
    one."""

    def __init__(self, least_s: Callable[[], float], runs: Callable[[VmRef], bool] = lambda _: True) -> None:
        self._least_s, self._runs = least_s, runs
        self._newest: dict[VmRef, Measured] = {}
        self._rings: dict[VmRef, _Ring] = {}
        self._tops: dict[Metric, tuple[int, list[tuple[float, VmRef]]]] = {}
        self.revision = 0

    def put(self, found: Measured, *, own: bool = True) -> bool:
        """Take over one; return whether anything changed. What another console told (`own` false) may be older."""
        before = self._newest.get(found.ref)
        if not own and before is not None and _at(before) > _at(found):
            return False
        if found == before:
            return False
        fresh = found.sample is not None and (before is None or before.sample != found.sample)
        if fresh or (found.trouble and found.ref in self._rings):
            self._rings.setdefault(found.ref, _Ring()).push(found if fresh else None)
        self._newest[found.ref] = found
        self.revision += 1
        return True

    def forget(self, refs: Iterable[VmRef]) -> None:
        """Drop VMs that are gone."""
        for ref in refs:
            self._newest.pop(ref, None)
            self._rings.pop(ref, None)
            self.rank_anew()

    def rank_anew(self) -> None:
        """Count the highest values again: other VMs run than before."""
        self.revision += 1

    def get(self, ref: VmRef) -> Measured | None:
        """Return the newest of a VM."""
        return self._newest.get(ref)

    def fresh_s(self, ref: VmRef) -> float:
        """Return how old the sample of a VM may be and still be its present value; what is farther apart is a gap."""
        found = self._newest.get(ref)
        return max(self._least_s(), found.fresh_s if found else 0.0)

    def is_fresh(self, found: Measured, now: datetime) -> bool:
        """Return whether a VM's sample is its present value."""
        return found.sample is not None and (now - found.sample.at).total_seconds() <= self.fresh_s(found.ref)

    def all(self) -> Iterator[Measured]:
        """Yield the newest of every VM, in no order."""
        yield from self._newest.values()

    def recent(self, ref: VmRef, metric: Metric) -> tuple[float | None, ...]:
        """Return the last values, oldest first, None for readings that gave none; empty for what is not kept."""
        ring, place = self._rings.get(ref), _PLACE.get(metric)
        return ring.values(place) if ring is not None and place is not None else ()

    def top(self, metric: Metric, count: int, now: datetime) -> tuple[tuple[VmRef, float], ...]:
        """Return the VMs with the highest present values. Counted again only when something was measured since."""
        revision, found = self._tops.get(metric, (-1, []))
        if revision != self.revision or len(found) < min(count, len(self._newest)):
            found = heapq.nlargest(max(count, 20), self._present(metric, now))
            self._tops[metric] = self.revision, found
        return tuple((ref, value) for value, ref in found[:count])

    def _present(self, metric: Metric, now: datetime) -> Iterator[tuple[float, VmRef]]:
        for ref, found in self._newest.items():
            if found.sample is None or not self.is_fresh(found, now) or not self._runs(ref):
                continue
            value = found.sample.value(metric)
            if value is not None:
                yield value, ref


def _at(found: Measured) -> float:
    return found.sample.at.timestamp() if found.sample else 0.0


class _Ring:
    """The last values of one VM, a row for each reading."""

    __slots__ = ("_count", "_values")

    def __init__(self) -> None:
        self._values = array("f", [nan]) * (LENGTH * len(KEPT))
        self._count = 0

    def push(self, found: Measured | None) -> None:
        sample = found.sample if found else None
        start = self._count % LENGTH * len(KEPT)
        for place, metric in enumerate(KEPT):
            value = sample.value(metric) if sample else None
            self._values[start + place] = nan if value is None else value
        self._count += 1

    def values(self, place: int) -> tuple[float | None, ...]:
        first = max(0, self._count - LENGTH)
        rows = (self._values[number % LENGTH * len(KEPT) + place] for number in range(first, self._count))
        return tuple(None if isnan(value) else value for value in rows)
