"""How a VM is brought into each state that the contract asks about, with a kit of real things or bare. No verdicts."""

from __future__ import annotations

from msgspec import Struct

from tests.contract.cloud import things
from tests.contract.cloud.rig import Rig
from tests.contract.cloud.things import Kit, Shared

Step = tuple[str, str, str]
"""Who acts, the action, and the vm_state that it must end in."""


class Subject(Struct, frozen=True):
    """A VM in a state with the things that belong to it."""

    vm_id: str
    kit: Kit = Kit()


NEVER = "ERROR never launched"
RESTING: dict[str, tuple[Step, ...]] = {
    "ACTIVE": (),
    "SHUTOFF": (("member", "stop", "stopped"),),
    "PAUSED": (("member", "pause", "paused"),),
    "SUSPENDED": (("member", "suspend", "suspended"),),
    "SHELVED_OFFLOADED": (("member", "shelve", "shelved_offloaded"),),
    "ERROR launched": (("admin", "reset-state", "error"),),
    NEVER: (),
    "VERIFY_RESIZE": (("member", "resize", "resized"),),
    "RESCUE": (("member", "rescue", "rescued"),),
    "locked by owner": (("member", "lock", "active"),),
    "locked by admin": (("admin", "lock", "active"),),
}
"""States that last until somebody acts: the steps from ACTIVE."""

RARE: dict[str, tuple[Step, ...]] = {
    "SHELVED": (("member", "shelve", "shelved"),),
    "SOFT_DELETED": (("member", "delete", "soft-delete"),),
}
"""States that a cloud has only if it was set up so: no offloading after a shelve, deletes that are deferred."""

BUSY: dict[str, tuple[str, str]] = {
    "busy powering-off": ("powering-off", "stop"),
    "busy migrating": ("migrating", "live-migrate"),
    "busy reboot_started": ("reboot_started", "reboot-soft"),
    "busy spawning": ("spawning", ""),
}
"""States that pass by themselves: the step that is made long, and the action that leads there (none: the creation)."""


async def active(rig: Rig, name: str, **order: object) -> str:
    """Return a new VM that is ACTIVE."""
    async with rig.builds:
        vm_id = await rig.build(name, metadata=((things.KEY, "set"),), **order)
        await rig.idle(vm_id, "active")
    return vm_id


async def make(rig: Rig, shared: Shared, state: str, name: str) -> Subject:
    """Return a bare VM in a state that lasts."""
    if state == NEVER:
        return Subject(shared.failed.pop())
    vm_id = await active(rig, name)
    await go(rig, vm_id, (RESTING | RARE)[state])
    return Subject(vm_id)


async def make_with_kit(rig: Rig, shared: Shared, state: str, name: str) -> Subject:
    """Return a VM in a state that lasts, with everything that verbs may need.

    One that was never launched has neither port nor volume: the kit is another VM's.
    """
    vm_id = await active(rig, name, network_ids=(shared.network,))
    kit = await things.equip(rig, vm_id, name)
    if state == NEVER:
        return Subject(shared.failed.pop(), kit)
    await go(rig, vm_id, (RESTING | RARE)[state])
    return Subject(vm_id, kit)


async def go(rig: Rig, vm_id: str, steps: tuple[Step, ...]) -> None:
    """Take a VM through the steps that lead to a state."""
    for who, action_id, vm_state in steps:
        params = {"resize": {"flavor_id": rig.small}, "reset-state": {"state": "error"}}.get(action_id, {})
        await rig.clients[who].act(action_id, vm_id, params)
        await rig.idle(vm_id, vm_state)


async def ready_to_be_busy(rig: Rig, shared: Shared, state: str, name: str, *, kit: bool) -> Subject | str:
    """Return a VM that may be made busy, or only the name for one that is busy by being built."""
    if not BUSY[state][1]:
        return name
    return await make_with_kit(rig, shared, "ACTIVE", name) if kit else await make(rig, shared, "ACTIVE", name)


async def make_busy(rig: Rig, shared: Shared, state: str, ready: Subject | str, *, wired: bool = False) -> Subject:
    """Bring what `ready_to_be_busy` gave into the middle of its task; within `rig.slow`.

    `wired` gives one that is busy by being built a port.
    """
    task, action_id = BUSY[state]
    if isinstance(ready, str):
        networks = (shared.network,) if wired else ("none",)
        vm_id = await rig.build(ready, metadata=((things.KEY, "set"),), network_ids=networks)
        subject = Subject(vm_id)
    else:
        subject, vm_id = ready, ready.vm_id
        await rig.admin.act(action_id, vm_id, {})
    await rig.until(vm_id, lambda vm: vm.task_state == task)
    return subject
