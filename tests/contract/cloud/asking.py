"""Asking the cloud everything about one VM in one state: what it must refuse, what can be taken back, what ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from itertools import product

from msgspec import Struct
from msgspec.structs import replace

from osvm_tui.domain.action import ActionSpec
from osvm_tui.domain.actions import ACTIONS, offered
from osvm_tui.domain.progress import LogWord, Progress, log_word, progress
from osvm_tui.domain.vm import Vm
from tests.contract.cloud import states, things
from tests.contract.cloud.agreement import ACCEPTED, Book, Case
from tests.contract.cloud.rig import ACTORS, Rig, together
from tests.contract.cloud.states import Subject
from tests.contract.cloud.things import Kit, Shared

VERBS = tuple(spec.id for spec in offered())
LOOKS = ("console-output", "remote-console", "diagnostics")
GENTLE = (
    "update-server", "set-metadata", "delete-metadata", "set-tags", "delete-tags", "add-security-group",
    "remove-security-group", "add-floating-ip", "remove-floating-ip", "update-volume-attachment", "attach-volume",
    "detach-volume", "attach-interface", "detach-interface", "create-image", "create-backup", "change-password",
    "trigger-crash-dump", "inject-network-info", "lock", "unlock",
)  # fmt: skip
"""Legal ones after which the VM is as it was, in an order in which each finds what it needs."""
ENDING = ("delete", "force-delete")
"""Legal everywhere: each needs a VM of its own."""
_REFUSED_LATER = {"trigger-crash-dump"}
"""Taken by the API, refused by a hypervisor that cannot do it."""


class Desk(Struct, frozen=True):
    """A book with what its questions need."""

    book: Book
    shared: Shared
    left: dict[str, list[str]] = {}
    """VMs that walks have left at rest, by state: a verb that ends a VM may have them."""

    @property
    def rig(self) -> Rig:
        """The cloud that is asked."""
        return self.book.rig


async def examine(desk: Desk, state: str, subject: Subject, *, actors: tuple[str, ...] = ACTORS) -> dict[str, Vm]:
    """Ask what is illegal and what only looks, as every actor; it must leave the VM as it was.

    Returns what each actor sees of it; who only looks sees what a member sees.
    """
    seen = {who: await desk.rig.clients[who].get_vm(subject.vm_id) for who in ("member", "admin")}
    seen["reader"] = seen["member"]
    await together(_examine_as(desk, state, subject, actor, seen[actor]) for actor in actors)
    before, after = seen["admin"], await desk.rig.admin.get_vm(subject.vm_id)
    words = f"{state}: {shown(before)}, then {shown(after)}: asking changed it, or it came to rest meanwhile"
    assert shown(after) == shown(before), words
    return seen


async def _examine_as(desk: Desk, state: str, subject: Subject, actor: str, vm: Vm) -> None:
    for action_id in VERBS:
        case = Case(state, actor, action_id)
        if action_id in LOOKS or not desk.book.verdict(case, vm).allowed:
            await desk.book.ask(case, vm, things.params_of(desk.rig, desk.shared, subject.kit, action_id))


async def touch(desk: Desk, state: str, subject: Subject, actor: str, vm: Vm, *, waiting: bool = True) -> None:
    """Ask what is legal and can be taken back; `waiting` False for a VM whose host is busy with its task."""
    kit = subject.kit
    for action_id in GENTLE:
        case = Case(state, actor, action_id)
        if case in desk.book.rows:
            continue
        if action_id == "detach-volume" and desk.book.accepted(replace(case, action="attach-volume")):
            kit = replace(kit, inside=kit.free)
        if action_id == "detach-interface" and desk.book.accepted(replace(case, action="attach-interface")):
            kit = replace(kit, port=await _newest_port(desk.rig, subject))
        await gently(desk, case, vm, kit, waiting=waiting)


async def gently(desk: Desk, case: Case, vm: Vm, kit: Kit, *, waiting: bool) -> None:
    """Ask one of these, and wait until the VM and its things are as before."""
    rig = desk.rig
    params = things.params_of(rig, desk.shared, kit, case.action)
    # The answer is the arrival; a password's comes while the guest is still told, as far as its task says.
    at_once = ACTIONS[case.action].expect.immediate and case.action != "change-password"
    if await desk.book.ask(case, vm, params) != ACCEPTED or not waiting or at_once:
        return
    await arrived(rig, ACTIONS[case.action], vm, desk.book.request_ids[case])
    if case.action in ("attach-volume", "detach-volume"):
        status = "in-use" if case.action == "attach-volume" else "available"
        await things.until_volume(rig, str(params["volume_id"]), status)


async def arrived(rig: Rig, spec: ActionSpec, before: Vm, request_id: str) -> Vm:
    """Wait until the table's expectation of an accepted action is met; fail when the action failed."""

    async def reading() -> Vm | None:
        vm = await rig.read(before.id)
        log = await rig.member.instance_action(before.id, request_id) if spec.expect.logged else None
        if spec.id in _REFUSED_LATER and log_word(log) is LogWord.FAILED:
            return vm
        seen = progress(spec.expect, before.vm_state, vm, log=log)
        assert seen not in (Progress.ERROR, Progress.GONE), f"{spec.id}: {seen} {vm.vm_state} {vm.fault} {log}"
        return vm if seen is Progress.ARRIVED and vm.task_state is None else None

    vm = await rig.poll(reading, f"{spec.id} from {before.vm_state}")
    if (spec.id, before.vm_state) == ("rebuild", "stopped"):
        # Nova shows it ACTIVE and idle for a moment before it stops it again.
        return await rig.idle(vm.id, "stopped")
    return await rig.idle(vm.id, vm.vm_state) if vm.vm_state == "shelved_offloaded" else vm


async def lock_again(rig: Rig, state: str, vm_id: str) -> None:
    """Give a VM the lock back that its state means."""
    if state.startswith("locked"):
        await rig.clients["member" if state.endswith("owner") else "admin"].act("lock", vm_id, {})


async def reset(desk: Desk, state: str, subject: Subject) -> None:
    """Ask an admin's reset, the last thing that is done to this VM.

    The volume leaves an offloaded VM first: reset to active it has no host, and its deletion frees no volume.
    """
    case = Case(state, "admin", "reset-state")
    if case not in desk.book.rows:
        vm = await desk.rig.read(subject.vm_id)
        if vm.vm_state == "shelved_offloaded":
            await desk.rig.member.act("detach-volume", vm.id, {"volume_id": subject.kit.inside})
            await things.until_volume(desk.rig, subject.kit.inside, "available")
        await desk.book.ask(case, vm, things.params_of(desk.rig, desk.shared, subject.kit, "reset-state"))


async def send(desk: Desk, case: Case, subject: Subject) -> Vm | None:
    """Ask one legal verb about a VM of its own; return the VM as it was before, None when the cloud said no."""
    vm = await desk.rig.read(subject.vm_id)
    params = things.params_of(desk.rig, desk.shared, subject.kit, case.action)
    return vm if await desk.book.ask(case, vm, params) == ACCEPTED else None


async def land(desk: Desk, case: Case, vm: Vm) -> None:
    """Wait for where the table says that an accepted verb ends."""
    rig = desk.rig
    if (vm.vm_state, case.action) == ("soft-delete", "delete"):
        # A cloud that defers deletes defers this one, too: only force delete or time removes the VM.
        await rig.idle(vm.id, "soft-delete")
    elif ACTIONS[case.action].expect.gone:
        await rig.gone(vm.id)
    else:
        await arrived(rig, ACTIONS[case.action], vm, desk.book.request_ids[case])


async def alone(desk: Desk, case: Case, subject: Subject) -> None:
    """Ask one legal verb about a VM of its own and wait for where the table says it ends."""
    vm = await send(desk, case, subject)
    if vm is not None:
        await land(desk, case, vm)


async def rest(desk: Desk, state: str) -> None:
    """Ask everything about a state that lasts, but for what ends a VM."""
    first = await states.make_with_kit(desk.rig, desk.shared, state, _named(state))
    seen = await examine(desk, state, first)
    for actor in ("member", "admin"):
        await touch(desk, state, first, actor, seen[actor])
        await lock_again(desk.rig, state, first.vm_id)
    await reset(desk, state, first)


async def endings(desk: Desk, names: Iterable[str], *also: str) -> None:
    """Ask about states that last what ends a VM, each time one of its own; `also` are verbs that no walk takes."""
    cases = [Case(*cell) for cell in product(names, ("member", "admin"), (*ENDING, *also))]
    await together(_on_its_own(desk, case) for case in cases if case not in desk.book.rows)


async def _on_its_own(desk: Desk, case: Case) -> None:
    if left := desk.left.get(case.state):
        subject = Subject(left.pop())
    else:
        name = f"{_named(case.state)}-{case.actor}-{case.action}"
        subject = await states.make(desk.rig, desk.shared, case.state, name)
    await alone(desk, case, subject)


def _named(state: str) -> str:
    return state.replace(" ", "-").lower()


async def _newest_port(rig: Rig, subject: Subject) -> str:
    async def reading() -> str | None:
        found = [port.id for port in await rig.member.ports(subject.vm_id) if port.id != subject.kit.port]
        return found[0] if found else None

    return await rig.poll(reading, f"a second port of {subject.vm_id}")


def shown(vm: Vm) -> tuple[object, ...]:
    """Return what an illegal call must leave alone."""
    return (vm.name, vm.vm_state, vm.task_state, vm.power_state, vm.locked, vm.host)


async def moment(rig: Rig) -> None:
    """Let a step that was slowed down go a little on."""
    await asyncio.sleep(rig.pause_s * 4)
