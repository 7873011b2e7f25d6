"""Reads the fleet of a scope, whole or since a revision, chunk by chunk; the caller owns the transaction."""

from __future__ import annotations

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from osvm_tui.domain.roles import Scope
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.store import counters, state_rows
from osvm_tui.store.base import FleetRows
from osvm_tui.store.tables import vms
from osvm_tui.store.vm_columns import decode

_CHUNK = 250


def member_of(scope: Scope) -> ColumnElement[bool]:
    """Return the condition for the VMs that a scope sees."""
    here = vms.c.endpoint == scope.endpoint
    return here if scope.all_projects else and_(here, vms.c.project_id == scope.project_id)


async def load(connection: AsyncConnection, scope: Scope) -> FleetRows:
    """Return every living VM of the scope."""
    revision = await counters.value(connection, "fleet")
    living = and_(member_of(scope), vms.c.deleted.is_(False))
    found: list[Vm] = []
    last = 0
    while True:
        query = select(vms.c.id, vms.c.record).where(living, vms.c.id > last).order_by(vms.c.id).limit(_CHUNK)
        rows = (await connection.execute(query)).all()
        found.extend(decode(row.record) for row in rows)
        if len(rows) < _CHUNK:
            return FleetRows(revision, tuple(found), (), await state_rows.scope_seen(connection, scope))
        last = rows[-1].id


async def since(connection: AsyncConnection, scope: Scope, revision: int) -> FleetRows:
    """Return what moved after `revision`."""
    newest = await counters.value(connection, "fleet")
    moved = select(vms.c.id).where(vms.c.revision > revision, member_of(scope))
    ids = (await connection.execute(moved)).scalars().all() if newest > revision else []
    found: list[Vm] = []
    removed: list[VmRef] = []
    for start in range(0, len(ids), _CHUNK):
        query = select(vms.c.openstack_id, vms.c.endpoint, vms.c.deleted, vms.c.record).where(
            vms.c.id.in_(ids[start : start + _CHUNK])
        )
        for row in await connection.execute(query):
            if row.deleted:
                removed.append(VmRef(row.endpoint, row.openstack_id))
            else:
                found.append(decode(row.record))
    return FleetRows(newest, tuple(found), tuple(removed), await state_rows.scope_seen(connection, scope))
