"""What people do to have a new VM: fill in the form once, for one or for several."""

from __future__ import annotations

from osvm_tui.domain.vm import Vm
from tests.pilot.journeys.conftest import Journey
from tests.pilot.journeys.walker import Walker


async def named(op: Walker, start: str) -> list[Vm]:
    found = [vm async for page in op.cloud.list_vms() for vm in page.vms if vm.name.startswith(start)]
    return sorted(found, key=lambda vm: vm.name)


async def fill(op: Walker, name: str, count: str) -> None:
    await op.press("N")
    await op.sees("new VM in mock", "private")
    await op.type(name)
    await op.press("tab", "backspace", *count, "tab", "enter")
    await op.pick("debian")
    await op.press("enter")
    await op.pick("m1.small")


async def test_make_two_vms_by_one_form(journey: Journey) -> None:
    async with journey() as op:
        await fill(op, "test-{n}", "2")
        await op.press("ctrl+s")
        await op.told("all 2 done")
        made = await named(op, "test-")
        assert [(vm.name, vm.status) for vm in made] == [("test-1", "ACTIVE"), ("test-2", "ACTIVE")]
        assert {vm.flavor.name for vm in made if vm.flavor} == {"m1.small"}


async def test_a_cloud_without_room_makes_nothing_and_the_form_keeps_what_was_typed(journey: Journey) -> None:
    async with journey() as op:
        fault = {"status": 403, "message": "Quota exceeded for cores: Requested 1, but already used 80 of 80 cores"}
        op.fails_next(method="POST", path="/servers$", **fault)
        await fill(op, "test-{n}", "1")
        await op.press("ctrl+s")
        await op.sees("Quota exceeded for cores", "test-{n}", "m1.small")
        assert await named(op, "test-") == []
