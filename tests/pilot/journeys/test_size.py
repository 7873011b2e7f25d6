"""What people do when a VM is too small: grow it and confirm, or go back to what it was."""

from __future__ import annotations

from osvm_tui.domain.vm import Vm
from tests.pilot.journeys.conftest import Journey
from tests.pilot.journeys.walker import Walker


def medium(vm: Vm) -> bool:
    flavor = vm.flavor.name if vm.flavor else ""
    return vm.status == "ACTIVE" and not vm.task_state and not vm.locked and flavor == "m1.medium" and bool(vm.image_id)


def size_of(vm: Vm) -> str:
    return vm.flavor.name if vm.flavor else ""


async def grow(op: Walker, vm: Vm) -> None:
    await op.find(vm.name)
    await op.press("a", "z")
    await op.pick("m1.large")
    await op.press("ctrl+s")
    await op.becomes(vm.id, lambda vm: vm.status == "VERIFY_RESIZE")
    await op.told(f"{vm.name} is resized; confirm C or revert V in its action menu")


async def test_grow_a_vm_and_confirm(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(medium)
        await grow(op, vm)
        await op.press("a", "C", "tab", "enter")
        grown = await op.becomes(vm.id, lambda vm: vm.status == "ACTIVE")
        assert size_of(grown) == "m1.large"
        assert (await op.audited("confirm-resize", "arrived")).entry.vm_id == vm.id


async def test_grow_a_vm_and_go_back(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(medium)
        await grow(op, vm)
        await op.press("a", "V", "tab", "enter")
        back = await op.becomes(vm.id, lambda vm: vm.status == "ACTIVE")
        assert size_of(back) == "m1.medium"


async def test_a_size_with_a_smaller_disk_cannot_be_taken(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(medium)
        await op.find(vm.name)
        await op.press("a", "z")
        await op.pick("m1.small")
        await op.sees("not possible: its disk of 20 GiB is smaller than the 40 GiB")
        await op.press("escape")
        await op.misses("not possible")
        assert await op.vm(vm.name) == vm
        assert not op.app.api.operations()


async def test_what_was_not_grown_is_not_confirmed(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(medium)
        await op.find(vm.name)
        await op.press("a", "C")
        await op.sees("refused: confirm resize needs VERIFY_RESIZE")
        assert await op.vm(vm.name) == vm
