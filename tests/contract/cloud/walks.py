"""Walks: every legal change of state, each taken from its state, many on one VM. A step without a state leads on."""

from __future__ import annotations

from osvm_tui.domain.actions import ACTIONS
from tests.contract.cloud import states, things
from tests.contract.cloud.agreement import ACCEPTED, Case
from tests.contract.cloud.asking import Desk, arrived
from tests.contract.cloud.states import Subject

RESET = "reset to error"

POWER = (
    ("ACTIVE", "stop"), ("SHUTOFF", "start"), ("ACTIVE", "reboot-soft"), ("ACTIVE", "reboot-hard"),
    ("ACTIVE", "pause"), ("PAUSED", "unpause"), ("", "pause"), ("PAUSED", "reboot-hard"),
    ("ACTIVE", "suspend"), ("SUSPENDED", "resume"), ("", "suspend"), ("SUSPENDED", "reboot-hard"),
    ("", "stop"), ("SHUTOFF", "reboot-hard"),
    ("", RESET), ("ERROR launched", "stop"), ("", "start"), ("", RESET), ("ERROR launched", "reboot-hard"),
)  # fmt: skip
SHELF = (
    ("ACTIVE", "shelve"), ("SHELVED_OFFLOADED", "unshelve"), ("", "stop"), ("SHUTOFF", "shelve"), ("", "unshelve"),
    ("", "pause"), ("PAUSED", "shelve"), ("", "unshelve"), ("", "suspend"), ("SUSPENDED", "shelve"),
)  # fmt: skip
REPAIR = (
    ("ACTIVE", "rescue"), ("RESCUE", "unrescue"), ("", "stop"), ("SHUTOFF", "rescue"), ("", "unrescue"),
    ("", RESET), ("ERROR launched", "rescue"), ("", "unrescue"), ("ACTIVE", "rebuild"), ("", "stop"),
    ("SHUTOFF", "rebuild"), ("", RESET), ("ERROR launched", "rebuild"),
)  # fmt: skip
SIZE = (
    ("ACTIVE", "resize"), ("VERIFY_RESIZE", "revert-resize"), ("", "stop"), ("SHUTOFF", "resize"),
    ("VERIFY_RESIZE", "confirm-resize"),
)  # fmt: skip
MOVE = (
    ("ACTIVE", "live-migrate"), ("", "pause"), ("PAUSED", "live-migrate"), ("", "unpause"), ("ACTIVE", "migrate"),
    ("", "confirm-resize"), ("", "stop"), ("SHUTOFF", "migrate"), ("", "revert-resize"),
)  # fmt: skip
BY_ALL = {"power": POWER, "shelf": SHELF, "repair": REPAIR, "size": SIZE}
BY_ADMIN = {"move": MOVE}
LOCKED = (
    ("locked", "stop"), ("", "start"), ("locked", "reboot-soft"), ("locked", "reboot-hard"), ("locked", "pause"),
    ("", "unpause"), ("locked", "suspend"), ("", "resume"), ("locked", "shelve"), ("", "unshelve"),
    ("locked", "rescue"), ("", "unrescue"), ("locked", "rebuild"), ("locked", "live-migrate"), ("locked", "migrate"),
    ("", "revert-resize"), ("locked", "resize"), ("", "confirm-resize"),
)  # fmt: skip
"""What an admin may do to a locked VM; `locked` stands for whoever locked it."""
_LEAVES = {
    "power": ("ACTIVE", "active"),
    "shelf": ("SHELVED_OFFLOADED", "shelved_offloaded"),
    "repair": ("ACTIVE", "active"),
    "size": ("SHUTOFF", "stopped"),
    "move": ("SHUTOFF", "stopped"),
}
"""Where each walk leaves its VM, as a state to ask about and as a vm_state."""


async def walk(desk: Desk, name: str, steps: tuple[tuple[str, str], ...], actor: str) -> None:
    """Take the steps one after the other on one VM; each must arrive where the table says. Leaves the VM to others."""
    subject = await states.make(desk.rig, desk.shared, "ACTIVE", f"walk-{name}-{actor}")
    for state, action_id in steps:
        if action_id == RESET:
            await desk.rig.admin.act("reset-state", subject.vm_id, {"state": "error"})
            await desk.rig.idle(subject.vm_id, "error")
        else:
            await step(desk, state, actor, action_id, subject)
    state, vm_state = _LEAVES[name]
    await desk.rig.idle(subject.vm_id, vm_state)
    desk.left.setdefault(state, []).append(subject.vm_id)


async def walk_locked(desk: Desk, state: str) -> None:
    """Go through what an admin may do to a locked VM. Leaves the VM to others."""
    subject = await states.make(desk.rig, desk.shared, state, f"walk-{state.replace(' ', '-')}")
    for marked, action_id in LOCKED:
        await step(desk, state if marked else "", "admin", action_id, subject)
    desk.left.setdefault(state, []).append(subject.vm_id)


async def step(desk: Desk, state: str, actor: str, action_id: str, subject: Subject) -> None:
    """Take one step and wait until it has arrived; with a state it is a case of the book."""
    rig = desk.rig
    vm = await rig.read(subject.vm_id)
    params = things.params_of(rig, desk.shared, subject.kit, action_id)
    if state:
        case = Case(state, actor, action_id)
        assert await desk.book.ask(case, vm, params) == ACCEPTED, desk.book.words[case]
        request_id = desk.book.request_ids[case]
    else:
        request_id = (await rig.clients[actor].act(action_id, vm.id, params)).request_id
    await arrived(rig, ACTIONS[action_id], vm, request_id)
