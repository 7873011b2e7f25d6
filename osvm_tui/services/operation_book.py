"""`OperationBook`: the operations this console knows, kept in the store and told to listeners.

The store is the truth among processes. What it does not take before a call is sent is not done: an operation that only
a dead console knew would have no owner. What it does not take afterwards is kept here and written when it can be.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from osvm_tui.domain.audit import AuditEntry
from osvm_tui.domain.errors import StoreError, StoreReadOnly
from osvm_tui.domain.events import Notice, OperationChanged, OperationEnded, OperationSteered, Severity
from osvm_tui.domain.operations import Control, ItemState, Operation, OperationItem, OperationView
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.bus import EventBus
from osvm_tui.services.operation_ledger import KEEP, OperationLedger
from osvm_tui.store.base import Store

_log = logging.getLogger("osvm.operations")
_NEWEST = 2**62
"""Behind every change number there is."""
_OPEN = frozenset(state for state in ItemState if state.open)


class _Unwritten(NamedTuple):
    """How an item stands and what the audit must hear of it, once the store takes both."""

    item: OperationItem
    audit: tuple[AuditEntry, ...]


class OperationBook:
    """Recent operations of all consoles on this store, and the writing of this console's."""

    def __init__(self, bus: EventBus, owner: str, store: Callable[[], Store | None]) -> None:
        self._bus, self._owner, self._store = bus, owner, store
        self._ledger = OperationLedger()
        self._unwritten: dict[str, _Unwritten] = {}
        self._order = asyncio.Lock()
        self._steered = asyncio.Event()
        self._change = 0
        self._read = False

    # memory

    @property
    def busy(self) -> bool:
        """Whether any item is open."""
        return self._ledger.busy

    def recent(self) -> tuple[OperationItem, ...]:
        """Return the known items, newest first."""
        return self._ledger.recent()

    def of(self, operation_id: str) -> tuple[OperationItem, ...]:
        """Return the items of one operation, in the order asked for."""
        return self._ledger.of(operation_id)

    def view(self, operation_id: str) -> OperationView | None:
        """Return an operation with its items counted, None when it is not known here."""
        return self._ledger.view(operation_id)

    def views(self) -> tuple[OperationView, ...]:
        """Return the known operations, newest first."""
        return self._ledger.views()

    def operation(self, operation_id: str) -> Operation | None:
        """Return an operation without its items, as known here."""
        return self._ledger.head(operation_id)

    def pending(self, ref: VmRef) -> OperationItem | None:
        """Return the open item of a VM."""
        return self._ledger.pending(ref)

    def last(self, ref: VmRef) -> OperationItem | None:
        """Return the item of a VM that was asked for last."""
        return self._ledger.last(ref)

    def item(self, item_id: str) -> OperationItem | None:
        """Return an item as it is known here."""
        return self._ledger.item(item_id)

    def item_of_request(self, request_id: str) -> OperationItem | None:
        """Return the item whose call the cloud answered under this request id."""
        return self._ledger.item_of_request(request_id)

    def request_ids(self, but: OperationItem) -> frozenset[str]:
        """Return the cloud's request ids of every other item: none of them can be the trace of `but`."""
        others = (item.request_id for item in self._ledger.recent() if item.id != but.id)
        return frozenset(filter(None, others))

    # writing

    def _kept(self) -> Store:
        store = self._store()
        if store is None:
            raise StoreReadOnly("the store is not open: no audit row can be written, so nothing is changed")
        return store

    async def plan(self, operation: Operation, audit: Sequence[AuditEntry]) -> None:
        """Write an operation before anything is sent; StoreError when the store does not take it."""
        await self._kept().plan(operation, audit)
        self._ledger.head_is(operation)
        self.show(*operation.items)

    async def steer(self, operation_id: str, control: Control, audit: Sequence[AuditEntry]) -> bool:
        """Write what is to become of the unsent items, whoever owns them; False when the store says so already."""
        written = await self._kept().steer(operation_id, control, audit)
        stored = await self._kept().operation(operation_id)
        if stored is not None:
            self._heed([stored])
        return written

    def control(self, operation_id: str) -> Control:
        """Return what its owners are told to do with unsent items, as far as is known here."""
        head = self._ledger.head(operation_id)
        return head.control if head else Control.RUN

    async def released(self, operation_id: str) -> Control:
        """Wait while an operation is paused; return RUN or CANCEL."""
        while (control := self.control(operation_id)) is Control.PAUSE:
            await self._steered.wait()
        return control

    async def still_planned(self, item: OperationItem) -> bool:
        """Ask the store why an item could not be sent: True when it is ours and unsent, held by its operation alone."""
        stored = await self._kept().operation(item.operation_id)
        if stored is None:
            return False
        self._heed([stored])
        now = next((one for one in stored.items if one.id == item.id), item)
        return now.owner == self._owner and now.state is ItemState.PLANNED

    async def move(self, item: OperationItem, expected: frozenset[ItemState], audit: Sequence[AuditEntry] = ()) -> bool:
        """Move an item; False when another owner has moved it, or when it is to be sent and its operation is held.

        Only a move to SENDING fails for the store's sake.
        """
        store = self._kept()
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

    # following the store

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
        moved = [one for one in items if one.id not in self._unwritten and self._ledger.item(one.id) != one]
        # What had ended before this console began is no news.
        self.show(*(one for one in moved if not (self._read or one.state.open)), news=False)
        self.show(*(one for one in moved if self._read or one.state.open))
        self._ledger.forget_old()
        self._read = True

    async def _news(self, store: Store) -> tuple[OperationItem, ...]:
        """Return what was written since the last look; at the first one the newest items, however many there are."""
        if not self._read:
            self._change, _ = await store.items_since(_NEWEST)
            items = await store.items(limit=KEEP)
            self._heed(await store.operations(limit=KEEP))
            return await self._whole(store, items)
        before = self._change
        self._change, items = await store.items_since(before)
        if self._change != before:
            # Read after the items: an operation is never younger than what it is made of.
            self._heed(await store.operations(before))
        return items

    async def _whole(self, store: Store, items: tuple[OperationItem, ...]) -> tuple[OperationItem, ...]:
        """Return `items`, oldest first, with the rest of the operation that the limit may have cut in two."""
        if len(items) < KEEP:
            return items[::-1]
        cut = await store.operation(items[-1].operation_id)
        rest = cut.items if cut else ()
        return (*rest, *(item for item in reversed(items) if item.operation_id != items[-1].operation_id))

    def _heed(self, operations: Iterable[Operation]) -> None:
        """Take over operations as the store has them, and tell of those that were steered."""
        for operation in operations:
            if self._ledger.head_is(operation):
                steered, self._steered = self._steered, asyncio.Event()
                steered.set()
                view = self._ledger.view(operation.id)
                assert view is not None
                self._bus.publish(OperationSteered(view))

    async def _write_late(self, store: Store) -> None:
        """Write what waits. An item that another console has taken over meanwhile is told by its new owner alone."""
        async with self._order:
            for one in tuple(self._unwritten.values()):
                if not await store.move_item(one.item, _OPEN, one.audit, owner=self._owner):
                    _log.warning("item taken over", extra={"item": one.item.id})
                del self._unwritten[one.item.id]

    def show(self, *items: OperationItem, news: bool = True) -> None:
        """Remember items as they are now and, if that is news, tell listeners; ends are told when all are known."""
        for item in items:
            self._ledger.put(item, news=news)
            if news:
                self._bus.publish(OperationChanged(item))
        for operation_id in dict.fromkeys(item.operation_id for item in items):
            if self._ledger.just_ended(operation_id):
                view = self._ledger.view(operation_id)
                assert view is not None
                self._bus.publish(OperationEnded(view))
