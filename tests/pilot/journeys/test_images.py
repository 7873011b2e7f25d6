"""What people do with images: copy a VM before touching it, and throw away copies that nobody needs."""

from __future__ import annotations

from osvm_tui.domain.vm import Vm
from tests.pilot.journeys.conftest import Journey


def running(vm: Vm) -> bool:
    return vm.status == "ACTIVE" and not vm.task_state and not vm.locked and bool(vm.image_id)


async def test_take_a_snapshot_and_see_it_among_the_images(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(running)
        name = f"{vm.name}-snapshot"
        await op.find(vm.name)
        await op.press("a", "g", "enter")
        await op.reads(op.mine.images, lambda images: (name, "active") in [(each.name, each.status) for each in images])
        await op.told(f"snapshot {vm.name}: done")
        await op.go(f"image {name}")
        await op.sees("1 of", name, "active")


async def test_the_disk_of_a_vm_on_the_shelf_is_not_copied(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(lambda vm: vm.status == "SHELVED_OFFLOADED")
        before = await op.mine.images()
        await op.find(vm.name)
        await op.press("a", "g")
        await op.sees("refused: snapshot needs")
        assert await op.mine.images() == before


async def test_throw_away_an_old_snapshot(journey: Journey) -> None:
    async with journey() as op:
        old = next(each for each in await op.mine.images() if each.name.endswith("-shelved"))
        await op.go(f"image {old.name}")
        await op.sees("1 of", old.id[:8])
        await op.press("ctrl+d")
        await op.type(old.name)
        await op.press("enter")
        await op.reads(op.mine.images, lambda images: old.id not in [each.id for each in images])
        await op.told(f"deleting {old.name}")


async def test_an_image_of_others_stays(journey: Journey) -> None:
    async with journey() as op:
        before = await op.mine.images()
        await op.go("image cirros")
        await op.sees("1 of", "cirros")
        await op.press("ctrl+d")
        await op.told("refused: cirros belongs to another project than this token")
        assert await op.mine.images() == before
