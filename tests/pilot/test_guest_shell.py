"""Guest shells from the keyboard up to the moment at which ssh gets the terminal: here is none to give."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widgets import Button

from osvm_tui.domain.errors import GuestError, HostKeyChanged
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.ui.dialogs.guest_route import GuestRouteDialog
from osvm_tui.ui.dialogs.host_keys import HostKeysDialog
from osvm_tui.ui.guest_shell import how_it_ended
from osvm_tui.ui.screens.fleet import FleetScreen
from osvm_tui.ui.terminal_job import Ended
from tests.pilot.desk import Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.screen_text import screen_text


async def settled(pilot: Pilot[None]) -> None:
    """Let workers, dialogs and toasts of the last key happen."""
    for _ in range(4):
        await pilot.pause()


async def on_a_running_vm(pilot: Pilot[None], api: FakeConsole) -> str:
    """Put the cursor on a VM that runs, press s, and return its name."""
    vm = api.in_state("active")
    screen = pilot.app.screen
    assert isinstance(screen, FleetScreen)
    screen.table.cursor_to(vm.ref)
    await pilot.press("s")
    await settled(pilot)
    return vm.name


async def test_the_way_is_shown_and_an_unknown_key_must_be_accepted() -> None:
    api = FakeConsole(20)
    app = Desk(api)
    async with app.run_test(size=(120, 36)) as pilot:
        name = await on_a_running_vm(pilot, api)
        assert isinstance(app.screen, GuestRouteDialog)
        text = screen_text(app)
        for word in (f"ssh {name}", api.named(name).floating_ip or api.named(name).fixed_ip, "ubuntu", "not known yet"):
            assert word in text
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, HostKeysDialog)
        assert screen_text(app).count("SHA256:") == 2
        assert isinstance(app.focused, Button)
        assert app.focused.id == "cancel"
        await pilot.press("enter")
        await settled(pilot)
        assert isinstance(app.screen, FleetScreen)
        assert api.guests.notes == []


async def test_an_accepted_key_leads_to_the_shell_and_where_no_terminal_is_to_its_reason() -> None:
    api = FakeConsole(20)
    app = Desk(api)
    async with app.run_test(size=(120, 36)) as pilot:
        name = await on_a_running_vm(pilot, api)
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("right", "enter")
        await settled(pilot)
        assert [(phase, vm) for phase, vm, _ in api.guests.notes] == [("accepted", name), ("begun", name)]
        assert "cannot be handed over" in screen_text(app)


async def test_escape_leaves_both_dialogs_without_effect() -> None:
    api = FakeConsole(20)
    app = Desk(api)
    async with app.run_test() as pilot:
        await on_a_running_vm(pilot, api)
        await pilot.press("escape")
        await settled(pilot)
        await on_a_running_vm(pilot, api)
        await pilot.press("enter")
        await settled(pilot)
        await pilot.press("escape")
        await settled(pilot)
        assert isinstance(app.screen, FleetScreen)
        assert api.guests.notes == []


async def test_a_viewer_is_refused_in_words() -> None:
    api = FakeConsole(20, role=ConsoleRole.VIEWER)
    app = Desk(api)
    async with app.run_test() as pilot:
        name = await on_a_running_vm(pilot, api)
        assert app.told == ["refused: console role viewer may not open a guest shell"]
        assert [(phase, vm) for phase, vm, _ in api.guests.notes] == [("refused", name)]
        assert isinstance(app.screen, FleetScreen)


async def test_a_machine_that_shows_no_key_can_only_be_left() -> None:
    api = FakeConsole(20)
    app = Desk(api)
    for error, words in (
        (GuestError("10.0.0.5:22 does not answer: Connection refused"), ("Connection refused",)),
        (HostKeyChanged("web-1", "SHA256:old", "SHA256:new", forget="osvm ssh forget web-1"),
         ("SHA256:old", "SHA256:new", "osvm ssh forget")),
    ):  # fmt: skip
        async with Desk(api).run_test(size=(120, 36)) as pilot:
            app = pilot.app  # type: ignore[assignment]
            await on_a_running_vm(pilot, api)
            api.guests.fail_next = error
            await pilot.press("enter")
            await settled(pilot)
            for word in words:
                assert word in screen_text(app)
            await pilot.press("right", "enter")
            await settled(pilot)
            assert isinstance(app.screen, HostKeysDialog)
            assert api.guests.notes == []


async def test_c_s_copies_the_command() -> None:
    api = FakeConsole(20)
    app = Desk(api)
    async with app.run_test() as pilot:
        vm = api.in_state("active")
        assert isinstance(app.screen, FleetScreen)
        app.screen.table.cursor_to(vm.ref)
        await pilot.press("c", "s")
        await settled(pilot)
        assert app.clipboard.startswith("ssh -F none ")
        assert f"HostKeyAlias={vm.id}" in app.clipboard
        assert app.clipboard.endswith(f"-- {vm.floating_ip or vm.fixed_ip}")
        assert "copied the ssh command" in app.told[-1]


async def test_keys_behind_a_shell_are_dropped_for_a_while() -> None:
    api = FakeConsole(20)
    app = Desk(api)
    async with app.run_test() as pilot:
        app.drop_input_for(60)
        await pilot.press("question_mark")
        await settled(pilot)
        assert isinstance(app.screen, FleetScreen)
        app.drop_input_for(0)
        await pilot.press("question_mark")
        await settled(pilot)
        assert not isinstance(app.screen, FleetScreen)


def test_how_it_ended_is_one_sentence() -> None:
    assert how_it_ended("web-3", Ended(0, 3.0, ("Connection to 10.0.0.5 closed.",))) == "ssh web-3: ended"
    assert how_it_ended("web-3", Ended(130, 3.0, ("Connection to 10.0.0.5 closed.",))) == "ssh web-3: ended with 130"
    told = how_it_ended("web-3", Ended(255, 0.1, ("ssh: connect to host \x1b[31m10.0.0.5: Connection refused",)))
    assert told == "ssh web-3: ended with 255: ssh: connect to host 10.0.0.5: Connection refused"
