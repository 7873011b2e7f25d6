"""What stands around the fleet: header, pane, buttons, command line; sizes from 80x24 up; a cloud that hangs."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot

from osvm_tui.domain.errors import Unreachable
from osvm_tui.domain.events import FleetChanged, Notice, Severity
from osvm_tui.domain.gating import Verdict
from osvm_tui.services.api import ScopeState
from osvm_tui.ui.screens.fleet import FleetScreen
from osvm_tui.ui.widgets.action_bar import ActionBar
from osvm_tui.ui.widgets.command_line import CommandLine
from osvm_tui.ui.widgets.detail_pane import DetailPane
from osvm_tui.ui.widgets.header_bar import HeaderBar
from osvm_tui.ui.widgets.vtable import VTable
from tests.pilot.desk import OPTIONS, Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.fake_fleet import NOW
from tests.pilot.screen_text import screen_text, settled

PANE = 0.12


def fleet(pilot: Pilot[None]) -> FleetScreen:
    screen = pilot.app.screen_stack[0]
    assert isinstance(screen, FleetScreen)
    return screen


@pytest.mark.parametrize("size", [(80, 24), (100, 30), (120, 36), (200, 60), (60, 15), (30, 8)])
async def test_every_size_shows_rows_and_keeps_to_its_width(size: tuple[int, int]) -> None:
    async with Desk(FakeConsole(60)).run_test(size=size) as pilot:
        await settled(pilot)
        lines = screen_text(pilot.app).splitlines()
        assert len(lines) == size[1]
        assert any("api-0001" in line for line in lines)
        assert fleet(pilot).query_one(DetailPane).display is (size[0] >= 100 and size[1] >= 30)


async def test_eighty_by_twentyfour_keeps_scope_age_and_errors_in_the_header() -> None:
    async with Desk(FakeConsole(60)).run_test(size=(80, 24)) as pilot:
        header = screen_text(pilot.app).splitlines()[0]
        for word in ("SIMULATED", "mock", "live 2 s", "60 VMs", "4 error"):
            assert word in header


async def test_the_header_s_age_is_that_of_the_last_poll_though_no_event_told_of_it() -> None:
    api = FakeConsole(6)
    async with Desk(api).run_test(size=(120, 36)) as pilot:
        api.last_good_at = NOW - timedelta(seconds=9)
        fleet(pilot).query_one(HeaderBar).tick()
        await settled(pilot)
        assert "live 9 s" in screen_text(pilot.app).splitlines()[0]


async def test_trouble_without_rows_is_told_to_its_end_in_eighty_columns() -> None:
    api = FakeConsole(0)
    async with Desk(api).run_test(size=(80, 24)) as pilot:
        api.turn_scope(
            ScopeState.FAILED, "unreachable:", "https://identity.example.invalid:5000/v3 " + "is silent " * 5
        )
        await settled(pilot)
        assert "ctrl-r tries again" in " ".join(screen_text(pilot.app).replace("█", " ").split())


async def test_a_place_that_comes_back_is_no_older_than_its_clouds() -> None:
    api = FakeConsole(6)
    async with Desk(api).run_test(size=(120, 36)) as pilot:
        await pilot.press("question_mark")
        await settled(pilot)
        api.last_good_at = NOW - timedelta(seconds=7)
        await pilot.press("escape")
        await settled(pilot)
        assert fleet(pilot).is_current
        assert "live 7 s" in screen_text(pilot.app).splitlines()[0]


async def test_the_header_says_how_far_the_token_sees() -> None:
    api = FakeConsole(6)
    async with Desk(api).run_test(size=(120, 36)) as pilot:
        assert "project web" in screen_text(pilot.app).splitlines()[0]
        api.scope = replace(api.scope, all_projects=True)
        api.turn_scope(ScopeState.LIVE)
        await settled(pilot)
        header = screen_text(pilot.app).splitlines()[0]
        assert "all projects" in header
        assert "project web" not in header


async def test_a_real_cloud_wears_no_frame() -> None:
    async with Desk(FakeConsole(6, simulated=False)).run_test() as pilot:
        assert "SIMULATED" not in screen_text(pilot.app)
        assert not fleet(pilot).has_class("-simulated")


async def test_a_resize_in_the_middle_keeps_the_cursor_in_sight() -> None:
    async with Desk(FakeConsole(60)).run_test(size=(120, 50)) as pilot:
        await pilot.press(*["j"] * 30)
        chosen = fleet(pilot).current()
        for size in ((80, 24), (200, 60), (40, 10)):
            await pilot.resize_terminal(*size)
            await settled(pilot)
            table = fleet(pilot).table
            assert fleet(pilot).current() == chosen
            assert 0 <= table.cursor - table.scroll_offset.y < table.size.height - 1


async def test_the_pane_follows_the_cursor() -> None:
    async with Desk(FakeConsole(60)).run_test(size=(120, 36)) as pilot:
        await pilot.press("j", "j")
        await pilot.pause(PANE)
        row = fleet(pilot).table.row_at_cursor()
        assert row is not None
        assert row.vm.name in (fleet(pilot).query_one(DetailPane).border_title or "")


async def test_each_refused_button_says_why_and_changes_nothing() -> None:
    api = FakeConsole(60)
    app = Desk(api)
    async with app.run_test(size=(160, 50)) as pilot:
        vm = api.in_state("stopped")
        fleet(pilot).table.cursor_to(vm.ref)
        await pilot.press("tab")
        await pilot.pause(PANE)
        bar = fleet(pilot).query_one(ActionBar)
        assert pilot.app.focused is bar
        verdicts: list[tuple[str, Verdict]] = [
            (button.spec.id, api.verdict(vm.ref, button.spec.id)) for button in bar._buttons
        ]
        assert len(verdicts) >= 10
        for action_id, verdict in verdicts:
            if not verdict.allowed:
                assert bar.refused(action_id)
                await pilot.press("enter")
                await settled(pilot)
                assert app.told[-1] == f"refused: {verdict.reason}"
                assert verdict.reason[:40] in screen_text(pilot.app)
                assert pilot.app.screen is fleet(pilot)
            await pilot.press("right")
        assert not api.requests


async def test_an_allowed_button_runs_its_verb_on_the_vm_shown() -> None:
    api = FakeConsole(60)
    async with Desk(api).run_test(size=(160, 50)) as pilot:
        vm = api.in_state("stopped")
        fleet(pilot).table.cursor_to(vm.ref)
        await pilot.pause(PANE)
        await pilot.press("tab", "enter")
        await settled(pilot)
        assert [(request.action_id, request.targets) for request in api.requests] == [("start", (vm.ref,))]


async def test_the_command_line_completes_helps_with_slips_and_gives_the_focus_back() -> None:
    async with Desk(FakeConsole(60)).run_test(size=(120, 36)) as pilot:
        await pilot.press("colon", *"helth", "enter")
        await settled(pilot)
        assert "did you mean :health?" in screen_text(pilot.app)
        await pilot.press("escape")
        assert isinstance(pilot.app.focused, VTable)
        assert not fleet(pilot).query_one(CommandLine).display
        await pilot.press("colon", *"th", "tab", *"light", "enter")
        await settled(pilot)
        assert pilot.app.theme == "osvm-light"
        await pilot.press("colon", "up")
        assert "theme light" in screen_text(pilot.app)


async def test_a_filter_rides_along_with_a_place() -> None:
    async with Desk(FakeConsole(60)).run_test() as pilot:
        await pilot.press("colon", *"audit", "enter")
        await settled(pilot)
        assert len(pilot.app.screen_stack) == 2
        await pilot.press("colon", *"vm name:web status=ERROR", "enter")
        await settled(pilot)
        assert len(pilot.app.screen_stack) == 1
        assert all(row.vm.status == "ERROR" and "web" in row.vm.name for row in fleet(pilot).table.rows)


async def test_q_is_a_hint_on_the_first_screen_and_colon_q_leaves() -> None:
    app = Desk(FakeConsole(6))
    async with app.run_test() as pilot:
        await pilot.press("q")
        await settled(pilot)
        assert app.is_running
        assert any(":q" in told for told in app.told)
        await pilot.press("colon", "q", "enter")
        await pilot.pause()
    assert app.return_code == 0


async def test_ctrl_c_never_leaves() -> None:
    app = Desk(FakeConsole(6))
    async with app.run_test() as pilot:
        await pilot.press("ctrl+c", "ctrl+c")
        await settled(pilot)
        assert app.is_running
        assert any("never leaves" in told for told in app.told)


async def test_a_cloud_that_hangs_freezes_no_key() -> None:
    class Hanging(FakeConsole):
        async def start(self) -> None:
            await asyncio.Event().wait()

        async def refresh(self) -> None:
            await asyncio.Event().wait()

    async with Desk(Hanging(60)).run_test() as pilot:
        await pilot.press("ctrl+r", "j", "j", "space", "slash", *"name:web", "enter")
        await pilot.pause()
        assert len(fleet(pilot).table.marks) == 1
        assert all("web" in row.vm.name for row in fleet(pilot).table.rows)


@pytest.mark.parametrize(
    ("state", "says"),
    [
        (ScopeState.CONNECTING, "asking mock ..."),
        (ScopeState.FAILED, "mock: not authorised: wrong password; :health tells more, ctrl-r tries again"),
        (ScopeState.LIVE, "no VM here yet; N makes one"),
    ],
)
async def test_an_empty_fleet_says_why(state: ScopeState, says: str) -> None:
    api = FakeConsole(0)
    async with Desk(api).run_test(size=(120, 36)) as pilot:
        api.turn_scope(state, "not authorised", "wrong password")
        await settled(pilot)
        assert says in screen_text(pilot.app)
        assert not fleet(pilot).query_one(DetailPane).display


@pytest.mark.parametrize("theme", ["dark", "light", "contrast", "ansi16"])
async def test_every_theme_draws_the_fleet_with_pane_and_pending_verb(theme: str) -> None:
    api = FakeConsole(60)
    async with Desk(api, options=replace(OPTIONS, theme=theme)).run_test(size=(120, 36)) as pilot:
        fleet(pilot).table.cursor_to(api.in_state("stopped").ref)
        await pilot.press("space", "k")
        fleet(pilot).action_vm_verb("start")
        await settled(pilot)
        await pilot.press("tab", "right", "colon")
        await settled(pilot)
        assert "start asked" in screen_text(pilot.app)


async def test_a_failed_refresh_is_told_once_with_its_hint() -> None:
    api = FakeConsole(6)
    app = Desk(api)
    async with app.run_test() as pilot:
        api.fail_next = Unreachable("no route to 10.0.0.5")
        await pilot.press("ctrl+r")
        await pilot.pause()
        await pilot.pause()
        assert [told for told in app.told if "10.0.0.5" in told] == [
            "cloud unreachable: no route to 10.0.0.5; the console keeps the last picture and tries again"
        ]


async def test_a_notice_of_the_services_is_shown_as_it_is() -> None:
    api = FakeConsole(6)
    app = Desk(api)
    async with app.run_test() as pilot:
        api.tell(Notice("store not writable [disk full]", Severity.WARNING))
        await settled(pilot)
        assert app.told == ["store not writable [disk full]"]


async def test_a_burst_of_changes_is_one_picture() -> None:
    api = FakeConsole(60)
    async with Desk(api).run_test() as pilot:
        screen, asked = fleet(pilot), []
        answer = api.fleet_since
        api.fleet_since = lambda revision: asked.append(revision) or answer(revision)  # type: ignore[method-assign, func-returns-value]
        for _ in range(200):
            api.tell(FleetChanged(api.revision))
        await pilot.pause(0.4)
        assert 1 <= len(asked) <= 3
        assert screen.picture.view.revision == api.revision


async def test_a_theme_change_repaints_every_line() -> None:
    async with Desk(FakeConsole(10)).run_test() as pilot:
        table = fleet(pilot).table
        before = table.render_line(1)
        pilot.app.theme = "osvm-light"
        await settled(pilot)
        assert [segment.style for segment in table.render_line(1)] != [segment.style for segment in before]


async def test_a_step_of_the_cursor_lays_nothing_out_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    layouts: list[str] = []
    refresh = FleetScreen._refresh_layout

    def counted(screen: FleetScreen, *args: Any, **rest: Any) -> None:
        layouts.append(str(screen.current()))
        refresh(screen, *args, **rest)

    app = Desk(FakeConsole(60))
    async with app.run_test(size=(160, 36)) as pilot:  # the usual buttons fit on one line here, the most do not
        await settled(pilot)
        screen = app.screen
        assert isinstance(screen, FleetScreen)
        monkeypatch.setattr(FleetScreen, "_refresh_layout", counted)
        for row in screen.table.rows[:30]:
            screen.table.cursor_to(row.ref)
            screen._show_detail()
            await pilot.pause()
        assert not layouts
