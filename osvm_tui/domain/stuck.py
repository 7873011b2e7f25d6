"""When a transition counts as stuck, and what may help: pure rules over a VM's states; reads no clock."""

from __future__ import annotations

from msgspec import Struct

from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.vm import Vm

MIN_SAMPLES = 20
"""Fewer arrivals than this make no norm."""
_FACTOR = 3.0
_LEAST_S = 30.0


class Way(Struct, frozen=True):
    """One verb that may help, and what it costs in this situation."""

    action_id: str
    cost: str


def limit_s(action_id: str, p95_s: float | None) -> float:
    """Return after how many seconds an action is an outlier: three times its usual longest, else its deadline."""
    if p95_s is None:
        return ACTIONS[action_id].deadline_s
    return max(_FACTOR * p95_s, p95_s + _LEAST_S)


def action_behind(vm: Vm) -> str:
    """Return the action that a busy VM is in the middle of, as its task tells; empty when it is idle or not known."""
    if vm.task_state is None:
        return "create-server" if vm.vm_state == "building" else ""
    if vm.vm_state == "building" and vm.task_state not in ("deleting", "soft-deleting"):
        return "create-server"
    if vm.task_state == "spawning":
        return "unshelve"
    return _BEHIND.get(vm.task_state, "")


def ways_out(vm: Vm) -> tuple[Way, ...]:
    """Return what may help a stuck VM, the gentlest first; the gate says which of them is legal now."""
    task = vm.task_state or ""
    if vm.host_status == "DOWN":
        return (Way("evacuate", "its host is down: it is rebuilt elsewhere; data on a local disk are lost"), *_RECORD)
    if task == "migrating":
        return (
            Way("live-migrate-force-complete", "the guest pauses until the copy is done"),
            Way("live-migrate-abort", "it stays on its old host; the copy so far is thrown away"),
            *_RECORD,
        )
    if task in ("deleting", "soft-deleting"):
        return (
            Way("delete", "asks once more; nothing else is lost"),
            Way("force-delete", "at once, even where deletes are deferred"),
            *_RECORD[:1],
        )
    if vm.vm_state == "building":
        return (Way("delete", "the unfinished VM goes; make a new one"), *_RECORD[:1])
    return (Way("reboot-hard", "the guest's power is cut: unsaved data are lost"), *_RECORD)


_RECORD = (
    Way("reset-state", "only the record changes; the task may still run on the host"),
    Way("delete", "the VM and its disk are gone for good"),
)

_BEHIND: dict[str, str] = {
    "powering-off": "stop",
    "powering-on": "start",
    "rebooting": "reboot-soft",
    "reboot_pending": "reboot-soft",
    "reboot_started": "reboot-soft",
    "rebooting_hard": "reboot-hard",
    "reboot_pending_hard": "reboot-hard",
    "reboot_started_hard": "reboot-hard",
    "pausing": "pause",
    "unpausing": "unpause",
    "suspending": "suspend",
    "resuming": "resume",
    "shelving": "shelve",
    "shelving_image_pending_upload": "shelve",
    "shelving_image_uploading": "shelve",
    "shelving_offloading": "shelve-offload",
    "unshelving": "unshelve",
    "rescuing": "rescue",
    "unrescuing": "unrescue",
    "rebuilding": "rebuild",
    "rebuild_block_device_mapping": "rebuild",
    "rebuild_spawning": "rebuild",
    "resize_prep": "resize",
    "resize_migrating": "resize",
    "resize_migrated": "resize",
    "resize_finish": "resize",
    "resize_confirming": "confirm-resize",
    "resize_reverting": "revert-resize",
    "migrating": "live-migrate",
    "image_snapshot": "create-image",
    "image_snapshot_pending": "create-image",
    "image_pending_upload": "create-image",
    "image_uploading": "create-image",
    "image_backup": "create-backup",
    "updating_password": "change-password",
    "deleting": "delete",
    "soft-deleting": "soft-delete",
    "restoring": "restore",
}
"""Which action sets a task. Source: Nova's task states and where its compute API and manager set them."""
