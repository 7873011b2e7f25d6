"""Rows of the costs: things beside VMs, totals of days, dismissed advice. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Row, Table, and_, delete, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from osvm_tui.domain.accrual import Held
from osvm_tui.domain.errors import StoreCorrupt
from osvm_tui.domain.rates import Component
from osvm_tui.domain.roles import Scope
from osvm_tui.domain.rollup import CostDay, DaySum
from osvm_tui.store import counters
from osvm_tui.store.base import Dismissal
from osvm_tui.store.tables import cost_days, cost_dismissals, cost_things

_encode = msgspec.msgpack.Encoder().encode
_outer = msgspec.msgpack.Decoder(tuple[tuple[DaySum, ...], msgspec.Raw])
_parts = msgspec.msgpack.Decoder(tuple[DaySum, ...])
_CHUNK = 500


def _reach(table: Table, scope: Scope) -> ColumnElement[bool]:
    here = table.c.endpoint == scope.endpoint
    return here if scope.all_projects else and_(here, table.c.project_id == scope.project_id)


async def save_things(
    connection: AsyncConnection, scope: Scope, component: Component, things: Sequence[Held], seen_at: datetime
) -> None:
    """Mark what is still the same as seen, end what is not, begin what is new."""
    await counters.lock(connection, "cost")
    here = and_(cost_things.c.endpoint == scope.endpoint, cost_things.c.component == component.value)
    open_rows = (await connection.execute(select(cost_things).where(here, cost_things.c.until.is_(None)))).all()
    now = {one.id[:64]: one for one in things}
    same = {row.thing_id: row for row in open_rows if _same(row, now.get(row.thing_id), scope)}
    ended = [row for row in open_rows if row.thing_id not in same and (row.thing_id in now or _reaches(scope, row))]
    await _put(connection, [row.id for row in ended], until=seen_at)
    for row in same.values():
        if not row.project_id and (project := _project(scope, now[row.thing_id])):
            await _put(connection, [row.id], project_id=project)
        elif component is Component.FLOATING_IP and now[row.thing_id].since < row.since:
            # Written by a release that did not know when it was made.
            await _put(connection, [row.id], since=now[row.thing_id].since)
    mine = and_(_reach(cost_things, scope), here, cost_things.c.until.is_(None))
    await connection.execute(update(cost_things).where(mine).values(seen_at=seen_at))
    before = {row.thing_id for row in ended}
    rows = [_thing(scope, one, seen_at, key in before) for key, one in now.items() if key not in same]
    if rows:
        await connection.execute(insert(cost_things), rows)


def _project(scope: Scope, one: Held) -> str:
    """Return whose it is: some clouds name the project only where several are read."""
    return one.project_id[:64] or ("" if scope.all_projects else scope.project_id)


def _same(row: Row[Any], one: Held | None, scope: Scope) -> bool:
    if one is None or (row.what, row.quantity) != (one.what[:255], str(one.quantity)):
        return False
    return row.project_id in ("", _project(scope, one)) or not _project(scope, one)


def _reaches(scope: Scope, row: Row[Any]) -> bool:
    return scope.all_projects or row.project_id == scope.project_id


async def _put(connection: AsyncConnection, ids: Sequence[int], **values: object) -> None:
    for start in range(0, len(ids), _CHUNK):
        some = cost_things.c.id.in_(ids[start : start + _CHUNK])
        await connection.execute(update(cost_things).where(some).values(values))


def _thing(scope: Scope, one: Held, seen_at: datetime, grown: bool) -> dict[str, Any]:
    return {
        "endpoint": scope.endpoint,
        "project_id": _project(scope, one),
        "component": one.component.value,
        "thing_id": one.id[:64],
        "name": one.name[:255],
        "what": one.what[:255],
        "quantity": str(one.quantity),
        "since": seen_at if grown else min(one.since, seen_at),
        "seen_at": seen_at,
    }


async def things(connection: AsyncConnection, scope: Scope, since: datetime) -> tuple[Held, ...]:
    """Return what had not ended before `since`."""
    alive = or_(cost_things.c.until.is_(None), cost_things.c.until > since)
    query = select(cost_things).where(_reach(cost_things, scope), alive).order_by(cost_things.c.id)
    rows = (await connection.execute(query)).all()
    begun = {(row.component, row.thing_id, row.since): row for row in rows}
    return tuple(_held(row, begun.get((row.component, row.thing_id, row.until))) for row in rows)


def _held(row: Row[Any], after: Row[Any] | None) -> Held:
    """Return a row; `after` is the one that began when it ended: the thing had grown, or was given another type."""
    return Held(
        component=Component(row.component),
        id=row.thing_id,
        name=row.name,
        what=row.what,
        quantity=Decimal(row.quantity),
        project_id=row.project_id,
        since=row.since,
        until=row.until,
        seen_at=row.seen_at,
        after=(after.what, Decimal(after.quantity)) if after is not None else None,
    )


async def save_days(connection: AsyncConnection, scope: Scope, days: Sequence[CostDay]) -> None:
    """Write totals of whole days in place of earlier ones, also of projects that came to nothing since."""
    await counters.lock(connection, "cost")
    for day in sorted({one.day for one in days}):
        await connection.execute(delete(cost_days).where(_reach(cost_days, scope), cost_days.c.day == day))
    rows = [
        {
            "endpoint": d.endpoint,
            "day": d.day,
            "project_id": d.project_id,
            "basis": d.basis,
            "sums": _encode((d.sums, d.parts)),
        }
        for d in days
    ]
    if rows:
        await connection.execute(insert(cost_days), rows)


async def days(connection: AsyncConnection, scope: Scope, first: date, last: date) -> Sequence[Row[Any]]:
    """Return the rows of days, in their order; `decoded` reads them."""
    query = select(cost_days).where(_reach(cost_days, scope), cost_days.c.day.between(first, last))
    return (await connection.execute(query.order_by(cost_days.c.day, cost_days.c.project_id))).all()


def decoded(rows: Sequence[Row[Any]], *, parts: bool) -> tuple[CostDay, ...]:
    """Return what rows of days hold. Raises StoreCorrupt for bytes that are none."""
    found = []
    try:
        for row in rows:
            sums, rest = _outer.decode(row.sums)
            by_component = _parts.decode(rest) if parts else ()
            found.append(CostDay(row.endpoint, row.project_id, row.day, row.basis, sums, by_component))
    except msgspec.DecodeError as error:
        raise StoreCorrupt(f"the totals of a day cannot be read: {error}") from error
    return tuple(found)


async def dismiss(connection: AsyncConnection, one: Dismissal) -> None:
    """Write a dismissal in place of an earlier one."""
    await counters.lock(connection, "cost")
    await undismiss(connection, one.advice_id)
    await connection.execute(insert(cost_dismissals), [msgspec.structs.asdict(one)])


async def undismiss(connection: AsyncConnection, advice_id: str) -> None:
    """Forget a dismissal."""
    await connection.execute(delete(cost_dismissals).where(cost_dismissals.c.advice_id == advice_id))


async def dismissals(connection: AsyncConnection) -> tuple[Dismissal, ...]:
    """Return all dismissals, oldest first."""
    query = select(cost_dismissals).order_by(cost_dismissals.c.at)
    return tuple(Dismissal(row.advice_id, row.reason, row.operator, row.at) for row in await connection.execute(query))
