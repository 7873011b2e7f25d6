"""How a VM is brought into each state that the contract asks about. Knows no verdicts."""

from __future__ import annotations

from collections.abc import Callable, Coroutine

from tests.contract.cloud.rigs import Rig

Maker = Callable[[Rig, str], Coroutine[None, None, str]]


async def _active(rig: Rig, name: str) -> str:
    vm_id = await rig.build(name)
    await rig.idle(vm_id, "active")
    return vm_id


def _after(*steps: tuple[str, str, str]) -> Maker:
    async def make(rig: Rig, name: str) -> str:
        vm_id = await _active(rig, name)
        for who, action_id, vm_state in steps:
            params: dict[str, object] = {"flavor_id": rig.small} if action_id == "resize" else {}
            await rig.clients[who].act(action_id, vm_id, params)
            await rig.idle(vm_id, vm_state)
        return vm_id

    return make


def _locked(who: str) -> Maker:
    async def make(rig: Rig, name: str) -> str:
        vm_id = await _active(rig, name)
        await rig.clients[who].act("lock", vm_id, {})
        await rig.until(vm_id, lambda vm: vm.locked)
        return vm_id

    return make


async def _never_launched(rig: Rig, name: str) -> str:
    async with rig.no_host() as mark:
        vm_id = await rig.build(name + mark)
        await rig.idle(vm_id, "error")
    return vm_id


RESTING: dict[str, Maker] = {
    "ACTIVE": _active,
    "SHUTOFF": _after(("member", "stop", "stopped")),
    "PAUSED": _after(("member", "pause", "paused")),
    "SUSPENDED": _after(("member", "suspend", "suspended")),
    "SHELVED_OFFLOADED": _after(("member", "shelve", "shelved_offloaded")),
    "ERROR launched": _after(("admin", "reset-state", "error")),
    "ERROR never launched": _never_launched,
    "VERIFY_RESIZE": _after(("member", "resize", "resized")),
    "RESCUE": _after(("member", "rescue", "rescued")),
    "locked by owner": _locked("member"),
    "locked by admin": _locked("admin"),
}
"""States that last until somebody acts."""

BUSY: dict[str, tuple[str, str]] = {
    "busy powering-off": ("powering-off", "stop"),
    "busy migrating": ("migrating", "live-migrate"),
    "busy reboot_started": ("reboot_started", "reboot-soft"),
    "busy spawning": ("spawning", ""),
}
"""States that pass by themselves: the step that is made long, and the action that leads there (none: the creation)."""


async def ready_to_be_busy(rig: Rig, state: str, name: str) -> str:
    """Return a VM that may be made busy, or only the name for one that is busy by being built."""
    return await _active(rig, name) if BUSY[state][1] else name


async def make_busy(rig: Rig, state: str, ready: str) -> str:
    """Bring what `ready_to_be_busy` gave into the middle of its task and return the VM's id; within `rig.slow`."""
    task, action_id = BUSY[state]
    vm_id = ready if action_id else await rig.build(ready)
    if action_id:
        await rig.admin.act(action_id, vm_id, {})
    await rig.until(vm_id, lambda vm: vm.task_state == task)
    return vm_id
