"""`ItemRunner`: sends one item once, and follows it until it ends.

PLANNED -> SENDING is a compare-and-swap in the store made before the call leaves: whoever loses it does not send. An
item found in SENDING without its owner is looked up in the cloud, never sent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

import msgspec

from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.errors import (
    AnswerLost,
    CloudError,
    CloudFault,
    NotFound,
    OsvmError,
    StoreError,
    Throttled,
    Unreachable,
)
from osvm_tui.domain.operations import CreateVm, ItemState, OperationItem, Progress, progress
from osvm_tui.domain.states import status_of
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.audit_writer import AuditWriter
from osvm_tui.services.cadence import Cadence
from osvm_tui.services.operation_book import OperationBook
from osvm_tui.services.payload import Payload
from osvm_tui.services.resolution import find_trace
from osvm_tui.services.scopes import Scopes

_log = logging.getLogger("osvm.operations")
_OUT = frozenset({ItemState.SENDING, ItemState.SENT, ItemState.LATE})
"""States whose call may have left: their end may wait in the audit spool, a planned one's may not."""
_LATE_FACTOR = 6
_GATEWAY = frozenset({502, 504})
"""Answers of a proxy that lost the service behind it: the call may have been carried out."""


class ItemRunner:
    """What it takes to bring one item to its end; one instance serves all items of a console."""

    def __init__(
        self,
        scopes: Scopes,
        book: OperationBook,
        writer: AuditWriter,
        cadence: Cadence,
        now: Callable[[], datetime],
    ) -> None:
        self._scopes, self._book, self._writer, self._cadence, self._now = scopes, book, writer, cadence, now
        self._slots = asyncio.Semaphore(cadence.send_concurrency)
        self.following = 0
        """Items being followed now: many of them are read less often."""

    async def run(self, item: OperationItem, payload: Payload) -> None:
        """Send `item` and follow it to its end. Never raises for the cloud's or the store's sake."""
        try:
            async with self._slots:
                sent = await self._send(item, payload)
            if sent is not None:
                await self._follow(sent)
        except StoreError as error:
            _log.warning("item given up", extra={"item": item.id, "detail": error.detail})

    async def resume(self, item: OperationItem, payload: Payload | None, objection: str = "") -> None:
        """Go on with an item that another owner left behind; `objection` says why it must not be sent any more."""
        if item.state is ItemState.PLANNED:
            if (self._now() - item.planned_at).total_seconds() > self._cadence.stale_plan_s:
                objection = "it was planned too long ago"
            if payload is None:
                objection = "its secret inputs were only in the console that died"
            if objection or payload is None:
                await self._end(item, ItemState.CANCELLED, f"nothing was sent: {objection}")
                return
            await self.run(item, payload)
        elif item.state is ItemState.SENDING:
            resolved = await self._resolve(item, payload)
            if resolved is not None:
                await self._follow(resolved)
        else:
            await self._follow(item)

    async def _send(self, item: OperationItem, payload: Payload) -> OperationItem | None:
        client = self._scopes.client(item.entry)
        going = msgspec.structs.replace(
            item, state=ItemState.SENDING, sent_at=self._now(), cloud_sent_at=self._cloud_now(item.entry)
        )
        try:
            if not await self._book.move(going, frozenset({ItemState.PLANNED})):
                return None
        except StoreError as error:
            await self._end(item, ItemState.FAILED, f"nothing was sent: {error.detail}")
            return None
        try:
            if isinstance(payload, CreateVm):
                accepted = await client.create_vm(payload)
            else:
                accepted = await client.act(item.action_id, item.ref.id, payload)
        except AnswerLost:
            return await self._resolve(going, payload)
        except Unreachable as error:
            await self._end(going, ItemState.FAILED, f"nothing was sent: {error.detail}")
            return None
        except OsvmError as error:
            if isinstance(error, CloudFault) and error.status in _GATEWAY:
                return await self._resolve(going, payload)
            if isinstance(error, CloudFault) and error.status == 500:
                return await self._resolve(going, payload, error)
            await self._end(going, ItemState.FAILED, error.detail, getattr(error, "request_id", ""))
            return None
        ref = VmRef(going.ref.endpoint, accepted.vm_id) if accepted.vm_id else going.ref
        return await self._accepted(going, ref, accepted.request_id)

    def _cloud_now(self, entry: str) -> datetime:
        """Return the time by the cloud's clock: what an item's next owner can compare, whatever its own clock says."""
        return self._now() + self._scopes.follower(entry).status.clock_offset

    async def _accepted(self, item: OperationItem, ref: VmRef, request_id: str) -> OperationItem | None:
        sent = msgspec.structs.replace(item, state=ItemState.SENT, ref=ref, request_id=request_id)
        moved = await self._book.move(sent, frozenset({ItemState.SENDING}), [self._writer.item(sent, "sent")])
        return sent if moved else None

    async def _resolve(
        self, item: OperationItem, payload: Payload | None, fault: CloudFault | None = None
    ) -> OperationItem | None:
        """Find out by reading what became of a call whose answer is not known, or is a `fault` that may hide a yes:
        Nova answers 500 when its own compute host was too slow to say that it had begun.
        """
        client = self._scopes.client(item.entry)
        trace = await find_trace(
            client,
            item,
            self._cadence,
            lambda: self._cloud_now(item.entry),
            known=self._book.request_ids(item),
            wanted=payload if isinstance(payload, dict) else None,
            patience_s=self._cadence.resolve_poll_s if fault else None,
        )
        if trace.found:
            ref = VmRef(item.ref.endpoint, trace.vm_id) if trace.vm_id else item.ref
            return await self._accepted(item, ref, trace.request_id)
        if trace.gone:
            gone = ItemState.ARRIVED if ACTIONS[item.action_id].expect.gone else ItemState.GONE
            await self._end(item, gone, f"{item.vm_name} is gone")
        elif fault is not None:
            await self._end(item, ItemState.FAILED, fault.detail, fault.request_id)
        else:
            text = "the answer was lost and the cloud shows no trace of it; look before you repeat it"
            await self._end(item, ItemState.UNCONFIRMED, text)
        return None

    async def _follow(self, item: OperationItem) -> None:
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
                seen = progress(spec.expect, item.before, vm)
                elsewhere = elsewhere + 1 if seen is Progress.ENDED_ELSEWHERE else 0
                if await self._judge(item, vm, seen, elsewhere):
                    return
            if item.state is ItemState.SENT and self._cloud_now(item.entry) > deadline:
                item = await self._late(item)
            await asyncio.sleep(self._pause(wait, item))
            wait = min(wait * 1.3, self._cadence.item_poll_max_s)

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

    async def _judge(self, item: OperationItem, vm: Vm | None, seen: Progress, elsewhere: int) -> bool:
        if seen is Progress.ARRIVED:
            words = f"{item.vm_name} is gone" if vm is None else f"{vm.name} is {status_of(vm.vm_state, vm.task_state)}"
            await self._end(item, ItemState.ARRIVED, words)
        elif seen is Progress.GONE:
            await self._end(item, ItemState.GONE, f"{item.vm_name} vanished meanwhile")
        elif seen is Progress.ERROR and vm is not None:
            why = vm.fault.message if vm.fault else "the cloud gave no reason"
            await self._end(item, ItemState.FAILED, f"{vm.name} is ERROR: {why}")
        elif seen is Progress.ENDED_ELSEWHERE and elsewhere >= 2 and vm is not None:
            await self._elsewhere(item, vm)
        else:
            return False
        return True

    async def _elsewhere(self, item: OperationItem, vm: Vm) -> None:
        """Nova gave up silently, or somebody else acted after us: its action log tells which."""
        log = None
        try:
            if item.request_id:
                client = self._scopes.client(item.entry)
                log = await client.instance_action(item.ref.id, item.request_id)
        except CloudError:
            log = None
        status = status_of(vm.vm_state, vm.task_state)
        failed = [event.event for event in log.events if event.result.lower() == "error"] if log else []
        if log and not failed and not log.message and any(event.finished_at for event in log.events):
            await self._end(item, ItemState.ARRIVED, f"done; {vm.name} was changed again since and is {status}")
            return
        reason = f"{failed[0]} failed" if failed else "the cloud gave no reason"
        await self._end(item, ItemState.FAILED, f"{vm.name} went back to {status}: {reason}")

    async def _late(self, item: OperationItem) -> OperationItem:
        usual = f"{item.deadline_s:.0f} s"
        late = msgspec.structs.replace(item, state=ItemState.LATE, message=f"not there after {usual}; still followed")
        moved = await self._book.move(late, frozenset({ItemState.SENT}), [self._writer.item(late, "late")])
        return late if moved else item

    async def _end(self, item: OperationItem, state: ItemState, message: str, request_id: str = "") -> None:
        done = msgspec.structs.replace(
            item,
            state=state,
            message=message,
            ended_at=self._now(),
            request_id=request_id or item.request_id,
        )
        expected = _OUT if item.state in _OUT else frozenset({item.state})
        await self._book.move(done, expected, [self._writer.item(done, state.value)])
