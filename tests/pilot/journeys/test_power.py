"""What people do every day with one VM: stop it, lock it, delete it, and be told no."""

from __future__ import annotations

import pytest

from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.vm import Vm
from tests.pilot.journeys.conftest import Journey


def running(vm: Vm) -> bool:
    return vm.status == "ACTIVE" and vm.task_state is None and not vm.locked


async def test_stop_a_vm_and_start_it_again(journey: Journey) -> None:
    async with journey() as op:
        web = await op.some(running)
        await op.find(web.name)
        await op.press("a", "t", "tab", "enter")
        await op.becomes(web.id, lambda vm: vm.vm_state == "stopped")
        await op.told(f"{web.name} is SHUTOFF")
        await op.press("a", "t")
        await op.becomes(web.id, running)
        assert (await op.audited("start", "arrived")).entry.operator == "ops-1"


async def test_a_vm_that_runs_is_not_started_and_says_why(journey: Journey) -> None:
    async with journey() as op:
        web = await op.some(running)
        await op.find(web.name)
        await op.press("a", "U")
        await op.sees("restore needs SOFT_DELETED")
        assert await op.vm(web.name) == web
        assert (await op.audited("restore", "refused")).entry.vm_name == web.name


async def test_delete_a_vm_by_typing_its_name(journey: Journey) -> None:
    async with journey() as op:
        web = await op.some(running)
        await op.find(web.name)
        await op.press("ctrl+d")
        await op.type(web.name)
        await op.press("enter")
        await op.goes(web.id)
        await op.told(f"{web.name} is deleted")


async def test_another_name_deletes_nothing(journey: Journey) -> None:
    async with journey() as op:
        web = await op.some(running)
        await op.find(web.name)
        await op.press("ctrl+d")
        await op.type(web.name[:-1] + "x")
        await op.press("enter", "escape")
        assert (await op.vm(web.name)).vm_state == "active"
        assert not op.app.api.operations()


async def test_lock_a_vm_so_that_nobody_stops_it(journey: Journey) -> None:
    async with journey() as op:
        web = await op.some(running)
        await op.find(web.name)
        await op.press("a", "l")
        await op.sees("reason")
        await op.type("audit")
        await op.press("enter")
        await op.becomes(web.id, lambda vm: vm.locked)
        await op.press("a", "t")
        await op.sees("locked: audit; unlock it first")
        await op.press("escape", "a", "l")
        await op.becomes(web.id, lambda vm: not vm.locked)


@pytest.mark.parametrize("how", [{"role": ConsoleRole.VIEWER}, {"read_only": "this console is read-only"}])
async def test_who_may_only_look_changes_nothing(journey: Journey, how: dict[str, object]) -> None:
    async with journey(**how) as op:
        web = await op.some(running)
        await op.find(web.name)
        await op.press("a", "t")
        await op.sees("read-only" if "read_only" in how else "console role viewer may not")
        await op.press("escape", "ctrl+d")
        await op.told("read-only" if "read_only" in how else "console role viewer may not delete")
        assert await op.vm(web.name) == web
