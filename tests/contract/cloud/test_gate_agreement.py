"""Our gate against the cloud: every verb that is offered, from every state, as member, reader and admin.

All illegal calls come first, on one VM per state, because they change nothing; then each legal call. The client is
called beneath the gate. Every cell of states x actors x verbs is asked exactly once.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine, Iterable
from itertools import product

import pytest
from msgspec.structs import replace

from osvm_tui.domain.errors import NotFound
from osvm_tui.domain.vm import Vm
from tests.contract.cloud import states, things, walks
from tests.contract.cloud.agreement import Book, Case, known
from tests.contract.cloud.asking import (
    ENDING,
    VERBS,
    Desk,
    alone,
    endings,
    examine,
    land,
    moment,
    reset,
    rest,
    send,
    touch,
)  # fmt: skip
from tests.contract.cloud.rig import ACTORS, Rig, together
from tests.contract.cloud.rigs import RIGS
from tests.contract.cloud.states import BUSY, RARE, RESTING, Subject, make_busy, ready_to_be_busy

Record = Callable[[str, object], None]
DEAD_HOST = ("ACTIVE", "SHUTOFF", "ERROR launched", "locked by owner")
"""States that a host's death is asked about."""
_ENDS_A_TASK = {
    "busy reboot_started": (("member", "reboot-hard"), ("admin", "reboot-hard")),
    "busy migrating": (("admin", "live-migrate-force-complete"), ("admin", "live-migrate-abort")),
}
"""Who may end a task by what, beside deleting the VM."""
_RARE_ON = ("mock", "face", "real") if "OSVM_TEST_CLOUD_RARE" in os.environ else ("mock", "face")
"""Where rare states are asked about: the lab's daemons must be restarted for them, four times."""


@pytest.mark.timeout(1500)
async def test_the_gate_says_what_the_cloud_does(rig: Rig, record_property: Record) -> None:
    if rig.kind == "face" and "OSVM_TEST_SLOW" not in os.environ:
        pytest.skip("the same rules as on the mock, over HTTP: OSVM_TEST_SLOW is not set")
    desk = Desk(Book(rig), await things.share(rig, failed=5))
    busy = [state for state, (step, _) in BUSY.items() if rig.can_slow(step)]
    work = await be_busy(desk, busy)
    work += [rest(desk, state) for state in RESTING]
    work += [walks.walk(desk, name, way, who) for name, way in walks.BY_ALL.items() for who in ("member", "admin")]
    work += [walks.walk(desk, name, way, "admin") for name, way in walks.BY_ADMIN.items()]
    work += [walks.walk_locked(desk, state) for state in RESTING if state.startswith("locked")]
    await together(work)
    await endings(desk, RESTING)
    judge(desk.book, record_property, "gate", [*RESTING, *busy])


@pytest.mark.timeout(900)
@pytest.mark.parametrize("rig", _RARE_ON, indirect=True)
async def test_the_gate_knows_states_that_few_clouds_have(rig: Rig, record_property: Record) -> None:
    desk = Desk(Book(rig), await things.share(rig))
    for state, verbs in (("SHELVED", ("unshelve", "shelve-offload")), ("SOFT_DELETED", ("restore",))):
        async with rig.rare_state(state):
            await rest(desk, state)
            await endings(desk, (state,), *verbs)
    judge(desk.book, record_property, "gate, rare states", RARE)


@pytest.mark.timeout(300)
async def test_the_gate_knows_a_dead_host(rig: Rig, record_property: Record) -> None:
    """An admin sees that a host is down; the others are only asked about the evacuation."""
    if not rig.can_kill_a_host:
        pytest.skip("this cloud gives no host to kill")
    desk = Desk(Book(rig), await things.share(rig))
    names = {state: f"{state}, host down" for state in DEAD_HOST}
    made = await together(
        states.make_with_kit(rig, desk.shared, "ACTIVE", state.replace(" ", "-").lower()) for state in DEAD_HOST
    )
    host = (await rig.admin.get_vm(made[0].vm_id)).host
    await together(_move_to(rig, subject, host) for subject in made)
    await together(
        states.go(rig, subject.vm_id, RESTING[state]) for state, subject in zip(DEAD_HOST, made, strict=True)
    )
    async with rig.dead_host(host):
        for state, subject in zip(names.values(), made, strict=True):
            assert (await rig.admin.get_vm(subject.vm_id)).host_status == "DOWN"
            await examine(desk, state, subject, actors=("admin",))
        await together(
            alone(desk, Case(state, "admin", "evacuate"), subject)
            for state, subject in zip(names.values(), made, strict=True)
        )
    assert {Case(state, "admin", "evacuate") for state in names.values()} <= set(desk.book.rows)
    judge(desk.book, record_property, "gate, dead host")


async def _move_to(rig: Rig, subject: Subject, host: str) -> None:
    vm = await rig.admin.get_vm(subject.vm_id)
    if vm.host != host:
        await rig.admin.act("live-migrate", vm.id, {"host": host})
        await rig.until(vm.id, lambda now: now.host == host and now.task_state is None)


def judge(book: Book, record_property: Record, name: str, whole: Iterable[str] = ()) -> None:
    """Tell the counts; fail for what is not as listed, and for a cell of a whole state that nobody asked about."""
    summary, wrong = book.close()
    record_property("contract", f"{book.rig.kind:5} {name}: {summary}")
    assert not wrong, "\n" + "\n".join(wrong)
    wanted = {Case(*cell) for cell in product(whole, ACTORS, VERBS)}
    assert not wanted or wanted == set(book.rows)


async def be_busy(desk: Desk, wanted: list[str]) -> list[Coroutine[None, None, None]]:
    """Ask about VMs in the middle of a task what must be asked while they are; return the work that may come later.

    It has the cloud for itself: nothing else is slowed, and the tasks last longer than the questions. A host migrates
    one VM at a time: migrations that are ended come first.
    """
    rig, shared = desk.rig, desk.shared
    single = [Case(state, *end) for state in wanted for end in _ends(state)]
    names = [(case.state, f"{case.state.replace(' ', '-')}-{n}") for n, case in enumerate(single)]
    made = await together(
        [ready_to_be_busy(rig, shared, s, f"{s.replace(' ', '-')}-kit", kit=True) for s in wanted]
        + [ready_to_be_busy(rig, shared, s, name, kit=False) for s, name in names]
    )
    pairs = list(zip(single, made[len(wanted) :], strict=True))
    steps = [BUSY[state][0] for state in wanted]
    async with rig.slow(*(step for step in steps if step == "migrating"), seconds=15):
        await together(_end_a_move(desk, *pair) for pair in pairs if _moves(pair[0]))
    async with rig.slow(*steps):
        asked = [_ask_busy(desk, state, ready) for state, ready in zip(wanted, made, strict=False)]
        later = await together(asked + [_end(desk, *pair) for pair in pairs if not _moves(pair[0])])
    return later


def _moves(case: Case) -> bool:
    return case.action.startswith("live-migrate-")


def _ends(state: str) -> tuple[tuple[str, str], ...]:
    return (*product(("member", "admin"), ENDING), *_ENDS_A_TASK.get(state, ()))


async def _end_a_move(desk: Desk, case: Case, ready: Subject | str) -> None:
    """Ask one verb that ends a migration, which it names."""
    subject = await make_busy(desk.rig, desk.shared, case.state, ready)
    move = await things.running_migration(desk.rig, subject.vm_id)
    await alone(desk, case, replace(subject, kit=replace(subject.kit, migration=move.id)))


async def _end(desk: Desk, case: Case, ready: Subject | str) -> Coroutine[None, None, None]:
    """Ask one verb that ends a task and return the wait for it; a reboot is asked later, when reboots are quick."""
    subject = await make_busy(desk.rig, desk.shared, case.state, ready)
    if case.action == "reboot-hard":
        return alone(desk, case, subject)
    vm = await send(desk, case, subject)
    assert vm is not None, desk.book.words[case]
    return land(desk, case, vm)


async def _ask_busy(desk: Desk, state: str, ready: Subject | str) -> Coroutine[None, None, None]:
    """Ask what must leave a busy VM as it is, and return what else is asked of it."""
    subject = await make_busy(desk.rig, desk.shared, state, ready, wired=True)
    await moment(desk.rig)
    if not BUSY[state][1]:
        subject = Subject(subject.vm_id, things.Kit(await things.port_of(desk.rig, subject.vm_id)))
    return _touch_busy(desk, state, subject, await examine(desk, state, subject))


async def _touch_busy(desk: Desk, state: str, subject: Subject, seen: dict[str, Vm]) -> None:
    """Ask what can be taken back, for which the VM need not be busy any more, then an admin's reset."""
    for actor in ("member", "admin"):
        await touch(desk, state, subject, actor, seen[actor], waiting=False)
    await reset(desk, state, subject)
    await desk.rig.settled(subject.vm_id)


@pytest.mark.parametrize("kind", list(RIGS))
def test_every_listed_difference_is_about_something_that_is_asked(kind: str) -> None:
    asked = {*RESTING, *RARE, *BUSY, *(f"{state}, host down" for state in DEAD_HOST), "*"}
    for case in known(kind):
        assert case.state in asked
        assert case.actor in ACTORS
        assert case.action in VERBS


async def test_what_is_not_there_is_not_found(rig: Rig) -> None:
    for client in rig.clients.values():
        with pytest.raises(NotFound) as caught:
            await client.act("stop", "00000000-0000-0000-0000-000000000000", {})
        assert caught.value.status == 404
        assert caught.value.request_id.startswith("req-")
