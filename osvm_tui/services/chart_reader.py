"""`ChartReader`: what is kept of a VM as lines of a chart; what is not, its source may tell itself."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from msgspec.structs import replace

from osvm_tui.domain.errors import GuestError, ProbeError
from osvm_tui.domain.metrics import Metric, Sample
from osvm_tui.domain.slots import ALL, Slot, Track, floor, rolled, slot_of
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.metric_keeper import MetricKeeper, joined
from osvm_tui.services.monitor_api import Point, Range, Series

_log = logging.getLogger("osvm.monitor")
SPANS: dict[Range, tuple[timedelta, int]] = {
    Range.MIN_15: (timedelta(minutes=15), 10),
    Range.HOUR_1: (timedelta(hours=1), 10),
    Range.HOURS_6: (timedelta(hours=6), 60),
    Range.DAY_1: (timedelta(hours=24), 60),
    Range.DAYS_7: (timedelta(days=7), 600),
    Range.DAYS_30: (timedelta(days=30), 600),
}
"""How far back each range goes, and the seconds of its slots."""
_HISTORY_S = 60.0
"""How long a source's own history is remembered."""
_REMEMBERED = 8

History = Callable[[VmRef, datetime, datetime, int], Awaitable[Sequence[Sample]]]
"""Returns what the source of a VM keeps itself, by (ref, since, until, step)."""


class ChartReader:
    """Reads charts out of the store, what waits for it, and the sources. `gap_s` tells what a gap is."""

    def __init__(
        self, keeper: MetricKeeper, history: History, now: Callable[[], datetime], gap_s: Callable[[], float],
        steady: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._keeper, self._history, self._now, self._steady = keeper, history, now, steady
        self._gap_s = gap_s
        self._known: dict[tuple[VmRef, int], tuple[float, list[Slot]]] = {}

    async def charts(
        self, ref: VmRef, metrics: Sequence[Metric], over: Range, *, devices: bool = False
    ) -> tuple[Series, ...]:
        """Return one series a metric, or one a metric and device. Raises StoreError."""
        span, step = SPANS[over]
        until = floor(self._now().timestamp(), step) + step
        since = until - int(span.total_seconds())
        tracks = await self._keeper.tracks(ref, metrics, step, since, until, devices=devices)
        if not _complete(tracks, metrics, step, since, until, devices):
            older = await self._older(ref, step, since, until)
            tracks = await asyncio.to_thread(_filled, tracks, older, frozenset(metrics), devices)
        gap_s = max(1.5 * step, self._gap_s())

        def made() -> tuple[Series, ...]:
            found = _series(tracks, metrics, step, since, until, devices)
            return tuple(replace(one, gap_s=gap_s, step_s=_stands_for(one, gap_s)) for one in found)

        return await asyncio.to_thread(made)

    async def _older(self, ref: VmRef, step: int, since: int, until: int) -> list[Slot]:
        held = self._known.get((ref, step))
        if held is not None and self._steady() - held[0] < _HISTORY_S:
            return held[1]
        try:
            samples = await self._history(
                ref, datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(until, UTC), step
            )
        except (ProbeError, GuestError) as error:
            _log.info("no history", extra={"detail": error.detail})
            samples = ()
        slots = await asyncio.to_thread(_slots, samples, step) if samples else []
        self._known.pop((ref, step), None)
        self._known[ref, step] = self._steady(), slots
        while len(self._known) > _REMEMBERED:
            self._known.pop(next(iter(self._known)))
        return slots


def _complete(
    tracks: Sequence[Track], metrics: Sequence[Metric], step: int, since: int, until: int, devices: bool
) -> bool:
    """Return whether no slot is missing; the present one may be empty yet."""
    full = (until - since) // step - 1
    return bool(tracks) and (devices or len(tracks) == len(metrics)) and all(len(one.at) >= full for one in tracks)


def _stands_for(series: Series, gap_s: float) -> float:
    """Return how long a point stands for: VMs out of view are measured once in several fine slots."""
    points = series.points
    if len(points) < 3 or series.step_s >= gap_s:
        return series.step_s
    apart = sorted((after.at - before.at).total_seconds() for before, after in pairwise(points))
    usual_s = apart[len(apart) // 2]
    return series.step_s if usual_s <= series.step_s else min(1.5 * usual_s, gap_s)


def _slots(samples: Sequence[Sample], step: int) -> list[Slot]:
    made = [slot for sample in samples if (slot := slot_of(sample, step)) is not None]
    return rolled(made, step)


def _filled(tracks: list[Track], older: list[Slot], metrics: frozenset[Metric], devices: bool) -> list[Track]:
    """Return tracks with the slots of a source's history where nothing is kept."""
    held = {(track.device, track.metric): set(track.at) for track in tracks}
    missing = [
        Slot(slot.step, slot.at, {
            key: cell for key, cell in slot.cells.items()
            if key[1] in metrics and (key[0] != ALL) == devices and slot.at not in held.get(key, ())
        })
        for slot in older
    ]  # fmt: skip
    return joined(tracks, missing, lambda _: True)


def _series(
    tracks: Sequence[Track], metrics: Sequence[Metric], step: int, since: int, until: int, devices: bool
) -> tuple[Series, ...]:
    """Return series in the order of the metrics; without devices there is one of each, empty or not."""
    first, last = datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(until, UTC)
    moments: dict[int, datetime] = {}

    def moment(at: int) -> datetime:
        found = moments.get(at)
        if found is None:
            found = moments[at] = datetime.fromtimestamp(at, UTC)
        return found

    found = {(track.metric, track.device): track for track in tracks}
    wanted = sorted(found, key=lambda key: (metrics.index(key[0]), key[1])) if devices else [(m, ALL) for m in metrics]
    made = []
    for metric, device in wanted:
        track = found.get((metric, device))
        points = zip(track.at, track.cells, strict=True) if track else ()
        told = tuple(Point(moment(at), cell.mean, cell.low, cell.high, cell.samples) for at, cell in points)
        made.append(Series(metric=metric, device=device, step_s=step, since=first, until=last, points=told))
    return tuple(made)
