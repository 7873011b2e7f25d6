"""Keys that arrive in one burst, as over a slow link, mean what they mean one by one."""

from __future__ import annotations

import msgspec
from textual import events
from textual.pilot import Pilot

from osvm_tui.ui.screens.fleet import FleetScreen
from osvm_tui.ui.widgets.filter_bar import FilterBar
from tests.pilot.desk import Desk
from tests.pilot.fake_console import FakeConsole
from tests.unit.services.scripted_cloud import a_vm

NAMES = {"/": "slash", ":": "colon", "\r": "enter", "\x1b": "escape"}


async def burst(pilot: Pilot[None], text: str) -> None:
    """Post all keys at once, then let the console settle."""
    for letter in text:
        pilot.app.post_message(events.Key(NAMES.get(letter, letter), letter if letter.isprintable() else None))
    for _ in range(len(text) + 3):
        await pilot.pause()


async def test_letters_behind_a_slash_go_into_the_filter() -> None:
    app = Desk(FakeConsole(60))
    async with app.run_test() as pilot:
        await burst(pilot, "/lame:web\r")
        screen = app.screen
        assert isinstance(screen, FleetScreen)
        assert "lame:web" in str(screen.query_one(FilterBar).text)
        assert app.told == []


async def test_a_command_in_one_burst_opens_its_place() -> None:
    app = Desk(FakeConsole(60))
    async with app.run_test() as pilot:
        await burst(pilot, ":health\r")
        assert type(app.screen).__name__ == "HealthScreen"
        assert len(app.screen_stack) == 2


async def test_the_second_letter_reaches_the_menu() -> None:
    api = FakeConsole(vms=[msgspec.structs.replace(a_vm("1", "stopped"), project_id="")])
    app = Desk(api)
    async with app.run_test() as pilot:
        await burst(pilot, "at")
        assert [request.action_id for request in api.requests] == ["start"]


async def test_keys_are_not_held_for_ever_by_a_widget_that_went_away() -> None:
    app = Desk(FakeConsole(60))
    async with app.run_test() as pilot:
        await burst(pilot, ":health\r")
        await burst(pilot, "\x1bjj")
        await pilot.press("j")
        assert isinstance(app.screen, FleetScreen)
        assert app.screen.table.cursor == 3
