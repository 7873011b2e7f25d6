"""What people do about money: ask what a VM costs and what shelving would save, follow an advice, or leave it."""

from __future__ import annotations

from datetime import UTC, datetime

from osvm_tui.domain.vm import Vm
from osvm_tui.domain.volume import Volume
from osvm_tui.ui.money_words import plain
from tests.pilot.journeys.conftest import Journey
from tests.pilot.journeys.walker import Walker


def running(vm: Vm) -> bool:
    return vm.status == "ACTIVE" and vm.task_state is None and not vm.locked and bool(vm.image_id)


async def monthly(op: Walker, vm: Vm) -> str:
    """Return what the console's own counting says that a VM costs a month."""
    rate = op.console.costs.burn(vm.ref).own
    assert rate is not None
    return plain(rate.monthly)


async def test_what_does_a_vm_cost_and_what_would_shelving_save(journey: Journey) -> None:
    async with journey() as op:
        web = await op.some(running)
        await op.sees("EUR/h")
        await op.find(web.name)
        await op.press("o")
        await op.sees("SIMULATED list prices", "in all", await monthly(op, web), "shelve")
        await op.press("a", "h")
        await op.sees(f"- {await monthly(op, web)} EUR/month")
        await op.press("tab", "enter")
        await op.becomes(web.id, lambda vm: vm.vm_state == "shelved_offloaded")
        await op.sees("0.00", "unshelve")


async def test_a_stop_saves_nothing_where_stopped_vms_are_billed(journey: Journey) -> None:
    async with journey() as op:
        web = await op.some(running)
        await op.sees("EUR/h")
        await op.find(web.name)
        await op.press("a", "t")
        await op.sees("no change", f"{await monthly(op, web)} EUR/month")
        await op.press("escape")
        await op.misses("no change")
        assert (await op.vm(web.name)).vm_state == "active"


async def test_follow_an_advice_to_a_volume_that_nothing_uses(journey: Journey) -> None:
    async with journey() as op:
        volume = await forlorn(op)
        await op.go(f"waste {volume.name}")
        await op.sees("unattached volume", "SAVING/MO")
        await op.press("enter")
        await op.sees(f"delete {volume.name}?")
        await op.type(volume.name)
        await op.press("enter")
        await op.reads(lambda: names(op), lambda found: volume.name not in found)


async def test_an_advice_that_is_left_deletes_nothing(journey: Journey) -> None:
    async with journey() as op:
        volume = await forlorn(op)
        await op.go(f"waste {volume.name}")
        await op.sees("unattached volume")
        await op.press("enter")
        await op.sees(f"delete {volume.name}?")
        await op.press("enter", "escape")
        await op.misses("to go on")
        assert volume.name in await names(op)


async def forlorn(op: Walker) -> Volume:
    """Return a volume of the operator's project that is attached to nothing since long."""
    return next(each for each in await op.mine.volumes() if old(each))


def old(volume: Volume) -> bool:
    made = volume.created_at
    return (
        volume.status == "available" and bool(volume.name) and made is not None and (datetime.now(UTC) - made).days > 7
    )


async def names(op: Walker) -> set[str]:
    return {each.name for each in await op.mine.volumes()}
