"""What an administrator does with hosts: see what runs there, move it away alive, bring it back from the dead."""

from __future__ import annotations

from osvm_tui.domain.host import ComputeService
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.vm import Vm
from tests.pilot.journeys.conftest import Journey
from tests.pilot.journeys.walker import Walker

ADMIN = {"user": "admin", "project": "admin", "role": ConsoleRole.ADMIN}
SLOW = {"scales": {"migrating": 1000.0}}


def running(vm: Vm) -> bool:
    return vm.status == "ACTIVE" and not vm.task_state and not vm.locked and bool(vm.image_id)


async def service_on(op: Walker, host: str) -> ComputeService:
    return next(each for each in await op.cloud.compute_services() if each.host == host)


async def test_see_what_runs_on_a_host(journey: Journey) -> None:
    async with journey(**ADMIN) as op:
        vms = [vm async for page in op.cloud.list_vms() for vm in page.vms if vm.host == "compute-06"]
        await op.go("hypervisor compute-06")
        await op.sees("1 of", "compute-06")
        await op.press("enter")
        await op.sees("host=compute-06", f"{len(vms)} of", *(vm.name for vm in vms))


async def test_who_is_no_admin_sees_no_hosts(journey: Journey) -> None:
    async with journey() as op:
        await op.go("hypervisor")
        await op.sees("not permitted")
        await op.misses("compute-0")


async def test_move_a_vm_while_it_runs(journey: Journey) -> None:
    async with journey(**ADMIN) as op:
        vm = await op.some(running)
        target = "compute-01" if vm.host != "compute-01" else "compute-02"
        await op.find(vm.name)
        await op.press("a", "L")
        await op.sees("none chosen")
        await op.press("enter")
        await op.pick(target)
        await op.press("ctrl+s")
        await op.becomes(vm.id, lambda vm: vm.host == target and running(vm))
        await op.told(f"live migrate {vm.name}: done")


async def test_think_better_of_a_move_that_is_under_way(journey: Journey) -> None:
    async with journey(**ADMIN, knobs=SLOW) as op:
        vm = await op.some(running)
        await op.find(vm.name)
        await op.press("a", "L", "ctrl+s")
        await op.sees("MIGRATING")
        await op.misses("ctrl-s goes ahead")
        await op.press("a", "S")
        await op.sees(f"migration  {vm.host} to")
        await op.press("ctrl+s")
        back = await op.becomes(vm.id, running)
        assert back.host == vm.host
        await op.told(f"abort migration {vm.name}: done")


async def test_what_does_not_move_cannot_be_stopped_moving(journey: Journey) -> None:
    async with journey(**ADMIN) as op:
        vm = await op.some(running)
        await op.find(vm.name)
        await op.press("a", "S")
        await op.sees("refused: abort migration needs")
        assert await op.vm(vm.name) == vm


async def test_who_is_no_admin_moves_nothing(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(running)
        await op.find(vm.name)
        await op.press("a", "L")
        await op.sees("refused: live migrate needs the cloud role")
        assert await op.vm(vm.name) == vm


async def test_bring_a_vm_back_from_a_dead_host(journey: Journey) -> None:
    async with journey(**ADMIN) as op:
        lost = await op.some(lambda vm: vm.host == "compute-09")
        await op.find("host=compute-09")
        await op.sees(lost.name)
        await op.press("a", "W", "ctrl+s")
        await op.type(lost.name)
        await op.press("enter")
        await op.becomes(lost.id, lambda vm: vm.host not in ("", "compute-09") and not vm.task_state)
        await op.told(lost.name)


async def test_a_vm_whose_host_lives_is_not_evacuated(journey: Journey) -> None:
    async with journey(**ADMIN) as op:
        vm = await op.some(running)
        await op.find(vm.name)
        await op.press("a", "W")
        await op.sees(f"refused: nova-compute of {vm.host} is up")
        assert await op.vm(vm.name) == vm


async def test_let_no_new_vm_come_to_a_host(journey: Journey) -> None:
    async with journey(**ADMIN) as op:
        await op.go("service compute-03")
        await op.sees("1 of", "enabled")
        await op.press("a", "x")
        await op.type("disk")
        await op.press("ctrl+s")
        await op.reads(
            lambda: service_on(op, "compute-03"), lambda it: (it.status, it.disabled_reason) == ("disabled", "disk")
        )
        await op.sees("disabled", "disk")


async def test_a_host_is_not_shut_without_a_reason(journey: Journey) -> None:
    async with journey(**ADMIN) as op:
        await op.go("service compute-03")
        await op.sees("1 of", "enabled")
        await op.press("a", "x", "enter")
        await op.sees("reason is needed")
        assert (await service_on(op, "compute-03")).status == "enabled"
