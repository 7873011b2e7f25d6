"""Counts that are filters behind one key, and what has changed since the operator looked."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from osvm_tui.ui.fleet_filters import Counted
from osvm_tui.ui.format import GLYPHS, Token, count
from osvm_tui.ui.screens.fleet import FleetScreen
from osvm_tui.ui.widgets.filter_bar import FilterBar
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


@pytest.mark.parametrize(("width", "vms"), [(80, 60), (80, 2000), (100, 2000)])
async def test_every_count_that_is_a_key_is_seen_in_narrow_terminals(width: int, vms: int) -> None:
    app = Desk(FakeConsole(vms))
    async with app.run_test(size=(width, 24)) as pilot:
        await settled(pilot)
        counted = fleet(app).picture.counted()
        changed = Counted("6", "changed", 12, Token.STALE)
        bar = app.screen.query_one(FilterBar)
        bar.tell(bar._shown._replace(counts=(*bar._shown.counts, changed)))
        await settled(pilot)
        line = screen_text(app).splitlines()[1]
        for at, (quick, number) in enumerate(counted, 1):
            assert f"{at} {quick.word} {count(number)}" in line or f"{at}{GLYPHS['unicode'][quick.token]}" in line
        assert "6 changed 12" in line or "6◌12" in line
        assert f"{count(vms)} of {count(vms)}" in line


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
