"""Nova's four state readings and how `status` follows from them; knows no wire and no rules of actions.

Source: Nova's compute states and the status table of its API (checked against 23.0.0 to 34.0.0).
"""

from __future__ import annotations

from enum import IntEnum, StrEnum


class VmState(StrEnum):
    """What a VM is when nothing is going on. An unknown value stays the raw text in `Vm.vm_state`."""

    BUILDING = "building"
    ACTIVE = "active"
    STOPPED = "stopped"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    RESCUED = "rescued"
    RESIZED = "resized"
    ERROR = "error"
    SHELVED = "shelved"
    SHELVED_OFFLOADED = "shelved_offloaded"
    SOFT_DELETED = "soft-delete"
    DELETED = "deleted"
    UNKNOWN = "unknown"

    @classmethod
    def parse(cls, raw: str) -> VmState:
        """Return the member for `raw`, UNKNOWN for a value this release of ours has never heard of."""
        return cls._value2member_map_.get(raw, cls.UNKNOWN)  # type: ignore[return-value]


class TaskState(StrEnum):
    """What Nova is doing to a VM now. Hyphens and underscores are as Nova spells them."""

    SCHEDULING = "scheduling"
    BLOCK_DEVICE_MAPPING = "block_device_mapping"
    NETWORKING = "networking"
    SPAWNING = "spawning"
    IMAGE_SNAPSHOT = "image_snapshot"
    IMAGE_SNAPSHOT_PENDING = "image_snapshot_pending"
    IMAGE_PENDING_UPLOAD = "image_pending_upload"
    IMAGE_UPLOADING = "image_uploading"
    IMAGE_BACKUP = "image_backup"
    UPDATING_PASSWORD = "updating_password"
    RESIZE_PREP = "resize_prep"
    RESIZE_MIGRATING = "resize_migrating"
    RESIZE_MIGRATED = "resize_migrated"
    RESIZE_FINISH = "resize_finish"
    RESIZE_REVERTING = "resize_reverting"
    RESIZE_CONFIRMING = "resize_confirming"
    REBOOTING = "rebooting"
    REBOOT_PENDING = "reboot_pending"
    REBOOT_STARTED = "reboot_started"
    REBOOTING_HARD = "rebooting_hard"
    REBOOT_PENDING_HARD = "reboot_pending_hard"
    REBOOT_STARTED_HARD = "reboot_started_hard"
    PAUSING = "pausing"
    UNPAUSING = "unpausing"
    SUSPENDING = "suspending"
    RESUMING = "resuming"
    POWERING_OFF = "powering-off"
    POWERING_ON = "powering-on"
    RESCUING = "rescuing"
    UNRESCUING = "unrescuing"
    REBUILDING = "rebuilding"
    REBUILD_BLOCK_DEVICE_MAPPING = "rebuild_block_device_mapping"
    REBUILD_SPAWNING = "rebuild_spawning"
    MIGRATING = "migrating"
    DELETING = "deleting"
    SOFT_DELETING = "soft-deleting"
    RESTORING = "restoring"
    SHELVING = "shelving"
    SHELVING_IMAGE_PENDING_UPLOAD = "shelving_image_pending_upload"
    SHELVING_IMAGE_UPLOADING = "shelving_image_uploading"
    SHELVING_OFFLOADING = "shelving_offloading"
    UNSHELVING = "unshelving"


class PowerState(IntEnum):
    """The hypervisor's cached reading; Nova refreshes it at the end of a task and every 600 s."""

    NOSTATE = 0
    RUNNING = 1
    PAUSED = 3
    SHUTDOWN = 4
    CRASHED = 6
    SUSPENDED = 7


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
