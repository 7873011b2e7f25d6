"""Rows of `audit`: appending to the one chain, searching it, checking it; the caller owns the transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC
from uuid import uuid4

import msgspec
from sqlalchemy import ColumnElement, Row, Select, and_, exists, insert, or_, select, true
from sqlalchemy.ext.asyncio import AsyncConnection

from osvm_tui.domain.audit import AuditEntry, AuditRow, ChainReport, link, verify
from osvm_tui.store import counters
from osvm_tui.store.base import AuditQuery
from osvm_tui.store.tables import audit

_BATCH = 500
_FIELDS = AuditEntry.__struct_fields__
_SEARCHED = (
    audit.c.vm_name, audit.c.vm_id, audit.c.action, audit.c.phase, audit.c.operator, audit.c.detail, audit.c.request_id
)  # fmt: skip


def new_batch() -> str:
    """Return the name of one write, so that replaying it twice is seen."""
    return uuid4().hex


async def append(connection: AsyncConnection, entries: Sequence[AuditEntry], batch: str) -> None:
    """Link `entries` behind the chain's head. One writer at a time: the head's counter is locked."""
    if not entries:
        return
    seq, head = await counters.locked_head(connection)
    rows = []
    for entry in entries:
        seq += 1
        row = link(head, seq, msgspec.structs.replace(entry, at=entry.at.astimezone(UTC)))
        head = row.hash
        rows.append({**msgspec.structs.asdict(row.entry), **_place(row), "batch": batch})
    await connection.execute(insert(audit), rows)
    await counters.put(connection, "audit", seq, text=head)


def _place(row: AuditRow) -> dict[str, object]:
    return {"seq": row.seq, "prev_hash": row.prev_hash, "hash": row.hash}


async def has_batch(connection: AsyncConnection, batch: str) -> bool:
    """Return whether the write named `batch` is already in the chain."""
    return bool((await connection.execute(select(exists().where(audit.c.batch == batch)))).scalar_one())


async def search(connection: AsyncConnection, query: AuditQuery) -> tuple[AuditRow, ...]:
    """Return matching rows, newest first."""
    statement = select(audit).where(_matching(query)).order_by(audit.c.seq.desc()).limit(query.limit)
    return tuple(_row(row) for row in await connection.execute(statement))


def _matching(query: AuditQuery) -> ColumnElement[bool]:
    exact = {audit.c.operator: query.operator, audit.c.vm_id: query.vm_id, audit.c.action: query.action}
    conditions = [column == wanted for column, wanted in exact.items() if wanted]
    if query.text:
        conditions.append(or_(*(column.icontains(query.text, autoescape=True) for column in _SEARCHED)))
    if query.since is not None:
        conditions.append(audit.c.at >= query.since)
    if query.until is not None:
        conditions.append(audit.c.at < query.until)
    if query.before_seq:
        conditions.append(audit.c.seq < query.before_seq)
    return and_(true(), *conditions)


async def check(connection: AsyncConnection) -> ChainReport:
    """Check the chain batch by batch, and that it ends where its counter says: a cut tail is found too."""
    last, head = await counters.head(connection)
    report = ChainReport(0)
    while True:
        rows = [_row(row) for row in await connection.execute(_batch_behind(report.rows))]
        found = verify(rows, head=report.head, next_seq=report.rows + 1)
        report = msgspec.structs.replace(found, rows=report.rows + found.rows)
        if not report.holds or len(rows) < _BATCH:
            break
    if report.holds and (report.rows, report.head) != (last, head):
        reason = f"the chain ends at row {report.rows}, {last} were written"
        return msgspec.structs.replace(report, broken_at=report.rows + 1, reason=reason)
    return report


def _batch_behind(seq: int) -> Select[tuple[object, ...]]:
    return select(audit).where(audit.c.seq > seq).order_by(audit.c.seq).limit(_BATCH)


def _row(row: Row[tuple[object, ...]]) -> AuditRow:
    values = row._mapping
    entry = AuditEntry(**{field: values[field] for field in _FIELDS})
    return AuditRow(seq=values["seq"], entry=entry, prev_hash=values["prev_hash"], hash=values["hash"])
