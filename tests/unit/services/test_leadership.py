"""Many consoles on one store: one reads the cloud, the others follow its rows, and take over when it is gone."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from osvm_tui.domain.vm import VmRef
from osvm_tui.services.console import Console, utc_now
from tests.unit.services.scripted_cloud import ScriptedCloud, a_vm

Make = Callable[..., Console]


async def until(true: Callable[[], bool]) -> None:
    """Wait for a condition, at most three seconds."""
    for _ in range(300):
        if true():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it never came true")


def leads(console: Console) -> bool:
    return console.scopes()[0].leader


def status(console: Console, vm_id: str) -> str:
    vm = console.vm(VmRef("e", vm_id))
    return vm.status if vm else "gone"


async def test_one_leads_and_the_other_follows_its_rows(console: Make) -> None:
    cloud, other_view = ScriptedCloud(a_vm("1"), a_vm("2")), ScriptedCloud()
    first, second = console(cloud), console(other_view)
    await first.start()
    await until(lambda: leads(first) and status(first, "1") == "ACTIVE" and bool(first.scopes()[0].leader_owner))
    await second.start()
    await until(lambda: status(second, "1") == "ACTIVE")
    assert leads(first)
    assert not leads(second)
    cloud.vms["1"] = a_vm("1", "stopped", updated_at=utc_now())
    cloud.changed = ["1"]
    await until(lambda: status(second, "1") == "SHUTOFF")
    del cloud.vms["2"]
    cloud.deleted = ["2"]
    await until(lambda: status(second, "2") == "gone")


async def test_a_leader_that_closes_hands_over_at_once(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    first, second = console(cloud), console(cloud)
    await first.start()
    await until(lambda: bool(first.scopes()[0].leader_owner))
    await second.start()
    await until(lambda: status(second, "1") == "ACTIVE")
    await first.close()
    await until(lambda: leads(second))


async def test_a_leader_that_dies_is_replaced_when_its_lease_ends(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    first, second = console(cloud), console(cloud)
    await first.start()
    await until(lambda: bool(first.scopes()[0].leader_owner))
    await second.start()
    await until(lambda: status(second, "1") == "ACTIVE")
    leadership = first._scopes.followers()[0]._leadership
    assert leadership is not None
    assert leadership._renewal is not None
    leadership._renewal.cancel()  # as if killed: the lease is neither renewed nor released
    first._store = None
    for task in first._tasks:
        task.cancel()
    leadership.lease = None
    await until(lambda: leads(second))


async def test_a_store_that_was_away_is_brought_up_to_the_picture(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"), a_vm("2"))
    one = console(cloud)
    await one.start()
    await until(lambda: status(one, "2") == "ACTIVE")
    await one.store_ready()
    store = one._store
    follower = one._scopes.followers()[0]
    assert store is not None
    assert follower.scope is not None
    for _ in range(300):
        kept = await store.load_vms(follower.scope)
        if len(kept.vms) == 2 and kept.seen_at is not None:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(kept)
