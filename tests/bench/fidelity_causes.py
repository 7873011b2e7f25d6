"""Why the lab and the simulated cloud differ where they do: the lab's hypervisor is a fake without guests."""

from __future__ import annotations

CANNOT = {
    "restore": "the lab deletes at once, there is nothing to restore",
    "shelve-offload": "the lab offloads every shelved VM at once",
}
"""Verbs that the lab is not set up for; the contract asks them on the simulated cloud."""

_AT_ONCE = "over before it can be read where there is no guest"
_NOVA = "Nova's own work between two steps, where the hypervisor has none"
UNSEEN = {
    "scheduling": _NOVA,
    "rebuilding": _NOVA,
    "shelving": _NOVA,
    "unshelving": _NOVA,
    "shelving_image_uploading": _NOVA,
    "shelving_offloading": _NOVA,
    "image_snapshot_pending": _NOVA,
    "image_uploading": _NOVA,
    "resize_prep": _NOVA,
    "resize_migrated": _NOVA,
    "resize_finish": _NOVA,
    "resize_reverting": _NOVA,
    "networking": "no traffic to set up: " + _AT_ONCE,
    "block_device_mapping": "no disk to prepare: " + _AT_ONCE,
    "rebuild_block_device_mapping": "no disk to prepare: " + _AT_ONCE,
    "image_snapshot": "no disk to copy: " + _AT_ONCE,
    "updating_password": _AT_ONCE,
    "rebooting": _AT_ONCE,
    "reboot_pending": _AT_ONCE,
    "reboot_started": _AT_ONCE,
    "rebooting_hard": _AT_ONCE,
    "reboot_pending_hard": _AT_ONCE,
    "reboot_started_hard": _AT_ONCE,
    "pausing": _AT_ONCE,
    "unpausing": _AT_ONCE,
    "suspending": _AT_ONCE,
    "resuming": _AT_ONCE,
    "rescuing": _AT_ONCE,
    "unrescuing": _AT_ONCE,
}
"""Tasks that take the fake hypervisor no time and for which the lab has no knob, so that a reading may miss them.

Those with a knob must be seen: spawning, powering-on and -off, migrating, pending uploads, deleting.
"""

MOMENTS = {
    ("deleted", "", "DELETED"): "a reading between Nova's last write and the flag that hides the row",
}
"""States of a moment that a reading rarely meets."""
