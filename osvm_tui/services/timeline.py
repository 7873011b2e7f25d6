"""A VM's Events: Nova's instance actions joined with our audit by request id, newest first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from osvm_tui.domain.audit import AuditRow
from osvm_tui.domain.catalog import InstanceAction
from osvm_tui.services.api import TimelineEntry

_OLDEST = datetime.min.replace(tzinfo=UTC)


def join(actions: Iterable[InstanceAction], rows: Iterable[AuditRow], users: dict[str, str]) -> list[TimelineEntry]:
    """Return one line per request: what Nova did and which of our operators asked for it.

    A `requested` row is told only until another row of its item says more.
    """
    rows = tuple(rows)
    told = {row.entry.item_id for row in rows if row.entry.phase != "requested"}
    by_request: dict[str, list[AuditRow]] = {}
    for row in rows:
        if row.entry.phase != "requested" or row.entry.item_id not in told:
            by_request.setdefault(row.entry.request_id, []).append(row)
    lines = [_nova(action, by_request.pop(action.request_id, []), users) for action in actions]
    lines += [_audit(row) for group in by_request.values() for row in group]
    return sorted(lines, key=lambda line: line.at or _OLDEST, reverse=True)


def _nova(action: InstanceAction, rows: list[AuditRow], users: dict[str, str]) -> TimelineEntry:
    operator = rows[0].entry.operator if rows else ""
    outcome = next((row.entry for row in rows if row.entry.phase not in ("requested", "sent")), None)
    return TimelineEntry(
        at=action.started_at,
        source="both" if rows else "nova",
        action=action.action,
        result=outcome.phase if outcome else ("error" if action.message else ""),
        who=operator or users.get(action.user_id, action.user_id[:8]),
        request_id=action.request_id,
        detail=action.message or (outcome.detail if outcome else ""),
        events=tuple(f"{e.event} {e.result or 'running'}{f' on {e.host}' if e.host else ''}" for e in action.events),
    )


def _audit(row: AuditRow) -> TimelineEntry:
    entry = row.entry
    return TimelineEntry(
        at=entry.at,
        source="osvm",
        action=entry.action,
        result=entry.phase,
        who=entry.operator,
        request_id=entry.request_id,
        detail=entry.detail,
    )
