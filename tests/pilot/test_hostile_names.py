"""Names and reasons that carry escape sequences: nothing of them steers the operator's terminal."""

from __future__ import annotations

from msgspec.structs import replace
from textual.pilot import Pilot

from osvm_tui.ui.dialogs.confirm_name import ConfirmName
from osvm_tui.ui.screens.vm import VmScreen
from tests.pilot.desk import Desk
from tests.pilot.fake_console import FakeConsole

HOSTILE = "web\x1b]0;owned\x07-\x1b[2J\u202e1"


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.pause()


def drawn(app: Desk) -> str:
    """Return every character that the screen would send, without our own styling."""
    lines = app.screen._compositor.render_strips()
    return "".join(segment.text for strip in lines for segment in strip)


async def test_a_name_with_escape_sequences_is_shown_without_them_and_deleted_by_its_id() -> None:
    api = FakeConsole()
    vm = replace(api.in_state("active"), name=HOSTILE, description=HOSTILE, locked_reason=HOSTILE)
    api.put(vm)
    app = Desk(api, lambda api_, options: VmScreen(api_, options, vm.ref))
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot)
        seen = drawn(app)
        await press(pilot, "a")
        seen += drawn(app)
        await press(pilot, "escape", "ctrl+d")
        dialog = app.screen
        assert isinstance(dialog, ConfirmName)
        seen += drawn(app)
        await press(pilot, *vm.ref.short, "enter")
        await pilot.pause()
        seen += drawn(app)
    assert "web-·1" in seen
    assert not [letter for letter in seen if letter in "\x1b\x07\u202e"]
    assert [request.action_id for request in api.requests] == ["delete"]


async def test_a_toast_of_a_hostile_name_is_plain() -> None:
    api = FakeConsole()
    vm = replace(next(vm for vm in api.fleet.values() if api.verdict(vm.ref, "start").allowed), name=HOSTILE)
    api.put(vm)
    app = Desk(api, lambda api_, options: VmScreen(api_, options, vm.ref))
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "a", "t")
        toasts = [notice.message for notice in app._notifications]
    assert toasts == ["starting web-·1"]


async def test_the_fleet_shows_a_hostile_name_plainly() -> None:
    api = FakeConsole()
    api.put(replace(api.in_state("active"), name="a" + HOSTILE))
    app = Desk(api)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot)
        seen = drawn(app)
    assert "aweb" in seen
    assert "\x1b" not in seen
