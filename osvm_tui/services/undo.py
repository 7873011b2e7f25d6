"""`Undo`: takes an arrived item back, when nobody else has changed the VM since; sends through `Lifecycle.submit`."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta

from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.catalog import InstanceAction
from osvm_tui.domain.errors import NotFound, OsvmError, Refused
from osvm_tui.domain.gating import Verdict
from osvm_tui.domain.item_action import action_of
from osvm_tui.domain.operations import ActionRequest, ItemState, OperationItem, Submission, UndoOutcome
from osvm_tui.domain.undo import Inverse, inverse, shows
from osvm_tui.domain.vm import Vm
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.lifecycle import Lifecycle
from osvm_tui.services.operation_book import OperationBook
from osvm_tui.services.payload import restored, told
from osvm_tui.services.scopes import Scopes

Wait = Callable[[str, float], Awaitable[tuple[OperationItem, ...]]]
"""Waits for an operation's end, but for so many seconds at most."""
_SLACK = timedelta(seconds=2)
"""The log's times are whole seconds, and by another clock of the same cloud than the one that dated our answer."""


class Undo:
    """Which items may be taken back, and the taking back."""

    def __init__(self, fleet: Fleet, scopes: Scopes, book: OperationBook, lifecycle: Lifecycle, wait: Wait) -> None:
        self._fleet, self._scopes, self._book, self._lifecycle, self._wait = fleet, scopes, book, lifecycle, wait

    def verdict(self, item_id: str) -> Verdict:
        """Return whether an item may be taken back now, as far as is known without asking the cloud."""
        try:
            item, back = self._planned(item_id)
        except Refused as refusal:
            return Verdict(False, refusal.detail)
        vm = self._fleet.get(item.ref)
        if vm is not None and (changed := self._changed(item, vm)):
            return Verdict(False, changed)
        verdicts = [self._lifecycle.verdict(item.ref, step.action_id, self._entry(item)) for step in back.steps]
        return next((verdict for verdict in verdicts if not verdict.allowed), Verdict(True))

    def verbs(self, item_id: str) -> tuple[str, ...]:
        """Return the actions that would take an item back, empty when none can."""
        try:
            return tuple(step.action_id for step in self._planned(item_id)[1].steps)
        except Refused:
            return ()

    async def take(self, item_id: str) -> UndoOutcome:
        """Read the VM and its action log, and take the item back; Refused when anybody changed the VM since."""
        item, back = self._planned(item_id)
        entry = await self._unchanged(item)
        refers = f"undoes {item.action_id} {item.operation_id[:8]}"
        requests = [
            ActionRequest(step.action_id, (item.ref,), step.params, entry, "console", refers) for step in back.steps
        ]
        await self._gate(requests)
        return await self._step_by_step(requests)

    async def _unchanged(self, item: OperationItem) -> str:
        """Return the entry to go through, after a reading that shows the VM as the item left it."""
        entry = self._entry(item) or self._scopes.entry_for(item.ref)
        follower = self._scopes.follower(entry)
        try:
            vm = await follower.client.get_vm(item.ref.id)
            log = await follower.client.instance_actions(item.ref.id)
        except NotFound:
            await follower.lost(item.ref)
            raise Refused(f"{item.vm_name} is gone") from None
        await follower.observe(vm)
        changed = self._changed(item, vm) or self._logged_since(item, log)
        if changed:
            raise Refused(changed)
        return entry

    async def _gate(self, requests: Sequence[ActionRequest]) -> None:
        """Let no step be done where a later one would be refused."""
        for request in requests:
            verdict = self._lifecycle.verdict(request.targets[0], request.action_id, request.entry)
            if not verdict.allowed:
                await self._lifecycle.note_refused(request)
                raise Refused(verdict.reason)

    async def _step_by_step(self, requests: Sequence[ActionRequest]) -> UndoOutcome:
        """Ask for each step when the one before has arrived: Nova may lose one of two changes at the same time."""
        begun: list[Submission] = []
        for number, request in enumerate(requests):
            stopped, done = "", number
            if begun and (stopped := await self._not_arrived(begun[-1])):
                done = number - 1
            try:
                if not stopped:
                    begun.append(await self._lifecycle.submit(request))
            except OsvmError as error:
                if not begun:
                    raise
                stopped = error.detail
            if stopped:
                before = ", ".join(map(_words, requests[:done])) or "nothing"
                rest = ", ".join(map(_words, requests[number:]))
                return UndoOutcome(tuple(begun), f"{before} done; {rest} not: {stopped}")
        return UndoOutcome(tuple(begun))

    async def _not_arrived(self, step: Submission) -> str:
        """Wait for a step's end; return in words how it stands if it has not arrived."""
        (asked,) = step.items
        for item in await self._wait(step.operation_id, asked.deadline_s):
            if item.state is not ItemState.ARRIVED:
                label = ACTIONS[item.action_id].label.lower()
                return f"{label} is {item.state.value}" + (f": {item.message}" if item.message else "")
        return ""

    def _planned(self, item_id: str) -> tuple[OperationItem, Inverse]:
        """Return an item and how it is taken back; Refused when it cannot be."""
        item = self._book.item(item_id)
        if item is None:
            raise Refused("this operation is not known here any more")
        if item.state is not ItemState.ARRIVED:
            raise Refused(f"only what has arrived can be taken back; this is {item.state.value}")
        params = self._params(item)
        if params is None:
            raise Refused("a secret input was not stored, so it cannot be taken back")
        found = inverse(item.action_id, item.before, item.was, params)
        if not found.steps:
            raise Refused(found.refusal)
        return item, found

    def _params(self, item: OperationItem) -> dict[str, object] | None:
        head = self._book.operation(item.operation_id)
        payload = restored(head, item) if head else None
        return payload if isinstance(payload, dict) else None

    def _changed(self, item: OperationItem, vm: Vm) -> str:
        """Return in words what has changed since, as VM and operations show it; empty when nothing has."""
        last = self._book.last(item.ref)
        if last is not None and last.id != item.id and last.planned_at > item.planned_at:
            return f"{vm.name} was changed again since: {action_of(last.action_id).label.lower()} by {last.operator}"
        if shows(item.action_id, self._params(item) or {}, vm) is False:
            return f"{vm.name} was changed since: it does not show any more what was set"
        return ""

    def _entry(self, item: OperationItem) -> str:
        """Return the entry through which the item went, if it still shows the VM."""
        return self._scopes.showing(item.ref, item.entry)

    def _logged_since(self, item: OperationItem, log: Sequence[InstanceAction]) -> str:
        """Return in words what the cloud's action log, newest first, has after our request; empty when nothing."""
        requests = [action.request_id for action in log]
        if item.request_id in requests:
            others = log[: requests.index(item.request_id)]
        else:
            sent = (item.cloud_sent_at or item.planned_at) - _SLACK
            others = [one for one in log if one.started_at and one.started_at > sent and not self._earlier(one, item)]
        if not others:
            return ""
        who = f"user {others[0].user_id[:8]}" if others[0].user_id else "somebody"
        return f"{item.vm_name} was changed since: {others[0].action} by {who} ({others[0].request_id})"

    def _earlier(self, action: InstanceAction, item: OperationItem) -> bool:
        """Return whether an action is one of ours that was asked for before `item`."""
        other = self._book.item_of_request(action.request_id)
        return other is not None and other.planned_at < item.planned_at


def _words(request: ActionRequest) -> str:
    spec = ACTIONS[request.action_id]
    given = told(spec, request.params)
    return f"{spec.label.lower()} ({given})" if given else spec.label.lower()
