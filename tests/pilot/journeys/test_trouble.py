"""What people do when something is wrong: find what is red, see why, and bring it back or learn that they may not."""

from __future__ import annotations

from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.vm import Vm
from tests.pilot.journeys.conftest import Journey


def red(vm: Vm) -> bool:
    return vm.status == "ERROR" and vm.host_status != "DOWN"


def stuck(vm: Vm) -> bool:
    return vm.task_state == "powering-off"


async def test_find_what_is_red_and_fix_it(journey: Journey) -> None:
    async with journey() as op:
        broken = await op.some(red)
        assert broken.fault is not None
        await op.press("Z")
        await op.sees("status=ERROR", broken.name, broken.fault.message[:40])
        await op.press("a", "R", "tab", "enter")
        await op.becomes(broken.id, lambda vm: vm.status == "ACTIVE" and not vm.task_state)
        await op.told(f"{broken.name} is ACTIVE")


async def test_what_is_red_stays_red_when_the_cloud_says_no(journey: Journey) -> None:
    async with journey() as op:
        broken = await op.some(red)
        op.fails_next(method="POST", body="reboot", status=409, message="the host is being drained")
        await op.press("Z", "a", "R", "tab", "enter")
        await op.told("the host is being drained")
        assert (await op.vm(broken.name)).status == "ERROR"
        assert "the host is being drained" in (await op.audited("reboot-hard", "failed")).entry.detail


async def test_free_a_vm_that_hangs_in_a_task(journey: Journey) -> None:
    async with journey(user="admin", project="admin", role=ConsoleRole.ADMIN) as op:
        hanging = await op.some(stuck)
        await op.find("task=powering-off")
        await op.sees(hanging.name)
        await op.press("a", "Z", "ctrl+s")
        await op.becomes(hanging.id, lambda vm: vm.status == "ACTIVE" and not vm.task_state)
        await op.told(hanging.name)


async def test_who_is_no_admin_rewrites_no_state(journey: Journey) -> None:
    async with journey() as op:
        hanging = await op.some(stuck)
        await op.find("task=powering-off")
        await op.press("a", "Z")
        await op.sees("refused: reset state needs the cloud role admin")
        assert (await op.vm(hanging.name)).task_state == "powering-off"
