"""`Lifecycle`: an operator's request becomes audited operations, each sent once and followed by an owner.

Gate again on the present state, write audit and plan, then send. No audit, no change.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from osvm_tui.cloud.base import CloudClient
from osvm_tui.domain.action import ActionSpec
from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.errors import CloudError, NotFound, OsvmError, Refused, StoreError, Unknown
from osvm_tui.domain.events import Notice, Severity
from osvm_tui.domain.gating import Verdict, check, elsewhere, policy
from osvm_tui.domain.operations import ActionRequest, Control, CreateVm, Operation, OperationItem, Submission
from osvm_tui.domain.parameters import expanded, parsed, secrets
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.undo import kept
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.audit_writer import AuditWriter
from osvm_tui.services.bus import EventBus
from osvm_tui.services.cadence import Cadence
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.item_runner import ItemRunner
from osvm_tui.services.learned import Learned
from osvm_tui.services.operation_book import OperationBook
from osvm_tui.services.payload import Payload, names, restored, stored, told
from osvm_tui.services.scopes import PROJECT, Scopes
from osvm_tui.services.tasks import end
from osvm_tui.store.base import Store

T = TypeVar("T")
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
        self._learned = Learned()
        self._runner = ItemRunner(scopes, book, writer, cadence, now, self._objection, self._learned)
        self._tasks: dict[asyncio.Task[None], str] = {}
        """What runs, with the id of its item: an item that another console took and left is taken over again."""
        self._claimed: list[OperationItem] = []
        """Ours by the store, not taken over yet."""
        self._falls: Counter[str] = Counter()
        self._strangers: set[str] = set()

    def verdict(self, ref: VmRef, action_id: str, entry: str = "") -> Verdict:
        """Ask the gate about a VM as it is now."""
        vm = self._fleet.get(ref)
        if vm is None:
            return Verdict(False, f"the VM {ref.short} is gone")
        try:
            through = self._scopes.entry_for(ref, entry)
            actor, scope = self._scopes.actor(through), self._scopes.scope(through)
        except OsvmError as error:
            return Verdict(False, error.detail)
        spec = ACTIONS[action_id]
        verdict = check(spec, vm, actor, scope.profile)
        return (self._learned.refusal(through, scope.key, spec) or verdict) if verdict.allowed else verdict

    async def look(self, ref: VmRef, action_id: str, ask: Callable[[CloudClient], Awaitable[T]]) -> T:
        """Gate a verb that only looks, and look; what the cloud's policy refuses is learned as that of any verb."""
        verdict = self.verdict(ref, action_id)
        if not verdict.allowed:
            raise Refused(verdict.reason)
        entry = self._scopes.entry_for(ref)
        scope = self._scopes.scope(entry)
        try:
            return await ask(self._scopes.client(entry))
        except CloudError as error:
            self._learned.note(entry, scope.key, action_id, error)
            raise

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
        allowed, refused = [], []
        for ref in dict.fromkeys(request.targets):
            verdict = self.verdict(ref, spec.id, request.entry)
            if verdict.allowed:
                allowed.append(ref)
            else:
                refused.append((ref, verdict.reason))
        await self._note_refusals(spec, refused, request)
        if not allowed:
            raise Refused(refused[0][1] if refused else "no VM was chosen")
        given = await self._completed(spec, allowed, request)
        params = parsed(spec.params, given, verb=spec.label, edits=spec.edits)
        operation_id = str(uuid.uuid4())
        items = [self._item(operation_id, spec, ref, request.entry, params) for ref in allowed]
        hidden = secrets(spec.params) & params.keys()
        open_params = {name: value for name, value in params.items() if name not in hidden}
        operation = self._operation(operation_id, spec.id, request.source, open_params, items, secret=bool(hidden))
        payloads = [expanded(spec.params, params, item.vm_name, operation.requested_at) for item in items]
        await self._plan(operation, items, payloads, request.refers)
        return Submission(operation_id, tuple(items), tuple(refused))

    async def _completed(self, spec: ActionSpec, refs: list[VmRef], request: ActionRequest) -> dict[str, object]:
        """Return what was given, with the VM's running migration where the action means one and none was named."""
        given = dict(request.params)
        for param in spec.params:
            if param.kind == "migration" and not given.get(param.name):
                given[param.name] = await self._migration(refs, request.entry)
        return given

    async def _migration(self, refs: list[VmRef], asked: str) -> str:
        if len(refs) > 1:
            raise Refused("name one VM: each has a migration of its own")
        client = self._scopes.client(self._scopes.entry_for(refs[0], asked))
        running = [one for one in await client.migrations(refs[0].id) if one.running]
        if len(running) != 1:
            ids = ", ".join(one.id for one in running)
            raise Refused(f"several migrations are running ({ids}); name one" if ids else "no migration is running")
        return running[0].id

    async def note_refused(self, request: ActionRequest) -> None:
        """Audit what the gate refuses of a request; see `ConsoleApi.note_refused`."""
        spec = ACTIONS[request.action_id]
        verdicts = [(ref, self.verdict(ref, spec.id, request.entry)) for ref in request.targets]
        refused = [(ref, verdict.reason) for ref, verdict in verdicts if not verdict.allowed]
        await self._note_refusals(spec, refused, request)

    async def create(self, entry: str, order: CreateVm, count: int, source: str, asked_in: str = "") -> Submission:
        """Plan and send one or several creations; see `ConsoleApi.create`."""
        if no := elsewhere(entry, asked_in, self._scopes.scope(entry).project_id):
            raise Refused(no.reason)
        orders = [msgspec.structs.replace(order, name=name) for name in names(order.name, count)]
        return await self.create_all(entry, orders, source)

    async def create_all(self, entry: str, orders: list[CreateVm], source: str, refers: str = "") -> Submission:
        """Plan and send creations as one operation; each gets an id of its own."""
        verdict = self.create_verdict(entry)
        if not verdict.allowed:
            raise Refused(verdict.reason)
        operation_id, spec, scope = str(uuid.uuid4()), ACTIONS["create-server"], self._scopes.scope(entry)
        fresh = [msgspec.structs.replace(order, vm_uuid=str(uuid.uuid4())) for order in orders]
        items = [
            OperationItem(
                id=str(uuid.uuid4()), operation_id=operation_id, action_id=spec.id, ref=VmRef(scope.endpoint, ""),
                vm_name=one.name, vm_uuid=one.vm_uuid, entry=entry, scope_key=scope.key, operator=self._operator,
                before="building", planned_at=self._now(), deadline_s=spec.deadline_s, owner=self._owner,
                was={PROJECT: scope.project_id},
            )
            for one in fresh
        ]  # fmt: skip
        secret = any(order.user_data for order in fresh)
        operation = self._operation(operation_id, spec.id, source, stored(fresh), items, secret=secret)
        await self._plan(operation, items, fresh, refers)
        return Submission(operation_id, tuple(items))

    def noticed(self, vms: Iterable[Vm]) -> None:
        """Hear of VMs that the fleet's polling has read."""
        self._runner.noticed(vms)

    async def keep(self) -> None:
        """Renew our leases, take over what dead owners left, follow other consoles; until cancelled."""
        while True:
            await asyncio.sleep(self._cadence.claim_s)
            await self._book.keep()
            self._tell_strangers()
            store = self._store()
            if store is None:
                continue
            try:
                await store.keep_items(self._owner, self._cadence.owner_ttl_s, self._now(), self._cadence.stale_plan_s)
                self._claimed += await store.claim_items(
                    self._owner, self._cadence.owner_ttl_s, self._now(), self._scopes.keys(), frozenset(ACTIONS)
                )
                while self._claimed:
                    # Dropped only when they are followed: the store gives an item to its owner once.
                    operation_id = self._claimed[0].operation_id
                    await self._take_over(store, [one for one in self._claimed if one.operation_id == operation_id])
                    self._claimed = [one for one in self._claimed if one.operation_id != operation_id]
            except StoreError as error:
                _log.info("no claim", extra={"detail": error.detail})

    def _tell_strangers(self) -> None:
        """Log once which actions this console does not know: a newer one planned them, and such a one follows them."""
        found = {one.action_id for one in self._book.recent() if one.state.open} - ACTIONS.keys() - self._strangers
        self._strangers |= found
        for action_id in sorted(found):
            _log.warning("an action that this console does not know is left alone", extra={"action": action_id})

    async def stop(self) -> None:
        """Stop following; open items are taken over by another console or by the next start."""
        await end(self._tasks)
        await self._book.keep()

    async def _take_over(self, store: Store, items: list[OperationItem]) -> None:
        """Go on with items of one operation that their owner left behind."""
        operation = await store.operation(items[0].operation_id)
        mine = [own for item in items if (own := self._adopted(item)) is not None]
        if operation is None or not mine:
            return
        self._book.show(*mine)
        spec, one = ACTIONS[operation.action_id], mine[0]
        what = f"{one.vm_name} ({one.state.value})" if len(mine) == 1 else f"{len(mine)} VMs"
        self._bus.publish(Notice(f"taking over: {spec.doing} {what}", Severity.WARNING))
        await store.append_audit([self._writer.item(item, "taken over") for item in mine])
        stale = operation.control is not Control.PAUSE and operation.idle_s > self._cadence.stale_plan_s
        objection = "it was planned too long ago" if stale else ""
        for item in mine:
            self._spawn(item, self._runner.resume(item, restored(operation, item), objection))

    def _adopted(self, item: OperationItem) -> OperationItem | None:
        """Return an item as ours, None when it is followed already or no entry acts for its scope."""
        entry = self._scopes.entry_of_scope(item.scope_key, item.entry, str(item.was.get(PROJECT, "")))
        if not entry or item.id in self._tasks.values():
            return None
        return msgspec.structs.replace(item, entry=entry, owner=self._owner)

    async def _objection(self, item: OperationItem) -> str:
        """Gate an item again, on a fresh reading, before it is sent after all: it waited, or its owner died."""
        if item.action_id == "create-server":
            return self.create_verdict(item.entry).reason
        follower = self._scopes.follower(item.entry)
        try:
            await follower.observe(await follower.client.get_vm(item.ref.id))
        except NotFound:
            await follower.lost(item.ref)
        except CloudError as error:
            _log.info("gated by the last picture", extra={"item": item.id, "detail": error.detail})
        return self.verdict(item.ref, item.action_id, item.entry).reason

    async def _plan(
        self, operation: Operation, items: list[OperationItem], payloads: Sequence[Payload], refers: str = ""
    ) -> None:
        spec = ACTIONS[operation.action_id]
        details = [", ".join(filter(None, (refers, told(spec, payload)))) for payload in payloads]
        audit = [
            self._writer.item(item, "requested", source=operation.source, detail=detail)
            for item, detail in zip(items, details, strict=True)
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

    def _item(
        self, operation_id: str, spec: ActionSpec, ref: VmRef, asked: str, params: dict[str, object]
    ) -> OperationItem:
        entry = self._scopes.entry_for(ref, asked)
        vm: Vm | None = self._fleet.get(ref)
        if vm is None:
            raise Refused(f"the VM {ref.short} is gone")
        return OperationItem(
            id=str(uuid.uuid4()), operation_id=operation_id, action_id=spec.id, ref=ref, vm_name=vm.name,
            entry=entry, scope_key=self._scopes.scope(entry).key, operator=self._operator, before=vm.vm_state,
            planned_at=self._now(), deadline_s=spec.deadline_s, owner=self._owner, was=kept(spec.id, vm, params),
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
