"""`CostDays`: what each day came to. Days that are over are counted once and kept; the present one is counted anew."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from osvm_tui.domain.accrual import Held
from osvm_tui.domain.errors import StoreError
from osvm_tui.domain.rates import Component
from osvm_tui.domain.rollup import Billed, CostDay, DaySum, basis_of, day_bounds, days, guessed, sums_of
from osvm_tui.domain.things import KINDS, undated
from osvm_tui.services.cost_lives import THING_GRACE, Counted, Lives
from osvm_tui.services.cost_stock import Stock
from osvm_tui.store.base import Store

SETTLE = timedelta(minutes=10)
"""A day is kept when it is over for so long: what was seen in it has been written by then."""
EVERYWHERE = "*"
"""The project of the row that says that a day was counted for all projects."""
_UNSURE = "?"
"""Ends the basis of a day in which something was not seen: each run of a console counts it once more, by itself."""
_REST = 30.0
"""Counting by itself rests so many times as long as it works."""
_LOGS = 1000
"""At most so many action logs are read for counting by itself, and fewer while somebody waits."""
_LOGS_WAITED_FOR = 200
_log = logging.getLogger("osvm.costs")

Window = tuple[date, datetime, datetime]
_Found = dict[str, tuple[tuple[DaySum, ...], tuple[DaySum, ...]]]
"""By project: the sums of all components together, and one by one."""


class ProjectDay(Struct, frozen=True):
    """One project's sums of a day, or of a part of it."""

    entry: str
    endpoint: str
    project_id: str
    day: date
    sums: tuple[DaySum, ...]
    whole: bool


class _History(Struct, frozen=True):
    """What days are counted from; `settled` says that no action log can tell more of them."""

    billed: tuple[Billed, ...]
    things: tuple[Held, ...]
    settled: bool


class CostDays:
    """Counts days of every scope that has rates."""

    def __init__(
        self, lives: Lives, stock: Stock, store: Callable[[], Store | None], now: Callable[[], datetime]
    ) -> None:
        self._lives, self._stock, self._store, self._now = lives, stock, store, now
        self._tried: set[tuple[str, date]] = set()
        self._lock = asyncio.Lock()

    async def read(
        self, since: datetime, until: datetime, *, parts: bool = False
    ) -> tuple[tuple[ProjectDay, ...], tuple[str, ...]]:
        """Return the sums of every project and day from `since` to `until`, cut to now, and what is not in them; with
        `parts` one by one instead of all components together."""
        until = min(until, self._now())
        counted, notes = self._lives.counted()
        found: list[ProjectDay] = []
        if since < until:
            async with self._lock:
                for one in counted:
                    found += await self._of(one, since, until, parts)
        told = [note for one in counted for note in await self._lacking(one, since, until)]
        return tuple(found), (*notes, *told)

    async def _lacking(self, counted: Counted, since: datetime, until: datetime) -> list[str]:
        """Return what a scope's sums lack, though they do not show it."""
        kinds = (undated(self._stock.values(counted.entry, kind)) for kind in KINDS)
        notes = [f"{counted.entry}: {told}: counted from when a console first saw it" for told in kinds if told]
        unseen = await self._lives.unseen.note(counted.entry, counted.scope, since, until)
        return [*notes, unseen] if unseen else notes

    async def _of(self, counted: Counted, since: datetime, until: datetime, parts: bool) -> list[ProjectDay]:
        windows = list(days(since, until))
        over = [window for window in windows if self._over(window)]
        kept = await self._kept(counted, over, parts)
        missing = [window for window in windows if window[0] not in kept]
        found = [_shown(counted, row, True, parts) for day in sorted(kept) for row in kept[day]]
        if missing:
            found += await self._count(counted, missing, parts)
        return found

    def _over(self, window: Window) -> bool:
        day, since, until = window
        return (since, until) == day_bounds(day) and until + SETTLE <= self._now()

    async def _kept(self, counted: Counted, over: Sequence[Window], parts: bool) -> dict[date, list[CostDay]]:
        store, scope = self._store(), counted.scope
        if store is None or not over:
            return {}
        marker = EVERYWHERE if scope.all_projects else scope.project_id
        rows: dict[date, list[CostDay]] = {}
        for row in await store.cost_days(scope, over[0][0], over[-1][0], parts=parts):
            rows.setdefault(row.day, []).append(row)
        wanted = {day: basis_of(counted.tariff, since, until) for day, since, until in over if day in rows}
        return {
            day: found
            for day, found in rows.items()
            if day in wanted
            and {row.basis for row in found} <= {wanted[day], wanted[day] + _UNSURE}
            and _has(found, marker)
        }

    async def _count(self, counted: Counted, windows: Sequence[Window], parts: bool) -> list[ProjectDay]:
        """Count days from the histories, keep those that are over, and return them all."""
        history = await self._history(counted, windows, most=_LOGS_WAITED_FOR)
        found: list[ProjectDay] = []
        keep: list[CostDay] = []
        for window in windows:
            rows, over = await self._day(counted, history, window), self._over(window)
            found += [_shown(counted, row, over, parts) for row in rows]
            keep += rows * over
        await self._keep(counted, keep)
        return found

    async def roll(self, counted: Counted, back: int) -> None:
        """Count the days of the last `back` that are over and were not counted yet, the newest first.

        Days in which something was not seen are counted once more when all action logs that may tell of it were read,
        some at each call. It keeps to a small share of one processor: nobody waits for it.
        """
        now = self._now()
        over = [
            window for window in days(day_bounds((now - timedelta(days=back)).date())[0], now) if self._over(window)
        ]
        kept = await self._kept(counted, over, False)
        missing = [window for window in over if window[0] not in kept or self._unsure(counted, kept[window[0]])]
        if not missing:
            return
        history = await self._history(counted, missing, most=_LOGS)
        for window in reversed(missing):
            if window[0] in kept and not history.settled:
                continue
            began = time.monotonic()
            async with self._lock:
                await self._keep(counted, await self._day(counted, history, window))
            await asyncio.sleep((time.monotonic() - began) * _REST)

    def _unsure(self, counted: Counted, rows: Iterable[CostDay]) -> bool:
        """Return whether something was not seen on a day that this run has not tried to learn of yet."""
        return any(row.basis.endswith(_UNSURE) and (counted.scope.key, row.day) not in self._tried for row in rows)

    async def _history(self, counted: Counted, windows: Sequence[Window], *, most: int) -> _History:
        since, until = windows[0][1], windows[-1][2]
        read = await self._lives.read(counted, since, until, most=most)
        return _History(read.billed, await self._things(counted, since), read.settled)

    async def _day(self, counted: Counted, history: _History, window: Window) -> list[CostDay]:
        """Count one day."""
        day, since, until = window
        sums = await asyncio.to_thread(_sums, history, counted, since, until, self._now())
        rows = _rows(counted, day, sums, basis_of(counted.tariff, since, until))
        if self._over(window) and history.settled:
            self._tried.add((counted.scope.key, day))
        return rows

    async def _things(self, counted: Counted, since: datetime) -> tuple[Held, ...]:
        """Return what was kept of volumes and the like, brought up to what is there now."""
        store = self._store()
        kept = await store.things(counted.scope, since) if store is not None else ()
        fresh = {component for _, component in self._stock.well_read(counted.entry)}

        def told() -> tuple[Held, ...]:
            present = self._stock.held(counted.entry, counted.scope, self._now())
            return tuple(_up_to_now(kept, present, fresh))

        return await asyncio.to_thread(told)

    async def _keep(self, counted: Counted, rows: Sequence[CostDay]) -> None:
        store = self._store()
        if store is None or not rows:
            return
        try:
            await store.save_cost_days(counted.scope, rows)
        except StoreError as error:
            _log.info("totals of days not kept", extra={"detail": error.detail})

    async def note_things(self, counted: Counted) -> None:
        """Write what there is beside VMs now, for every catalog that was read well."""
        store, now = self._store(), self._now()
        if store is None:
            return
        held = self._stock.held(counted.entry, counted.scope, now)
        with suppress(StoreError):
            for kind, component in self._stock.well_read(counted.entry):
                _log.debug("things kept", extra={"kind": kind.value})
                mine = [one for one in held if one.component is component]
                await store.save_things(counted.scope, component, mine, now)


def _up_to_now(kept: Iterable[Held], present: Iterable[Held], fresh: Container[Component]) -> Iterator[Held]:
    """Yield what was kept up to what is there now: seen until now, grown since, or not kept yet. Of what is not in
    `fresh` the reading is old."""
    now = {(one.component, one.id): one for one in present}
    for one in kept:
        again = now.get((one.component, one.id)) if one.until is None else None
        if again is None:
            yield one
            continue
        del now[one.component, one.id]
        if one.component not in fresh:
            yield one
        elif (one.what, one.quantity) == (again.what, again.quantity):
            yield replace(one, seen_at=again.seen_at)
        else:
            yield replace(one, until=again.seen_at, after=(again.what, again.quantity))
            yield replace(again, since=again.seen_at)
    yield from now.values()


def _sums(history: _History, counted: Counted, since: datetime, until: datetime, now: datetime) -> _Found:
    return sums_of(history.billed, history.things, counted.tariff, since, until, now, THING_GRACE)


def _rows(counted: Counted, day: date, found: _Found, basis: str) -> list[CostDay]:
    scope = counted.scope
    marker = EVERYWHERE if scope.all_projects else scope.project_id
    unsure = any(guessed(sums) for sums, _ in found.values())
    basis += _UNSURE * unsure
    nothing: _Found = {marker: ((), ())}
    return [CostDay(scope.endpoint, project, day, basis, *sums) for project, sums in (nothing | found).items()]


def _has(rows: Iterable[CostDay], project: str) -> bool:
    return any(row.project_id == project for row in rows)


def _shown(counted: Counted, row: CostDay, whole: bool, parts: bool) -> ProjectDay:
    sums = row.parts if parts else row.sums
    return ProjectDay(counted.entry, row.endpoint, row.project_id, row.day, sums, whole)
