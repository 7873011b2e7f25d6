"""Rows of alerts and of webhook calls. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, and_, delete, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from osvm_tui.domain.alerts import AlertSeverity, AlertState, AlertView
from osvm_tui.domain.vm import VmRef
from osvm_tui.store import counters
from osvm_tui.store.alert_base import WebhookCall
from osvm_tui.store.tables import alerts, webhook_calls

_COUNTER = "alert"
_RECENT = 200
"""How many ended alerts a console begins with."""
_ENDED = AlertState.ENDED.value


async def begin(connection: AsyncConnection, alert: AlertView) -> bool:
    """Insert an alert unless that rule has an open one of that VM."""
    change = await _next(connection)
    same = and_(_of(alert.ref), alerts.c.rule == alert.rule, alerts.c.state != _ENDED)
    if (await connection.execute(select(exists().where(same)))).scalar_one():
        return False
    row = {
        "id": alert.id,
        "rule": alert.rule[:255],
        "endpoint": alert.ref.endpoint,
        "openstack_id": alert.ref.id[:36],
        "vm_name": alert.vm_name[:255],
        "entry": alert.entry[:255],
        "severity": alert.severity.value,
        "words": alert.words,
        "state": alert.state.value,
        "since": alert.since,
        "value": alert.value,
        "who": alert.who,
        "note": alert.note,
        "change": change,
    }
    await connection.execute(insert(alerts), [row])
    return True


async def end(connection: AsyncConnection, alert: AlertView) -> bool:
    """Write the end of an open alert; who knew of it stays."""
    values = {"state": _ENDED, "words": alert.words, "value": alert.value, "ended_at": alert.ended_at}
    return await _change(connection, alert.id, values)


async def mark(
    connection: AsyncConnection, alert_id: str, state: AlertState, who: str, note: str, until: datetime | None
) -> bool:
    """Write who knows of an open alert."""
    values = {"state": state.value, "who": who, "note": note, "silent_until": until}
    return await _change(connection, alert_id, values)


async def _change(connection: AsyncConnection, alert_id: str, values: dict[str, Any]) -> bool:
    change = await _next(connection)
    here = and_(alerts.c.id == alert_id, alerts.c.state != _ENDED)
    found = await connection.execute(update(alerts).where(here).values(**values, change=change))
    return bool(found.rowcount)


async def _next(connection: AsyncConnection) -> int:
    change = await counters.lock(connection, _COUNTER) + 1
    await counters.put(connection, _COUNTER, change)
    return change


def _of(ref: VmRef) -> Any:
    return and_(alerts.c.openstack_id == ref.id, alerts.c.endpoint == ref.endpoint)


async def since(connection: AsyncConnection, change: int) -> tuple[int, tuple[AlertView, ...]]:
    """Return what was written after a change; with 0 what is open and what ended last."""
    last = await counters.value(connection, _COUNTER)
    if change == last:
        return last, ()
    if 0 < change < last:
        rows = (await connection.execute(select(alerts).where(alerts.c.change > change))).all()
        return last, tuple(map(_alert, rows))
    is_open = alerts.c.state != _ENDED
    rows = (await connection.execute(select(alerts).where(is_open))).all()
    ended = select(alerts).where(alerts.c.state == _ENDED).order_by(alerts.c.ended_at.desc()).limit(_RECENT)
    return last, tuple(map(_alert, [*rows, *(await connection.execute(ended))]))


async def history(connection: AsyncConnection, ref: VmRef | None, limit: int) -> tuple[AlertView, ...]:
    """Return alerts, the newest first."""
    query = select(alerts).order_by(alerts.c.since.desc()).limit(limit)
    rows = await connection.execute(query if ref is None else query.where(_of(ref)))
    return tuple(map(_alert, rows))


def _over(before: datetime) -> Any:
    return alerts.c.ended_at < before  # an open one has no end


async def outlived(connection: AsyncConnection, before: datetime) -> bool:
    """Return whether any alert ended before a moment."""
    return bool((await connection.execute(select(exists().where(_over(before))))).scalar_one())


async def prune(connection: AsyncConnection, before: datetime, limit: int) -> int:
    """Drop the alerts that ended before a moment, so many at most; return how many."""
    oldest = select(alerts.c.id).where(_over(before)).order_by(alerts.c.ended_at).limit(limit)
    return (await connection.execute(delete(alerts).where(alerts.c.id.in_(oldest)))).rowcount


def _alert(row: Row[Any]) -> AlertView:
    return AlertView(
        id=row.id,
        rule=row.rule,
        ref=VmRef(row.endpoint, row.openstack_id),
        vm_name=row.vm_name,
        entry=row.entry,
        severity=AlertSeverity(row.severity),
        words=row.words,
        state=AlertState(row.state),
        since=row.since,
        ended_at=row.ended_at,
        value=row.value,
        who=row.who,
        note=row.note,
        silent_until=row.silent_until,
    )


async def queue(connection: AsyncConnection, calls: Sequence[WebhookCall]) -> None:
    """Put calls into the queue, due at once."""
    rows = [
        {"id": call.id, "body": call.body, "made_at": call.made_at, "next_at": call.made_at, "tries": call.tries}
        for call in calls
    ]
    if rows:
        await connection.execute(insert(webhook_calls), rows)


async def due(connection: AsyncConnection, now: datetime) -> bool:
    """Return whether anything is due to be told."""
    return bool((await connection.execute(select(exists().where(webhook_calls.c.next_at <= now)))).scalar_one())


async def claim(connection: AsyncConnection, now: datetime, hold_s: float, limit: int) -> tuple[WebhookCall, ...]:
    """Take calls that are due, for a while."""
    query = select(webhook_calls).where(webhook_calls.c.next_at <= now).order_by(webhook_calls.c.made_at).limit(limit)
    rows = (await connection.execute(query.with_for_update(skip_locked=True))).all()
    held = now + timedelta(seconds=hold_s)
    taken = or_(*(webhook_calls.c.id == row.id for row in rows)) if rows else None
    if taken is not None:
        values = {"next_at": held, "tries": webhook_calls.c.tries + 1}
        await connection.execute(update(webhook_calls).where(taken).values(values))
    return tuple(WebhookCall(row.id, row.body, row.made_at, row.tries) for row in rows)


async def settle(connection: AsyncConnection, call_id: str, next_at: datetime | None) -> None:
    """Drop a call, or put it off."""
    here = webhook_calls.c.id == call_id
    if next_at is None:
        await connection.execute(delete(webhook_calls).where(here))
    else:
        await connection.execute(update(webhook_calls).where(here).values(next_at=next_at))
