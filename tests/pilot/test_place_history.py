"""The command line's completion and history, and the way back and forward through the places visited."""

from __future__ import annotations

from pathlib import Path

from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Input

from osvm_tui.ui.screens.place import PlaceScreen
from osvm_tui.ui.screens.vm import VmScreen
from tests.pilot.desk import OPTIONS, Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.screen_text import screen_text, settled


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
    await settled(pilot)


def here(app: Desk) -> tuple[str, str]:
    assert isinstance(app.screen, PlaceScreen)
    return app.screen.place, app.screen.shown_text


async def test_back_and_forward_lead_through_the_places_with_their_filters() -> None:
    app = Desk(FakeConsole(60))
    async with app.run_test() as pilot:
        await press(pilot, "slash", *"name:web", "enter")
        await press(pilot, "colon", *"flavor m1", "enter")
        await press(pilot, "colon", *"audit", "enter")
        assert here(app) == ("audit", "")
        await press(pilot, "left_curly_bracket")
        assert here(app) == ("flavor", "m1")
        await press(pilot, "left_square_bracket")
        assert here(app) == ("fleet", "name:web")
        await press(pilot, "left_curly_bracket")
        assert "no place was visited before" in app.told[-1]
        await press(pilot, "right_curly_bracket")
        assert here(app) == ("flavor", "m1")
        await press(pilot, "right_square_bracket")
        assert here(app) == ("audit", "")
        await press(pilot, "right_curly_bracket")
        assert "newest place" in app.told[-1]


async def test_all_projects_are_shown_to_who_may_see_them_and_others_are_told_why_not() -> None:
    api = FakeConsole(60)
    app = Desk(api)
    async with app.run_test() as pilot:
        await press(pilot, "colon", *"flavor m1", "enter", "colon", *"project all", "enter")
        assert here(app) == ("flavor", "m1")
        assert app.told[-1] == (
            "mock shows the project web alone: all are seen with the cloud role admin; this token has member, reader"
        )
        api.scope = replace(api.scope, roles=frozenset({"admin"}), all_projects=True)
        await press(pilot, "colon", *"vm project=web", "enter")
        assert here(app) == ("fleet", "project=web")
        await press(pilot, "colon", *"project all", "enter")
        assert here(app) == ("fleet", "")
        assert app.told[-1] == "all projects of mock are shown"


async def test_the_last_place_is_one_key_there_and_back() -> None:
    app = Desk(FakeConsole(60))
    async with app.run_test() as pilot:
        await press(pilot, "minus")
        assert "no other place" in app.told[-1]
        await press(pilot, "slash", *"name:web", "enter")
        await press(pilot, "enter")
        screen = app.screen
        assert isinstance(screen, VmScreen)
        await press(pilot, "4", "minus")
        assert here(app) == ("fleet", "name:web")
        await press(pilot, "minus")
        assert isinstance(app.screen, VmScreen)
        assert (app.screen.ref, app.screen.tab) == (screen.ref, "events")


async def test_a_place_left_by_escape_is_ahead_in_the_history() -> None:
    app = Desk(FakeConsole(60))
    async with app.run_test() as pilot:
        await press(pilot, "colon", *"audit", "enter")
        await press(pilot, "escape")
        assert here(app)[0] == "fleet"
        await press(pilot, "right_curly_bracket")
        assert here(app)[0] == "audit"


async def test_a_new_place_forgets_what_was_ahead() -> None:
    app = Desk(FakeConsole(60))
    async with app.run_test() as pilot:
        await press(pilot, "colon", *"audit", "enter")
        await press(pilot, "left_curly_bracket")
        await press(pilot, "colon", *"health", "enter")
        await press(pilot, "right_curly_bracket")
        assert here(app)[0] == "health"


async def test_tab_goes_round_what_a_line_may_become() -> None:
    app = Desk(FakeConsole(6))
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "colon", *"theme ")
        field = app.screen.query_one(Input)
        seen = []
        for _ in range(4):
            await press(pilot, "tab")
            seen.append(field.value)
        assert seen == ["theme dark", "theme light", "theme contrast", "theme ansi16"]
        await press(pilot, "tab")
        assert field.value == "theme dark"
        await press(pilot, "shift+tab")
        assert field.value == "theme ansi16"


async def test_the_ghost_of_a_line_is_taken_by_the_right_arrow() -> None:
    app = Desk(FakeConsole(6))
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "colon", *"hea")
        assert ":health" in screen_text(app).replace(" ", "")
        await press(pilot, "right", "enter")
        assert here(app)[0] == "health"


async def test_lines_are_there_at_the_next_start_and_narrow_by_what_is_typed(tmp_path: Path) -> None:
    options = replace(OPTIONS, state_dir=tmp_path)
    async with Desk(FakeConsole(6), options=options).run_test() as pilot:
        await press(pilot, "colon", *"sort age", "enter")
        await press(pilot, "colon", *"theme light", "enter")
        await press(pilot, "colon", *"sort -name", "enter")
    app = Desk(FakeConsole(6), options=options)
    async with app.run_test() as pilot:
        await press(pilot, "colon", "up")
        field = app.screen.query_one(Input)
        assert field.value == "sort -name"
        await press(pilot, "up")
        assert field.value == "theme light"
        await press(pilot, "down", "down")
        assert field.value == ""
        await press(pilot, *"so", "up", "up")
        assert field.value == "sort age"
