"""What an action would change of what a VM costs, once it has arrived; pure."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from msgspec.structs import replace

from osvm_tui.domain.burn import BYTES_PER_GB, Item
from osvm_tui.domain.rates import Component
from osvm_tui.domain.vm import Flavor, Vm

_AFTER = {
    "start": "active", "stop": "stopped", "pause": "paused", "unpause": "active", "suspend": "suspended",
    "resume": "active", "shelve": "shelved_offloaded", "shelve-offload": "shelved_offloaded", "unshelve": "active",
    "rescue": "rescued", "unrescue": "active", "reboot-hard": "active", "soft-delete": "soft-delete",
    "restore": "active", "confirm-resize": "active", "revert-resize": "active",
}  # fmt: skip
"""In which vm_state an action that has arrived leaves a VM. Shelving ends offloaded: clouds do so by themselves."""
DELETES = frozenset({"delete", "force-delete"})
COPIES = frozenset({"create-image", "create-backup"})
"""What leaves a copy of a VM's disk. A backup may delete older ones: then it costs less than is told."""
_BYTES_PER_GIB = Decimal(1024**3)
_SHUT_DOWN = 4
"""Nova's power_state of a guest that is off."""


def state_after(vm: Vm, action_id: str, given: str = "") -> str | None:
    """Return the vm_state in which an action will leave a VM, None when it will be gone.

    `given` is the state of a reset-state. What a VM was before its resize is not known here: a revert counts as if it
    had run.
    """
    if action_id in DELETES:
        return None
    if action_id == "reset-state":
        return given or vm.vm_state
    if action_id == "confirm-resize" and vm.power_state == _SHUT_DOWN:
        return "stopped"
    return _AFTER.get(action_id, vm.vm_state)


def after(vm: Vm, action_id: str, given: str = "") -> Vm | None:
    """Return the VM as the action will leave it, None when it will be gone; see `state_after`."""
    state = state_after(vm, action_id, given)
    return replace(vm, vm_state=state) if state is not None else None


def largest_image(vm: Vm, flavor: Flavor) -> Item | None:
    """Return the largest image that a VM's disk can become when it is shelved or copied.

    None where there is none: it boots from a volume, or the flavor does not tell how large its disk is.
    """
    return image_of_disk(flavor) if vm.root_disk else None


def image_of_disk(flavor: Flavor) -> Item | None:
    """Return the largest image of a disk of this flavor, None where the flavor does not tell how large that is."""
    size = flavor.disk_gib * _BYTES_PER_GIB / BYTES_PER_GB
    return Item(Component.IMAGE, "", size) if size else None


def copied_volumes(vm: Vm, volumes: Iterable[Item]) -> tuple[Item, ...]:
    """Return the snapshots that an image of a VM leaves which boots from a volume; `volumes` are all of its own."""
    if vm.image_id is not None:
        return ()
    return tuple(Item(Component.SNAPSHOT, "", volume.quantity) for volume in volumes)
