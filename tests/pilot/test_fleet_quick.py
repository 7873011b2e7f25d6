"""Counts that are filters behind one key, and what has changed since the operator looked."""

from __future__ import annotations

from msgspec.structs import replace
from textual.pilot import Pilot

from osvm_tui.ui.screens.fleet import FleetScreen
from tests.pilot.desk import OPTIONS, Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.screen_text import screen_text, settled


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
    await settled(pilot)


def fleet(app: Desk) -> FleetScreen:
    screen = app.screen_stack[0]
    assert isinstance(screen, FleetScreen)
    return screen


async def test_each_count_is_a_filter_behind_its_key_and_counts_right() -> None:
    app = Desk(FakeConsole(60))
    async with app.run_test(size=(160, 36)) as pilot:
        await settled(pilot)
        line = screen_text(app).splitlines()[1]
        counted = fleet(app).picture.counted()
        assert len(counted) == 5, "nothing has changed yet"
        total = 0
        for at, (quick, number) in enumerate(counted, 1):
            assert f"{at} {quick.word} {number}" in line
            await press(pilot, str(at))
            assert len(fleet(app).table.rows) == number
            total += number
            await press(pilot, str(at))
            assert len(fleet(app).table.rows) == 60
        assert total >= 60
        await press(pilot, "4", "0")
        assert len(fleet(app).table.rows) == 60


async def test_eighty_columns_show_as_many_counts_as_fit() -> None:
    app = Desk(FakeConsole(60))
    async with app.run_test(size=(80, 24)) as pilot:
        await settled(pilot)
        line = screen_text(app).splitlines()[1]
        assert "no filter  1 active" in line
        assert "60 of 60" in line


async def test_changed_are_the_vms_that_look_otherwise_until_they_are_seen() -> None:
    api = FakeConsole(60)
    app = Desk(api)
    async with app.run_test(size=(160, 36)) as pilot:
        await press(pilot, "6")
        assert not fleet(app).table.rows
        one, other = api.in_state("active"), api.in_state("stopped")
        api.put(replace(one, name="renamed"), replace(other, metadata=(("a", "b"),)))
        await pilot.pause(0.3)
        assert [row.vm.name for row in fleet(app).table.rows] == ["renamed"], "metadata is in no column"
        await press(pilot, "0")
        assert "6 changed 1" in screen_text(app).splitlines()[1]
        await press(pilot, "slash", *"!changed", "enter")
        assert len(fleet(app).table.rows) == 59
        await press(pilot, "X")
        assert "1 changed VMs seen" in app.told[-1]
        assert len(fleet(app).table.rows) == 60
        await press(pilot, "X")
        assert "nothing has changed" in app.told[-1]


async def test_a_vm_that_is_gone_has_not_changed() -> None:
    api = FakeConsole(60)
    app = Desk(api)
    async with app.run_test() as pilot:
        vm = api.in_state("active")
        api.put(replace(vm, name="renamed"))
        await pilot.pause(0.3)
        api.remove(vm.ref)
        await pilot.pause(0.3)
        assert not fleet(app).picture.changed


async def test_the_keys_of_counts_are_shown_as_they_are_bound() -> None:
    app = Desk(FakeConsole(60), options=replace(OPTIONS, keys={"fleet.active": "f8"}))
    async with app.run_test(size=(160, 36)) as pilot:
        await settled(pilot)
        assert "f8 active" in screen_text(app).splitlines()[1]
