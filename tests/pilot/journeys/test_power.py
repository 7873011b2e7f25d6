"""What people do every day: find what is red, stop, start, lock, and be told no."""

from __future__ import annotations

from tests.pilot.journeys.conftest import Journey


async def test_stop_a_vm_and_start_it_again(journey: Journey) -> None:
    async with journey() as op:
        web = await op.some(lambda vm: vm.status == "ACTIVE" and vm.task_state is None and not vm.locked)
        await op.find(web.name)
        await op.sees("1 of")
        await op.press("a", "t", "tab", "enter")
        await op.becomes(web.id, lambda vm: vm.vm_state == "stopped")
        await op.told(f"{web.name} is SHUTOFF")
        await op.press("a", "t")
        await op.becomes(web.id, lambda vm: vm.vm_state == "active")
        assert (await op.audited("start", "arrived")).entry.operator == "ops-1"
