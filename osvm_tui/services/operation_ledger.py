"""`OperationLedger`: operations and their items in memory, counted as they move; no store, no events.

Moving one item costs the same whether its operation has one item or a thousand.
"""

from __future__ import annotations

from collections import Counter

import msgspec

from osvm_tui.domain.operations import Control, ItemState, Operation, OperationItem, OperationView
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.payload import params_told

KEEP = 1000
"""So many items are remembered; whole operations that have ended are forgotten, the oldest first."""
_SLACK = 200
_ORDER = {state: number for number, state in enumerate(ItemState)}


class _Account:
    """One operation: what it is, whose items it has, and in which states they are."""

    def __init__(self, head: Operation) -> None:
        self.head = head
        self.ids: dict[str, None] = {}
        self.counts: Counter[ItemState] = Counter()
        self.watched = False
        """Whether it was seen open, as news: then its end is told."""

    @property
    def open(self) -> int:
        return sum(count for state, count in self.counts.items() if state.open)

    def view(self) -> OperationView:
        head = self.head
        counts = sorted(((s, n) for s, n in self.counts.items() if n), key=lambda pair: _ORDER[pair[0]])
        return OperationView(
            id=head.id, action_id=head.action_id, operator=head.operator, source=head.source,
            requested_at=head.requested_at, control=head.control, counts=tuple(counts),
            params=params_told(head.action_id, head.params),
        )  # fmt: skip


class OperationLedger:
    """What a console knows of operations."""

    def __init__(self) -> None:
        self._accounts: dict[str, _Account] = {}
        self._items: dict[str, OperationItem] = {}
        self._open_by_vm: dict[VmRef, str] = {}
        self._last_by_vm: dict[VmRef, str] = {}
        self._by_request: dict[str, str] = {}

    @property
    def busy(self) -> bool:
        """Whether any item of a known VM is open."""
        return bool(self._open_by_vm)

    def recent(self) -> tuple[OperationItem, ...]:
        """Return all items, newest first."""
        return tuple(sorted(self._items.values(), key=lambda item: item.planned_at, reverse=True))

    def of(self, operation_id: str) -> tuple[OperationItem, ...]:
        """Return one operation's items, in the order asked for."""
        account = self._accounts.get(operation_id)
        return tuple(self._items[item_id] for item_id in account.ids) if account else ()

    def item(self, item_id: str) -> OperationItem | None:
        """Return an item."""
        return self._items.get(item_id)

    def item_of_request(self, request_id: str) -> OperationItem | None:
        """Return the item of one of the cloud's request ids."""
        return self._items.get(self._by_request.get(request_id, ""))

    def pending(self, ref: VmRef) -> OperationItem | None:
        """Return the open item of a VM, the newest when there are several."""
        return self._items.get(self._open_by_vm.get(ref, ""))

    def last(self, ref: VmRef) -> OperationItem | None:
        """Return the item of a VM that was asked for last."""
        return self._items.get(self._last_by_vm.get(ref, ""))

    def head(self, operation_id: str) -> Operation | None:
        """Return an operation without its items."""
        account = self._accounts.get(operation_id)
        return account.head if account else None

    def view(self, operation_id: str) -> OperationView | None:
        """Return an operation with its items counted."""
        account = self._accounts.get(operation_id)
        return account.view() if account else None

    def views(self) -> tuple[OperationView, ...]:
        """Return the operations that have items, newest first."""
        found = [account.view() for account in self._accounts.values() if account.ids]
        return tuple(sorted(found, key=lambda view: view.requested_at, reverse=True))

    def head_is(self, operation: Operation) -> bool:
        """Take over what an operation is; return whether it was known and is steered otherwise than before."""
        head = msgspec.structs.replace(operation, items=())
        account = self._accounts.setdefault(head.id, _Account(head))
        steered = account.head.control is not head.control
        account.head = head
        return steered

    def put(self, item: OperationItem, *, news: bool) -> None:
        """Take over an item as it is now."""
        account = self._accounts.get(item.operation_id) or self._unheard(item)
        before = self._items.get(item.id)
        if before is not None:
            account.counts[before.state] -= 1
        account.counts[item.state] += 1
        account.ids[item.id] = None
        account.watched |= news and item.state.open
        self._items[item.id] = item
        if item.request_id:
            self._by_request[item.request_id] = item.id
        if item.ref.id:
            self._by_vm(item)

    def just_ended(self, operation_id: str) -> bool:
        """Return once that the last open item of a watched operation has ended."""
        account = self._accounts[operation_id]
        ended = account.watched and not account.open
        account.watched &= not ended
        return ended

    def _by_vm(self, item: OperationItem) -> None:
        if item.state.open:
            self._open_by_vm[item.ref] = item.id
        elif self._open_by_vm.get(item.ref) == item.id:
            del self._open_by_vm[item.ref]
        last = self.last(item.ref)
        if last is None or last.planned_at <= item.planned_at:
            self._last_by_vm[item.ref] = item.id

    def _unheard(self, item: OperationItem) -> _Account:
        """Open an account for an item whose operation has not been read yet."""
        head = Operation(
            id=item.operation_id, action_id=item.action_id, operator=item.operator, console_role="", source="",
            requested_at=item.planned_at, control=Control.RUN,
        )  # fmt: skip
        return self._accounts.setdefault(item.operation_id, _Account(head))

    def forget_old(self) -> None:
        """Drop the oldest ended operations, whole, when there are too many items."""
        too_many = len(self._items) - KEEP
        if too_many <= _SLACK:
            return
        for operation_id, account in sorted(self._accounts.items(), key=lambda one: one[1].head.requested_at):
            if too_many <= 0:
                return
            if not account.open:
                too_many -= len(account.ids)
                self._forget(operation_id, account)

    def _forget(self, operation_id: str, account: _Account) -> None:
        del self._accounts[operation_id]
        for item_id in account.ids:
            item = self._items.pop(item_id)
            self._by_request.pop(item.request_id, None)
            if self._last_by_vm.get(item.ref) == item_id:
                del self._last_by_vm[item.ref]
