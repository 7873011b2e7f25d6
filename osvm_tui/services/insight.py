"""`Insight`: watches busy VMs and tells which are stuck. Its cost goes with what is busy, not with the fleet."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import datetime

from osvm_tui.domain.errors import OsvmError, StoreError
from osvm_tui.domain.events import Event, OperationChanged, StuckChanged
from osvm_tui.domain.gating import Verdict
from osvm_tui.domain.item_action import action_of
from osvm_tui.domain.operations import ItemState
from osvm_tui.domain.stuck import action_behind, limit_s, ways_out
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.bus import EventBus
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.insight_api import InsightApi, Remedy, Stuck, Usual
from osvm_tui.services.norms import Norms
from osvm_tui.services.operation_book import OperationBook
from osvm_tui.services.scopes import Scopes
from osvm_tui.store.base import Store

_log = logging.getLogger("osvm.insight")
_OUT = (ItemState.SENT, ItemState.LATE)
_LOOK_S = 5.0
_HISTORY = 5000
"""How many items of the store the norms are learned from."""


class Insight(InsightApi):
    """The norms and the stuck VMs of one console."""

    def __init__(
        self,
        fleet: Fleet,
        scopes: Scopes,
        book: OperationBook,
        bus: EventBus,
        store: Callable[[], Store | None],
        store_ready: Callable[[], Awaitable[None]],
        verdict: Callable[[VmRef, str], Verdict],
        now: Callable[[], datetime],
    ) -> None:
        self._fleet, self._scopes, self._book, self._bus = fleet, scopes, book, bus
        self._store, self._store_ready, self._verdict, self._now = store, store_ready, verdict, now
        self._norms = Norms()
        self._revision = 0
        self._busy: set[VmRef] = set()
        self._stuck: dict[VmRef, Stuck] = {}
        bus.subscribe(self._hear)

    # the face

    def usual(self, entry: str, action_id: str) -> Usual | None:
        try:
            return self._norms.usual(self._scopes.scope(entry).endpoint, action_id)
        except OsvmError:
            return None

    def stuck(self, ref: VmRef) -> Stuck | None:
        return self._stuck.get(ref)

    def all_stuck(self) -> tuple[Stuck, ...]:
        return tuple(sorted(self._stuck.values(), key=lambda stuck: stuck.since))

    def remedies(self, ref: VmRef) -> tuple[Remedy, ...]:
        vm = self._fleet.get(ref)
        if vm is None:
            return ()
        return tuple(Remedy(way.action_id, way.cost, self._verdict(ref, way.action_id)) for way in ways_out(vm))

    # the work

    async def keep(self) -> None:
        """Learn from the store, then look at what is busy now and then; until cancelled."""
        await self._store_ready()
        await self._recall()
        while True:
            self.look()
            await asyncio.sleep(_LOOK_S)

    async def _recall(self) -> None:
        store = self._store()
        if store is None:
            return
        try:
            self._norms.learn(reversed(await store.items(limit=_HISTORY)))
        except StoreError as error:
            _log.info("no norms yet", extra={"detail": error.detail})

    def look(self) -> None:
        """Judge every busy VM now; tell when the set of stuck ones changed."""
        self._take_over_changes()
        judged = {ref: stuck for ref in self._busy if (stuck := self._judge(ref)) is not None}
        if judged != self._stuck:
            self._stuck = judged
            self._bus.publish(StuckChanged(tuple(judged)))

    def _take_over_changes(self) -> None:
        delta = self._fleet.since(self._revision)
        if delta.complete:
            self._busy.clear()
        self._revision = delta.revision
        self._busy.difference_update(delta.removed)
        for vm in delta.upserts:
            (self._busy.add if vm.busy else self._busy.discard)(vm.ref)

    def _judge(self, ref: VmRef) -> Stuck | None:
        vm = self._fleet.get(ref)
        if vm is None:
            return None
        action_id, since = self._transition(vm)
        if not action_id or since is None:
            return None
        usual = self._norms.usual(ref.endpoint, action_id)
        elapsed = (self._cloud_now(ref) - since).total_seconds()
        if elapsed <= limit_s(action_id, usual.p95_s if usual else None):
            return None
        return Stuck(ref, vm.task_state or vm.vm_state, since, usual)

    def _transition(self, vm: Vm) -> tuple[str, datetime | None]:
        """Return what goes on and since when by the cloud's clock: our own operation, else what the task tells."""
        item = self._book.pending(vm.ref)
        if item is not None and item.state in _OUT and not action_of(item.action_id).expect.immediate:
            return item.action_id, item.cloud_sent_at
        return action_behind(vm), vm.updated_at or vm.created_at

    def _cloud_now(self, ref: VmRef) -> datetime:
        entry = self._fleet.entry_of(ref)
        return self._now() + self._scopes.follower(entry).status.clock_offset if entry else self._now()

    def _hear(self, event: Event) -> None:
        if isinstance(event, OperationChanged) and event.item.state is ItemState.ARRIVED:
            self._norms.learn((event.item,))
