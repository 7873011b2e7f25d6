"""Which verbs of a VM stand as buttons: a short set that its state chooses; the rest is in the action menu. Pure."""

from __future__ import annotations

from functools import cache

from osvm_tui.domain.action import ActionSpec
from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.vm import Vm

_URGENT = {
    "resized": ("confirm-resize", "revert-resize"),
    "rescued": ("unrescue",),
    "soft-delete": ("restore", "force-delete"),
    "error": ("reboot-hard", "rebuild"),
}
"""What a state waits for stands first."""
_USUAL = (
    ("stop", "start"),
    ("reboot-soft", "reboot-hard"),
    ("pause", "unpause"),
    ("suspend", "resume"),
    ("shelve", "unshelve"),
    ("resize",),
    ("create-image",),
    ("lock", "unlock"),
    ("update-server",),
    ("console-output",),
    ("remote-console",),
    ("delete",),
)
"""One of each row: the one that fits the state, else the first."""


def bar_verbs(vm: Vm) -> tuple[ActionSpec, ...]:
    """Return the verbs for the buttons of this VM, what its state waits for first."""
    migrating = ("live-migrate-force-complete", "live-migrate-abort") if vm.task_state == "migrating" else ()
    usual = (next((each for each in row if _fits(ACTIONS[each], vm)), row[0]) for row in _USUAL)
    chosen = dict.fromkeys((*migrating, *_URGENT.get(vm.vm_state, ()), *usual))
    return tuple(ACTIONS[each] for each in chosen)


@cache
def every_bar() -> tuple[tuple[ActionSpec, ...], ...]:
    """Return the buttons of every VM that there can be, each row of buttons once."""
    states = {state for row in _USUAL for each in row for state in ACTIONS[each].vm_states or ()}
    vms = (
        Vm(endpoint="", id="", name="", status="", vm_state=state, task_state=task, locked=locked)
        for state in sorted(states | set(_URGENT) | {""})
        for task in ((None, "migrating") if state == "active" else (None,))
        for locked in (False, True)
    )
    return tuple(dict.fromkeys(map(bar_verbs, vms)))


def _fits(spec: ActionSpec, vm: Vm) -> bool:
    if spec.expect.locked is not None:
        return vm.locked is not spec.expect.locked
    return spec.vm_states is not None and vm.vm_state in spec.vm_states
