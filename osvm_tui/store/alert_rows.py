"""Rows of alerts and of webhook calls. The caller owns the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import Row, and_, bindparam, delete, exists, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from osvm_tui.domain.alerts import AlertEvent, AlertSeverity, AlertState, AlertStep, AlertView
from osvm_tui.domain.vm import VmRef
from osvm_tui.store import counters
from osvm_tui.store.alert_base import WebhookCall
from osvm_tui.store.tables import alerts, webhook_calls

_COUNTER = "alert"
_RECENT = 200
"""How many ended alerts a console begins with."""
_ENDED = AlertState.ENDED.value


async def record(connection: AsyncConnection, steps: Sequence[AlertStep]) -> tuple[bool, ...]:
    """Write what happened, in order; return which steps were written. One change number for all of them."""
    change = await _next(connection)
    done: list[bool] = []
    for event, run in groupby(steps, key=lambda step: step.event):
        done += await _WRITE[event](connection, [step.alert for step in run], change)
    return tuple(done)


async def _begin(connection: AsyncConnection, begun: Sequence[AlertView], change: int) -> list[bool]:
    ids = {alert.ref.id for alert in begun}
    query = select(alerts.c.rule, alerts.c.endpoint, alerts.c.openstack_id)
    query = query.where(alerts.c.openstack_id.in_(ids), alerts.c.state != _ENDED)
    held = {tuple(row) for row in await connection.execute(query)}
    done, rows = [], []
    for alert in begun:
        key = (alert.rule[:255], alert.ref.endpoint, alert.ref.id[:36])
        done.append(key not in held)
        if done[-1]:
            held.add(key)
            rows.append(_row(alert, change))
    if rows:
        await connection.execute(insert(alerts), rows)
    return done


def _row(alert: AlertView, change: int) -> dict[str, Any]:
    return {
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


async def _end(connection: AsyncConnection, ended: Sequence[AlertView], change: int) -> list[bool]:
    """Write the ends; who knew of them stays."""
    held = await _open_ones(connection, ended)
    done = [held.pop(alert.id, None) is not None for alert in ended]
    rows = [
        {"alert": one.id, "words": one.words, "value": one.value, "ended_at": one.ended_at}
        for one, is_open in zip(ended, done, strict=True)
        if is_open
    ]
    await _write(connection, rows, state=_ENDED, change=change)
    return done


async def _again(connection: AsyncConnection, woken: Sequence[AlertView], change: int) -> list[bool]:
    held = await _open_ones(connection, woken)
    done = []
    for one in woken:
        done.append(held.get(one.id) == (AlertState.SILENCED.value, one.silent_until))
        if done[-1]:
            del held[one.id]
    rows = [{"alert": one.id} for one, is_over in zip(woken, done, strict=True) if is_over]
    await _write(connection, rows, state=AlertState.FIRING.value, change=change)
    return done


async def reword(connection: AsyncConnection, said: Sequence[AlertView]) -> None:
    """Write how open alerts are now."""
    change, held = await _next(connection), await _open_ones(connection, said)
    rows = [
        {"alert": one.id, "words": one.words, "value": one.value, "severity": one.severity.value}
        for one in said
        if one.id in held
    ]
    await _write(connection, rows, change=change)


async def _open_ones(connection: AsyncConnection, asked: Sequence[AlertView]) -> dict[str, tuple[str, datetime | None]]:
    """Return state and end of silence of those that are open, by id."""
    query = select(alerts.c.id, alerts.c.state, alerts.c.silent_until)
    query = query.where(alerts.c.id.in_([one.id for one in asked]), alerts.c.state != _ENDED)
    return {row.id: (row.state, row.silent_until) for row in await connection.execute(query)}


async def _write(connection: AsyncConnection, rows: list[dict[str, Any]], **same: Any) -> None:
    """Write the values of each row to the alert of its id, and to all of them those that are the `same`."""
    if rows:
        own: dict[str, Any] = {name: bindparam(name) for name in rows[0] if name != "alert"}
        await connection.execute(update(alerts).where(alerts.c.id == bindparam("alert")).values(**own, **same), rows)


_WRITE = {AlertEvent.BEGUN: _begin, AlertEvent.ENDED: _end, AlertEvent.AGAIN: _again}


async def mark(
    connection: AsyncConnection, alert_id: str, state: AlertState, who: str, note: str, until: datetime | None
) -> bool:
    """Write who knows of an open alert."""
    values = {"state": state.value, "who": who, "note": note, "silent_until": until}
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
    query = select(webhook_calls).where(webhook_calls.c.next_at <= now)
    # What was refused before must not hold up what was never tried.
    query = query.order_by(webhook_calls.c.tries, webhook_calls.c.made_at).limit(limit)
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
