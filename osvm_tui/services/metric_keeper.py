"""`MetricKeeper`: what was measured on its way into the metric store, and charts out of both.

Samples wait in memory and are written in batches; without a working store they stay there, bounded, and nothing else
suffers. Charts show what waits too.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress

from osvm_tui.domain.errors import SchemaMismatch, StoreError
from osvm_tui.domain.measured import Measured
from osvm_tui.domain.metrics import Metric, Sample
from osvm_tui.domain.slots import ALL, BASE_S, Cell, Cells, Key, Slot, Track, merged, rolled, slot_of
from osvm_tui.domain.vm import VmRef
from osvm_tui.store.metric_base import MetricStore

_log = logging.getLogger("osvm.monitor")
_MOST_WAITING = 20_000
"""Slots that wait for a store at most: about 40 MB; the oldest go first."""
_RETRY_S = 30.0


class MetricKeeper:
    """The way to and from one metric store. `make` opens nothing; None keeps measurements for this run only."""

    def __init__(self, make: Callable[[], MetricStore] | None, steady: Callable[[], float] = time.monotonic) -> None:
        self._make, self._steady = make, steady
        self._store: MetricStore | None = None
        self._open = False
        self._opening = asyncio.Lock()
        self._waiting: dict[tuple[VmRef, int], Cells] = {}
        self._flying: dict[tuple[VmRef, int], Cells] = {}
        self._news: dict[VmRef, Measured] = {}
        self._retry_at = 0.0
        self._change = 0
        self.trouble = ""
        """Why nothing is kept now, empty when it is."""

    @property
    def notices(self) -> list[str]:
        """What the store has to tell the operator."""
        return self._store.notices if self._store else []

    async def open(self) -> None:
        """Open the store, or say in `trouble` why not; it is tried again with later batches."""
        async with self._opening:
            if self._make is None or self._open or self._steady() < self._retry_at:
                return
            try:
                if self._store is None:
                    self._store = await asyncio.to_thread(self._make)
                await self._store.open()
                self._open, self.trouble = True, ""
            except StoreError as error:
                self._failed(error)

    def _failed(self, error: StoreError) -> None:
        told = "; ".join(filter(None, (error.detail, error.hint if isinstance(error, SchemaMismatch) else "")))
        self.trouble = f"measurements are not kept: {told}"
        self._open, self._retry_at = False, self._steady() + _RETRY_S
        _log.warning("metric store", extra={"detail": error.detail})

    def put(self, found: Measured, sample: Sample | None) -> None:
        """Let what was measured wait for the next batch."""
        if self._make is not None:
            self._news[found.ref] = found
        slot = slot_of(sample) if sample is not None else None
        if slot is None:
            return
        key = (found.ref, slot.at)
        held = self._waiting.get(key)
        self._waiting[key] = slot.cells if held is None else merged(held, slot.cells)
        while len(self._waiting) > _MOST_WAITING:
            self._waiting.pop(next(iter(self._waiting)))

    async def flush(self) -> bool:
        """Write what waits as one batch; return whether the store has it. What fails waits on."""
        await self.open()
        store = self._store
        if store is None or not self._open or not (self._waiting or self._news):
            return self._open
        waiting = self._flying = self._waiting
        self._waiting = {}
        news, self._news = self._news, {}
        try:
            await store.append(
                [(ref, Slot(BASE_S, at, cells)) for (ref, at), cells in waiting.items()], [*news.values()]
            )
        except StoreError as error:
            self._failed(error)
            await self._set_down(store)
        except BaseException:
            self._take_back(waiting, news)
            raise
        else:
            return True
        finally:
            self._flying = {}
        self._take_back(waiting, news)
        return False

    def _take_back(self, waiting: dict[tuple[VmRef, int], Cells], news: dict[VmRef, Measured]) -> None:
        for key, cells in self._waiting.items():
            waiting[key] = merged(waiting[key], cells) if key in waiting else cells
        self._waiting, self._news = waiting, {**news, **self._news}

    async def _set_down(self, store: MetricStore) -> None:
        with suppress(StoreError):
            await store.close()

    async def news(self) -> tuple[Measured, ...]:
        """Return what other consoles wrote since the last call."""
        await self.open()
        if self._store is None or not self._open:
            return ()
        try:
            self._change, found = await self._store.newest(self._change)
        except StoreError as error:
            self._failed(error)
            await self._set_down(self._store)
            return ()
        return found

    async def tidy(self, now_s: float) -> None:
        """Let the store delete what is too old."""
        if self._store is not None and self._open:
            try:
                await self._store.tidy(now_s)
            except StoreError as error:
                self._failed(error)
                await self._set_down(self._store)

    async def tracks(
        self, ref: VmRef, metrics: Collection[Metric], step: int, since: int, until: int, *, devices: bool = False
    ) -> list[Track]:
        """Return what is kept and what waits, by metric and device. Without a store: what waits."""
        await self.open()
        kept: Sequence[Track] = ()
        if self._store is not None and self._open:
            kept = await self._store.read(ref, step, since, until, metrics=metrics, devices=devices)
        waiting = [*self._flying.items(), *self._waiting.items()]
        own = [Slot(BASE_S, at, cells) for (one, at), cells in waiting if one == ref and since <= at < until]
        fresh = rolled(own, step)
        return joined(kept, fresh, lambda key: key[1] in metrics and (key[0] != ALL) == devices)

    async def close(self) -> None:
        """Write what waits and close."""
        if self._store is not None:
            self._retry_at = 0.0
            await self.flush()
            await self._set_down(self._store)


def joined(kept: Iterable[Track], fresh: Iterable[Slot], wanted: Callable[[Key], bool]) -> list[Track]:
    """Return tracks with the cells of slots merged in, by time."""
    cells: dict[Key, dict[int, Cell]] = {}
    for slot in fresh:
        for key, cell in slot.cells.items():
            if wanted(key):
                cells.setdefault(key, {})[slot.at] = cell
    found = []
    for track in kept:
        extra = cells.pop((track.device, track.metric), None)
        found.append(_with(track, extra) if extra else track)
    found += [Track(*key, sorted(own), [own[at] for at in sorted(own)]) for key, own in cells.items()]
    return found


def _with(track: Track, extra: dict[int, Cell]) -> Track:
    held = dict(zip(track.at, track.cells, strict=True))
    for at, cell in extra.items():
        before = held.get(at)
        held[at] = cell if before is None else before.joined(cell)
    order = sorted(held)
    return Track(track.device, track.metric, order, [held[at] for at in order])
