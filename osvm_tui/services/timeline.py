"""A VM's time line on one axis: states that were seen, Nova's instance actions joined with our audit, and the fault."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

import msgspec

from osvm_tui.cloud.base import CloudClient
from osvm_tui.domain.audit import AuditRow
from osvm_tui.domain.catalog import InstanceAction
from osvm_tui.domain.vm import Vm
from osvm_tui.services.api import TimelineEntry
from osvm_tui.store.base import StateInterval

_OLDEST = datetime.min.replace(tzinfo=UTC)
_DETAILED = 8
"""Nova tells the steps of one action at a time: of this many, the newest, they are read."""


async def actions_with_events(client: CloudClient, vm_id: str) -> tuple[InstanceAction, ...]:
    """Return a VM's action log, newest first, the newest entries with their events; raise what the list raises."""
    actions = await client.instance_actions(vm_id)
    bare = [action for action in actions[:_DETAILED] if not action.events and action.request_id]
    told = await asyncio.gather(
        *(client.instance_action(vm_id, action.request_id) for action in bare), return_exceptions=True
    )
    full = {each.request_id: each for each in told if isinstance(each, InstanceAction)}
    return tuple(full.get(action.request_id, action) for action in actions)


def join(
    actions: Iterable[InstanceAction],
    rows: Iterable[AuditRow],
    users: dict[str, str],
    intervals: Sequence[StateInterval] = (),
    vm: Vm | None = None,
) -> list[TimelineEntry]:
    """Return one line per request (what Nova did and which of our operators asked for it), per state and per fault.

    A `requested` row is told only until another row of its item says more. Each line carries the state of its moment.
    """
    rows = tuple(rows)
    told = {row.entry.item_id for row in rows if row.entry.phase != "requested"}
    by_request: dict[str, list[AuditRow]] = {}
    for row in rows:
        if row.entry.phase != "requested" or row.entry.item_id not in told:
            by_request.setdefault(row.entry.request_id, []).append(row)
    lines = [_nova(action, by_request.pop(action.request_id, []), users) for action in actions]
    lines += [_audit(row) for group in by_request.values() for row in group]
    lines += [_state(interval) for interval in intervals]
    if vm is not None and vm.fault is not None:
        lines.append(_fault(vm))
    # A state begins because of a request of the same moment: it stands above it, being newer.
    lines.sort(key=lambda line: (line.at or _OLDEST, line.source == "state"), reverse=True)
    return [_in_its_state(line, intervals) for line in lines]


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


def _state(interval: StateInterval) -> TimelineEntry:
    until = interval.until
    return TimelineEntry(
        at=interval.since,
        source="state",
        action=interval.status,
        detail=interval.task_state,
        state=(interval.status, interval.vm_state, interval.task_state),
        lasted_s=(until - interval.since).total_seconds() if until else None,
    )


def _fault(vm: Vm) -> TimelineEntry:
    assert vm.fault is not None
    code = f"fault {vm.fault.code}"
    return TimelineEntry(
        at=vm.fault.created_at or vm.updated_at, source="fault", action=code, result="error", detail=vm.fault.message
    )


def _in_its_state(line: TimelineEntry, intervals: Sequence[StateInterval]) -> TimelineEntry:
    if line.source == "state" or line.at is None:
        return line
    at = line.at
    held = next((one for one in reversed(intervals) if one.since <= at and (one.until is None or at < one.until)), None)
    if held is None:
        return line
    return msgspec.structs.replace(line, state=(held.status, held.vm_state, held.task_state))
