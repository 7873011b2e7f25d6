"""`:call` and `!`: what was sent, how it was answered, and its copy; `:project` and where enter leads."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Static

from osvm_tui.domain.errors import Unauthorized
from osvm_tui.services.api import ApiCall
from osvm_tui.ui.screens.calls import CallsScreen
from osvm_tui.ui.screens.fleet import FleetScreen
from osvm_tui.ui.screens.operations import OperationsScreen
from osvm_tui.ui.screens.projects import ProjectsScreen
from osvm_tui.ui.widgets.about import About
from osvm_tui.ui.widgets.vtable import VTable
from tests.pilot.desk import Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.fake_fleet import NOW
from tests.pilot.screen_text import settled


class Talking(FakeConsole):
    """A console whose calls are given."""

    def __init__(self) -> None:
        super().__init__(6)
        self.sent = [
            ApiCall("mock", "compute", "GET", "/servers/detail", 200, 0.042, NOW - timedelta(seconds=60), "req-1"),
            ApiCall("mock", "compute", "POST", "/servers/1/action", 409, 3.1, NOW, "req-2", "VM is locked"),
        ]

    def calls(self) -> tuple[ApiCall, ...]:
        return tuple(reversed(self.sent))


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
    await settled(pilot)


async def test_bang_shows_calls_from_anywhere_and_operations_from_there() -> None:
    app = Desk(Talking())
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "exclamation_mark")
        assert isinstance(app.screen, CallsScreen)
        await press(pilot, "exclamation_mark")
        assert isinstance(app.screen, OperationsScreen)
        await press(pilot, "exclamation_mark")
        assert isinstance(app.screen, CallsScreen)
        await press(pilot, "escape")
        assert isinstance(app.screen, FleetScreen)


async def test_a_call_tells_its_answer_and_why_it_went_wrong() -> None:
    app = Desk(Talking(), CallsScreen)
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        told = str(app.screen.query_one(".detail", Static).content)
        for part in ("409 after 3100 ms", "req-2", "VM is locked", "compute of mock"):
            assert part in told


async def test_new_calls_appear_by_themselves_and_the_cursor_stays_on_its_own() -> None:
    api = Talking()
    app = Desk(api, CallsScreen)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "j")
        screen = app.screen
        assert isinstance(screen, CallsScreen)
        held = screen.table.row_at_cursor()
        api.sent.append(ApiCall("mock", "image", "GET", "/v2/images", 200, 0.01, NOW, "req-3"))
        screen.tick()
        await settled(pilot)
        assert [call.request_id for call in screen.table.rows] == ["req-3", "req-2", "req-1"]
        assert screen.table.row_at_cursor() == held


async def test_calls_are_filtered_by_status_and_time() -> None:
    app = Desk(Talking(), CallsScreen)
    async with app.run_test(size=(120, 36)) as pilot:
        for text, wanted in (("status>=400", ["req-2"]), ("ms<100", ["req-1"]), ("age>30s", ["req-1"])):
            await press(pilot, "slash", *text, "enter")
            assert [call.request_id for call in app.screen.query_one(VTable).rows] == wanted
            await press(pilot, "escape")


async def test_c_copies_what_was_sent() -> None:
    app = Desk(Talking(), CallsScreen)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "c")
        assert app.told[-1].startswith("copied: ")
        assert app.clipboard
        assert app.clipboard in app.told[-1]


async def test_enter_on_a_project_goes_over_to_it() -> None:
    api = FakeConsole(30)
    app = Desk(api)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "colon", *"project", "enter")
        assert isinstance(app.screen, ProjectsScreen)
        rows = {row.project.name: row for row in app.screen.table.rows}
        assert [name for name, row in rows.items() if row.here] == ["web"]
        assert sum(row.vms for row in rows.values()) == 30
        app.screen.table.cursor_to(app.screen.key_of(rows["data"]))
        await press(pilot, "enter")
        assert api.scope.project_id == "p-data"
        assert [row.project.name for row in app.screen.table.rows if row.here] == ["data"]
        assert "mock is in project data now" in app.told[-1]
        await press(pilot, "enter")
        assert "already" in app.told[-1]


async def test_enter_on_a_project_shows_its_vms_where_the_token_sees_all() -> None:
    api = FakeConsole(30)
    api.scope = replace(api.scope, all_projects=True)
    app = Desk(api)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "colon", *"project web", "enter", "enter")
        assert isinstance(app.screen, FleetScreen)
        assert app.screen.shown_text == 'project="web"'
        assert len(app.screen.table.rows) == 30


async def test_a_project_that_cannot_be_entered_is_told_and_the_console_stays() -> None:
    api = FakeConsole(30)
    app = Desk(api, lambda api_, options: ProjectsScreen(api_, options, "data"))
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        api.fail_next = Unauthorized("the password is not good for this project")
        await press(pilot, "enter")
        assert api.scope.project_id == "p-web"
        assert "not good for this project" in str(app.screen.query_one(About).content)
