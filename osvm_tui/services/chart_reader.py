"""`ChartReader`: what is kept of a VM as lines of a chart; what is not, its sources may tell themselves.

What is kept wins, and waits for no source longer than a moment: a source is asked in a task of its own.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from msgspec import Struct
from msgspec.structs import replace

from osvm_tui.domain.errors import GuestError, ProbeError, ProbeNotPermitted, ProbeUnfit
from osvm_tui.domain.metrics import Metric, Sample
from osvm_tui.domain.slots import ALL, Slot, Track, floor, rolled, slot_of
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.metric_keeper import MetricKeeper, joined
from osvm_tui.services.monitor_api import Point, Range, Series
from osvm_tui.services.tasks import end

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
_ASKED_STEPS = 30
"""What a source told is good for so many steps: what happens meanwhile is measured by ourselves."""
_FAILED_S = 60.0
"""So long a source that failed is not asked again."""
_LONGEST_S = 60.0
_REMEMBERED = 8

Ask = Callable[[datetime, datetime, int], Awaitable[Sequence[Sample]]]
"""Returns what one source of a VM keeps itself, by (since, until, step); raises ProbeError and GuestError."""
Sources = Callable[[VmRef], Sequence[Ask]]
"""Returns whom to ask about a VM's past, the best first; none: nobody is to be asked now."""


class _Told(Struct, frozen=True):
    """What a source told."""

    good_until: float
    slots: list[Slot]


class ChartReader:
    """Reads charts out of the store, what waits for it, and the sources. `gap_s` tells what a gap is for a VM.

    What is kept waits `patience_s` for what is not: that comes with the next reading.
    """

    def __init__(
        self, keeper: MetricKeeper, sources: Sources, now: Callable[[], datetime], gap_s: Callable[[VmRef], float],
        steady: Callable[[], float] = time.monotonic, patience_s: float = 1.0,
    ) -> None:  # fmt: skip
        self._keeper, self._sources, self._now, self._steady = keeper, sources, now, steady
        self._gap_s, self._patience_s = gap_s, patience_s
        self._told: dict[tuple[VmRef, Range], _Told] = {}
        self._asking: dict[tuple[VmRef, Range], asyncio.Task[None]] = {}

    async def charts(
        self, ref: VmRef, metrics: Sequence[Metric], over: Range, *, devices: bool = False
    ) -> tuple[Series, ...]:
        """Return one series a metric, or one a metric and device. Raises StoreError."""
        span, step = SPANS[over]
        until = floor(self._now().timestamp(), step) + step
        since = until - int(span.total_seconds())
        tracks = await self._keeper.tracks(ref, metrics, step, since, until, devices=devices)
        older: list[Slot] = []
        if not _complete(tracks, metrics, step, since, until, devices):
            older = await self._older(ref, over, since, until, patience_s=self._patience_s if tracks else None)
            tracks = await asyncio.to_thread(_filled, tracks, older, frozenset(metrics), devices)
        gap_s = max(1.5 * step, self._gap_s(ref), 1.5 * _apart([slot.at for slot in older]))

        def made() -> tuple[Series, ...]:
            found = _series(tracks, metrics, step, since, until, devices)
            return tuple(replace(one, gap_s=gap_s, step_s=_stands_for(one, gap_s)) for one in found)

        return await asyncio.to_thread(made)

    async def close(self) -> None:
        """Ask nobody any more."""
        await end([*self._asking.values()])

    async def _older(self, ref: VmRef, over: Range, since: int, until: int, *, patience_s: float | None) -> list[Slot]:
        """Return what the sources keep, as far as it is known in time; they are asked once, not at each reading."""
        key = (ref, over)
        held = self._told.get(key)
        if held is None or self._steady() >= held.good_until:
            asked = self._asking.get(key)
            if asked is None and (sources := self._sources(ref)):
                asked = self._asking[key] = asyncio.create_task(self._ask(key, sources, since, until))
            if asked is not None:
                await asyncio.wait({asked}, timeout=patience_s)
            held = self._told.get(key)
        return [slot for slot in held.slots if since <= slot.at < until] if held is not None else []

    async def _ask(self, key: tuple[VmRef, Range], sources: Sequence[Ask], since: int, until: int) -> None:
        step = SPANS[key[1]][1]
        good_s, slots = _FAILED_S, list[Slot]()
        try:
            async with asyncio.timeout(_LONGEST_S):
                samples = await self._first(sources, since, until, step)
            if samples is not None:
                good_s, slots = max(_FAILED_S, _ASKED_STEPS * step), await asyncio.to_thread(_slots, samples, step)
        except TimeoutError:
            _log.info("no history", extra={"detail": f"no answer in {_LONGEST_S:g} s"})
        except Exception:
            _log.exception("a source's history failed")
        finally:
            self._asking.pop(key, None)
        self._told.pop(key, None)
        self._told[key] = _Told(self._steady() + good_s, slots)
        while len(self._told) > _REMEMBERED:
            self._told.pop(next(iter(self._told)))

    async def _first(self, sources: Sequence[Ask], since: int, until: int, step: int) -> Sequence[Sample] | None:
        """Return what the first source that keeps something tells; nothing when none does, None when one failed."""
        failed = False
        for ask in sources:
            try:
                found = await ask(datetime.fromtimestamp(since, UTC), datetime.fromtimestamp(until, UTC), step)
            except (ProbeError, GuestError) as error:
                _log.info("no history", extra={"detail": error.detail})
                failed = failed or not isinstance(error, ProbeUnfit | ProbeNotPermitted)
                continue
            if found:
                return found
        return None if failed else ()


def _complete(
    tracks: Sequence[Track], metrics: Sequence[Metric], step: int, since: int, until: int, devices: bool
) -> bool:
    """Return whether no slot is missing; the present one may be empty yet."""
    full = (until - since) // step - 1
    return bool(tracks) and (devices or len(tracks) == len(metrics)) and all(len(one.at) >= full for one in tracks)


def _stands_for(series: Series, gap_s: float) -> float:
    """Return how long a point stands for: VMs out of view are measured once in several fine slots."""
    if series.step_s >= gap_s:
        return series.step_s
    usual_s = _apart([point.at.timestamp() for point in series.points])
    return series.step_s if usual_s <= series.step_s else min(1.5 * usual_s, gap_s)


def _apart(moments: Sequence[float]) -> float:
    """Return how far apart moments usually are, 0 for less than three."""
    apart = sorted(after - before for before, after in pairwise(moments))
    return apart[len(apart) // 2] if len(apart) > 1 else 0.0


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
