"""`SqlStore`: the `Store` over SQLite or PostgreSQL. A thin face: each family of rows has a module of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from osvm_tui.domain.accrual import Held
from osvm_tui.domain.audit import AuditEntry, AuditRow, ChainReport
from osvm_tui.domain.errors import StoreError
from osvm_tui.domain.operations import Control, ItemState, Operation, OperationItem
from osvm_tui.domain.rates import Component
from osvm_tui.domain.roles import Scope
from osvm_tui.domain.rollup import CostDay
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.store import (
    audit_rows,
    cost_rows,
    lease_rows,
    life_rows,
    operation_rows,
    schema,
    state_rows,
    vm_load,
    vm_save,
)
from osvm_tui.store.alert_store import SqlAlertStore
from osvm_tui.store.base import AuditQuery, Dismissal, FleetRows, Lease, StateInterval, Store, StoreInfo, VmLife
from osvm_tui.store.database import Database, whole
from osvm_tui.store.engine import default_url as default_url
from osvm_tui.store.engine import make_engine, sqlite_path, store_url
from osvm_tui.store.journal import Journal, spoolable
from osvm_tui.store.opening import open_database
from osvm_tui.store.spool import Spool, SpoolRecord
from osvm_tui.store.tables import SCHEMA


class SqlStore(Store):
    """Everything that is kept, in one SQLite file or one PostgreSQL database, with an audit spool beside it.

    `owner` names this process's run (unique: an owner's abandoned items are not given back to it); `now` is the clock
    that leases in a file are judged by.
    """

    def __init__(self, url: str, *, spool_dir: Path, owner: str, now: Callable[[], datetime]) -> None:
        self.notices: list[str] = []
        self._url = store_url(url)
        self._owner = owner
        self._now = now
        self._spool = Spool(spool_dir)
        self._opened: Database | None = None
        self._journal = Journal(self._spool, lambda: self._database)
        self.alerts = SqlAlertStore(self._journal, lambda: self._database)

    @property
    def _database(self) -> Database:
        if self._opened is None:
            raise StoreError("the store is not open")
        return self._opened

    async def open(self) -> None:
        """Open, check, and for SQLite migrate; replay what dead processes left in their spools."""
        told = len(self.notices)
        self._opened = await open_database(self._url, self._now, self.notices)
        with suppress(OSError):
            await asyncio.to_thread(self._spool.open)
        with suppress(StoreError):
            await self._journal.replay_left(self.notices)
            await self._note(self.notices[told:])

    async def _note(self, notices: Sequence[str]) -> None:
        """Write the store's own events into the chain: a set-aside store leaves a trace in the new one."""
        entries = [
            AuditEntry(at=self._now(), operator="osvm", phase="notice", action="store.open", detail=notice)
            for notice in notices
        ]
        if entries:
            await self.append_audit([*entries])

    async def upgrade(self) -> None:
        """Migrate a PostgreSQL database to this release's schema. Call it before `open`."""
        engine = make_engine(self._url)
        try:
            schema.require_not_newer(await schema.found_version(engine))
            await schema.migrate(engine)
        finally:
            await engine.dispose()

    async def close(self) -> None:
        """Close the connections and let go of the spool."""
        if self._opened is not None:
            await self._opened.engine.dispose()
            self._opened = None
        await asyncio.to_thread(self._spool.close)

    async def info(self) -> StoreInfo:
        """Tell where the store is, how big, and whether it can be written."""
        database = self._database
        async with database.read() as connection:
            size = await self._size(connection)
        return StoreInfo(
            url=self._url.render_as_string(hide_password=True),
            schema=SCHEMA,
            size_bytes=size,
            writable=not database.trouble,
            spooled=await asyncio.to_thread(self._spool.waiting_everywhere),
            detail=database.trouble,
        )

    async def _size(self, connection: AsyncConnection) -> int:
        path = sqlite_path(self._url)
        if path is None:
            query = text("SELECT pg_database_size(current_database())")
            return int((await connection.execute(query)).scalar_one())
        files = [path, path.with_name(path.name + "-wal")]
        return sum(file.stat().st_size for file in files if file.exists())

    # leases
    @whole
    async def acquire(self, name: str, owner: str, ttl_s: float) -> Lease | None:
        """Take, renew or be refused a lease."""
        database = self._database
        async with database.write() as connection:
            return await lease_rows.acquire(connection, name, owner, ttl_s, await database.now(connection))

    @whole
    async def release(self, lease: Lease) -> None:
        """Free a lease that is still this one."""
        async with self._database.write() as connection:
            await lease_rows.release(connection, lease)

    async def lease(self, name: str) -> Lease | None:
        """Return who holds a lease."""
        async with self._database.read() as connection:
            return await lease_rows.find(connection, name)

    # the fleet
    @whole
    async def save_vms(
        self, scope: Scope, upserts: Sequence[Vm], removed: Sequence[VmRef], seen_at: datetime, lease: Lease | None
    ) -> int:
        """Write what changed; return the revision."""
        async with self._database.write() as connection:
            if lease is not None:
                await lease_rows.require(connection, lease)
            return await vm_save.save(connection, scope, upserts, removed, seen_at)

    async def load_vms(self, scope: Scope) -> FleetRows:
        """Return every living VM of the scope."""
        async with self._database.read() as connection:
            return await vm_load.load(connection, scope)

    async def vms_since(self, scope: Scope, revision: int) -> FleetRows:
        """Return what moved after `revision`."""
        async with self._database.read() as connection:
            return await vm_load.since(connection, scope, revision)

    async def lacking(self, scope: Scope, picture: Mapping[VmRef, Vm]) -> tuple[VmRef, ...]:
        """Return which VMs to save or remove for the store to hold this picture."""
        async with self._database.read() as connection:
            return await vm_load.lacking(connection, scope, picture)

    async def intervals(self, ref: VmRef) -> tuple[StateInterval, ...]:
        """Return a VM's state intervals, oldest first."""
        async with self._database.read() as connection:
            return await state_rows.intervals(connection, ref)

    # operations
    @whole
    async def plan(self, operation: Operation, audit: Sequence[AuditEntry]) -> None:
        """Write an operation, its items and audit rows, before anything is sent."""

        async def body(connection: AsyncConnection, now: datetime) -> bool:
            await operation_rows.insert_operation(connection, operation, self._owner, now)
            return True

        await self._journal.before_sending(audit, body)

    @whole
    async def move_item(
        self,
        item: OperationItem,
        expected: frozenset[ItemState],
        audit: Sequence[AuditEntry],
        *,
        owner: str,
    ) -> bool:
        """Compare and swap an item; see `Store.move_item` for what happens without the database."""
        if spoolable(expected):
            batch = audit_rows.new_batch()
            record = SpoolRecord(batch=batch, entries=tuple(audit), item=item, expected=expected, owner=owner)
            return await self._journal.keep(record)

        async def body(connection: AsyncConnection, now: datetime) -> bool:
            return await operation_rows.swap(connection, item, expected, owner, now)

        return await self._journal.before_sending(audit, body)

    @whole
    async def claim_items(
        self, owner: str, ttl_s: float, now: datetime, scope_keys: frozenset[str], actions: frozenset[str] | None = None
    ) -> tuple[OperationItem, ...]:
        """Take over abandoned items, after what their owners left in spools."""
        database = self._database
        await self._journal.replay_left(self.notices)
        async with database.read() as connection:
            moment = await database.moment(connection, now)
            theirs = operation_rows.claimable(owner, ttl_s, moment, scope_keys, actions)
            if not await operation_rows.any_item(connection, theirs):
                return ()
        async with database.write(durable=True) as connection:
            moment = await database.moment(connection, now)
            theirs = operation_rows.claimable(owner, ttl_s, moment, scope_keys, actions)
            return await operation_rows.claim(connection, theirs, owner, moment + timedelta(seconds=ttl_s))

    @whole
    async def keep_items(self, owner: str, ttl_s: float, now: datetime, stale_s: float = 60.0) -> None:
        """Renew the ownership of an owner's open items."""
        database = self._database
        async with database.read() as connection:
            if not await operation_rows.any_item(connection, operation_rows.owned_open(owner)):
                return
        async with database.write() as connection:
            moment = await database.moment(connection, now)
            await operation_rows.keep(connection, owner, ttl_s, moment, stale_s)

    @whole
    async def steer(self, operation_id: str, control: Control, audit: Sequence[AuditEntry]) -> bool:
        """Write what is to become of an operation's unsent items."""

        async def body(connection: AsyncConnection, now: datetime) -> bool:
            return await operation_rows.steer(connection, operation_id, control, now)

        return await self._journal.before_sending(audit, body)

    async def operation(self, operation_id: str) -> Operation | None:
        """Return an operation with its items."""
        database = self._database
        async with database.read() as connection:
            return await operation_rows.find(connection, operation_id, await database.now(connection))

    async def operations(self, change: int = 0, limit: int = 1000) -> tuple[Operation, ...]:
        """Return operations without their items."""
        database = self._database
        async with database.read() as connection:
            return await operation_rows.heads(connection, change, limit, await database.now(connection))

    async def items(self, *, open_only: bool = False, limit: int = 500) -> tuple[OperationItem, ...]:
        """Return items, newest first."""
        async with self._database.read() as connection:
            return await operation_rows.newest(connection, open_only=open_only, limit=limit)

    async def items_since(self, change: int) -> tuple[int, tuple[OperationItem, ...]]:
        """Return the newest change number and the items written after `change`."""
        async with self._database.read() as connection:
            return await operation_rows.since(connection, change)

    # audit
    @whole
    async def append_audit(self, entries: Sequence[AuditEntry]) -> None:
        """Append to the chain, or to the spool."""
        if entries:
            await self._journal.keep(SpoolRecord(batch=audit_rows.new_batch(), entries=tuple(entries)))

    async def audit(self, query: AuditQuery) -> tuple[AuditRow, ...]:
        """Return matching rows, newest first."""
        async with self._database.read() as connection:
            return await audit_rows.search(connection, query)

    async def verify_audit(self) -> ChainReport:
        """Check the whole chain in batches."""
        async with self._database.read() as connection:
            return await audit_rows.check(connection)

    @whole
    async def replay_spool(self) -> int:
        """Move spooled rows into the database; a store opened for reading is first tried for writing again."""
        if self._database.read_only_because:
            before = self._opened
            self._opened = await open_database(self._url, self._now, self.notices)
            if before is not None:
                await before.engine.dispose()
        return await self._journal.replay_own() + await self._journal.replay_left(self.notices)

    # costs
    async def lives(self, scope: Scope, since: datetime, refs: Sequence[VmRef] = ()) -> tuple[VmLife, ...]:
        """Return VMs with their intervals."""
        async with self._database.read() as connection:
            return await life_rows.lives(connection, scope, since, refs)

    @whole
    async def save_things(self, scope: Scope, component: Component, things: Sequence[Held], seen_at: datetime) -> None:
        """Write what there is of a component."""
        async with self._database.write() as connection:
            await cost_rows.save_things(connection, scope, component, things, seen_at)

    async def things(self, scope: Scope, since: datetime) -> tuple[Held, ...]:
        """Return what existed beside VMs."""
        async with self._database.read() as connection:
            return await cost_rows.things(connection, scope, since)

    @whole
    async def save_cost_days(self, scope: Scope, days: Sequence[CostDay]) -> None:
        """Write the sums of days."""
        async with self._database.write() as connection:
            await cost_rows.save_days(connection, scope, days)

    async def cost_days(self, scope: Scope, first: date, last: date, *, parts: bool = False) -> tuple[CostDay, ...]:
        """Return the sums of days."""
        async with self._database.read() as connection:
            rows = await cost_rows.days(connection, scope, first, last)
        return await asyncio.to_thread(cost_rows.decoded, rows, parts=parts)

    @whole
    async def dismiss(self, dismissal: Dismissal) -> None:
        """Write a dismissal."""
        async with self._database.write() as connection:
            await cost_rows.dismiss(connection, dismissal)

    @whole
    async def undismiss(self, advice_id: str) -> None:
        """Take a dismissal back."""
        async with self._database.write() as connection:
            await cost_rows.undismiss(connection, advice_id)

    async def dismissals(self) -> tuple[Dismissal, ...]:
        """Return all dismissals."""
        async with self._database.read() as connection:
            return await cost_rows.dismissals(connection)
