"""Our gate against the cloud: every action this release offers, from every state, as member, reader and admin.

All illegal calls come first, on one VM per state, because they change nothing; then each legal call. The client is
called beneath the gate. Every cell of states x actors x actions is asked exactly once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import product

import pytest

from osvm_tui.domain.actions import ACTIONS, offered
from osvm_tui.domain.errors import NotFound
from osvm_tui.domain.progress import Progress, progress
from osvm_tui.domain.vm import Vm
from tests.contract.cloud.agreement import ACCEPTED, Book, Case
from tests.contract.cloud.rigs import ACTORS, Rig, together
from tests.contract.cloud.states import BUSY, RESTING, make_busy, ready_to_be_busy

ACTIONS_NOW = tuple(spec.id for spec in offered())
LOOKS = ("console-output", "remote-console")
GENTLE = ("update-server", "lock", "unlock")
"""Legal ones that can be taken back at once."""
PARAMS: dict[str, dict[str, object]] = {"update-server": {"description": "seen by the contract"}}
LATER: dict[str, dict[str, object]] = {
    "rescue": {},
    "unrescue": {},
    "rebuild": {"image_id": "image"},
    "resize": {"flavor_id": "small"},
    "confirm-resize": {},
    "revert-resize": {},
    "shelve-offload": {},
    "force-delete": {},
    "restore": {},
    "create-image": {"name": "contract-never-made"},
    "create-backup": {"name": "contract-never-made"},
    "change-password": {"password": "Never-set-1"},
    "trigger-crash-dump": {},
    "diagnostics": {},
    "migrate": {},
    "live-migrate": {},
    "evacuate": {},
    "reset-state": {"state": "active"},
    "inject-network-info": {},
    "set-metadata": {"metadata": {"contract": "never-set"}},
    "set-tags": {"tags": ["contract-never-set"]},
    "add-security-group": {"security_group": "default"},
    "remove-security-group": {"security_group": "default"},
}
"""Verbs that this release gates but does not offer yet: asked only where the gate refuses them."""
NEVER = "ERROR never launched"
RESET = "reset to error"

WALK = (
    ("ACTIVE", "stop"), ("SHUTOFF", "start"), ("ACTIVE", "reboot-soft"), ("ACTIVE", "reboot-hard"),
    ("ACTIVE", "pause"), ("PAUSED", "unpause"), ("", "pause"), ("PAUSED", "reboot-hard"),
    ("ACTIVE", "suspend"), ("SUSPENDED", "resume"), ("", "suspend"), ("SUSPENDED", "reboot-hard"),
    ("", "stop"), ("SHUTOFF", "reboot-hard"), ("ACTIVE", "shelve"), ("SHELVED_OFFLOADED", "unshelve"),
    ("", "stop"), ("SHUTOFF", "shelve"), ("", "unshelve"), ("", "pause"), ("PAUSED", "shelve"), ("", "unshelve"),
    ("", "suspend"), ("SUSPENDED", "shelve"), ("", "unshelve"),
    ("", RESET), ("ERROR launched", "stop"), ("", "start"), ("", RESET), ("ERROR launched", "reboot-hard"),
)  # fmt: skip
"""Every legal change but delete, each from its state, in one walk; steps without a state only lead on."""
LOCKED_WALK = (
    "stop",
    "start",
    "reboot-soft",
    "reboot-hard",
    "pause",
    "unpause",
    "suspend",
    "resume",
    "shelve",
    "unshelve",
)
LOCKED_FROM_ACTIVE = {"stop", "reboot-soft", "reboot-hard", "pause", "suspend", "shelve"}


@pytest.mark.timeout(850)
async def test_the_gate_says_what_the_cloud_does(rig: Rig, record_property: Callable[[str, object], None]) -> None:
    book = Book(rig)
    vms = {NEVER: (await RESTING[NEVER](rig, "never-0"), await RESTING[NEVER](rig, "never-1"))}
    states = [state for state in RESTING if state != NEVER]
    walks = [walk(book, who) for who in ("member", "admin")]
    walks += [walk_locked(book, state) for state in states if state.startswith("locked")]
    await together([*(rest(book, state, vms.get(state)) for state in RESTING), *walks])
    busy = [state for state, (step, _) in BUSY.items() if rig.can_slow(step)]
    await be_busy(book, busy)
    summary, wrong = book.close()
    record_property("contract", f"{rig.kind:5} gate: {summary}")
    assert not wrong, "\n" + "\n".join(wrong)
    wanted = {Case(*cell) for cell in product([*RESTING, *busy], ACTORS, ACTIONS_NOW)}
    assert wanted == {case for case in book.rows if case.action in ACTIONS_NOW}


async def rest(book: Book, state: str, made: tuple[str, str] | None) -> None:
    """Ask everything about a state that lasts: the first VM is asked, each VM ends by its own actor's delete."""
    names = [f"{state.replace(' ', '-').lower()}-{n}" for n in range(2)]
    first, second = made or await together(RESTING[state](book.rig, name) for name in names)
    await examine(book, state, first)
    for actor in ("member", "admin"):
        await touch(book, state, first, actor)
        await lock_again(book.rig, state, first)
    for actor, vm_id in (("member", first), ("admin", second)):
        if Case(state, actor, "delete") not in book.rows:
            await remove(book, state, vm_id, actor)


async def examine(book: Book, state: str, vm_id: str) -> None:
    """Ask what is illegal and what only looks, as every actor; it must leave the VM as it was."""
    before = await book.rig.admin.get_vm(vm_id)
    for actor in ACTORS:
        vm = await book.rig.clients[actor].get_vm(vm_id)
        for action_id in ACTIONS_NOW:
            case = Case(state, actor, action_id)
            if action_id in LOOKS or not book.verdict(case, vm).allowed:
                await book.ask(case, vm, PARAMS.get(action_id, {}))
        await examine_later(book, state, actor, vm)
    after = await book.rig.admin.get_vm(vm_id)
    assert shown(after) == shown(before), f"{state}: asking changed it, or it came to rest meanwhile"


async def examine_later(book: Book, state: str, actor: str, vm: Vm) -> None:
    """Ask what is illegal among the verbs of a later release."""
    for action_id, params in LATER.items():
        case = Case(state, actor, action_id)
        if not book.verdict(case, vm).allowed:
            await book.ask(case, vm, _meant(book.rig, params))


async def touch(book: Book, state: str, vm_id: str, actor: str) -> None:
    """Ask what is legal and can be taken back."""
    for action_id in GENTLE:
        case = Case(state, actor, action_id)
        if case not in book.rows:
            vm = await book.rig.clients[actor].get_vm(vm_id)
            await book.ask(case, vm, PARAMS.get(action_id, {}))


async def lock_again(rig: Rig, state: str, vm_id: str) -> None:
    """Give a VM the lock back that its state means."""
    if state.startswith("locked"):
        await rig.clients["member" if state.endswith("owner") else "admin"].act("lock", vm_id, {})


async def remove(book: Book, state: str, vm_id: str, actor: str) -> None:
    """Ask for a deletion and wait for its end."""
    vm = await book.rig.clients[actor].get_vm(vm_id)
    if await book.ask(Case(state, actor, "delete"), vm, {}) == ACCEPTED:
        await book.rig.gone(vm_id)


async def walk(book: Book, actor: str) -> None:
    """Go through every legal change on one VM; each must arrive where the table says."""
    rig = book.rig
    vm_id = await RESTING["ACTIVE"](rig, f"walk-{actor}")
    for state, action_id in WALK:
        if action_id == RESET:
            await rig.admin.act("reset-state", vm_id, {"state": "error"})
            await rig.idle(vm_id, "error")
        else:
            await step(book, state, actor, action_id, vm_id)


async def walk_locked(book: Book, state: str) -> None:
    """Go through what an admin may do to a locked VM."""
    vm_id = await RESTING[state](book.rig, f"walk-{state.replace(' ', '-')}")
    for action_id in LOCKED_WALK:
        await step(book, state if action_id in LOCKED_FROM_ACTIVE else "", "admin", action_id, vm_id)


async def step(book: Book, state: str, actor: str, action_id: str, vm_id: str) -> None:
    """Take one step of a walk and wait until it has arrived; with a state it is a case of the book."""
    client = book.rig.clients[actor]
    vm = await client.get_vm(vm_id)
    if state:
        assert await book.ask(Case(state, actor, action_id), vm, {}) == ACCEPTED, (state, action_id)
    else:
        await client.act(action_id, vm_id, {})
    spec = ACTIONS[action_id]
    arrived = await book.rig.until(vm_id, lambda now: progress(spec.expect, vm.vm_state, now) is Progress.ARRIVED)
    await book.rig.idle(vm_id, arrived.vm_state)


async def be_busy(book: Book, states: list[str]) -> None:
    """Ask everything about VMs in the middle of a task."""
    rig = book.rig
    wanted = [(state, f"{state.replace(' ', '-')}-{n}") for state in states for n in range(2)]
    ready = await together(ready_to_be_busy(rig, state, name) for state, name in wanted)
    async with rig.slow(*(BUSY[state][0] for state in states)):
        made = await together(make_busy(rig, state, r) for (state, _), r in zip(wanted, ready, strict=True))
        await asyncio.sleep(rig.pause_s * 4)
    pairs = zip(states, zip(made[::2], made[1::2], strict=True), strict=True)
    await together(ask_busy(book, state, *pair) for state, pair in pairs)


async def ask_busy(book: Book, state: str, first: str, second: str) -> None:
    """Ask everything about one pair of busy VMs; the last legal calls end the task."""
    await examine(book, state, first)
    for actor in ("member", "admin"):
        await touch(book, state, first, actor)
    for actor, vm_id in (("member", first), ("admin", second)):
        case = Case(state, actor, "reboot-hard")
        if case not in book.rows:
            await step(book, state, actor, "reboot-hard", vm_id)
            async with book.rig.slow(BUSY[state][0]):
                await make_busy(book.rig, state, vm_id)
        await remove(book, state, vm_id, actor)


def _meant(rig: Rig, params: dict[str, object]) -> dict[str, object]:
    named = {"image_id": rig.image, "flavor_id": rig.small}
    return {name: named.get(name, value) for name, value in params.items()}


def shown(vm: Vm) -> tuple[object, ...]:
    """Return what an illegal call must leave alone."""
    return (vm.name, vm.vm_state, vm.task_state, vm.power_state, vm.locked, vm.host)


async def test_what_is_not_there_is_not_found(rig: Rig) -> None:
    for client in rig.clients.values():
        with pytest.raises(NotFound) as caught:
            await client.act("stop", "00000000-0000-0000-0000-000000000000", {})
        assert caught.value.status == 404
        assert caught.value.request_id.startswith("req-")
