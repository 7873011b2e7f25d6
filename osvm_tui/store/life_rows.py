"""Reads VMs together with their state intervals, for counting what they cost. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from osvm_tui.domain.roles import Scope
from osvm_tui.domain.vm import VmRef
from osvm_tui.store import state_rows
from osvm_tui.store.base import StateInterval, VmLife
from osvm_tui.store.state_rows import Seen
from osvm_tui.store.tables import vm_states, vms
from osvm_tui.store.vm_columns import decode
from osvm_tui.store.vm_load import member_of

_CHUNK = 250
_FIELDS = (vm_states.c.vm_id, *(vm_states.c[name] for name in StateInterval.__struct_fields__))
"""In the order of `StateInterval`, whose last is `seen_at`."""


async def lives(
    connection: AsyncConnection, scope: Scope, since: datetime, refs: Sequence[VmRef] = ()
) -> tuple[VmLife, ...]:
    """Return VMs that were there at `since` or later; of `refs` alone, with all intervals, when given."""
    here = member_of(scope)
    if refs:
        here = and_(here, vms.c.openstack_id.in_([ref.id for ref in refs]))
    ids = (await connection.execute(select(vms.c.id).where(here, _there(since)))).scalars().all()
    last = await state_rows.seen(connection, scope.endpoint)
    found: list[VmLife] = []
    for start in range(0, len(ids), _CHUNK):
        found += await _read(connection, ids[start : start + _CHUNK], None if refs else since, last)
    return tuple(found)


def _there(since: datetime) -> ColumnElement[bool]:
    later = select(vm_states.c.vm_id).where(vm_states.c.vm_id == vms.c.id, vm_states.c.until > since)
    return or_(vms.c.deleted.is_(False), later.exists())


async def _read(connection: AsyncConnection, ids: Sequence[int], since: datetime | None, last: Seen) -> list[VmLife]:
    rows: dict[int, list[StateInterval]] = {}
    living = select(vms.c.id, vms.c.project_id, vms.c.deleted, vms.c.record).where(vms.c.id.in_(ids))
    found = (await connection.execute(living)).all()
    projects = {row.id: row.project_id for row in found}
    for row in await connection.execute(_intervals(ids, since)):
        rows.setdefault(row.vm_id, []).append(_interval(row, last.of(projects[row.vm_id])))
    return [VmLife(decode(row.record), row.deleted, tuple(rows.get(row.id, ()))) for row in found]


def _intervals(ids: Sequence[int], since: datetime | None) -> Any:
    query = select(*_FIELDS).where(vm_states.c.vm_id.in_(ids)).order_by(vm_states.c.id)
    if since is None:
        return query
    before = select(func.max(vm_states.c.id)).where(vm_states.c.vm_id.in_(ids), vm_states.c.until <= since)
    later = or_(vm_states.c.until.is_(None), vm_states.c.until > since)
    return query.where(or_(later, vm_states.c.id.in_(before.group_by(vm_states.c.vm_id))))


def _interval(row: Any, last: datetime | None) -> StateInterval:
    _, vm_state, task_state, status, power_state, flavor_name, since, until, seen_at = row
    if until is None and last is not None:
        seen_at = max(seen_at, last)
    return StateInterval(vm_state, task_state, status, power_state, flavor_name, since, until, seen_at)
