"""`Lives`: the histories of VMs ready to be counted: from the store, from what is seen now, and from action logs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from osvm_tui.domain.accrual import Made, Tariff
from osvm_tui.domain.catalog import InstanceAction
from osvm_tui.domain.errors import Forbidden, NotFound, OsvmError
from osvm_tui.domain.roles import Scope
from osvm_tui.domain.rollup import Billed
from osvm_tui.domain.stretches import ANY, GRACE, Life, Span, Stretch, stretches
from osvm_tui.domain.vm import Flavor, Vm, VmRef
from osvm_tui.services.cost_rates import Rates
from osvm_tui.services.cost_stock import Stock
from osvm_tui.services.cost_unseen import Unseen
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.scopes import Scopes
from osvm_tui.store.base import StateInterval, Store, VmLife

THING_GRACE = timedelta(minutes=40)
"""Volumes, images and addresses are read for their cost every quarter of an hour."""
_AGAIN = timedelta(hours=1)
"""When a log is read again that could not be read, or of a VM that is still not seen."""
_AT_ONCE = 4
_PART = 250
"""So many VMs are counted between two turns of the loop."""
_log = logging.getLogger("osvm.costs")


class Counted(Struct, frozen=True):
    """One scope whose costs are counted, through one entry."""

    entry: str
    scope: Scope
    tariff: Tariff


class Read(Struct, frozen=True):
    """The VMs of a scope ready to be counted; `settled` says that no action log can tell more of them."""

    billed: tuple[Billed, ...]
    settled: bool


class _Log(Struct, frozen=True):
    """An action log as it was read at a time; None when it could not be, `final` when it never will be."""

    at: datetime
    actions: tuple[InstanceAction, ...] | None
    final: bool = False


class Lives:
    """Reads histories; keeps the action logs that were read."""

    def __init__(
        self,
        fleet: Fleet,
        scopes: Scopes,
        rates: Rates,
        stock: Stock,
        store: Callable[[], Store | None],
        now: Callable[[], datetime],
    ) -> None:
        self._fleet, self._scopes, self._rates, self._stock = fleet, scopes, rates, stock
        self._store, self._now = store, now
        self._logs: dict[VmRef, _Log] = {}
        self.unseen = Unseen(fleet, scopes, store, now)

    def counted(self) -> tuple[tuple[Counted, ...], tuple[str, ...]]:
        """Return every scope once that has rates, and why the others have none. Of scopes that overlap the widest."""
        found: dict[str, Counted] = {}
        notes: list[str] = []
        connected = [(f.status.entry, f.scope) for f in self._scopes.followers() if f.scope is not None]
        wide = {scope.endpoint for _, scope in connected if scope.all_projects}
        for entry, scope in connected:
            if scope.key in found or (scope.endpoint in wide and not scope.all_projects):
                continue
            tariff = self._rates.tariff(entry)
            if tariff is None:
                notes.append(self._rates.view(entry).note)
            else:
                found[scope.key] = Counted(entry, scope, tariff)
        notes += [self._rates.view(f.status.entry).note for f in self._scopes.followers() if f.scope is None]
        return tuple(found.values()), tuple(notes)

    async def billed(
        self, counted: Counted, since: datetime, *, ask: bool, refs: Sequence[VmRef] = ()
    ) -> tuple[Billed, ...]:
        """Return the VMs of a scope that were there at `since` or later. With `ask` action logs are read where nobody
        looked."""
        return (await self.read(counted, since, self._now(), most=len(refs) * ask, refs=refs)).billed

    async def read(
        self, counted: Counted, since: datetime, until: datetime, *, most: int, refs: Sequence[VmRef] = ()
    ) -> Read:
        """Return the VMs of a scope that were there from `since` to `until`; up to `most` action logs are read first,
        of those of which something is not known."""
        store, entry = self._store(), counted.entry
        kept = await store.lives(counted.scope, since, refs) if store is not None else ()
        now = self._now()
        present, seen_at = dict(self._fleet.of(entry)), self._scopes.follower(entry).status.last_good_at
        lives = await asyncio.to_thread(_with_present, present, seen_at, kept, now, refs)
        flavors = await asyncio.to_thread(self._flavors, entry, [vm for vm, _ in lives])
        found: list[Billed] = []
        for start in range(0, len(lives), _PART):
            part = lives[start : start + _PART]
            found += await asyncio.to_thread(self._made, entry, part, flavors, now)
        ends = await asyncio.to_thread(_unsure, found, since, until)
        due = [at for at, end in ends.items() if self._due(lives[at][0].ref, end, now)][:most]
        await self._ask(counted, [lives[at][0].ref for at in due])
        for start in range(0, len(due), _PART):
            part = [lives[at] for at in due[start : start + _PART]]
            again = await asyncio.to_thread(self._made, entry, part, flavors, now)
            for at, one in zip(due[start : start + _PART], again, strict=True):
                found[at] = one
        settled = seen_at is not None and all(self._settled(lives[at][0].ref, end) for at, end in ends.items())
        return Read(tuple(found), settled)

    async def histories(self, entry: str, scope: Scope, since: datetime) -> dict[str, tuple[Vm, tuple[Stretch, ...]]]:
        """Return the histories of a scope by VM id, whether it has rates or not."""
        store = self._store()
        kept = await store.lives(scope, since) if store is not None else ()
        now = self._now()
        present, seen_at = dict(self._fleet.of(entry)), self._scopes.follower(entry).status.last_good_at

        def told() -> dict[str, tuple[Vm, tuple[Stretch, ...]]]:
            found = _with_present(present, seen_at, kept, now, ())
            return {vm.id: (vm, stretches(self._logged(vm, life), now, GRACE)) for vm, life in found}

        return await asyncio.to_thread(told)

    def _flavors(self, entry: str, vms: Iterable[Vm]) -> dict[str, Flavor]:
        found = {vm.flavor.name: vm.flavor for vm in vms if vm.flavor is not None and vm.flavor.vcpus}
        return {**found, **self._stock.flavors(entry)}

    def _made(
        self, entry: str, lives: Sequence[tuple[Vm, Life]], flavors: dict[str, Flavor], now: datetime
    ) -> list[Billed]:
        return [
            Billed(
                vm.project_id,
                tuple(sorted(vm.tags)),
                Made(flavors.get, self._stock.image_of(entry, vm), vm.root_disk),
                tuple(_of_any(one, flavors) for one in stretches(self._logged(vm, life), now, GRACE)),
            )
            for vm, life in lives
        ]

    def _logged(self, vm: Vm, life: Life) -> Life:
        held = self._logs.get(vm.ref)
        return life if held is None else replace(life, actions=held.actions, read_at=held.at)

    def _due(self, ref: VmRef, end: datetime, now: datetime) -> bool:
        """Return whether a log is to be read, to know what happened up to `end`; not again and again of what goes on
        unseen."""
        held = self._logs.get(ref)
        if held is None:
            return True
        return not self._settled(ref, end) and (now - held.at > _AGAIN or (end < now and held.actions is not None))

    def _settled(self, ref: VmRef, end: datetime) -> bool:
        """Return whether the log can tell no more of what happened up to `end`."""
        held = self._logs.get(ref)
        return held is not None and (held.final if held.actions is None else held.at >= end)

    async def _ask(self, counted: Counted, refs: Sequence[VmRef]) -> None:
        """Read action logs; what cannot be read stays unknown."""
        turn = asyncio.Semaphore(_AT_ONCE)

        async def one(ref: VmRef) -> None:
            async with turn:
                at = self._now()
                try:
                    actions = await self._scopes.client(counted.entry).instance_actions(ref.id)
                except OsvmError as error:
                    _log.info("action log not read", extra={"vm": ref.id, "detail": error.detail})
                    self._logs[ref] = _Log(at, None, isinstance(error, NotFound | Forbidden))
                else:
                    self._logs[ref] = _Log(at, actions)

        await asyncio.gather(*(one(ref) for ref in refs))


def _with_present(
    present: Mapping[VmRef, Vm],
    seen_at: datetime | None,
    kept: Iterable[VmLife],
    now: datetime,
    refs: Sequence[VmRef],
) -> list[tuple[Vm, Life]]:
    """Return histories that reach up to the last good reading, also of VMs that are not stored yet."""
    found: list[tuple[Vm, Life]] = []
    done: set[VmRef] = set()
    for one in kept:
        live = present.get(one.vm.ref) if seen_at is not None else None
        done.add(one.vm.ref)
        spans = tuple(_span(interval) for interval in one.intervals)
        if live is not None and seen_at is not None and not one.gone:
            spans = _up_to(spans, live, min(seen_at, now), one.vm)
        found.append((live or one.vm, _life(live or one.vm, spans, gone=one.gone and live is None)))
    if seen_at is not None:
        asked = set(refs)
        for ref, vm in present.items():
            if ref not in done and (not asked or ref in asked):
                found.append((vm, _life(vm, _up_to((), vm, min(seen_at, now), None))))
    return found


def _of_any(stretch: Stretch, flavors: Iterable[str]) -> Stretch:
    """Name the flavors that it may have had."""
    if ANY not in stretch.flavors:
        return stretch
    known = [name for name in stretch.flavors if name != ANY]
    return replace(stretch, flavors=(*(name for name in flavors if name not in known), *known))


def _span(interval: StateInterval) -> Span:
    return Span(interval.vm_state, interval.flavor_name, interval.since, interval.until, interval.seen_at)


def _life(vm: Vm, spans: tuple[Span, ...], *, gone: bool = False) -> Life:
    return Life(
        created_at=vm.created_at, launched_at=vm.launched_at, spans=spans, gone=gone, terminated_at=vm.terminated_at
    )


def _up_to(spans: tuple[Span, ...], vm: Vm, seen_at: datetime, before: Vm | None) -> tuple[Span, ...]:
    """Return the spans with the present reading at their end; `before` is the VM as it was when last written."""
    flavor = vm.flavor.name if vm.flavor is not None else ""
    last = spans[-1] if spans else None
    if last is not None and last.until is None and (last.vm_state, last.flavor) == (vm.vm_state, flavor):
        untouched = before is not None and before.updated_at == vm.updated_at
        # What was touched while nobody looked may have changed and come back.
        if untouched or seen_at - last.seen_at <= GRACE:
            return (*spans[:-1], Span(last.vm_state, flavor, last.since, None, max(last.seen_at, seen_at)))
    since = vm.updated_at or vm.created_at or seen_at
    if last is not None:
        since = since if last.seen_at < since <= seen_at else max(seen_at, last.seen_at)
        spans = (*spans[:-1], Span(last.vm_state, last.flavor, last.since, last.until or since, last.seen_at))
    return (*spans, Span(vm.vm_state, flavor, min(since, seen_at), None, seen_at))


def _unsure(billed: Iterable[Billed], since: datetime, until: datetime) -> dict[int, datetime]:
    """Return of which VMs, by their place, something is not known, and up to when."""
    ends = ((at, _unsure_until(one.life, since, until)) for at, one in enumerate(billed))
    return {at: end for at, end in ends if end is not None}


def _unsure_until(life: Iterable[Stretch], since: datetime, until: datetime) -> datetime | None:
    """Return the end of the last stretch of which something is not known, None when all is."""
    ends = [min(one.until, until) for one in life if not one.sure and one.until > since and one.since < until]
    return max(ends, default=None)
