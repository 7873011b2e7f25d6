"""What people do with a guest that does not boot: rescue it and come back, or write its disk anew."""

from __future__ import annotations

from osvm_tui.domain.vm import Vm
from tests.pilot.journeys.conftest import Journey


def running(vm: Vm) -> bool:
    return vm.status == "ACTIVE" and not vm.task_state and not vm.locked and bool(vm.image_id)


async def test_rescue_a_vm_and_come_back(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(running)
        await op.find(vm.name)
        await op.press("a", "e", "ctrl+s")
        await op.becomes(vm.id, lambda vm: vm.status == "RESCUE")
        await op.told(f"{vm.name} is RESCUE")
        await op.press("a", "e")
        await op.becomes(vm.id, running)
        await op.told(f"{vm.name} is ACTIVE")


async def test_a_vm_on_the_shelf_is_not_rescued(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(lambda vm: vm.status == "SHELVED_OFFLOADED")
        await op.find(vm.name)
        await op.press("a", "e")
        await op.sees("refused: rescue needs ACTIVE, ERROR or SHUTOFF")
        assert await op.vm(vm.name) == vm


async def test_rebuild_a_vm_from_another_image(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(running)
        debian = next(image for image in await op.cloud.images() if image.name == "debian-12")
        await op.find(vm.name)
        await op.press("a", "b")
        await op.pick(debian.name)
        await op.press("ctrl+s")
        await op.type(vm.name)
        await op.press("enter")
        rebuilt = await op.becomes(vm.id, lambda vm: vm.image_id == debian.id and running(vm))
        assert rebuilt.fixed_ip == vm.fixed_ip
        await op.told(f"{vm.name} is ACTIVE")


async def test_a_name_half_typed_rebuilds_nothing(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(running)
        await op.find(vm.name)
        await op.press("a", "b")
        await op.pick("debian-12")
        await op.press("ctrl+s")
        await op.type(vm.name[:-2])
        await op.press("enter", "escape")
        await op.sees("not sent")
        assert await op.vm(vm.name) == vm
        assert not op.app.api.operations()
