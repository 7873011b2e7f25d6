"""Writes that carry audit: into the database, or into the spool for what has already happened; and the replay.

The rule is "no audit, no change; nothing lost". What comes before a call is sent (`planned`, a move out of PLANNED)
needs the database and fails without it. What tells of a call that is out, or of a refusal, falls to the spool.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from osvm_tui.domain.audit import AuditEntry
from osvm_tui.domain.errors import StoreError, StoreReadOnly
from osvm_tui.domain.operations import ItemState
from osvm_tui.store import audit_rows, operation_rows
from osvm_tui.store.database import Database
from osvm_tui.store.spool import Spool, SpoolRecord

_AT_ONCE = 50
"""Records replayed in one transaction."""


class Journal:
    """Audited writes of one process over its database and its spool."""

    def __init__(self, spool: Spool, database: Callable[[], Database]) -> None:
        self._spool = spool
        self._database = database
        self._order = asyncio.Lock()

    @property
    def waiting(self) -> int:
        """How many writes of this process wait in the spool."""
        return self._spool.waiting

    async def before_sending(
        self, entries: Sequence[AuditEntry], body: Callable[[AsyncConnection, datetime], Awaitable[bool]]
    ) -> bool:
        """Run `body` and append `entries` if it said yes, in one durable transaction; never spooled.

        Raises StoreError and its kinds; then nothing was written and nothing may be sent.
        """
        await self.replay_own()
        database = self._database()
        async with database.write(durable=True) as connection:
            done = await body(connection, await database.now(connection))
            if done:
                await audit_rows.append(connection, entries, audit_rows.new_batch())
        return done

    async def keep(self, record: SpoolRecord) -> bool:
        """Write a record to the database, or else to the spool; False when its move found the item elsewhere.

        Raises StoreReadOnly when neither can be written.
        """
        try:
            await self.replay_own()
            async with self._database().write(durable=True) as connection:
                return await self._apply(connection, record)
        except StoreError as error:
            await self._to_spool(record, error)
            return True

    async def _to_spool(self, record: SpoolRecord, because: StoreError) -> None:
        async with self._order:
            try:
                await asyncio.to_thread(self._spool.append, record)
            except OSError as error:
                raise StoreReadOnly(f"{because.detail}; the audit spool failed too: {error.strerror}") from error

    async def _apply(self, connection: AsyncConnection, record: SpoolRecord) -> bool:
        moved = True
        if record.item is not None:
            now = await self._database().now(connection)
            moved = await operation_rows.swap(connection, record.item, record.expected, record.owner, now)
        if moved:
            await audit_rows.append(connection, record.entries, record.batch)
        return moved

    async def _apply_late(self, connection: AsyncConnection, record: SpoolRecord) -> int:
        """Do what a spooled record says, once; return its audit rows, which enter even if others moved the item.

        The ownership is not renewed: a dead process's items are to be taken over.
        """
        if record.entries and await audit_rows.has_batch(connection, record.batch):
            return 0
        if record.item is not None:
            await operation_rows.swap(connection, record.item, record.expected, record.owner, None)
        await audit_rows.append(connection, record.entries, record.batch)
        return len(record.entries)

    async def replay_own(self) -> int:
        """Move what waits in this process's spool into the database; return how many audit rows that were."""
        if not self._spool.waiting:
            return 0
        async with self._order:
            records = await asyncio.to_thread(self._spool.records)
            rows = await self._replay(records)
            await asyncio.to_thread(self._spool.clear)
        return rows

    async def replay_left(self, notices: list[str]) -> int:
        """Move what dead processes left in their spools into the database; damage goes to `notices`."""
        rows = 0
        for orphan in await asyncio.to_thread(self._spool.orphans):
            replayed = False
            try:
                rows += await self._replay(orphan.content.records)
                replayed = True
            finally:
                await asyncio.to_thread(orphan.close, replayed=replayed)
            if orphan.content.damage:
                notices.append(f"audit spool: {orphan.content.damage}; what follows it is kept in a .damaged file")
        return rows

    async def _replay(self, records: Sequence[SpoolRecord]) -> int:
        rows = 0
        for start in range(0, len(records), _AT_ONCE):
            async with self._database().write(durable=True) as connection:
                rows += sum([await self._apply_late(connection, one) for one in records[start : start + _AT_ONCE]])
        return rows


def spoolable(expected: frozenset[ItemState]) -> bool:
    """Return whether a move may wait in the spool: only when its call is already out."""
    return ItemState.PLANNED not in expected
