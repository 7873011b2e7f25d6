"""`Lives`: the histories of VMs ready to be counted: from the store, from what is seen now, and from action logs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from osvm_tui.domain.accrual import Made, Tariff
from osvm_tui.domain.catalog import InstanceAction
from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.roles import Scope
from osvm_tui.domain.rollup import Billed
from osvm_tui.domain.stretches import UNKNOWN, Life, Span, Stretch, stretches
from osvm_tui.domain.vm import Flavor, Vm, VmRef
from osvm_tui.services.cost_rates import Rates
from osvm_tui.services.cost_stock import Stock
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.scopes import Scopes
from osvm_tui.store.base import StateInterval, Store, VmLife

GRACE = timedelta(minutes=3)
"""A state is taken to last this long unseen: more than a poll, less than a console that was away."""
THING_GRACE = timedelta(minutes=40)
"""Volumes, images and addresses are read for their cost every quarter of an hour."""
_ASKED = 200
"""At most so many action logs are read for one count; the rest stays bounded until the next."""
_AT_ONCE = 4
_log = logging.getLogger("osvm.costs")


class Counted(Struct, frozen=True):
    """One scope whose costs are counted, through one entry."""

    entry: str
    scope: Scope
    tariff: Tariff


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
        self._logs: dict[VmRef, tuple[datetime, tuple[InstanceAction, ...] | None]] = {}

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
        store = self._store()
        kept = await store.lives(counted.scope, since, refs) if store is not None else ()
        now = self._now()
        lives = self._with_present(counted.entry, kept, now, refs)
        flavors = await asyncio.to_thread(self._flavors, counted.entry, [vm for vm, _ in lives])
        if ask:
            await self._ask(counted, [vm.ref for vm, life in lives if _unknown(self._logged(vm, life), since, now)])
        found: list[Billed] = []
        for start in range(0, len(lives), 250):
            part = lives[start : start + 250]
            found += await asyncio.to_thread(self._made, counted.entry, part, flavors, now)
        return tuple(found)

    async def histories(self, entry: str, scope: Scope, since: datetime) -> dict[str, tuple[Vm, tuple[Stretch, ...]]]:
        """Return the histories of a scope by VM id, whether it has rates or not."""
        store = self._store()
        kept = await store.lives(scope, since) if store is not None else ()
        now = self._now()
        found = self._with_present(entry, kept, now, ())
        return {vm.id: (vm, stretches(self._logged(vm, life), now, GRACE)) for vm, life in found}

    def _with_present(
        self, entry: str, kept: Iterable[VmLife], now: datetime, refs: Sequence[VmRef]
    ) -> list[tuple[Vm, Life]]:
        """Return histories that reach up to the entry's last good reading, also of VMs that are not stored yet."""
        present = self._fleet.of(entry)
        status = self._scopes.follower(entry).status
        seen_at = status.last_good_at
        found: list[tuple[Vm, Life]] = []
        done: set[VmRef] = set()
        for one in kept:
            live = present.get(one.vm.ref) if seen_at is not None else None
            done.add(one.vm.ref)
            spans = tuple(_span(interval) for interval in one.intervals)
            vm = live or one.vm
            if live is not None and seen_at is not None and not one.gone:
                spans = _up_to(spans, live, min(seen_at, now))
            found.append((vm, _life(vm, spans, gone=one.gone and live is None)))
        if seen_at is not None:
            asked = set(refs)
            for ref, vm in present.items():
                if ref not in done and (not asked or ref in asked):
                    found.append((vm, _life(vm, _up_to((), vm, min(seen_at, now)))))
        return found

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
                Made(flavors.get, self._stock.image_name(entry, vm), vm.image_id is not None or not vm.volume_ids),
                stretches(self._logged(vm, life), now, GRACE),
            )
            for vm, life in lives
        ]

    def _logged(self, vm: Vm, life: Life) -> Life:
        held = self._logs.get(vm.ref)
        if held is None:
            return life
        return Life(
            created_at=life.created_at, launched_at=life.launched_at, spans=life.spans, gone=life.gone,
            terminated_at=life.terminated_at, actions=held[1],
        )  # fmt: skip

    async def _ask(self, counted: Counted, refs: Sequence[VmRef]) -> None:
        """Read the action logs that were not read since their VM was last seen; what cannot be read stays unknown."""
        now = self._now()
        fresh = [ref for ref in refs if ref not in self._logs or now - self._logs[ref][0] > timedelta(hours=1)]
        turn = asyncio.Semaphore(_AT_ONCE)

        async def one(ref: VmRef) -> None:
            async with turn:
                try:
                    actions = await self._scopes.client(counted.entry).instance_actions(ref.id)
                except OsvmError as error:
                    _log.info("action log not read", extra={"vm": ref.id, "detail": error.detail})
                    self._logs[ref] = (now, None)
                else:
                    self._logs[ref] = (now, actions)

        await asyncio.gather(*(one(ref) for ref in fresh[:_ASKED]))


def _span(interval: StateInterval) -> Span:
    return Span(interval.vm_state, interval.flavor_name, interval.since, interval.until, interval.seen_at)


def _life(vm: Vm, spans: tuple[Span, ...], *, gone: bool = False) -> Life:
    return Life(
        created_at=vm.created_at, launched_at=vm.launched_at, spans=spans, gone=gone, terminated_at=vm.terminated_at
    )


def _up_to(spans: tuple[Span, ...], vm: Vm, seen_at: datetime) -> tuple[Span, ...]:
    """Return the spans with the present reading at their end."""
    flavor = vm.flavor.name if vm.flavor is not None else ""
    last = spans[-1] if spans else None
    if last is not None and last.until is None and (last.vm_state, last.flavor) == (vm.vm_state, flavor):
        return (*spans[:-1], Span(last.vm_state, flavor, last.since, None, max(last.seen_at, seen_at)))
    since = vm.updated_at or vm.created_at or seen_at
    if last is not None:
        since = max(min(since, seen_at), last.seen_at)
        spans = (*spans[:-1], Span(last.vm_state, last.flavor, last.since, last.until or since, last.seen_at))
    return (*spans, Span(vm.vm_state, flavor, min(since, seen_at), None, seen_at))


def _unknown(life: Life, since: datetime, now: datetime) -> bool:
    return any(one.vm_state == UNKNOWN and one.until > since for one in stretches(life, now, GRACE))
