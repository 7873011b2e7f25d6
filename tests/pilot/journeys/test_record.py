"""What people ask the next morning: who did that, what was asked of the cloud, and can it be taken back."""

from __future__ import annotations

from tests.pilot.journeys.conftest import Journey
from tests.pilot.journeys.test_power import running


async def test_who_deleted_it(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(running)
        await op.find(vm.name)
        await op.press("ctrl+d")
        await op.type(vm.name)
        await op.press("enter")
        await op.goes(vm.id)
        await op.audited("delete", "arrived")
        await op.go(f"audit {vm.name}")
        await op.sees("delete", "arrived", "ops-1")
        await op.press("v")
        await op.told("the chain holds")


async def test_nobody_deleted_what_is_still_there(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(running)
        await op.go(f"audit {vm.name}")
        await op.sees("0 of")
        assert await op.vm(vm.name) == vm


async def test_take_a_stop_back(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(running)
        await op.find(vm.name)
        await op.press("a", "t", "tab", "enter")
        await op.becomes(vm.id, lambda vm: vm.vm_state == "stopped")
        await op.told("U undoes")
        await op.press("U")
        await op.becomes(vm.id, running)
        assert "undoes stop" in (await op.audited("start", "requested")).entry.detail


async def test_what_somebody_else_changed_since_is_not_taken_back(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(running)
        await op.find(vm.name)
        await op.press("a", "t", "tab", "enter")
        await op.told("U undoes")
        await op.cloud.act("start", vm.id, {})
        await op.becomes(vm.id, running)
        await op.cloud.act("stop", vm.id, {})
        left = await op.becomes(vm.id, lambda vm: vm.vm_state == "stopped" and not vm.task_state)
        await op.sees("SHUTOFF")
        await op.press("U")
        await op.told("since")
        assert (await op.cloud.get_vm(vm.id)).vm_state == left.vm_state
        assert [item.action_id for item in op.app.api.operations()] == ["stop"]


async def test_see_what_was_asked_of_the_cloud_as_a_command(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(running)
        await op.find(vm.name)
        await op.press("a", "t", "tab", "enter")
        await op.becomes(vm.id, lambda vm: vm.vm_state == "stopped")
        await op.press("exclamation_mark")
        await op.find("POST")
        await op.sees("/action", "202")


async def test_what_was_refused_here_was_not_asked_of_the_cloud(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(running)
        await op.find(vm.name)
        await op.press("a", "U", "escape", "exclamation_mark")
        await op.find("POST action")
        await op.sees("0 of")
        assert await op.vm(vm.name) == vm
