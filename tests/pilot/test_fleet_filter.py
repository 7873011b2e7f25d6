"""The fleet's filter, sort, columns and memory, and the keys that go back."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Input

from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.screens.fleet import FleetScreen
from osvm_tui.ui.widgets.filter_bar import FilterBar
from osvm_tui.ui.widgets.vtable import VTable
from tests.pilot.desk import OPTIONS, Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.fake_fleet import NOW
from tests.pilot.screen_text import screen_text, settled


def names(pilot: Pilot[None]) -> list[str]:
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, FleetScreen)
    return [row.vm.name for row in screen.table.rows]


async def test_every_letter_filters_and_enter_keeps() -> None:
    async with Desk(FakeConsole(60)).run_test() as pilot:
        await pilot.press("slash", *"name:web")
        await settled(pilot)
        assert names(pilot)
        assert all("web" in name for name in names(pilot))
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(pilot.app.focused, VTable)
        assert len(names(pilot)) == 6


async def test_escape_takes_typing_back_then_clears_then_hints() -> None:
    app = Desk(FakeConsole(60))
    async with app.run_test() as pilot:
        await pilot.press("slash", *"name:web", "enter", "slash", *" 0001")
        await settled(pilot)
        assert names(pilot) == ["web-0001"]
        await pilot.press("escape")
        await settled(pilot)
        assert len(names(pilot)) == 6
        await pilot.press("escape")
        assert len(names(pilot)) == 60
        await pilot.press("escape")
        await settled(pilot)
        assert app.is_running
        assert any(":q" in told for told in app.told)


async def test_a_wrong_filter_says_so_and_keeps_the_rows() -> None:
    async with Desk(FakeConsole(60)).run_test(size=(120, 36)) as pilot:
        await pilot.press("slash", *"name:web")
        await settled(pilot)
        before = names(pilot)
        await pilot.press(*" ~[")
        await settled(pilot)
        assert names(pilot) == before
        assert "not a regular expression" in screen_text(pilot.app)


async def test_letters_that_are_keys_are_only_letters_while_typing() -> None:
    api = FakeConsole(60)
    async with Desk(api).run_test() as pilot:
        await pilot.press("slash", *"aqNuV*", "ctrl+d", "space")
        await settled(pilot)
        assert len(pilot.app.screen_stack) == 1
        assert pilot.app.screen.query_one(FilterBar).text == "aqNuV* "
        assert not api.requests


async def test_faults_is_one_key_there_and_back() -> None:
    async with Desk(FakeConsole(60)).run_test() as pilot:
        await pilot.press("Z")
        assert len(names(pilot)) == 4
        await pilot.press("Z")
        assert len(names(pilot)) == 60


async def test_an_empty_result_says_how_to_leave_it() -> None:
    async with Desk(FakeConsole(60)).run_test() as pilot:
        await pilot.press("slash", *"nothing-like-this", "enter")
        await settled(pilot)
        assert names(pilot) == []
        assert "esc clears the filter" in screen_text(pilot.app)


async def test_sorts_by_key_and_by_command() -> None:
    api = FakeConsole(60)
    async with Desk(api).run_test() as pilot:
        newest = max(api.fleet.values(), key=lambda vm: vm.created_at or NOW)
        await pilot.press("A")
        assert names(pilot)[0] == newest.name
        await pilot.press("I")
        assert names(pilot)[-1] == newest.name
        await pilot.press("S")
        first = pilot.app.screen_stack[0].query_one(VTable).rows[0]
        assert first.vm.status == "ERROR"
        await pilot.press("colon", *"sort -name", "enter")
        await settled(pilot)
        assert names(pilot) == sorted(names(pilot), reverse=True)


async def test_all_columns_are_scrolled_past_a_name_that_stays() -> None:
    async with Desk(FakeConsole(60)).run_test(size=(80, 24)) as pilot:
        await pilot.press("W", *["right"] * 11)
        await settled(pilot)
        text = screen_text(pilot.app)
        assert "NAME" in text
        assert "HOST" in text
        assert "STATUS" not in text
        await pilot.press("W")
        assert "STATUS" in screen_text(pilot.app)


async def test_sort_filter_and_columns_are_there_at_the_next_start(tmp_path: Path) -> None:
    options = replace(OPTIONS, state_dir=tmp_path)
    async with Desk(FakeConsole(60), options=options).run_test() as pilot:
        await pilot.press("A", "W", "slash", *"name:web", "enter")
        await settled(pilot)
        before = names(pilot)
    async with Desk(FakeConsole(60), options=options).run_test() as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, FleetScreen)
        assert names(pilot) == before
        assert screen.picture.view.descending
        assert screen.table.wide
        assert not screen.table.marks


async def test_a_filter_given_at_the_start_goes_before_the_remembered_one(tmp_path: Path) -> None:
    options: UiOptions = replace(OPTIONS, state_dir=tmp_path, text="status=ERROR")
    async with Desk(FakeConsole(60), options=options).run_test() as pilot:
        assert len(names(pilot)) == 4


async def test_a_key_is_rebound_by_its_id() -> None:
    options = replace(OPTIONS, keys={"place.filter": "f"})
    async with Desk(FakeConsole(60), options=options).run_test(size=(120, 36)) as pilot:
        await pilot.press("slash")
        await settled(pilot)
        assert not pilot.app.screen.query(Input)
        await pilot.press("f")
        await settled(pilot)
        assert isinstance(pilot.app.focused, Input)
        assert " f filter" in screen_text(pilot.app)
