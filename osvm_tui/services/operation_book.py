"""`OperationBook`: the items this console knows, kept in the store and told to listeners.

The store is the truth among processes; when it cannot be written after a call has left, audit goes to the spool and the
item's row is written as soon as the store takes it again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence

import msgspec

from osvm_tui.domain.audit import AuditEntry
from osvm_tui.domain.errors import StoreError, StoreReadOnly
from osvm_tui.domain.events import OperationChanged
from osvm_tui.domain.operations import ItemState, Operation, OperationItem
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.bus import EventBus
from osvm_tui.store.base import Store

_log = logging.getLogger("osvm.operations")
_KEEP = 1000
_OPEN = frozenset(state for state in ItemState if state.open)


class OperationBook:
    """Recent items of all consoles on this store, the open ones by VM."""

    def __init__(self, bus: EventBus, owner: str, store: Callable[[], Store | None]) -> None:
        self._bus, self._owner, self._store = bus, owner, store
        self._items: dict[str, OperationItem] = {}
        self._open_by_vm: dict[VmRef, str] = {}
        self._unwritten: dict[str, OperationItem] = {}
        self._unplanned: dict[str, Operation] = {}
        self._change = 0

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

    async def plan(self, operation: Operation, audit: Sequence[AuditEntry]) -> None:
        """Write an operation before anything is sent; StoreReadOnly when not even the spool takes the audit rows."""
        store = self._store()
        if store is None:
            raise StoreReadOnly("the store is not open yet: no audit row can be written, so nothing is changed")
        try:
            await store.plan(operation, audit)
        except StoreError as error:
            _log.warning("operation kept in memory", extra={"detail": error.detail})
            await store.append_audit(audit)
            self._unplanned[operation.id] = operation
            self._unwritten.update((item.id, item) for item in operation.items)
        for item in operation.items:
            self.show(item)

    async def move(self, item: OperationItem, expected: frozenset[ItemState], audit: Sequence[AuditEntry] = ()) -> bool:
        """Move an item; False when another owner has moved it. After a send it never fails for the store's sake."""
        store = self._store()
        if store is None:
            raise StoreReadOnly("the store is closed")
        if item.id not in self._unwritten:
            try:
                if not await store.move_item(item, expected, audit, owner=self._owner):
                    return False
                self.show(item)
                return True
            except StoreError as error:
                if item.state is ItemState.SENDING:
                    raise
                _log.warning("item not written", extra={"detail": error.detail})
        if audit:
            await store.append_audit(audit)
        self._unwritten[item.id] = item
        self.show(item)
        return True

    async def keep(self, ttl_s: float) -> None:
        """Write what could not be written before; take over what other consoles wrote."""
        store = self._store()
        if store is None:
            return
        try:
            await store.replay_spool()
            await self._write_late(store)
            self._change, items = await store.items_since(self._change)
        except StoreError as error:
            _log.info("operations not kept up", extra={"detail": error.detail})
            return
        for item in items:
            if item.id not in self._unwritten and self._items.get(item.id) != item:
                self.show(item)

    async def _write_late(self, store: Store) -> None:
        """Write rows that the store would not take before; their audit is in the chain by way of the spool."""
        for operation in tuple(self._unplanned.values()):
            items = tuple(self._items[item.id] for item in operation.items)
            await store.plan(msgspec.structs.replace(operation, items=items), ())
            del self._unplanned[operation.id]
            for item in items:
                self._unwritten.pop(item.id, None)
        for item in tuple(self._unwritten.values()):
            await store.move_item(item, _OPEN, (), owner=self._owner)
            self._unwritten.pop(item.id, None)

    def show(self, item: OperationItem) -> None:
        """Remember an item as it is now and tell listeners."""
        self._items[item.id] = item
        if item.ref.id:
            if item.state.open:
                self._open_by_vm[item.ref] = item.id
            elif self._open_by_vm.get(item.ref) == item.id:
                del self._open_by_vm[item.ref]
        self._forget_old()
        self._bus.publish(OperationChanged(item))

    def _forget_old(self) -> None:
        if len(self._items) <= _KEEP + 200:
            return
        ended = [item for item in self.recent() if item.state.ended]
        for item in ended[_KEEP:]:
            del self._items[item.id]
