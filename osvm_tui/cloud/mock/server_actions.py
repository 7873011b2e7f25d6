"""POST /servers/{id}/action and DELETE: takes an action apart, asks the gate, and lets it be carried out."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from osvm_tui.cloud.mock import (
    disks,
    execution,
    gate,
    image_actions,
    move_actions,
    port_records,
    timeline,
    transitions,
)
from osvm_tui.cloud.mock.action_bodies import CHECKS
from osvm_tui.cloud.mock.console_log import console_log
from osvm_tui.cloud.mock.fleet import Entry
from osvm_tui.cloud.mock.nova_call import UNEXPECTED, NovaCall, Refused, host_statuses
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.rules import RULES
from osvm_tui.cloud.mock.security_groups import add_to_server, remove_from_server

Handler = Callable[[NovaCall, Entry, Any], SimReply]
NOT_ACTIONS = frozenset({"abort", "force_complete", "delete", "remote-console", "update", "diagnostics"})
GONE = frozenset({"addFloatingIp", "removeFloatingIp", "addFixedIp", "removeFixedIp", "os-getVNCConsole"}) | {
    "os-getSPICEConsole",
    "os-getSerialConsole",
    "os-getRDPConsole",
}


def act(call: NovaCall, server_id: str) -> SimReply:
    """Carry out the one action that the body names."""
    key, value = _only_action(call)
    if key in CHECKS:
        CHECKS[key](call, value)
    entry = _lookup(call, server_id, key)
    rule = RULES[key]
    if key == "reboot" and value["type"].upper() == "HARD":
        rule = RULES["reboot-hard"]
    call.allow_rule(rule)
    if key in _PRECHECKS:
        _PRECHECKS[key](call, entry, value)
    if key != "os-getConsoleOutput":
        gate.check(call, entry, _by_release(call, key) or rule)
    return _HANDLERS.get(key, _plain)(call, entry, value if key != "reboot" else rule)


def delete(call: NovaCall, server_id: str) -> SimReply:
    """Delete a server: at once while it is a build request, softly if a reclaim interval is set."""
    entry = call.server(server_id)
    call.allow_rule(RULES["delete"])
    gate.check(call, entry, RULES["delete"])
    if entry.moment.task_state in ("deleting", "soft-deleting"):
        return call.reply(204)
    if entry.moment.request:
        _vanish(call, server_id)
        return call.reply(204)
    server = call.world.checkout(server_id)
    course = execution.course(call, server)
    if call.world.knobs.reclaim and entry.moment.launched_at:  # a second time, too: only the task passes again
        server.was = entry.moment if entry.moment.vm_state != "soft-delete" else server.was
        execution.accept(call, server, "soft-delete", transitions.soft_delete(course))
    else:
        _destroy(call, server_id, "delete")
    return call.reply(204)


def _destroy(call: NovaCall, server_id: str, action: str) -> None:
    server = call.world.checkout(server_id)
    course = execution.course(call, server)
    at_once = host_statuses(call.world).get(course.base.host or "") in (None, "DOWN")
    steps = execution.accept(call, server, action, transitions.delete(course, at_once))
    if course.base.vm_state in ("shelved", "shelved_offloaded"):
        image_actions.remove_shelved(call, server, call.now)
    if steps[-1].deleted:
        release_ports(call, server_id, steps[-1].at)
        disks.release_all(call.world, server, call.now, steps[-1].at)
        call.world.save(server)


def _vanish(call: NovaCall, server_id: str) -> None:
    """Delete a build request: nothing of it remains, not even in changes-since."""
    disks.release_all(call.world, call.world.checkout(server_id), call.now, call.now)
    call.world.forget(server_id)
    release_ports(call, server_id, call.now)


def release_ports(call: NovaCall, server_id: str, at: float) -> None:
    """Let the ports that Nova made for a server vanish with it; their floating IPs stay, unassociated."""
    for port in port_records.of_server(call.world, server_id, call.now):
        port_records.release(call.world, port, at)


def _only_action(call: NovaCall) -> tuple[str, Any]:
    body = call.request.json()
    if body is None or len(body) != 1:
        raise Refused(400, "Malformed request body")
    key, value = next(iter(body.items()))
    if key == "resetNetwork":
        raise Refused(410, "This resource is no longer available. No forwarding address is given.")
    if key in GONE or (key in RULES and call.version < RULES[key].since):
        raise Refused(404, "The resource could not be found.")
    if key not in RULES or key in NOT_ACTIONS or ("-" in key and not key.startswith("os-")):
        raise Refused(400, f"There is no such action: {key}")
    return key, value


def _lookup(call: NovaCall, server_id: str, key: str) -> Entry:
    try:
        entry = call.server(server_id)
    except Refused:
        if key in ("os-start", "os-stop") and server_id not in call.world.fleet:
            raise Refused(404, f"Instance {server_id} has no mapping to a cell.") from None
        raise
    if key in ("os-start", "os-stop") and entry.moment.request:
        raise Refused(404, f"Instance {server_id} could not be found.")
    return entry


def _by_release(call: NovaCall, key: str) -> Any:
    if key == "evacuate" and not call.world.release.evacuates_busy:
        return move_actions.IDLE_EVACUATION
    return None


def _plain(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    key = call_key(call, value)
    server = call.world.checkout(entry.server.id)
    execution.accept(call, server, key, transitions.COURSES[key](execution.course(call, server)))
    return call.reply(204 if key == "confirmResize" else 202)


def call_key(call: NovaCall, value: Any) -> str:
    """Return the action's name in our tables; a hard reboot has one of its own."""
    if value is RULES["reboot-hard"]:
        return "reboot-hard"
    return next(iter(call.request.json() or {}))


def _suspend(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    server = call.world.checkout(entry.server.id)
    course = execution.course(call, server)
    execution.accept(call, server, "suspend", transitions.suspend(course, call.world.knobs.power_suspended))
    return call.reply(202)


def _rescue(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    if not entry.moment.image and call.minor < 87:
        raise Refused(400, f"Instance {entry.server.id} cannot be rescued: Cannot rescue a volume-backed instance")
    server = call.world.checkout(entry.server.id)
    execution.accept(call, server, "rescue", transitions.rescue(execution.course(call, server)))
    return call.reply(200, {"adminPass": (value or {}).get("adminPass") or secrets.token_urlsafe(9)})


def _lock(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    server = call.world.checkout(entry.server.id)
    own = call.caller.project_id == server.project
    if server.locked_by is not None and own:
        return call.reply(202)
    server.locked_by = "owner" if own else "admin"
    server.locked_reason = (value or {}).get("locked_reason")
    execution.touch(call, server)
    execution.record(call, server, "lock", call.now, entry.moment.host)
    return call.reply(202)


def _unlock(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    server = call.world.checkout(entry.server.id)
    if server.locked_by == "admin" and not call.caller.is_admin:
        raise Refused(403, "Policy doesn't allow os_compute_api:os-lock-server:unlock:unlock_override to be performed.")
    server.locked_by = server.locked_reason = None
    execution.touch(call, server)
    execution.record(call, server, "unlock", call.now, entry.moment.host)
    return call.reply(202)


def _console_output(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    if entry.moment.host is None:
        raise Refused(409, f"Instance {entry.server.id} is not ready")
    length = value.get("length")
    lines = console_log(entry, call.now, call.world.seed)
    if length is not None and int(length) >= 0:
        lines = lines[-int(length) :] if int(length) else []
    return call.reply(200, {"output": "".join(line + "\n" for line in lines)})


def _reset_state(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    server = call.world.checkout(entry.server.id)
    course = execution.course(call, server)
    steps = course.end(vm_state=value["state"])
    off = value["state"] == "active" and entry.moment.power_state == transitions.SHUTDOWN
    if off and call.world.knobs.time_scale > 0:  # Nova's power sync finds an active server whose guest is off
        steps = transitions.synced_off(course)
    timeline.append(server, call.now, steps)
    call.world.interrupt(server.id, call.now)
    call.world.save(server)
    execution.record(call, server, "os-resetState", call.now, None)
    return call.reply(202)


def _force_delete(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    if entry.moment.request:
        _vanish(call, entry.server.id)
    elif entry.moment.task_state != "deleting":
        _destroy(call, entry.server.id, "forceDelete")
    return call.reply(202)


def _nothing(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    return call.reply(202)


def _crash_dump(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    execution.record(call, entry.server, "trigger_crash_dump", call.now, entry.moment.host)
    return call.reply(202)


def _inject(call: NovaCall, entry: Entry, value: Any) -> None:
    if entry.moment.host is None:
        raise Refused(500, UNEXPECTED)


_PRECHECKS: dict[str, Callable[[NovaCall, Entry, Any], None]] = {
    "createBackup": image_actions.refuse_volume_backup,
    "injectNetworkInfo": _inject,
    "os-migrateLive": move_actions.refuse_named_host,
    "migrate": move_actions.refuse_named_host,
    "evacuate": move_actions.refuse_target,
}
_HANDLERS: dict[str, Handler] = {
    "suspend": _suspend,
    "rescue": _rescue,
    "lock": _lock,
    "unlock": _unlock,
    "os-getConsoleOutput": _console_output,
    "os-resetState": _reset_state,
    "forceDelete": _force_delete,
    "injectNetworkInfo": _nothing,
    "trigger_crash_dump": _crash_dump,
    "addSecurityGroup": add_to_server,
    "removeSecurityGroup": remove_from_server,
    "shelve": image_actions.shelve,
    "unshelve": image_actions.unshelve,
    "createImage": image_actions.create_image,
    "createBackup": image_actions.create_backup,
    "rebuild": move_actions.rebuild,
    "resize": move_actions.resize,
    "migrate": move_actions.migrate,
    "confirmResize": move_actions.confirm,
    "revertResize": move_actions.revert,
    "os-migrateLive": move_actions.live_migrate,
    "evacuate": move_actions.evacuate,
}
