"""`Earlier`: what VMs were before the resize that nobody has confirmed yet. Nova does not tell it; the store may know.

Read as soon as a VM is resized, so that it is known before anybody asks what a revert would change.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence

from msgspec import Struct

from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.events import CostsChanged, Event, FleetChanged
from osvm_tui.domain.stretches import GRACE
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.bus import EventBus
from osvm_tui.services.fleet import Fleet
from osvm_tui.store.base import StateInterval, Store

RESIZED = "resized"
_log = logging.getLogger("osvm.costs")


class Before(Struct, frozen=True):
    """What a revert gives back."""

    flavor_name: str
    vm_state: str


class Earlier:
    """Keeps of every resized VM what it was before, as far as a console of this store saw it."""

    def __init__(self, fleet: Fleet, store: Callable[[], Store | None], bus: EventBus) -> None:
        self._fleet, self._store, self._bus = fleet, store, bus
        self._known: dict[VmRef, tuple[str, Before | None]] = {}
        """By which flavor it was resized to."""
        self._wanted: dict[VmRef, None] = {}
        self._revision = 0

    def of(self, vm: Vm) -> Before | None:
        """Return what a resized VM was before, None when it is not known (yet)."""
        flavor, before = self._known.get(vm.ref, ("", None))
        return before if vm.vm_state == RESIZED and flavor == _flavor(vm) else None

    async def keep(self, revision: Callable[[], int]) -> None:
        """Read whenever the fleet has moved; until cancelled. `revision` is that of the costs, told when more is
        known."""
        moved = asyncio.Event()

        def listen(event: Event) -> None:
            if isinstance(event, FleetChanged):
                moved.set()

        leave = self._bus.subscribe(listen)
        try:
            while True:
                if await self.read():
                    self._bus.publish(CostsChanged(revision()))
                await moved.wait()
                moved.clear()
        finally:
            leave()

    async def read(self) -> bool:
        """Read what VMs were that are resized since the last call; return whether any is known now that was not."""
        self._follow()
        store, more = self._store(), False
        if store is None:
            return False
        for ref in tuple(self._wanted):
            try:
                intervals = await store.intervals(ref)
            except OsvmError as error:
                _log.info("history of a resize not read", extra={"vm": ref.id, "detail": error.detail})
                return more
            vm = self._fleet.get(ref)
            if self._wanted.pop(ref, ref) is None and vm is not None:
                before = before_resize(vm, intervals)
                self._known[ref], more = (_flavor(vm), before), more or before is not None
        return more

    def _follow(self) -> None:
        delta = self._fleet.since(self._revision)
        self._revision = delta.revision
        if delta.complete:
            self._known.clear()
            self._wanted.clear()
        for ref in delta.removed:
            self._forget(ref)
        for vm in delta.upserts:
            if vm.vm_state != RESIZED:
                self._forget(vm.ref)
            elif vm.ref not in self._known or self._known[vm.ref][0] != _flavor(vm):
                self._wanted[vm.ref] = None

    def _forget(self, ref: VmRef) -> None:
        self._known.pop(ref, None)
        self._wanted.pop(ref, None)


def before_resize(vm: Vm, intervals: Sequence[StateInterval]) -> Before | None:
    """Return what a resized VM was in the interval before its resize; `intervals` are the oldest first.

    None when nobody saw it then, or when there is a gap between: it may have been resized twice in it. The new flavor
    may already be seen in the last step of the resize itself.
    """
    flavor, began = _flavor(vm), vm.updated_at
    for one in reversed(intervals):
        if one.flavor_name == flavor and (one.vm_state == RESIZED or one.task_state == "resize_finish"):
            began = one.since
            continue
        if began is None or began - one.seen_at > GRACE:
            return None
        return Before(one.flavor_name, "stopped" if one.vm_state == "stopped" else "active")
    return None


def _flavor(vm: Vm) -> str:
    return vm.flavor.name if vm.flavor is not None else ""
