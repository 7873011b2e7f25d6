"""`OperationBook`: the items this console knows, kept in the store and told to listeners.

The store is the truth among processes. What it does not take before a call is sent is not done: an operation that only
a dead console knew would have no owner. What it does not take afterwards is kept here and written when it can be.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from typing import NamedTuple

from osvm_tui.domain.audit import AuditEntry
from osvm_tui.domain.errors import StoreError, StoreReadOnly
from osvm_tui.domain.events import Notice, OperationChanged, Severity
from osvm_tui.domain.operations import ItemState, Operation, OperationItem
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.bus import EventBus
from osvm_tui.store.base import Store

_log = logging.getLogger("osvm.operations")
_KEEP = 1000
_NEWEST = 2**62
"""Behind every change number there is."""
_OPEN = frozenset(state for state in ItemState if state.open)


class _Unwritten(NamedTuple):
    """How an item stands and what the audit must hear of it, once the store takes both."""

    item: OperationItem
    audit: tuple[AuditEntry, ...]


class OperationBook:
    """Recent items of all consoles on this store, the open ones by VM."""

    def __init__(self, bus: EventBus, owner: str, store: Callable[[], Store | None]) -> None:
        self._bus, self._owner, self._store = bus, owner, store
        self._items: dict[str, OperationItem] = {}
        self._open_by_vm: dict[VmRef, str] = {}
        self._unwritten: dict[str, _Unwritten] = {}
        self._order = asyncio.Lock()
        self._change = 0
        self._read = False

    @property
    def busy(self) -> bool:
        """Whether any item is open."""
        return bool(self._open_by_vm)

    def recent(self) -> tuple[OperationItem, ...]:
        """Return the known items, newest first."""
        return tuple(sorted(self._items.values(), key=lambda item: item.planned_at, reverse=True))

    def of(self, operation_id: str) -> tuple[OperationItem, ...]:
        """Return the items of one operation."""
        return tuple(item for item in self._items.values() if item.operation_id == operation_id)

    def pending(self, ref: VmRef) -> OperationItem | None:
        """Return the open item of a VM."""
        item_id = self._open_by_vm.get(ref)
        return self._items.get(item_id) if item_id else None

    def item(self, item_id: str) -> OperationItem | None:
        """Return an item as it is known here."""
        return self._items.get(item_id)

    def request_ids(self, but: OperationItem) -> frozenset[str]:
        """Return the cloud's request ids of every other item: none of them can be the trace of `but`."""
        others = (item.request_id for item in self._items.values() if item.id != but.id)
        return frozenset(filter(None, others))

    async def plan(self, operation: Operation, audit: Sequence[AuditEntry]) -> None:
        """Write an operation before anything is sent; StoreError when the store does not take it."""
        store = self._store()
        if store is None:
            raise StoreReadOnly("the store is not open yet: no audit row can be written, so nothing is changed")
        await store.plan(operation, audit)
        for item in operation.items:
            self.show(item)

    async def move(self, item: OperationItem, expected: frozenset[ItemState], audit: Sequence[AuditEntry] = ()) -> bool:
        """Move an item; False when another owner has moved it. Only a move to SENDING fails for the store's sake."""
        store = self._store()
        if store is None:
            raise StoreReadOnly("the store is closed")
        async with self._order:
            if not await self._written(store, item, expected, audit):
                return False
        self.show(item)
        return True

    async def _written(
        self, store: Store, item: OperationItem, expected: frozenset[ItemState], audit: Sequence[AuditEntry]
    ) -> bool:
        """Write a move, or keep it behind those of its item that wait already; False when it has lost."""
        waiting = self._unwritten.get(item.id)
        if waiting is None:
            try:
                return await store.move_item(item, expected, audit, owner=self._owner)
            except StoreError as error:
                if item.state is ItemState.SENDING:
                    raise
                _log.warning("item not written", extra={"detail": error.detail})
                text = f"{item.vm_name}: neither store nor spool takes what became of it ({error.detail}); it is kept"
                self._bus.publish(Notice(text, Severity.ERROR))
        before = waiting or _Unwritten(item, ())
        self._unwritten[item.id] = _Unwritten(item, (*before.audit, *audit))
        return True

    async def keep(self) -> None:
        """Write what could not be written before; take over what other consoles wrote."""
        store = self._store()
        if store is None:
            return
        try:
            await store.replay_spool()
            await self._write_late(store)
            items = await self._news(store)
        except StoreError as error:
            _log.info("operations not kept up", extra={"detail": error.detail})
            return
        for item in items:
            if item.id not in self._unwritten and self._items.get(item.id) != item:
                # What had ended before this console began is no news.
                self.show(item, news=self._read or item.state.open)
        self._read = True

    async def _news(self, store: Store) -> tuple[OperationItem, ...]:
        """Return what was written since the last look; at the first one the newest items, however many there are."""
        if not self._read:
            self._change, _ = await store.items_since(_NEWEST)
            return await store.items(limit=_KEEP)
        self._change, items = await store.items_since(self._change)
        return items

    async def _write_late(self, store: Store) -> None:
        """Write what waits. An item that another console has taken over meanwhile is told by its new owner alone."""
        async with self._order:
            for one in tuple(self._unwritten.values()):
                if not await store.move_item(one.item, _OPEN, one.audit, owner=self._owner):
                    _log.warning("item taken over", extra={"item": one.item.id})
                del self._unwritten[one.item.id]

    def show(self, item: OperationItem, *, news: bool = True) -> None:
        """Remember an item as it is now and, if that is news, tell listeners."""
        self._items[item.id] = item
        if item.ref.id:
            if item.state.open:
                self._open_by_vm[item.ref] = item.id
            elif self._open_by_vm.get(item.ref) == item.id:
                del self._open_by_vm[item.ref]
        self._forget_old()
        if news:
            self._bus.publish(OperationChanged(item))

    def _forget_old(self) -> None:
        if len(self._items) <= _KEEP + 200:
            return
        ended = [item for item in self.recent() if item.state.ended]
        for item in ended[_KEEP:]:
            del self._items[item.id]
