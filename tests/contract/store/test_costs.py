"""What costs are counted from: VMs with intervals, things beside them, totals of days, dismissed advice."""

from __future__ import annotations

import asyncio
from datetime import date, timedelta
from decimal import Decimal

from msgspec.structs import replace

from osvm_tui.domain.accrual import Held
from osvm_tui.domain.rates import Component
from osvm_tui.domain.rollup import CostDay, DaySum
from osvm_tui.store.base import Dismissal
from osvm_tui.store.sql import SqlStore
from tests.contract.store.backends import Backend
from tests.contract.store.samples import ADMIN, ENDPOINT, MEMBER, NOON, a_vm

HOUR = timedelta(hours=1)
STOPPED = {"status": "SHUTOFF", "vm_state": "stopped", "power_state": 4}


def a_volume(number: int = 1, size: str = "10", project: str = "p-1", hours_old: int = 30) -> Held:
    return Held(
        component=Component.VOLUME, id=f"v-{number}", name="data", what="ssd", quantity=Decimal(size),
        project_id=project, since=NOON - hours_old * HOUR, until=None, seen_at=NOON,
    )  # fmt: skip


async def test_lives_are_told_from_the_last_interval_before(store: SqlStore) -> None:
    await store.save_vms(ADMIN, [a_vm(1), a_vm(2, project_id="p-2"), a_vm(3)], [], NOON, None)
    changed = [a_vm(1, updated_at=NOON + 2 * HOUR, **STOPPED)]
    await store.save_vms(ADMIN, changed, [a_vm(3).ref], NOON + 2 * HOUR, None)
    await store.save_vms(ADMIN, [a_vm(1, updated_at=NOON + 4 * HOUR)], [], NOON + 4 * HOUR, None)
    found = {life.vm.name: life for life in await store.lives(ADMIN, NOON + 3 * HOUR)}
    assert set(found) == {"web-0001", "web-0002"}
    assert [one.vm_state for one in found["web-0001"].intervals] == ["active", "stopped", "active"]
    assert found["web-0001"].intervals[-1].seen_at == NOON + 4 * HOUR
    later = await store.lives(ADMIN, NOON + 5 * HOUR)
    assert [one.vm_state for one in next(x for x in later if x.vm.name == "web-0001").intervals] == [
        "stopped",
        "active",
    ]
    gone = next(life for life in await store.lives(ADMIN, NOON) if life.vm.name == "web-0003")
    assert gone.gone
    assert {life.vm.project_id for life in await store.lives(MEMBER, NOON + 3 * HOUR)} == {"p-1"}
    (only,) = await store.lives(ADMIN, NOON + 9 * HOUR, [a_vm(1).ref])
    assert len(only.intervals) == 3


async def test_a_thing_keeps_its_beginning_ends_when_missing_and_begins_anew_when_grown(store: SqlStore) -> None:
    await store.save_things(MEMBER, Component.VOLUME, [a_volume(1), a_volume(2)], NOON)
    await store.save_things(MEMBER, Component.VOLUME, [a_volume(1, hours_old=2), a_volume(2, "20")], NOON + HOUR)
    first, old, new = await store.things(MEMBER, NOON)
    assert (first.since, first.until, first.seen_at) == (NOON - 30 * HOUR, None, NOON + HOUR)
    assert (old.quantity, old.until) == (Decimal(10), NOON + HOUR)
    assert (new.quantity, new.since, new.until) == (Decimal(20), NOON + HOUR, None)
    assert (first.after, old.after, new.after) == (None, ("ssd", Decimal(20)), None)
    await store.save_things(MEMBER, Component.VOLUME, [], NOON + 2 * HOUR)
    assert await store.things(MEMBER, NOON + 3 * HOUR) == ()
    assert len(await store.things(MEMBER, NOON)) == 3


async def test_an_address_of_an_older_release_is_dated_when_the_cloud_tells_when_it_was_made(store: SqlStore) -> None:
    address = replace(a_volume(hours_old=0), component=Component.FLOATING_IP)
    await store.save_things(MEMBER, Component.FLOATING_IP, [address], NOON)
    made = replace(address, since=NOON - 30 * HOUR)
    await store.save_things(MEMBER, Component.FLOATING_IP, [made], NOON + HOUR)
    assert [one.since for one in await store.things(MEMBER, NOON)] == [made.since]


async def test_a_member_ends_nothing_of_another_project_or_component(store: SqlStore) -> None:
    await store.save_things(ADMIN, Component.VOLUME, [a_volume(1), a_volume(2, project="p-2")], NOON)
    await store.save_things(MEMBER, Component.VOLUME, [], NOON + HOUR)
    await store.save_things(ADMIN, Component.IMAGE, [], NOON + HOUR)
    assert [one.id for one in await store.things(ADMIN, NOON + 2 * HOUR)] == ["v-2"]


async def test_two_consoles_that_write_at_once_count_each_thing_and_day_once(backend: Backend) -> None:
    one, two = await backend.console("one"), await backend.console("two")
    volumes = [a_volume(number) for number in range(60)]
    for _ in range(2):
        await asyncio.gather(
            one.save_things(ADMIN, Component.VOLUME, volumes, NOON),
            two.save_things(MEMBER, Component.VOLUME, volumes, NOON),
        )
    assert len(await one.things(ADMIN, NOON)) == 60
    day = CostDay(ENDPOINT, "p-1", date(2026, 3, 1), "basis", ())
    reason = Dismissal("volume:v-1", "a spare", "ops-1", NOON)
    await asyncio.gather(*(console.save_cost_days(MEMBER, [day]) for console in (one, two)))
    await asyncio.gather(*(console.dismiss(reason) for console in (one, two)))
    await one.save_things(ADMIN, Component.VOLUME, [], NOON + HOUR)
    assert await one.things(ADMIN, NOON + 2 * HOUR) == ()


async def test_a_thing_without_a_project_is_the_scopes_and_is_counted_once(store: SqlStore) -> None:
    for hours in range(3):
        await store.save_things(MEMBER, Component.VOLUME, [a_volume(project="")], NOON + hours * HOUR)
    (only,) = await store.things(ADMIN, NOON)
    assert (only.project_id, only.since, only.seen_at) == ("p-1", NOON - 30 * HOUR, NOON + 2 * HOUR)
    await store.save_things(ADMIN, Component.VOLUME, [a_volume(project=""), a_volume(2, project="")], NOON + 3 * HOUR)
    await store.save_things(MEMBER, Component.VOLUME, [a_volume(), a_volume(2)], NOON + 4 * HOUR)
    assert [one.project_id for one in await store.things(ADMIN, NOON)] == ["p-1", "p-1"]
    await store.save_things(ADMIN, Component.VOLUME, [a_volume(project="p-2"), a_volume(2)], NOON + 5 * HOUR)
    moved = [one for one in await store.things(ADMIN, NOON) if one.id == "v-1"]
    assert [(one.project_id, one.until) for one in moved] == [("p-1", NOON + 5 * HOUR), ("p-2", None)]


async def test_days_are_written_over_and_read_in_the_scopes_reach(store: SqlStore) -> None:
    def day(project: str, amount: int, on: date, *, parts: bool = True) -> CostDay:
        total = DaySum("", "m1.small", "active", "a, b", "EUR", amount, amount, 60)
        return CostDay(ENDPOINT, project, on, "basis", (total,), (replace(total, component="vcpu"),) * parts)

    first, second = date(2026, 3, 1), date(2026, 3, 2)
    await store.save_cost_days(ADMIN, [day("p-1", 1, first), day("p-2", 2, first), day("p-1", 3, second)])
    await store.save_cost_days(MEMBER, [day("p-1", 2**63 - 1, first)])
    assert await store.cost_days(MEMBER, first, first) == (day("p-1", 2**63 - 1, first, parts=False),)
    assert await store.cost_days(MEMBER, first, first, parts=True) == (day("p-1", 2**63 - 1, first),)
    assert len(await store.cost_days(ADMIN, first, second)) == 3
    await store.save_cost_days(ADMIN, [day("p-3", 4, first)])
    found = await store.cost_days(ADMIN, first, second)
    assert [(row.project_id, row.day) for row in found] == [("p-3", first), ("p-1", second)], "nothing stale is left"


async def test_dismissals_are_kept_with_their_reason_until_taken_back(store: SqlStore) -> None:
    for reason in ("needed in spring", "a spare"):
        await store.dismiss(Dismissal("volume:v-1", reason, "ops-1", NOON))
    (only,) = await store.dismissals()
    assert (only.reason, only.operator, only.at) == ("a spare", "ops-1", NOON)
    await store.undismiss("volume:v-1")
    assert await store.dismissals() == ()
