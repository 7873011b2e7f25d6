"""Nova's status as its API computes it from vm_state and task_state, written by hand for the simulated cloud."""

from __future__ import annotations

from osvm_tui.cloud.mock.server import Moment

DEFAULTS = {
    "building": "BUILD",
    "active": "ACTIVE",
    "stopped": "SHUTOFF",
    "resized": "VERIFY_RESIZE",
    "paused": "PAUSED",
    "suspended": "SUSPENDED",
    "rescued": "RESCUE",
    "error": "ERROR",
    "deleted": "DELETED",
    "soft-delete": "SOFT_DELETED",
    "shelved": "SHELVED",
    "shelved_offloaded": "SHELVED_OFFLOADED",
}
_REBUILD = {f"rebuild{tail}": "REBUILD" for tail in ("ing", "_block_device_mapping", "_spawning")}
_RESIZE = {f"resize_{tail}": "RESIZE" for tail in ("prep", "migrating", "migrated", "finish")}
_REBOOT = dict.fromkeys(("rebooting", "reboot_pending", "reboot_started"), "REBOOT")
_HARD = {f"{task}_hard": "HARD_REBOOT" for task in _REBOOT}
BY_TASK: dict[str, dict[str, str]] = {
    "active": _REBUILD | _RESIZE | _REBOOT | _HARD | {"updating_password": "PASSWORD", "migrating": "MIGRATING"},
    "stopped": _REBUILD | _RESIZE,
    "resized": {"resize_reverting": "REVERT_RESIZE"},
    "paused": {"migrating": "MIGRATING"},
    "error": _REBUILD,
}
KNOWN = frozenset(DEFAULTS.values()) | {s for tasks in BY_TASK.values() for s in tasks.values()} | {"UNKNOWN"}
WITH_PROGRESS = frozenset({"ACTIVE", "BUILD", "REBUILD", "RESIZE", "VERIFY_RESIZE", "MIGRATING"})
WITH_FAULT = frozenset({"ERROR", "DELETED"})


def status_of(moment: Moment) -> str:
    """Return the status that Nova shows; a row flagged deleted is DELETED whatever its vm_state."""
    if moment.deleted:
        return "DELETED"
    default = DEFAULTS.get(moment.vm_state, "UNKNOWN")
    return BY_TASK.get(moment.vm_state, {}).get(moment.task_state or "", default)
