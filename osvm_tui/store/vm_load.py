"""Reads the fleet of a scope, whole or since a revision, chunk by chunk; the caller owns the transaction."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from osvm_tui.domain.roles import Scope
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.store import counters, state_rows
from osvm_tui.store.base import FleetRows
from osvm_tui.store.tables import vms
from osvm_tui.store.vm_columns import decode, encode

_CHUNK = 250


def member_of(scope: Scope) -> ColumnElement[bool]:
    """Return the condition for the VMs that a scope sees."""
    here = vms.c.endpoint == scope.endpoint
    return here if scope.all_projects else and_(here, vms.c.project_id == scope.project_id)


async def load(connection: AsyncConnection, scope: Scope) -> FleetRows:
    """Return every living VM of the scope."""
    revision = await counters.value(connection, "fleet")
    return await _read(connection, scope, revision, vms.c.deleted.is_(False))


async def since(connection: AsyncConnection, scope: Scope, revision: int) -> FleetRows:
    """Return what moved after `revision`."""
    newest = await counters.value(connection, "fleet")
    if newest <= revision:
        return FleetRows(newest, (), (), await state_rows.scope_seen(connection, scope))
    return await _read(connection, scope, newest, vms.c.revision > revision)


async def _read(connection: AsyncConnection, scope: Scope, revision: int, condition: ColumnElement[bool]) -> FleetRows:
    """Find the rows first and fetch them by id: paging through a sorted query would search them anew for each page."""
    ids = (await connection.execute(select(vms.c.id).where(member_of(scope), condition))).scalars().all()
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
    return FleetRows(revision, tuple(found), tuple(removed), await state_rows.scope_seen(connection, scope))


async def lacking(connection: AsyncConnection, scope: Scope, picture: Mapping[VmRef, Vm]) -> tuple[VmRef, ...]:
    """Compare rows with a picture as bytes: decoding them all would double the memory of a big fleet."""
    living = and_(member_of(scope), vms.c.deleted.is_(False))
    ids = (await connection.execute(select(vms.c.id).where(living))).scalars().all()
    same: set[VmRef] = set()
    wrong: list[VmRef] = []
    for start in range(0, len(ids), _CHUNK):
        query = select(vms.c.openstack_id, vms.c.endpoint, vms.c.record).where(
            vms.c.id.in_(ids[start : start + _CHUNK])
        )
        for row in await connection.execute(query):
            ref = VmRef(row.endpoint, row.openstack_id)
            vm = picture.get(ref)
            if vm is not None and encode(vm) == row.record:
                same.add(ref)
            elif vm is None:
                wrong.append(ref)
    return (*wrong, *(ref for ref in picture if ref not in same))
