"""`ItemFollower`: follows an item that the cloud has accepted until it ends; sends nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

import msgspec

from osvm_tui.domain.action import ActionSpec
from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.catalog import InstanceAction
from osvm_tui.domain.errors import CloudError, NotFound, OsvmError, Throttled
from osvm_tui.domain.operations import ItemState, OperationItem
from osvm_tui.domain.progress import LogWord, Progress, log_word, needs_log, progress
from osvm_tui.domain.states import status_of
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.audit_writer import AuditWriter
from osvm_tui.services.cadence import Cadence
from osvm_tui.services.operation_book import OperationBook
from osvm_tui.services.scopes import Scopes

_LATE_FACTOR = 6


class ItemFollower:
    """Reads VM and action log of accepted items; one instance serves all items of a console."""

    def __init__(
        self,
        scopes: Scopes,
        book: OperationBook,
        writer: AuditWriter,
        cadence: Cadence,
        now: Callable[[], datetime],
    ) -> None:
        self._scopes, self._book, self._writer, self._cadence, self._now = scopes, book, writer, cadence, now
        self.following = 0
        """Items being followed now: many of them are read less often."""
        self._asleep: dict[VmRef, asyncio.Event] = {}

    def noticed(self, vms: Iterable[Vm]) -> None:
        """Read those followed VMs at once that the fleet's own polling shows idle: one list tells of hundreds."""
        for vm in vms:
            asleep = self._asleep.get(vm.ref)
            if asleep is not None and not vm.busy:
                asleep.set()

    async def follow(self, item: OperationItem) -> None:
        """Read until `item` ends."""
        self.following += 1
        try:
            await self._watch(item)
        finally:
            self.following -= 1

    async def _watch(self, item: OperationItem) -> None:
        spec = ACTIONS[item.action_id]
        deadline = (item.cloud_sent_at or item.planned_at) + timedelta(seconds=item.deadline_s)
        wait, elsewhere = self._cadence.item_poll_s, 0
        while True:
            reading, vm = await self._read(item)
            if reading:
                log = await self._log(item) if spec.expect.logged else None
                host = str(item.was.get("host_id", ""))
                seen = progress(spec.expect, item.before, vm, log=log, host_before=host)
                elsewhere = elsewhere + 1 if seen is Progress.ENDED_ELSEWHERE else 0
                if await self._judge(spec, item, vm, seen, elsewhere):
                    return
            if item.state is ItemState.SENT and self._cloud_now(item.entry) > deadline:
                if spec.expect.logged and await self._untold(item):
                    return
                item = await self._late(item)
            await self._sleep(item.ref, self._pause(wait, item))
            wait = min(wait * 1.3, self._cadence.item_poll_max_s)

    async def _sleep(self, ref: VmRef, seconds: float) -> None:
        """Sleep until the VM is noticed idle, but for `seconds` at most."""
        noticed = self._asleep.setdefault(ref, asyncio.Event())
        try:
            async with asyncio.timeout(seconds):
                await noticed.wait()
        except TimeoutError:
            pass
        finally:
            self._asleep.pop(ref, None)

    def _cloud_now(self, entry: str) -> datetime:
        return self._now() + self._scopes.follower(entry).status.clock_offset

    def _pause(self, wait: float, item: OperationItem) -> float:
        """Spread readings out when many items or late ones are followed: each is a request."""
        crowd = max(1.0, self.following / 10)
        return wait * crowd * (_LATE_FACTOR if item.state is ItemState.LATE else 1)

    async def _read(self, item: OperationItem) -> tuple[bool, Vm | None]:
        """Return (whether the cloud answered, the VM or None for 404)."""
        follower = self._scopes.follower(item.entry)
        try:
            vm = await follower.client.get_vm(item.ref.id)
        except NotFound:
            await follower.lost(item.ref)
            return True, None
        except Throttled as error:
            await asyncio.sleep(error.retry_after_s)
            return False, None
        except OsvmError:
            return False, None
        await follower.observe(vm)
        return True, vm

    async def _log(self, item: OperationItem) -> InstanceAction | None:
        """Return what the cloud's action log says of this request, None when it says or answers nothing."""
        if not item.request_id:
            return None
        try:
            return await self._scopes.client(item.entry).instance_action(item.ref.id, item.request_id)
        except CloudError:
            return None

    async def _judge(
        self, spec: ActionSpec, item: OperationItem, vm: Vm | None, seen: Progress, elsewhere: int
    ) -> bool:
        """End the item if that is what was seen; return whether it has ended."""
        if vm is None:
            arrived = seen is Progress.ARRIVED
            words = f"{item.vm_name} is gone" if arrived else f"{item.vm_name} vanished meanwhile"
            await self.end(item, ItemState.ARRIVED if arrived else ItemState.GONE, words)
        elif seen is Progress.ARRIVED:
            await self._arrived(spec, item, vm)
        elif seen is Progress.ERROR:
            await self.end(item, ItemState.FAILED, f"{vm.name} is ERROR: {_fault(vm)}")
        elif seen is Progress.ENDED_ELSEWHERE and (elsewhere >= 2 or spec.expect.logged):
            await self._elsewhere(spec, item, vm)
        elif seen is Progress.WAITING and (not vm.busy or item.state is ItemState.LATE):
            return not spec.expect.logged and await self._given_up(item, vm)
        else:
            return False
        return True

    async def _arrived(self, spec: ActionSpec, item: OperationItem, vm: Vm) -> None:
        """Believe the state, unless it is the one that the VM had before: then the action log has the word."""
        if needs_log(spec.expect, item.before) and await self._given_up(item, vm):
            return
        await self.end(item, ItemState.ARRIVED, f"{vm.name} is {status_of(vm.vm_state, vm.task_state)}")

    async def _given_up(self, item: OperationItem, vm: Vm) -> bool:
        log = await self._log(item)
        if log_word(log) is not LogWord.FAILED:
            return False
        status = status_of(vm.vm_state, vm.task_state)
        await self.end(item, ItemState.FAILED, f"{vm.name} is {status} as before: {_reason(log, vm)}")
        return True

    async def _elsewhere(self, spec: ActionSpec, item: OperationItem, vm: Vm) -> None:
        """Nova gave up silently, or somebody else acted after us: its action log tells which."""
        log, status = await self._log(item), status_of(vm.vm_state, vm.task_state)
        stayed = spec.expect.moved and vm.host_id == item.was.get("host_id")
        events = log.events if log else ()
        if not stayed and log_word(log) is not LogWord.FAILED and any(event.finished_at for event in events):
            await self.end(item, ItemState.ARRIVED, f"done; {vm.name} was changed again since and is {status}")
            return
        if spec.expect.logged:
            text = f"{spec.label.lower()} failed on {vm.name}"
        else:
            text = f"{vm.name} stayed on its host" if stayed else f"{vm.name} went back to {status}"
        await self.end(item, ItemState.FAILED, f"{text}: {_reason(log, vm)}")

    async def _untold(self, item: OperationItem) -> bool:
        """End an item whose only witness, the action log, keeps silent; return whether it does."""
        if log_word(await self._log(item)) is not LogWord.SILENT:
            return False
        text = f"accepted, but the cloud's action log does not tell what became of it; look at {item.vm_name}"
        await self.end(item, ItemState.UNCONFIRMED, text)
        return True

    async def _late(self, item: OperationItem) -> OperationItem:
        usual = f"{item.deadline_s:.0f} s"
        late = msgspec.structs.replace(item, state=ItemState.LATE, message=f"not there after {usual}; still followed")
        moved = await self._book.move(late, frozenset({ItemState.SENT}), [self._writer.item(late, "late")])
        return late if moved else item

    async def end(self, item: OperationItem, state: ItemState, message: str, request_id: str = "") -> None:
        """Write how `item` ended, with its audit row; a call that is out may end from any state that it was in."""
        expected = _OUT if item.state in _OUT else frozenset({item.state})
        await self._end(item, state, message, expected, request_id)

    async def unsent(self, item: OperationItem, state: ItemState, message: str) -> None:
        """Write the end of an item that was surely not sent, though the store may say by now that it was to be: its
        answer to that was lost, and a commit may be done all the same."""
        await self._end(item, state, message, frozenset({ItemState.PLANNED, ItemState.SENDING}))

    async def _end(
        self, item: OperationItem, state: ItemState, message: str, expected: frozenset[ItemState], request_id: str = ""
    ) -> None:
        done = msgspec.structs.replace(
            item, state=state, message=message, ended_at=self._now(), request_id=request_id or item.request_id
        )
        await self._book.move(done, expected, [self._writer.item(done, state.value)])


_OUT = frozenset({ItemState.SENDING, ItemState.SENT, ItemState.LATE})
"""States whose call may have left: their end may wait in the audit spool, a planned one's may not."""


def _fault(vm: Vm) -> str:
    return vm.fault.message if vm.fault else "the cloud gave no reason"


def _reason(log: InstanceAction | None, vm: Vm) -> str:
    failed = [event.event for event in log.events if event.result.lower() == "error"] if log else []
    if vm.vm_state == "error" and vm.fault:
        return vm.fault.message
    return f"{failed[0]} failed" if failed else "the cloud gave no reason"
