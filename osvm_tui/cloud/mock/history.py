"""Nova's instance actions: their records and how a moment shows them (unfinished, finished, failed)."""

from __future__ import annotations

from typing import Any

from osvm_tui.cloud.mock.clock import plain
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.server_view import host_id

API_HOST = "controller-01"
"""Where Nova's API runs: lock and unlock are its own work."""
NAMES: dict[str, tuple[str, str]] = {
    "create": ("create", "compute__do_build_and_run_instance"),
    "os-start": ("start", "compute_start_instance"),
    "os-stop": ("stop", "compute_stop_instance"),
    "reboot": ("reboot", "compute_reboot_instance"),
    "reboot-hard": ("reboot", "compute_reboot_instance"),
    "pause": ("pause", "compute_pause_instance"),
    "unpause": ("unpause", "compute_unpause_instance"),
    "suspend": ("suspend", "compute_suspend_instance"),
    "resume": ("resume", "compute_resume_instance"),
    "rescue": ("rescue", "compute_rescue_instance"),
    "unrescue": ("unrescue", "compute_unrescue_instance"),
    "shelve": ("shelve", "compute_shelve_instance"),
    "shelveOffload": ("shelveOffload", "compute_shelve_offload_instance"),
    "unshelve": ("unshelve", "compute_unshelve_instance"),
    "rebuild": ("rebuild", "compute_rebuild_instance"),
    "resize": ("resize", "compute_finish_resize"),
    "confirmResize": ("confirmResize", "compute_confirm_resize"),
    "revertResize": ("revertResize", "compute_finish_revert_resize"),
    "migrate": ("migrate", "compute_finish_resize"),
    "os-migrateLive": ("live-migration", "compute_live_migration"),
    "force_complete": ("live_migration_force_complete", "compute_live_migration_force_complete"),
    "abort": ("live_migration_cancel", "compute_live_migration_abort"),
    "evacuate": ("evacuate", "compute_rebuild_instance"),
    "delete": ("delete", "compute_terminate_instance"),
    "soft-delete": ("delete", "compute_soft_delete_instance"),
    "forceDelete": ("delete", "compute_terminate_instance"),
    "restore": ("restore", "compute_restore_instance"),
    "createImage": ("createImage", "compute_snapshot_instance"),
    "createBackup": ("createBackup", "compute_backup_instance"),
    "changePassword": ("changePassword", "compute_set_admin_password"),
    "lock": ("lock", "api_lock"),
    "os-resetState": ("resetState", ""),
    "unlock": ("unlock", "api_unlock"),
    "attach-interface": ("attach_interface", "compute_attach_interface"),
    "detach-interface": ("detach_interface", "compute_detach_interface"),
    "trigger_crash_dump": ("trigger_crash_dump", "compute_trigger_crash_dump"),
    "attach-volume": ("attach_volume", "compute_attach_volume"),
    "detach-volume": ("detach_volume", "compute_detach_volume"),
    "extend-volume": ("extend_volume", "compute_extend_volume"),
}


def action_record(
    request_id: str,
    user: str,
    project: str,
    action: str,
    start: float,
    end: float | None,
    host: str | None,
    failure: str = "",
) -> dict[str, Any]:
    """Return what the cloud keeps of one accepted action; times are cloud time, `end` None is never."""
    name, event = NAMES[action]
    return {
        "action": name,
        "event": event,
        "request": request_id,
        "user": user,
        "project": project,
        "start": start,
        "end": end,
        "host": API_HOST if event.startswith("api_") else host,
        "failure": failure,
    }


def actions(call: NovaCall, server_id: str) -> SimReply:
    """List a server's instance actions, newest first; they outlive the server (2.21)."""
    _lookup(call, server_id, "list")
    records = call.world.history(server_id)
    since = call.request.first("changes-since")
    shown = [_brief(call, server_id, record) for record in records]
    if since is not None and call.minor >= 58:
        shown = [one for one in shown if one["updated_at"] >= since.rstrip("Z")]
    return call.reply(200, {"instanceActions": shown[: _limit(call)]})


def action(call: NovaCall, server_id: str, request_id: str) -> SimReply:
    """Show one instance action with its events (for members from 2.51, without traceback)."""
    _lookup(call, server_id, "show")
    for record in call.world.history(server_id):
        if record["request"] == request_id:
            shown = _brief(call, server_id, record)
            if call.caller.is_admin or call.minor >= 51:
                shown["events"] = _events(call, server_id, record)
            return call.reply(200, {"instanceAction": shown})
    raise Refused(404, f"Action {request_id} not found")


def _lookup(call: NovaCall, server_id: str, policy: str) -> None:
    entry = call.world.fleet.get(server_id, call.now)
    hidden = entry is not None and entry.moment.deleted and call.minor < 21
    if entry is None or hidden or not call.may_see(entry):
        raise Refused(404, f"Instance {server_id} could not be found.")
    call.allow("reader", f"os-instance-actions:{policy}")


def _limit(call: NovaCall) -> int:
    text = call.request.first("limit", "1000") or "1000"
    return min(1000, int(text)) if text.isdigit() and call.minor >= 58 else 1000


def _finished(call: NovaCall, record: dict[str, Any]) -> bool:
    return record["end"] is not None and bool(record["end"] <= call.now)


def _brief(call: NovaCall, server_id: str, record: dict[str, Any]) -> dict[str, Any]:
    done = _finished(call, record)
    shown = {
        "action": record["action"],
        "instance_uuid": server_id,
        "request_id": record["request"],
        "user_id": record["user"],
        "project_id": record["project"],
        "start_time": plain(record["start"]),
        "message": "Error" if done and record["failure"] else None,
    }
    if call.minor >= 58:
        shown["updated_at"] = plain(record["end"] if done else record["start"])
    return shown


def _events(call: NovaCall, server_id: str, record: dict[str, Any]) -> list[dict[str, Any]]:
    if not record["event"]:
        return []
    done = _finished(call, record)
    event: dict[str, Any] = {
        "event": record["event"],
        "start_time": plain(record["start"]),
        "finish_time": plain(record["end"]) if done else None,
        "result": ("Error" if record["failure"] else "Success") if done else None,
    }
    if call.caller.is_admin:
        event["traceback"] = None
    if call.minor >= 62:
        event["hostId"] = host_id(record["project"], record["host"])
        if call.caller.is_admin:
            event["host"] = record["host"]
    if call.minor >= 84 and call.caller.is_admin:
        event["details"] = record["failure"] or None if done else None
    return [event]
