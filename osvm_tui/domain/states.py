"""Nova's four state readings and how `status` follows from them; knows no wire and no rules of actions.

Source: Nova's compute states and the status table of its API (checked against 23.0.0 to 34.0.0).
"""

from __future__ import annotations

POWER_WORDS: dict[int, str] = {
    0: "no power state",
    1: "running",
    3: "paused",
    4: "off",
    6: "crashed",
    7: "suspended",
}

_DEFAULT_STATUS: dict[str, str] = {
    "building": "BUILD",
    "active": "ACTIVE",
    "stopped": "SHUTOFF",
    "paused": "PAUSED",
    "suspended": "SUSPENDED",
    "rescued": "RESCUE",
    "resized": "VERIFY_RESIZE",
    "error": "ERROR",
    "shelved": "SHELVED",
    "shelved_offloaded": "SHELVED_OFFLOADED",
    "soft-delete": "SOFT_DELETED",
    "deleted": "DELETED",
}
_REBOOT = dict.fromkeys(("rebooting", "reboot_pending", "reboot_started"), "REBOOT")
_HARD_REBOOT = dict.fromkeys(("rebooting_hard", "reboot_pending_hard", "reboot_started_hard"), "HARD_REBOOT")
_REBUILD = dict.fromkeys(("rebuilding", "rebuild_block_device_mapping", "rebuild_spawning"), "REBUILD")
_RESIZE = dict.fromkeys(("resize_prep", "resize_migrating", "resize_migrated", "resize_finish"), "RESIZE")
_TASK_STATUS: dict[str, dict[str, str]] = {
    "active": {
        **_REBOOT,
        **_HARD_REBOOT,
        **_REBUILD,
        **_RESIZE,
        "updating_password": "PASSWORD",
        "migrating": "MIGRATING",
    },
    "stopped": {**_RESIZE, **_REBUILD},
    "resized": {"resize_reverting": "REVERT_RESIZE"},
    "paused": {"migrating": "MIGRATING"},
    "error": dict(_REBUILD),
}


def status_of(vm_state: str, task_state: str | None) -> str:
    """Return the status that Nova shows for a vm_state and task_state; UNKNOWN for a vm_state it does not know."""
    by_task = _TASK_STATUS.get(vm_state)
    if by_task and task_state in by_task:
        return by_task[task_state]
    return _DEFAULT_STATUS.get(vm_state, "UNKNOWN")


def simple_state(status: str, vm_state: str, task_state: str | None) -> str:
    """Return the state column's value: BUILDING, ACTIVE, REBOOT, SHUTOFF, ERROR, DELETED, or Nova's own status.

    The six simple words are those of the original description; nothing else is folded into them.
    """
    if task_state in _REBOOT or task_state in _HARD_REBOOT:
        return "REBOOT"
    if status in ("SOFT_DELETED", "DELETED"):
        return "DELETED"
    if vm_state == "building":
        return "BUILDING"
    if status in ("PASSWORD", "MIGRATING") and vm_state == "active":
        return "ACTIVE"
    return status
