"""`Bulk`: operations as a whole: steered, asked for again, taken back, told as commands. Sends through `Lifecycle`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

from osvm_tui.cloud.base import ApiCall
from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.errors import Refused
from osvm_tui.domain.events import OperationEnded
from osvm_tui.domain.gating import Verdict
from osvm_tui.domain.item_action import action_of
from osvm_tui.domain.openstack_calls import command_of_call
from osvm_tui.domain.openstack_cli import PASSWORD, command, create_command
from osvm_tui.domain.operations import (
    ActionRequest,
    Control,
    ItemState,
    Operation,
    OperationItem,
    OperationView,
    Submission,
    UndoOutcome,
)
from osvm_tui.domain.parameters import expanded, secrets
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.services.audit_writer import AuditWriter
from osvm_tui.services.bus import EventBus
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.lifecycle import Lifecycle
from osvm_tui.services.operation_book import OperationBook
from osvm_tui.services.operations_api import OperationsApi
from osvm_tui.services.payload import orders_of
from osvm_tui.services.scopes import PROJECT, Scopes
from osvm_tui.services.script import Script
from osvm_tui.services.undo import Undo
from osvm_tui.store.base import Store

_AGAIN = frozenset({ItemState.FAILED, ItemState.CANCELLED})
_PHASES = {Control.RUN: "resumed", Control.PAUSE: "paused", Control.CANCEL: "cancelled"}


class Bulk(OperationsApi):
    """Operations of all consoles on this store, as this console may steer them."""

    def __init__(
        self,
        fleet: Fleet,
        scopes: Scopes,
        book: OperationBook,
        lifecycle: Lifecycle,
        writer: AuditWriter,
        bus: EventBus,
        writable: Callable[[], Awaitable[Store]],
        console_role: ConsoleRole,
        now: Callable[[], datetime],
    ) -> None:
        self._book, self._lifecycle, self._scopes = book, lifecycle, scopes
        self._undo = Undo(fleet, scopes, book, lifecycle, self.wait)
        self._script = Script(fleet, scopes, lifecycle, now)
        self._writer, self._bus, self._writable, self._role = writer, bus, writable, console_role

    def view(self, operation_id: str) -> OperationView | None:
        return self._book.view(operation_id)

    def views(self) -> tuple[OperationView, ...]:
        return self._book.views()

    def items(self, operation_id: str) -> tuple[OperationItem, ...]:
        return self._book.of(operation_id)

    async def wait(self, operation_id: str, timeout_s: float) -> tuple[OperationItem, ...]:
        """Return an operation's items when all have ended, or as they are when the time is over."""
        ended = asyncio.Event()
        end = self._bus.subscribe(lambda event: ended.set() if isinstance(event, OperationEnded) else None)
        try:
            async with asyncio.timeout(timeout_s):
                while (view := self._book.view(operation_id)) and view.open:
                    ended.clear()
                    await ended.wait()
        except TimeoutError:
            pass
        finally:
            end()
        return self._book.of(operation_id)

    async def steer(self, operation_id: str, control: Control) -> None:
        await self._writable()
        view, head = self._book.view(operation_id), self._book.operation(operation_id)
        if view is None or head is None:
            raise Refused("this operation is not known here")
        if not self._role.may(action_of(view.action_id).console_role):
            raise Refused(f"console role {self._role} may not steer operations")
        forbidden = next(filter(None, (self._scopes.read_only(item.entry) for item in self._book.of(operation_id))), "")
        if forbidden:
            raise Refused(forbidden)
        if view.control is Control.CANCEL:
            raise Refused("the operation was cancelled; that is final")
        if not view.open:
            raise Refused("every item of the operation has ended")
        unsent = view.count(ItemState.PLANNED)
        entry = self._writer.operation(head, _PHASES[control], detail=f"{unsent} of {view.total} not sent yet")
        await self._book.steer(operation_id, control, [entry])

    async def retry(self, operation_id: str) -> Submission:
        operation = await (await self._writable()).operation(operation_id)
        if operation is None:
            raise Refused("this operation is not known here")
        again = [item for item in operation.items if item.state in _AGAIN]
        if not again:
            raise Refused("no item of it has failed or was cancelled; what is unconfirmed is not repeated")
        if not (again := self._not_repeated(again)):
            raise Refused("it was asked for again since; see the newer operation")
        if operation.secret:
            raise Refused("a secret input was not stored: ask for it anew")
        refers = f"repeats {operation.id[:8]}"
        if operation.action_id == "create-server":
            return await self._create_again(operation, again, refers)
        request = ActionRequest(
            operation.action_id, tuple(item.ref for item in again), operation.params, self._entry(again),
            operation.source, refers,
        )  # fmt: skip
        return await self._lifecycle.submit(request)

    def _not_repeated(self, failed: list[OperationItem]) -> list[OperationItem]:
        """Leave out what was asked for again since, unless that failed, too: nothing is made twice by asking twice."""
        newest: dict[tuple[str, ...], datetime] = {}
        for item in self._book.recent():
            if item.state not in (*_AGAIN, ItemState.REFUSED):
                newest.setdefault(_meant(item), item.planned_at)
        return [item for item in failed if (at := newest.get(_meant(item))) is None or at <= item.planned_at]

    async def _create_again(self, operation: Operation, again: list[OperationItem], refers: str) -> Submission:
        wanted, first = {item.vm_uuid for item in again}, again[0]
        project = str(first.was.get(PROJECT, ""))
        entry = self._scopes.entry_of_scope(first.scope_key, first.entry, project)
        # An entry of the same name may be another project here, or another cloud.
        if not entry or project not in ("", self._scopes.scope(entry).project_id):
            raise Refused("no cloud that is open here creates VMs in the project that it was asked for in")
        orders = [order for order in orders_of(operation) if order.vm_uuid in wanted]
        return await self._lifecycle.create_all(entry, orders, operation.source, refers)

    def _entry(self, items: list[OperationItem]) -> str:
        """Return the entry through which all went, if it still shows all of them: roles differ between entries."""
        entries = {self._scopes.showing(item.ref, item.entry) for item in items}
        return entries.pop() if len(entries) == 1 else ""

    def undo_verdict(self, item_id: str) -> Verdict:
        return self._undo.verdict(item_id)

    def undo_verbs(self, item_id: str) -> tuple[str, ...]:
        return self._undo.verbs(item_id)

    async def undo(self, item_id: str) -> UndoOutcome:
        await self._writable()
        return await self._undo.take(item_id)

    def script(self, request: ActionRequest) -> str:
        return self._script.of(request)

    def script_of(self, operation_id: str) -> str:
        head, items = self._book.operation(operation_id), self._book.of(operation_id)
        if head is None or not items:
            raise Refused("this operation is not known here any more")
        if head.action_id == "create-server":
            raise Refused("a creation is not written as a script here")
        if head.action_id not in ACTIONS:
            raise Refused(f"this console does not know the action {head.action_id}: a newer one planned it")
        # A withheld secret is a shell variable in the script, whatever it was.
        hidden = dict.fromkeys(secrets(ACTIONS[head.action_id].params), PASSWORD) if head.secret else {}
        refs = tuple(item.ref for item in items)
        return self._script.of(ActionRequest(head.action_id, refs, {**head.params, **hidden}, self._entry([*items])))

    def command(self, call: ApiCall) -> str:
        item = self._book.item_of_request(call.request_id) if call.request_id and call.method != "GET" else None
        head = self._book.operation(item.operation_id) if item else None
        where = call.entry, self._scopes.other_project(call.entry)
        if item is None or head is None:
            return command_of_call(call.method, call.path, call.service, *where)
        if item.action_id == "create-server":
            order = next((order for order in orders_of(head) if order.vm_uuid == item.vm_uuid), None)
            return create_command(order, *where) if order else ""
        spec = action_of(item.action_id)
        params = expanded(spec.params, head.params, item.vm_name, head.requested_at)
        return command(item.action_id, item.ref.id, params, *where)


def _meant(item: OperationItem) -> tuple[str, ...]:
    """Return what an item is about: action and VM; of a creation the name, for each attempt has an id of its own."""
    vm = item.vm_name if item.action_id == "create-server" else item.ref.id
    return item.action_id, item.scope_key, vm
