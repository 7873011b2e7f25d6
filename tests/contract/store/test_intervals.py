"""State intervals: when a VM was in which state, and until when that was seen."""

from __future__ import annotations

from datetime import timedelta

from osvm_tui.store.sql import SqlStore
from tests.contract.store.samples import ADMIN, MEMBER, NOON, a_vm
from tests.contract.store.test_fleet import rows

MINUTE = timedelta(minutes=1)
STOPPED = {"status": "SHUTOFF", "vm_state": "stopped", "power_state": 4}


async def test_the_first_interval_begins_at_the_clouds_last_change(store: SqlStore) -> None:
    await store.save_vms(ADMIN, [a_vm(1)], [], NOON, None)
    (only,) = await store.intervals(a_vm(1).ref)
    assert only.since == a_vm(1).updated_at
    assert only.until is None
    assert (only.vm_state, only.status, only.power_state, only.flavor_name) == ("active", "ACTIVE", 1, "m1.small")


async def test_a_change_closes_one_and_opens_the_next_at_the_clouds_time(store: SqlStore) -> None:
    await store.save_vms(ADMIN, [a_vm(1)], [], NOON, None)
    changed = NOON + 3 * MINUTE
    await store.save_vms(ADMIN, [a_vm(1, updated_at=changed, **STOPPED)], [], NOON + 5 * MINUTE, None)
    first, second = await store.intervals(a_vm(1).ref)
    assert (first.until, first.seen_at) == (changed, NOON)
    assert (second.since, second.until, second.seen_at) == (changed, None, NOON + 5 * MINUTE)


async def test_a_clouds_time_that_cannot_be_the_change_is_not_taken(store: SqlStore) -> None:
    await store.save_vms(ADMIN, [a_vm(1), a_vm(2)], [], NOON, None)
    read = NOON + 5 * MINUTE
    ahead = a_vm(1, updated_at=NOON + 60 * MINUTE, **STOPPED)
    behind = a_vm(2, updated_at=NOON - 60 * MINUTE, **STOPPED)
    await store.save_vms(ADMIN, [ahead, behind], [], read, None)
    assert [(await store.intervals(vm.ref))[1].since for vm in (ahead, behind)] == [read, read]


async def test_a_change_of_name_leaves_the_interval_open(store: SqlStore) -> None:
    await store.save_vms(ADMIN, [a_vm(1)], [], NOON, None)
    await store.save_vms(ADMIN, [a_vm(1, name="new")], [], NOON + MINUTE, None)
    assert len(await store.intervals(a_vm(1).ref)) == 1


async def test_a_poll_without_changes_extends_what_was_seen_by_one_row(store: SqlStore) -> None:
    revision = await store.save_vms(ADMIN, [a_vm(1), a_vm(2)], [], NOON, None)
    before = await rows(store, "SELECT * FROM vm_states ORDER BY id")
    assert await store.save_vms(ADMIN, [], [], NOON + MINUTE, None) == revision
    assert await rows(store, "SELECT * FROM vm_states ORDER BY id") == before
    (only,) = await store.intervals(a_vm(1).ref)
    assert only.seen_at == NOON + MINUTE


async def test_a_gap_in_watching_stays_visible(store: SqlStore) -> None:
    await store.save_vms(ADMIN, [a_vm(1)], [], NOON, None)
    back = NOON + timedelta(hours=8)
    await store.save_vms(ADMIN, [a_vm(1, updated_at=back - timedelta(hours=1), **STOPPED)], [], back, None)
    first, second = await store.intervals(a_vm(1).ref)
    assert first.seen_at == NOON
    assert first.until == second.since == back - timedelta(hours=1)


async def test_a_state_that_changed_and_came_back_unseen_begins_anew(store: SqlStore) -> None:
    await store.save_vms(ADMIN, [a_vm(1), a_vm(2), a_vm(3)], [], NOON, None)
    back = NOON + timedelta(hours=8)
    touched = back - timedelta(hours=1)
    behind = NOON - MINUTE  # a cloud whose clock is behind ours
    await store.save_vms(ADMIN, [a_vm(1, updated_at=touched), a_vm(2, updated_at=behind)], [], back, None)
    for vm, since in ((a_vm(1), touched), (a_vm(2), back)):
        first, second = await store.intervals(vm.ref)
        assert (first.until, first.seen_at) == (since, NOON)
        assert (second.vm_state, second.since, second.until, second.seen_at) == ("active", since, None, back)
    (untouched,) = await store.intervals(a_vm(3).ref)
    assert (untouched.until, untouched.seen_at) == (None, back)
    await store.save_vms(ADMIN, [a_vm(1, updated_at=back + MINUTE)], [], back + 2 * MINUTE, None)
    assert len(await store.intervals(a_vm(1).ref)) == 2, "what changes between two polls was seen"


async def test_another_scopes_reading_counts_as_seen(store: SqlStore) -> None:
    await store.save_vms(ADMIN, [a_vm(1), a_vm(2, project_id="p-2")], [], NOON, None)
    await store.save_vms(MEMBER, [], [], NOON + MINUTE, None)
    assert (await store.intervals(a_vm(1).ref))[0].seen_at == NOON + MINUTE
    assert (await store.intervals(a_vm(2).ref))[0].seen_at == NOON


async def test_removal_closes_and_a_return_opens(store: SqlStore) -> None:
    await store.save_vms(ADMIN, [a_vm(1)], [], NOON, None)
    await store.save_vms(ADMIN, [], [a_vm(1).ref], NOON + MINUTE, None)
    (closed,) = await store.intervals(a_vm(1).ref)
    assert closed.until == NOON + MINUTE
    await store.save_vms(ADMIN, [a_vm(1)], [], NOON + 2 * MINUTE, None)
    first, second = await store.intervals(a_vm(1).ref)
    assert first == closed
    assert (second.since, second.until) == (NOON + 2 * MINUTE, None)


async def test_a_clock_set_back_never_ends_an_interval_before_it_began(store: SqlStore) -> None:
    await store.save_vms(ADMIN, [a_vm(1, updated_at=NOON)], [], NOON, None)
    earlier = NOON - timedelta(hours=1)
    await store.save_vms(ADMIN, [a_vm(1, updated_at=NOON, **STOPPED)], [], earlier, None)
    first, _ = await store.intervals(a_vm(1).ref)
    assert first.until is not None
    assert first.until >= first.since


async def test_a_vm_that_nobody_saw_has_none(store: SqlStore) -> None:
    assert await store.intervals(a_vm(1).ref) == ()
