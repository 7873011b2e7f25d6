"""`Lifecycle`: an operator's request becomes audited operations, each sent once and followed by an owner.

Gate again on the present state, write audit and plan, then send. No audit, no change.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import Counter
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any

import msgspec

from osvm_tui.domain.action import ActionSpec
from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.errors import OsvmError, Refused, StoreError, Unknown
from osvm_tui.domain.events import Notice, Severity
from osvm_tui.domain.gating import Verdict, check, policy
from osvm_tui.domain.operations import ActionRequest, CreateVm, Operation, OperationItem, Submission
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.audit_writer import AuditWriter
from osvm_tui.services.bus import EventBus
from osvm_tui.services.cadence import Cadence
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.item_runner import ItemRunner
from osvm_tui.services.operation_book import OperationBook
from osvm_tui.services.payload import names, restored, stored, told
from osvm_tui.services.scopes import Scopes
from osvm_tui.services.tasks import end
from osvm_tui.store.base import Store

_log = logging.getLogger("osvm.operations")
_FALLS = 3
"""How often an item is picked up again after a fault of the console's own."""


class Lifecycle:
    """Requests in, operations out; and the care for items whose owner died."""

    def __init__(
        self,
        fleet: Fleet,
        scopes: Scopes,
        book: OperationBook,
        writer: AuditWriter,
        bus: EventBus,
        store: Callable[[], Store | None],
        *,
        owner: str,
        operator: str,
        console_role: ConsoleRole,
        cadence: Cadence,
        now: Callable[[], datetime],
    ) -> None:
        self._fleet, self._scopes, self._book, self._writer, self._bus = fleet, scopes, book, writer, bus
        self._store, self._owner, self._operator, self._role = store, owner, operator, console_role
        self._cadence, self._now = cadence, now
        self._runner = ItemRunner(scopes, book, writer, cadence, now)
        self._tasks: dict[asyncio.Task[None], str] = {}
        """What runs, with the id of its item: an item that another console took and left is taken over again."""
        self._claimed: list[OperationItem] = []
        self._falls: Counter[str] = Counter()
        """Ours by the store, not taken over yet."""

    def verdict(self, ref: VmRef, action_id: str, entry: str = "") -> Verdict:
        """Ask the gate about a VM as it is now."""
        vm = self._fleet.get(ref)
        if vm is None:
            return Verdict(False, f"the VM {ref.short} is gone")
        try:
            through = self._scopes.entry_for(ref, entry)
            actor, profile = self._scopes.actor(through), self._scopes.scope(through).profile
        except OsvmError as error:
            return Verdict(False, error.detail)
        return check(ACTIONS[action_id], vm, actor, profile)

    def create_verdict(self, entry: str) -> Verdict:
        """Ask the gate whether a VM may be created through an entry."""
        try:
            scope, actor = self._scopes.scope(entry), self._scopes.actor(entry)
        except OsvmError as error:
            return Verdict(False, error.detail)
        return policy(ACTIONS["create-server"], actor, scope.profile) or Verdict(True)

    async def submit(self, request: ActionRequest) -> Submission:
        """Plan and send; see `ConsoleApi.submit`."""
        spec = ACTIONS.get(request.action_id)
        if spec is None or not spec.changes or spec.id == "create-server":
            raise Unknown(f"{request.action_id} is not an action on a VM")
        operation_id = str(uuid.uuid4())
        items, refused = [], []
        for ref in dict.fromkeys(request.targets):
            verdict = self.verdict(ref, spec.id, request.entry)
            if verdict.allowed:
                items.append(self._item(operation_id, spec, ref, request.entry))
            else:
                refused.append((ref, verdict.reason))
        await self._note_refusals(spec, refused, request)
        if not items:
            raise Refused(refused[0][1] if refused else "no VM was chosen")
        operation = self._operation(operation_id, spec.id, request.source, dict(request.params), items)
        await self._plan(operation, items, [dict(request.params) for _ in items])
        return Submission(operation_id, tuple(items), tuple(refused))

    async def note_refused(self, request: ActionRequest) -> None:
        """Audit what the gate refuses of a request; see `ConsoleApi.note_refused`."""
        spec = ACTIONS[request.action_id]
        verdicts = [(ref, self.verdict(ref, spec.id, request.entry)) for ref in request.targets]
        refused = [(ref, verdict.reason) for ref, verdict in verdicts if not verdict.allowed]
        await self._note_refusals(spec, refused, request)

    async def create(self, entry: str, order: CreateVm, count: int, source: str) -> Submission:
        """Plan and send one or several creations; see `ConsoleApi.create`."""
        verdict = self.create_verdict(entry)
        if not verdict.allowed:
            raise Refused(verdict.reason)
        operation_id, spec, scope = str(uuid.uuid4()), ACTIONS["create-server"], self._scopes.scope(entry)
        orders = [
            msgspec.structs.replace(order, name=name, vm_uuid=str(uuid.uuid4())) for name in names(order.name, count)
        ]
        items = [
            OperationItem(
                id=str(uuid.uuid4()), operation_id=operation_id, action_id=spec.id, ref=VmRef(scope.endpoint, ""),
                vm_name=one.name, vm_uuid=one.vm_uuid, entry=entry, scope_key=scope.key, operator=self._operator,
                before="building", planned_at=self._now(), deadline_s=spec.deadline_s, owner=self._owner,
            )
            for one in orders
        ]  # fmt: skip
        operation = self._operation(operation_id, spec.id, source, stored(orders), items, secret=bool(order.user_data))
        await self._plan(operation, items, orders)
        return Submission(operation_id, tuple(items))

    async def keep(self) -> None:
        """Renew our leases, take over what dead owners left, follow other consoles; until cancelled."""
        while True:
            await asyncio.sleep(self._cadence.claim_s)
            await self._book.keep()
            store = self._store()
            if store is None:
                continue
            try:
                await store.keep_items(self._owner, self._cadence.owner_ttl_s, self._now())
                self._claimed += await store.claim_items(
                    self._owner, self._cadence.owner_ttl_s, self._now(), self._scopes.keys()
                )
                while self._claimed:
                    # Dropped only when it is followed: the store gives an item to its owner once.
                    await self._take_over(store, self._claimed[0])
                    del self._claimed[0]
            except StoreError as error:
                _log.info("no claim", extra={"detail": error.detail})

    async def stop(self) -> None:
        """Stop following; open items are taken over by another console or by the next start."""
        await end(self._tasks)
        await self._book.keep()

    async def _take_over(self, store: Store, item: OperationItem) -> None:
        if item.id in self._tasks.values():
            return
        entry = self._scopes.entry_of_scope(item.scope_key, item.entry)
        if not entry:
            return
        operation = await store.operation(item.operation_id)
        payload = restored(operation, item) if operation else None
        mine = msgspec.structs.replace(item, entry=entry, owner=self._owner)
        self._book.show(mine)
        spec = ACTIONS[item.action_id]
        text = f"taking over: {spec.doing} {item.vm_name} ({item.state.value})"
        self._bus.publish(Notice(text, Severity.WARNING))
        await store.append_audit([self._writer.item(mine, "taken over")])
        self._spawn(mine, self._runner.resume(mine, payload, self._objection(mine)))

    def _objection(self, item: OperationItem) -> str:
        """Gate an item again before its new owner may send it."""
        if item.action_id == "create-server":
            return self.create_verdict(item.entry).reason
        return self.verdict(item.ref, item.action_id, item.entry).reason

    async def _plan(self, operation: Operation, items: list[OperationItem], payloads: list[Any]) -> None:
        spec = ACTIONS[operation.action_id]
        audit = [
            self._writer.item(item, "requested", source=operation.source, detail=told(spec, payload))
            for item, payload in zip(items, payloads, strict=True)
        ]
        await self._book.plan(msgspec.structs.replace(operation, items=tuple(items)), audit)
        for item, payload in zip(items, payloads, strict=True):
            self._spawn(item, self._runner.run(item, payload))

    def _spawn(self, item: OperationItem, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work, name=f"{item.action_id} {item.vm_name}")
        self._tasks[task] = item.id
        task.add_done_callback(self._done)

    def _done(self, task: asyncio.Task[None]) -> None:
        item = self._book.item(self._tasks.pop(task))
        if task.cancelled() or task.exception() is None:
            return
        _log.error("operation failed in the console", exc_info=task.exception())
        self._bus.publish(Notice(f"{task.get_name()}: the console failed; see the log", Severity.ERROR))
        if item is not None and item.state.open and self._falls[item.id] < _FALLS:
            # Ours in the store: followed by us or by nobody.
            self._falls[item.id] += 1
            self._claimed.append(item)

    async def _note_refusals(self, spec: ActionSpec, refused: list[tuple[VmRef, str]], request: ActionRequest) -> None:
        """Audit what the gate refused; a refusal changes nothing, so a store in trouble does not hide its reason."""
        store = self._store()
        vms = [(vm, reason) for ref, reason in refused if (vm := self._fleet.get(ref)) is not None]
        if store is None or not vms:
            return
        entries = [
            self._writer.refused(spec.id, vm, request.entry or self._fleet.entry_of(vm.ref), reason, request.source)
            for vm, reason in vms
        ]
        try:
            await store.append_audit(entries)
        except StoreError as error:
            _log.warning("refusal not audited", extra={"detail": error.detail})

    def _item(self, operation_id: str, spec: ActionSpec, ref: VmRef, asked: str) -> OperationItem:
        entry = self._scopes.entry_for(ref, asked)
        vm: Vm | None = self._fleet.get(ref)
        assert vm is not None
        return OperationItem(
            id=str(uuid.uuid4()), operation_id=operation_id, action_id=spec.id, ref=ref, vm_name=vm.name,
            entry=entry, scope_key=self._scopes.scope(entry).key, operator=self._operator, before=vm.vm_state,
            planned_at=self._now(), deadline_s=spec.deadline_s, owner=self._owner,
        )  # fmt: skip

    def _operation(
        self,
        operation_id: str,
        action_id: str,
        source: str,
        params: dict[str, object],
        items: list[OperationItem],
        *,
        secret: bool = False,
    ) -> Operation:
        return Operation(
            id=operation_id, action_id=action_id, operator=self._operator, console_role=self._role.value,
            source=source, requested_at=self._now(), params=params, secret=secret, items=tuple(items),
        )  # fmt: skip
