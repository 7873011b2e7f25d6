"""Writes a fleet's changes: only rows that differ, chunk by chunk so that the loop stays free; one transaction.

The caller owns that transaction and has checked the lease in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

import msgspec
from msgspec import Struct
from sqlalchemy import bindparam, delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from osvm_tui.domain.errors import StoreError
from osvm_tui.domain.roles import CloudRole, Scope
from osvm_tui.domain.stretches import GRACE
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.store import counters, state_rows
from osvm_tui.store.state_rows import Seen, Turn
from osvm_tui.store.tables import UtcTime, vm_addresses, vms
from osvm_tui.store.vm_columns import address_rows, columns, decode, encode, gone, with_admin_fields
from osvm_tui.store.vm_origin import origins

CHUNK = 50
"""VMs per statement: what is prepared between two awaits must stay well under 10 ms."""
_Item = TypeVar("_Item")


class _Known(Struct, frozen=True):
    """A VM's row as it is before this save."""

    id: int
    vm: Vm
    record: bytes
    deleted: bool


class _Change(Struct, frozen=True):
    """A VM that differs from its row; `known` is None for one that had none."""

    vm_id: int
    vm: Vm
    record: bytes
    known: _Known | None = None


async def save(
    connection: AsyncConnection, scope: Scope, upserts: Sequence[Vm], removed: Sequence[VmRef], seen_at: datetime
) -> int:
    """Write what differs and return the fleet revision, which grows only when something did."""
    revision = await counters.lock(connection, "fleet")
    writer = _Writer(connection, scope, revision + 1, seen_at, await state_rows.seen(connection, scope.endpoint))
    latest = {vm.id: vm for vm in upserts}
    if any(vm.endpoint != scope.endpoint for vm in latest.values()):
        raise StoreError(f"a VM of another endpoint does not belong to {scope.key}")
    for chunk in _chunks(list(latest.values())):
        await writer.upsert(chunk)
    for ids in _chunks([ref.id for ref in removed if ref.endpoint == scope.endpoint and ref.id not in latest]):
        await writer.remove(ids)
    await state_rows.mark_seen(connection, scope, seen_at)
    if not writer.wrote:
        return revision
    await counters.put(connection, "fleet", revision + 1)
    return revision + 1


def _chunks(values: Sequence[_Item]) -> Iterator[Sequence[_Item]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


_UPDATE = update(vms).where(vms.c.id == bindparam("b_id"))
_REMOVE = _UPDATE.values(
    deleted=True,
    state="DELETED",
    revision=bindparam("b_revision"),
    terminated_at=func.coalesce(vms.c.terminated_at, bindparam("b_at", type_=UtcTime())),
)


class _Writer:
    """One save under way."""

    def __init__(
        self, connection: AsyncConnection, scope: Scope, revision: int, seen_at: datetime, before: Seen
    ) -> None:
        self._connection = connection
        self._scope = scope
        self._revision = revision
        self._seen_at = seen_at
        self._before = before
        self._admin = CloudRole.ADMIN in scope.roles
        self.wrote = False

    async def upsert(self, chunk: Sequence[Vm]) -> None:
        """Write those of `chunk` that differ from their rows."""
        known = await self._known([vm.id for vm in chunk])
        changed = [change for vm in chunk if (change := self._changed(vm, known.get(vm.id))) is not None]
        if not changed:
            return
        fresh = await self._with_ids([change for change in changed if change.known is None])
        moved = [change for change in changed if change.known is not None]
        await self._insert(fresh)
        if moved:
            await self._connection.execute(_UPDATE, [self._row(change) | {"b_id": change.vm_id} for change in moved])
        await self._write_addresses([*fresh, *moved])
        await self._turn([*fresh, *moved])
        self.wrote = True

    def _changed(self, vm: Vm, known: _Known | None) -> _Change | None:
        if known is None:
            return None if gone(vm) else _Change(0, vm, encode(vm))
        merged = vm if self._admin else with_admin_fields(vm, known.vm)
        record = encode(merged)
        if record == known.record and known.deleted == gone(merged):
            return None
        return _Change(known.id, merged, record, known)

    async def _known(self, ids: Sequence[str]) -> dict[str, _Known]:
        query = select(vms.c.id, vms.c.openstack_id, vms.c.record, vms.c.deleted).where(
            vms.c.endpoint == self._scope.endpoint, vms.c.openstack_id.in_(ids)
        )
        rows = await self._connection.execute(query)
        return {row.openstack_id: _Known(row.id, decode(row.record), row.record, row.deleted) for row in rows}

    async def _with_ids(self, fresh: Sequence[_Change]) -> list[_Change]:
        if not fresh:
            return []
        last = await counters.lock(self._connection, "vm")
        await counters.put(self._connection, "vm", last + len(fresh))
        return [msgspec.structs.replace(change, vm_id=last + 1 + at) for at, change in enumerate(fresh)]

    async def _insert(self, fresh: Sequence[_Change]) -> None:
        if not fresh:
            return
        found = await origins(self._connection, [change.vm for change in fresh])
        rows = [
            self._row(change)
            | {
                "id": change.vm_id,
                "uuid": origin.uuid,
                "user_data": origin.user_data,
                "openstack_id": change.vm.id,
                "endpoint": change.vm.endpoint,
                "cloud": self._scope.entry,
            }
            for change, origin in zip(fresh, found, strict=True)
        ]
        await self._connection.execute(insert(vms), rows)

    def _row(self, change: _Change) -> dict[str, object]:
        return {**columns(change.vm), "record": change.record, "revision": self._revision}

    async def _write_addresses(self, changes: Sequence[_Change]) -> None:
        moved = [one for one in changes if one.known is None or one.known.vm.addresses != one.vm.addresses]
        old = [one.vm_id for one in moved if one.known is not None and one.known.vm.addresses]
        if old:
            await self._connection.execute(delete(vm_addresses).where(vm_addresses.c.vm_id.in_(old)))
        rows = [row for one in moved for row in address_rows(one.vm_id, one.vm)]
        if rows:
            await self._connection.execute(insert(vm_addresses), rows)

    async def _turn(self, changes: Sequence[_Change]) -> None:
        turns = [turn for change in changes if (turn := self._turn_of(change)) is not None]
        await state_rows.turn(self._connection, turns, self._before, self._seen_at)

    def _turn_of(self, change: _Change) -> Turn | None:
        """Return the passage to another state, None when the change leaves the interval open."""
        lived = change.known is not None and not change.known.deleted
        now = None if gone(change.vm) else change.vm
        if lived and now is not None and change.known is not None:
            same = state_rows.state_key(change.known.vm) == state_rows.state_key(now)
            if same and not self._moved_unseen(change.known.vm, now):
                return None
            return Turn(change.vm_id, now.project_id, now)
        if lived:
            return Turn(change.vm_id, change.vm.project_id, None)
        return (
            None if now is None else Turn(change.vm_id, now.project_id, now, closes=False, first=change.known is None)
        )

    def _moved_unseen(self, before: Vm, now: Vm) -> bool:
        """Return whether the VM may have been in other states since it was last seen, though it is in the same now."""
        last = self._before.of(now.project_id)
        return last is not None and self._seen_at - last > GRACE and before.updated_at != now.updated_at

    async def remove(self, ids: Sequence[str]) -> None:
        """Mark VMs deleted; their rows and intervals stay."""
        query = select(vms.c.id, vms.c.project_id).where(
            vms.c.endpoint == self._scope.endpoint, vms.c.openstack_id.in_(ids), vms.c.deleted.is_(False)
        )
        living = (await self._connection.execute(query)).all()
        if not living:
            return
        values = [{"b_id": row.id, "b_revision": self._revision, "b_at": self._seen_at} for row in living]
        await self._connection.execute(_REMOVE, values)
        turns = [Turn(row.id, row.project_id, None) for row in living]
        await state_rows.turn(self._connection, turns, self._before, self._seen_at)
        self.wrote = True
