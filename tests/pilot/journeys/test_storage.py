"""What people do with disks: make one and put it into a VM, grow it, copy it before touching it."""

from __future__ import annotations

from collections.abc import Sequence

from osvm_tui.domain.vm import Vm
from osvm_tui.domain.volume import Volume
from tests.pilot.journeys.conftest import Journey


def running(vm: Vm) -> bool:
    return vm.status == "ACTIVE" and not vm.task_state and not vm.locked and not vm.volume_ids


def named(volumes: Sequence[Volume], name: str) -> Volume | None:
    return next((each for each in volumes if each.name == name), None)


async def test_make_a_volume_and_put_it_into_a_vm(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(running)
        await op.go("volume")
        await op.sees("SNAPS", "scratch")
        await op.press("N")
        await op.type("data-7")
        await op.press("enter")
        await op.told("new volume: data-7")
        await op.reads(op.mine.volumes, lambda volumes: getattr(named(volumes, "data-7"), "status", "") == "available")
        await op.go(f"vm {vm.name}")
        await op.press("a", "m")
        await op.pick("data-7")
        await op.press("ctrl+s")
        await op.told(f"attach volume {vm.name}: done")
        attached = named(await op.mine.volumes(), "data-7")
        assert attached is not None
        assert [each.vm_id for each in attached.attachments] == [vm.id]


async def test_a_volume_in_a_vm_is_not_deleted(journey: Journey) -> None:
    async with journey() as op:
        before = await op.mine.volumes()
        held = next(each for each in before if each.name.endswith("-data"))
        await op.go(f"volume {held.name}")
        await op.sees("1 of", "in-use")
        await op.press("ctrl+d")
        await op.told("is in use by a VM; delete needs one that no VM uses")
        assert await op.mine.volumes() == before


async def test_grow_a_volume(journey: Journey) -> None:
    async with journey() as op:
        await op.go("volume scratch")
        await op.sees("1 of", "20 GiB")
        await op.press("a", "e", "backspace", "backspace", *"40", "enter")
        await op.reads(op.mine.volumes, lambda volumes: getattr(named(volumes, "scratch"), "size_gib", 0) == 40)
        await op.told("extending scratch")


async def test_a_volume_never_shrinks(journey: Journey) -> None:
    async with journey() as op:
        before = await op.mine.volumes()
        await op.go("volume scratch")
        await op.sees("1 of", "20 GiB")
        await op.press("a", "e", "backspace", "backspace", *"10", "enter")
        await op.sees("in GiB  10", "New size for extend must be greater")
        assert await op.mine.volumes() == before


async def test_copy_a_volume_before_touching_it(journey: Journey) -> None:
    async with journey() as op:
        await op.go("volume scratch")
        await op.sees("1 of", "20 GiB")
        await op.press("a", "g", "enter")
        wanted = ("scratch-snapshot", "available")
        await op.reads(op.mine.volume_snapshots, lambda copies: wanted in [(each.name, each.status) for each in copies])
        await op.told("snapshotting scratch")
        await op.press("enter")
        await op.sees("volume=scratch", "scratch-snapshot")


async def test_a_broken_volume_is_not_copied(journey: Journey) -> None:
    async with journey() as op:
        before = await op.mine.volume_snapshots()
        await op.go("volume restore-test")
        await op.sees("1 of", "error")
        await op.press("a", "g")
        await op.sees("refused: snapshot needs")
        assert await op.mine.volume_snapshots() == before
