"""Rows of `vm_states` and `scopes`: how long each VM was in which state, as far as a console saw it.

A poll that finds nothing new costs one write (the scope's `seen_at`), not one per VM. The caller owns the transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from sqlalchemy import bindparam, case, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from osvm_tui.domain.roles import Scope
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.store.base import StateInterval
from osvm_tui.store.tables import UtcTime, scopes, vm_states, vms

EVERYWHERE = "*"


class Seen(Struct, frozen=True):
    """When the scopes of one endpoint were last read whole, by reach (a project id, or `*`)."""

    at: dict[str, datetime]

    def of(self, project_id: str) -> datetime | None:
        """Return when a VM of this project was last seen."""
        found = [self.at[reach] for reach in (EVERYWHERE, project_id) if reach in self.at]
        return max(found, default=None)


class Turn(Struct, frozen=True):
    """One VM's passage to another state: `vm` None means that it is gone."""

    vm_id: int
    project_id: str
    vm: Vm | None
    closes: bool = True
    """Whether an interval is open."""
    first: bool = False
    """Whether the VM was never seen before."""


def state_key(vm: Vm) -> tuple[str, str | None, str, int, str]:
    """Return what one interval holds constant."""
    return vm.vm_state, vm.task_state, vm.status, vm.power_state, vm.flavor.name if vm.flavor else ""


async def seen(connection: AsyncConnection, endpoint: str) -> Seen:
    """Read when the scopes of an endpoint were last read."""
    query = select(scopes.c.reach, scopes.c.seen_at).where(scopes.c.endpoint == endpoint)
    return Seen({row.reach: row.seen_at for row in await connection.execute(query)})


async def scope_seen(connection: AsyncConnection, scope: Scope) -> datetime | None:
    """Return when this very scope was last saved, None when it never was."""
    return (await connection.execute(select(scopes.c.seen_at).where(scopes.c.key == scope.key))).scalar_one_or_none()


async def mark_seen(connection: AsyncConnection, scope: Scope, seen_at: datetime) -> None:
    """Note that every VM of the scope that was not mentioned is as it was."""
    values = {"reach": EVERYWHERE if scope.all_projects else scope.project_id, "endpoint": scope.endpoint}
    changed = await connection.execute(update(scopes).where(scopes.c.key == scope.key).values(seen_at=seen_at))
    if not changed.rowcount:
        await connection.execute(insert(scopes).values(key=scope.key, seen_at=seen_at, **values))


_UNTIL = bindparam("b_until", type_=UtcTime())
_SEEN = bindparam("b_seen", type_=UtcTime())
_CLOSE = (
    update(vm_states)
    .where(vm_states.c.vm_id == bindparam("b_vm_id"), vm_states.c.until.is_(None))
    .values(
        until=case((vm_states.c.since > _UNTIL, vm_states.c.since), else_=_UNTIL),
        seen_at=case((vm_states.c.seen_at < _SEEN, _SEEN), else_=vm_states.c.seen_at),
    )
)


async def turn(connection: AsyncConnection, turns: Sequence[Turn], before: Seen, seen_at: datetime) -> None:
    """Close the open intervals of VMs that moved and open the next ones."""
    closing, opening = [], []
    for one in turns:
        last = before.of(one.project_id)
        since = _since(one, last, seen_at)
        if one.closes:
            closing.append({"b_vm_id": one.vm_id, "b_until": since, "b_seen": min(last or since, since)})
        if one.vm is not None:
            opening.append(_interval(one.vm_id, one.vm, since, seen_at))
    if closing:
        await connection.execute(_CLOSE, closing)
    if opening:
        await connection.execute(insert(vm_states), opening)


def _since(one: Turn, last: datetime | None, seen_at: datetime) -> datetime:
    """Take the cloud's own time of the last change where it can be the time of this one, else that of the reading."""
    told = one.vm.updated_at if one.vm is not None else None
    if told is None or told > seen_at:
        return seen_at
    return told if one.first or (last is not None and told > last) else seen_at


def _interval(vm_id: int, vm: Vm, since: datetime, seen_at: datetime) -> dict[str, object]:
    vm_state, task_state, status, power_state, flavor_name = state_key(vm)
    return {
        "vm_id": vm_id,
        "vm_state": vm_state[:64],
        "task_state": (task_state or "")[:64],
        "status": status[:64],
        "power_state": power_state,
        "flavor_name": flavor_name[:255],
        "since": since,
        "seen_at": seen_at,
    }


async def intervals(connection: AsyncConnection, ref: VmRef) -> tuple[StateInterval, ...]:
    """Return a VM's intervals in the order they were seen; the open one was seen when its scope last was."""
    known = select(vms.c.id, vms.c.project_id).where(vms.c.endpoint == ref.endpoint, vms.c.openstack_id == ref.id)
    vm = (await connection.execute(known)).one_or_none()
    if vm is None:
        return ()
    last = (await seen(connection, ref.endpoint)).of(vm.project_id)
    query = select(vm_states).where(vm_states.c.vm_id == vm.id).order_by(vm_states.c.id)
    found = []
    for row in await connection.execute(query):
        values = {name: row._mapping[name] for name in StateInterval.__struct_fields__}
        if row.until is None and last is not None:
            values["seen_at"] = max(row.seen_at, last)
        found.append(StateInterval(**values))
    return tuple(found)
