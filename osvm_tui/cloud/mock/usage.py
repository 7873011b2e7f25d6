"""os-simple-tenant-usage: hours of every server that was launched, by Nova's rules (nova-facts.md, section 6)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from osvm_tui.cloud.mock.clock import plain
from osvm_tui.cloud.mock.fleet import Entry
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused
from osvm_tui.cloud.mock.request import SimReply

Row = dict[str, Any]
_FORMS = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%dT%H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S", "%Y-%m-%d")


def every_project(call: NovaCall) -> SimReply:
    """Show the usage of all projects (admin)."""
    call.allow("admin", "os-simple-tenant-usage:list")
    start, end = _window(call)
    detailed = call.request.first("detailed") == "1"
    projects = sorted({entry.server.project for entry in call.world.fleet.of(None, call.now)})
    usages = [_usage(call, project, start, end, detailed) for project in projects]
    return call.reply(200, {"tenant_usages": [usage for usage in usages if usage]})


def one_project(call: NovaCall, project: str) -> SimReply:
    """Show the usage of one project, always detailed; an unknown or idle one gives an empty object."""
    own = project == call.caller.project_id
    call.allow("reader" if own else "admin", "os-simple-tenant-usage:show")
    start, end = _window(call)
    return call.reply(200, {"tenant_usage": _usage(call, project, start, end, True)})


def _window(call: NovaCall) -> tuple[float, float]:
    start = _moment(call.request.first("start"), call.now)
    end = min(_moment(call.request.first("end"), call.now), call.now)
    if start > end:
        raise Refused(400, "Invalid start time. The start time cannot occur after the end time.")
    return start, end


def _moment(text: str | None, default: float) -> float:
    if text is None:
        return default
    for form in _FORMS:
        try:
            return datetime.strptime(text, form).replace(tzinfo=UTC).timestamp()
        except ValueError:
            continue
    raise Refused(400, "Invalid datetime string: Datetime is in invalid format")


def _usage(call: NovaCall, project: str, start: float, end: float, detailed: bool) -> Row:
    rows = [_row(e, start, end) for e in call.world.fleet.of(project, call.now) if e.moment.launched_at]
    rows = [row for row in rows if row is not None]
    shown: list[Row] = [row for row in rows if row is not None]
    if not shown:
        return {}
    totals: Row = {
        "tenant_id": project,
        "start": plain(start),
        "stop": plain(end),
        "total_hours": sum(row["hours"] for row in shown),
        "total_vcpus_usage": sum(row["hours"] * row["vcpus"] for row in shown),
        "total_memory_mb_usage": sum(row["hours"] * row["memory_mb"] for row in shown),
        "total_local_gb_usage": sum(row["hours"] * row["local_gb"] for row in shown),
    }
    return totals | {"server_usages": shown} if detailed else totals


def _row(entry: Entry, start: float, end: float) -> Row | None:
    moment, flavor = entry.moment, entry.moment.flavor
    launched, terminated = moment.launched_at, moment.terminated_at
    assert launched is not None
    if launched > end or (terminated is not None and terminated < start):
        return None
    last = min(end, terminated) if terminated is not None else end
    return {
        "instance_id": entry.server.id,
        "name": entry.server.name,
        "tenant_id": entry.server.project,
        "flavor": flavor.name,
        "vcpus": flavor.vcpus,
        "memory_mb": flavor.ram,
        "local_gb": flavor.disk + flavor.ephemeral,
        "hours": max(0.0, last - max(start, launched)) / 3600,
        "started_at": plain(launched),
        "ended_at": plain(terminated),
        "state": "terminated" if terminated is not None else moment.vm_state,
        "uptime": int((terminated if terminated is not None else end) - launched),
    }
