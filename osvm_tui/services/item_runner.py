"""`ItemRunner`: sends one item once, and follows it until it ends.

PLANNED -> SENDING is a compare-and-swap in the store made before the call leaves: whoever loses it does not send. An
item found in SENDING without its owner is looked up in the cloud, never sent.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime

import msgspec

from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.errors import (
    AnswerLost,
    CloudFault,
    OsvmError,
    StoreError,
    Unreachable,
)
from osvm_tui.domain.operations import Control, CreateVm, ItemState, OperationItem
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.audit_writer import AuditWriter
from osvm_tui.services.cadence import Cadence
from osvm_tui.services.item_follower import ItemFollower
from osvm_tui.services.learned import Learned
from osvm_tui.services.operation_book import OperationBook
from osvm_tui.services.payload import Payload
from osvm_tui.services.resolution import find_trace
from osvm_tui.services.scopes import Scopes

_log = logging.getLogger("osvm.operations")


class ItemRunner:
    """What it takes to bring one item to its end; one instance serves all items of a console."""

    def __init__(
        self,
        scopes: Scopes,
        book: OperationBook,
        writer: AuditWriter,
        cadence: Cadence,
        now: Callable[[], datetime],
        objection: Callable[[OperationItem], Awaitable[str]],
        learned: Learned,
    ) -> None:
        self._objection, self._learned = objection, learned
        self._scopes, self._book, self._writer, self._cadence, self._now = scopes, book, writer, cadence, now
        self._slots = asyncio.Semaphore(cadence.send_concurrency)
        self._follower = ItemFollower(scopes, book, writer, cadence, now)

    def noticed(self, vms: Iterable[Vm]) -> None:
        """Hear of VMs that the fleet's polling has read."""
        self._follower.noticed(vms)

    async def run(self, item: OperationItem, payload: Payload, *, held: bool = False) -> None:
        """Send `item` and follow it to its end. Never raises for the cloud's or the store's sake.

        An item that was `held` (by a pause, or by an owner that died) is gated again before it is sent.
        """
        try:
            sent = await self._send_in_turn(item, payload, held)
            if sent is not None:
                await self._follower.follow(sent)
        except StoreError as error:
            _log.warning("item given up", extra={"item": item.id, "detail": error.detail})

    async def resume(self, item: OperationItem, payload: Payload | None, objection: str = "") -> None:
        """Go on with an item that another owner left behind; `objection` says why it must not be sent any more."""
        if item.state is ItemState.PLANNED:
            if objection or payload is None:
                objection = objection or "its secret inputs were only in the console that died"
                await self._unsent(item, objection)
                return
            await self.run(item, payload, held=True)
        elif item.state is ItemState.SENDING:
            resolved = await self._resolve(item, payload)
            if resolved is not None:
                await self._follower.follow(resolved)
        else:
            await self._follower.follow(item)

    async def _unsent(self, item: OperationItem, because: str) -> None:
        await self._follower.end(item, ItemState.CANCELLED, f"nothing was sent: {because}")

    async def _send_in_turn(self, item: OperationItem, payload: Payload, held: bool) -> OperationItem | None:
        """Send when the operation runs and a slot is free; return the item once the cloud has accepted it."""
        while True:
            if self._book.control(item.operation_id) is not Control.RUN:
                held = True
                if await self._book.released(item.operation_id) is Control.CANCEL:
                    await self._unsent(item, "the operation was cancelled")
                    return None
            async with self._slots:
                if self._book.control(item.operation_id) is not Control.RUN:
                    continue
                if held and (objection := await self._objection(item)):
                    await self._unsent(item, objection)
                    return None
                going = msgspec.structs.replace(
                    item, state=ItemState.SENDING, sent_at=self._now(), cloud_sent_at=self._cloud_now(item.entry)
                )
                try:
                    won = await self._book.move(going, frozenset({ItemState.PLANNED}))
                except StoreError as error:
                    await self._follower.unsent(item, ItemState.FAILED, f"nothing was sent: {error.detail}")
                    return None
                if won:
                    return await self._send(going, payload)
            if not await self._book.still_planned(item):
                return None

    async def _send(self, going: OperationItem, payload: Payload) -> OperationItem | None:
        client = self._scopes.client(going.entry)
        if not self._scopes.may_send(going):
            text = f"nothing was sent: {going.entry} sees another project by now"
            await self._follower.end(going, ItemState.FAILED, text)
            return None
        try:
            if isinstance(payload, CreateVm):
                accepted = await client.create_vm(payload)
            else:
                accepted = await client.act(going.action_id, going.ref.id, payload)
        except AnswerLost:
            return await self._resolve(going, payload)
        except Unreachable as error:
            await self._follower.end(going, ItemState.FAILED, f"nothing was sent: {error.detail}")
            return None
        except OsvmError as error:
            if isinstance(error, CloudFault) and error.may_be_done:
                return await self._resolve(going, payload)
            if isinstance(error, CloudFault) and error.status == 500:
                return await self._resolve(going, payload, error)
            self._learned.note(going.entry, going.scope_key, going.action_id, error)
            await self._follower.end(going, ItemState.FAILED, error.detail, getattr(error, "request_id", ""))
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
            await self._follower.end(item, gone, f"{item.vm_name} is gone")
        elif fault is not None:
            await self._follower.end(item, ItemState.FAILED, fault.detail, fault.request_id)
        else:
            text = "the answer was lost and the cloud shows no trace of it; look before you repeat it"
            await self._follower.end(item, ItemState.UNCONFIRMED, text)
        return None
