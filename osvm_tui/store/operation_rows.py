"""Rows of `operations` and `operation_items`: plan, compare-and-swap, owners; the caller owns the transaction."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, and_, exists, insert, or_, select, true, update
from sqlalchemy.ext.asyncio import AsyncConnection

from osvm_tui.domain.operations import Control, ItemState, Operation, OperationItem
from osvm_tui.domain.vm import VmRef
from osvm_tui.store import counters
from osvm_tui.store.secrets import keepable
from osvm_tui.store.tables import operation_items as items
from osvm_tui.store.tables import operations

OWNER_TTL_S = 9.0
"""How long a fresh item stays with its owner before `keep_items` has renewed it."""
_OPEN = tuple(state.value for state in ItemState if state.open)
_SLACK_S = 1.0


async def insert_operation(connection: AsyncConnection, operation: Operation, owner: str, now: datetime) -> None:
    """Write an operation and its items, without secrets; items without an owner belong to `owner`."""
    change = await counters.lock(connection, "item")
    params, withheld = keepable(operation.params)
    values = {
        name: getattr(operation, name)
        for name in ("id", "action_id", "operator", "console_role", "source", "requested_at")
    }
    values |= {"params": msgspec.json.encode(params).decode(), "secret": operation.secret or withheld}
    values |= {"control": operation.control.value, "cared_at": now, "change": change + 1}
    await connection.execute(insert(operations).values(values))
    if not operation.items:
        await counters.put(connection, "item", change + 1)
        return
    rows = [
        {**_values(item, item.owner or owner, now), "position": position, "change": change + position + 1}
        for position, item in enumerate(operation.items)
    ]
    await connection.execute(insert(items), rows)
    await counters.put(connection, "item", change + len(rows))


async def swap(
    connection: AsyncConnection, item: OperationItem, expected: frozenset[ItemState], owner: str, now: datetime | None
) -> bool:
    """Write `item` if its row is still `owner`'s and in one of `expected`; `now` None does not renew the ownership.

    To be sent, its operation must be running: not paused, not cancelled.
    """
    change = await counters.lock(connection, "item") + 1
    mine = and_(items.c.id == item.id, items.c.owner == owner, items.c.state.in_(sorted(expected)))
    if item.state is ItemState.SENDING:
        running = and_(operations.c.id == items.c.operation_id, operations.c.control == Control.RUN.value)
        mine = and_(mine, exists().where(running))
    result = await connection.execute(update(items).where(mine).values({**_values(item, owner, now), "change": change}))
    if result.rowcount != 1:
        return False
    await counters.put(connection, "item", change)
    return True


async def claim(
    connection: AsyncConnection, theirs: ColumnElement[bool], owner: str, until: datetime
) -> tuple[OperationItem, ...]:
    """Make `owner` the owner of `claimable` items; return them in the order of planning."""
    change = await counters.lock(connection, "item")
    query = select(items.c.id).where(theirs).order_by(items.c.planned_at, items.c.position)
    ids = (await connection.execute(query)).scalars().all()
    for number, item_id in enumerate(ids, change + 1):
        values = {"owner": owner, "owner_until": until, "change": number}
        await connection.execute(update(items).where(items.c.id == item_id).values(values))
    if not ids:
        return ()
    await counters.put(connection, "item", change + len(ids))
    taken = select(items).where(items.c.change > change).order_by(items.c.change)
    return tuple(_item(row) for row in await connection.execute(taken))


def claimable(
    owner: str, ttl_s: float, now: datetime, scope_keys: frozenset[str], actions: frozenset[str] | None
) -> ColumnElement[bool]:
    """Return the condition for open items of these scopes, and of these actions where named, that `owner` could claim.

    Their ownership is over, or ends later than a renewal could reach: it was written before the clock was set back.
    """
    reach = now + timedelta(seconds=max(ttl_s, OWNER_TTL_S) + _SLACK_S)
    abandoned = or_(items.c.owner_until <= now, items.c.owner_until > reach)
    here = items.c.scope_key.in_(sorted(scope_keys))
    known = true() if actions is None else items.c.action_id.in_(sorted(actions))
    return and_(items.c.state.in_(_OPEN), items.c.owner != owner, here, abandoned, known)


def owned_open(owner: str) -> ColumnElement[bool]:
    """Return the condition for the open items of `owner`."""
    return and_(items.c.state.in_(_OPEN), items.c.owner == owner)


async def any_item(connection: AsyncConnection, condition: ColumnElement[bool]) -> bool:
    """Return whether an item matches."""
    return (await connection.execute(select(items.c.id).where(condition).limit(1))).first() is not None


async def keep(connection: AsyncConnection, owner: str, ttl_s: float, now: datetime, stale_s: float) -> None:
    """Renew the ownership of the open items of `owner`; other consoles need not hear of it: no new change number."""
    await counters.lock(connection, "item")
    until = now + timedelta(seconds=ttl_s)
    await connection.execute(update(items).where(owned_open(owner)).values(owner_until=until))
    mine = operations.c.id.in_(select(items.c.operation_id).where(owned_open(owner)))
    cared = and_(mine, operations.c.cared_at >= now - timedelta(seconds=stale_s))
    await connection.execute(update(operations).where(cared).values(cared_at=now))


async def find(connection: AsyncConnection, operation_id: str, now: datetime) -> Operation | None:
    """Return an operation with its items in the order they were asked for."""
    row = (await connection.execute(select(operations).where(operations.c.id == operation_id))).one_or_none()
    if row is None:
        return None
    query = select(items).where(items.c.operation_id == operation_id).order_by(items.c.position)
    found = tuple(_item(item) for item in await connection.execute(query))
    return msgspec.structs.replace(_head(row, now), items=found)


async def heads(connection: AsyncConnection, change: int, limit: int, now: datetime) -> tuple[Operation, ...]:
    """Return the newest operations that were written after `change`, without their items, oldest first."""
    query = select(operations).where(operations.c.change > change if change else true())
    rows = await connection.execute(query.order_by(operations.c.requested_at.desc()).limit(limit))
    return tuple(_head(row, now) for row in reversed(rows.all()))


async def steer(connection: AsyncConnection, operation_id: str, control: Control, now: datetime) -> bool:
    """Write what is to become of the unsent items; False when it says so already, or was cancelled for good."""
    change = await counters.lock(connection, "item") + 1
    final = (Control.CANCEL.value, control.value)
    mine = and_(operations.c.id == operation_id, operations.c.control.not_in(final))
    values = {"control": control.value, "cared_at": now, "change": change}
    result = await connection.execute(update(operations).where(mine).values(values))
    if result.rowcount != 1:
        return False
    await counters.put(connection, "item", change)
    return True


async def newest(connection: AsyncConnection, *, open_only: bool, limit: int) -> tuple[OperationItem, ...]:
    """Return items, newest first."""
    query = select(items).order_by(items.c.planned_at.desc(), items.c.position, items.c.id).limit(limit)
    if open_only:
        query = query.where(items.c.state.in_(_OPEN))
    return tuple(_item(row) for row in await connection.execute(query))


async def since(connection: AsyncConnection, change: int) -> tuple[int, tuple[OperationItem, ...]]:
    """Return the newest change number and the items written after `change`, in the order of writing."""
    last = await counters.value(connection, "item")
    query = select(items).where(items.c.change > change).order_by(items.c.change)
    return last, tuple(_item(row) for row in await connection.execute(query))


_PLAIN = tuple(name for name in OperationItem.__struct_fields__ if name not in ("ref", "state", "owner", "was"))
_HEAD = ("id", "action_id", "operator", "console_role", "source", "requested_at", "secret")


def _values(item: OperationItem, owner: str, now: datetime | None) -> dict[str, object]:
    values = {name: getattr(item, name) for name in _PLAIN}
    if now is not None:
        values["owner_until"] = now + timedelta(seconds=OWNER_TTL_S)
    return {
        **values,
        "endpoint": item.ref.endpoint,
        "openstack_id": item.ref.id,
        "state": item.state.value,
        "owner": owner,
        "was": msgspec.json.encode(item.was).decode(),
    }


def _item(row: Row[Any]) -> OperationItem:
    values = row._mapping
    plain = {name: values[name] for name in _PLAIN}
    ref = VmRef(values["endpoint"], values["openstack_id"])
    was = msgspec.json.decode(values["was"])
    return OperationItem(**plain, ref=ref, state=ItemState(values["state"]), owner=values["owner"], was=was)


def _head(row: Row[Any], now: datetime) -> Operation:
    values = row._mapping
    cared_at: datetime = values["cared_at"] or values["requested_at"]
    return Operation(
        **{name: values[name] for name in _HEAD},
        params=msgspec.json.decode(values["params"]),
        control=Control(values["control"]),
        idle_s=max(0.0, (now - cared_at).total_seconds()),
    )
