"""Verbs on one VM by key and by button: refused ones tell why and change nothing, legal ones ask by risk."""

from __future__ import annotations

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, Static

from osvm_tui.domain.action import Risk
from osvm_tui.domain.actions import offered
from osvm_tui.domain.errors import CloudFault
from osvm_tui.domain.vm import Vm
from osvm_tui.ui.dialogs.action_menu import ActionMenu
from osvm_tui.ui.dialogs.confirm import ConfirmDialog
from osvm_tui.ui.dialogs.confirm_name import ConfirmName
from osvm_tui.ui.dialogs.error import ErrorDialog
from osvm_tui.ui.screens.vm import VmScreen
from osvm_tui.ui.widgets.action_bar import ActionBar
from tests.pilot.desk import Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.screen_text import screen_text

STATES = ("active", "stopped", "paused", "suspended", "error", "building", "shelved_offloaded", "resized", "rescued")


def desk(api: FakeConsole, vm: Vm) -> Desk:
    return Desk(api, lambda api_, options: VmScreen(api_, options, vm.ref))


def vm_in(api: FakeConsole, state: str) -> Vm:
    return next(vm for vm in api.fleet.values() if vm.vm_state == state and not vm.locked)


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.pause()


@pytest.mark.parametrize("state", STATES)
async def test_every_refused_button_tells_the_gates_reason_and_changes_nothing(state: str) -> None:
    api = FakeConsole()
    vm = vm_in(api, state)
    refused = [spec.id for spec in offered() if not api.verdict(vm.ref, spec.id).allowed]
    app = desk(api, vm)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.pause()
        bar = app.screen.query_one(ActionBar)
        assert [each for each in bar.verbs if bar.refused(each)] == [each for each in bar.verbs if each in refused]
        for action_id in refused:
            app.screen.query_one(ActionBar).post_message(ActionBar.Pressed(action_id))
            await pilot.pause()
            assert app.told[-1] == f"refused: {api.verdict(vm.ref, action_id).reason}"
            assert isinstance(app.screen, VmScreen)
    assert refused
    assert not api.requests


async def test_a_refused_change_is_audited_from_key_button_and_menu_and_a_refused_look_is_not() -> None:
    api = FakeConsole()
    vm = vm_in(api, "shelved_offloaded")
    app = desk(api, vm)
    async with app.run_test(size=(120, 36)) as pilot:
        app.screen.query_one(ActionBar).post_message(ActionBar.Pressed("pause"))
        await press(pilot, "v", "a", "R", "escape")
        await pilot.app.workers.wait_for_complete()
        assert not api.verdict(vm.ref, "remote-console").allowed
    assert [(each.action_id, each.targets) for each in api.refusals] == [
        ("pause", (vm.ref,)),
        ("reboot-hard", (vm.ref,)),
    ]
    assert not api.requests


@pytest.mark.parametrize("state", STATES)
async def test_every_refused_letter_of_the_menu_tells_why_and_stays_open(state: str) -> None:
    api = FakeConsole()
    vm = vm_in(api, state)
    app = desk(api, vm)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "a")
        menu = app.screen
        assert isinstance(menu, ActionMenu)
        refused = [row for row in menu.rows.values() if row.refusal]
        for row in refused:
            await press(pilot, row.letter)
            assert app.screen is menu
            assert str(menu.query_one("#reason", Static).content) == f"refused: {row.refusal}"
        await press(pilot, "escape")
        assert isinstance(app.screen, VmScreen)
    assert not api.requests


async def test_verbs_that_the_token_s_role_bars_stand_in_one_line_and_their_letters_tell_why() -> None:
    api = FakeConsole()
    app = desk(api, api.in_state("active"))
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "a")
        assert "H N L P S W Z I: not for this token" in screen_text(app)
        await press(pilot, "L")
        assert isinstance(app.screen, ActionMenu)
        told = str(app.screen.query_one("#reason", Static).content)
        assert told == "refused: live migrate needs the cloud role admin; this token has member, reader"


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
@pytest.mark.parametrize("roles", [("member", "reader"), ("admin",)])
async def test_the_menu_tells_of_the_row_under_the_cursor_at_every_size(
    size: tuple[int, int], roles: tuple[str, ...]
) -> None:
    api = FakeConsole(cloud_roles=roles)
    app = desk(api, api.in_state("active"))
    async with app.run_test(size=size) as pilot:
        await press(pilot, "a", "j", "right", "j", "j")
        told = app.screen.query_one("#reason", Static)
        assert 0 < told.region.y < told.region.bottom <= size[1]
        assert isinstance(app.screen, ActionMenu)
        assert str(told.content) == app.screen.rows["i"].sentence
        assert len(set(app.screen.rows)) == len({spec.key for spec in offered()})


async def test_a_disruptive_verb_asks_with_cancel_focused_and_is_sent_once() -> None:
    api = FakeConsole()
    vm = api.in_state("active")
    app = desk(api, vm)
    async with app.run_test() as pilot:
        await press(pilot, "a", "t")
        assert isinstance(app.screen, ConfirmDialog)
        assert app.focused is app.screen.query_one("#cancel", Button)
        await press(pilot, "enter")
        assert not api.requests
        await press(pilot, "a", "t", "right", "enter")
        await pilot.pause()
    assert [(request.action_id, request.targets) for request in api.requests] == [("stop", (vm.ref,))]
    assert app.told[-1] == f"stopping {vm.name}"


async def test_a_safe_verb_is_sent_without_a_question() -> None:
    api = FakeConsole()
    vm = vm_in(api, "stopped")
    app = desk(api, vm)
    async with app.run_test() as pilot:
        await press(pilot, "a", "t")
        await pilot.pause()
        assert isinstance(app.screen, VmScreen)
    assert [request.action_id for request in api.requests] == ["start"]


async def test_delete_wants_the_name_typed() -> None:
    api = FakeConsole()
    vm = api.in_state("active")
    app = desk(api, vm)
    async with app.run_test() as pilot:
        await press(pilot, "ctrl+d")
        dialog = app.screen
        assert isinstance(dialog, ConfirmName)
        await press(pilot, "enter", *vm.name[:-1], "enter")
        assert app.screen is dialog
        assert not api.requests
        await press(pilot, vm.name[-1], "enter")
        await pilot.pause()
    assert [request.action_id for request in api.requests] == ["delete"]


async def test_a_name_that_two_vms_share_is_not_enough_to_delete() -> None:
    api = FakeConsole()
    vm, other = api.in_state("active"), vm_in(api, "stopped")
    api.put(Vm(**{name: getattr(other, name) for name in other.__struct_fields__} | {"name": vm.name}))
    app = desk(api, vm)
    async with app.run_test() as pilot:
        await press(pilot, "ctrl+d", *vm.name, "enter")
        assert isinstance(app.screen, ConfirmName)
        app.screen.query_one(Input).value = ""
        await pilot.pause()
        await press(pilot, *vm.ref.short, "enter")
        await pilot.pause()
    assert [request.action_id for request in api.requests] == ["delete"]


async def test_a_state_that_moves_while_the_menu_is_open_refuses_and_never_flips() -> None:
    api = FakeConsole()
    vm = api.in_state("active")
    stopped = vm_in(api, "stopped")
    app = desk(api, vm)
    async with app.run_test() as pilot:
        await press(pilot, "a")
        fields = {name: getattr(vm, name) for name in vm.__struct_fields__}
        api.put(Vm(**fields | {"vm_state": stopped.vm_state, "status": stopped.status}))
        await press(pilot, "t")
        assert isinstance(app.screen, ActionMenu)
        assert str(app.screen.query_one("#reason", Static).content).startswith("refused: stop needs")
    assert not api.requests


async def test_a_state_that_moves_while_the_question_stands_is_refused_by_the_service() -> None:
    api = FakeConsole()
    vm = api.in_state("active")
    app = desk(api, vm)
    async with app.run_test() as pilot:
        await press(pilot, "a", "t", "right")
        fields = {name: getattr(vm, name) for name in vm.__struct_fields__}
        api.put(Vm(**fields | {"vm_state": "paused", "status": "PAUSED"}))
        await press(pilot, "enter")
        await pilot.pause()
    assert not api.items
    assert app.told[-1].startswith("refused: stop needs")


async def test_an_error_of_the_cloud_names_what_was_asked_and_the_request() -> None:
    api = FakeConsole()
    vm = vm_in(api, "stopped")
    app = desk(api, vm)
    async with app.run_test() as pilot:
        await press(pilot, "a")
        api.fail_next = CloudFault("Nova answered 500", entry="mock", request_id="req-77")
        await press(pilot, "t")
        await pilot.pause()
        assert isinstance(app.screen, ErrorDialog)
        shown = str(app.screen.query_one(Static).content)
        assert f"start {vm.name}" in shown
        assert "req-77" in shown
        await press(pilot, "escape")
        assert isinstance(app.screen, VmScreen)


async def test_escape_leaves_every_dialog_of_every_verb_without_effect() -> None:
    api = FakeConsole()
    app = Desk(api)
    async with app.run_test() as pilot:
        for spec in offered():
            asks = spec.changes and (spec.params or spec.risk is not Risk.SAFE)
            vm = next((vm for vm in api.fleet.values() if api.verdict(vm.ref, spec.id).allowed), None)
            if not asks or vm is None:
                continue
            shown = VmScreen(api, app.options, vm.ref)
            await app.push_screen(shown)
            shown.query_one(ActionBar).post_message(ActionBar.Pressed(spec.id))
            await pilot.pause()
            assert app.screen.is_modal, spec.id
            await press(pilot, "escape")
            assert app.screen is shown, spec.id
            await app.pop_screen()
    assert not api.requests


async def test_rename_starts_from_the_present_name_and_sends_only_what_changed() -> None:
    api = FakeConsole()
    vm = api.in_state("active")
    app = desk(api, vm)
    async with app.run_test() as pilot:
        await press(pilot, "a", "n", "enter")
        assert app.screen.is_modal
        await press(pilot, "end", "x", "enter")
        await pilot.pause()
    assert [request.params for request in api.requests] == [{"name": f"{vm.name}x"}]


async def test_change_keys_do_nothing_while_an_input_has_the_focus() -> None:
    api = FakeConsole()
    vm = api.in_state("active")
    app = Desk(api, lambda api_, options: VmScreen(api_, options, vm.ref, "console"))
    async with app.run_test() as pilot:
        await press(pilot, "slash", "a", "t", "ctrl+d", "N")
        assert isinstance(app.screen, VmScreen)
        assert app.screen.query_one(Input).value == "atN"
    assert not api.requests


async def test_a_name_typed_blindly_behind_a_refused_delete_opens_nothing() -> None:
    api = FakeConsole()
    vm = next(vm for vm in api.fleet.values() if vm.locked)
    app = desk(api, vm)
    async with app.run_test(size=(120, 36)) as pilot:
        await pilot.press("ctrl+d", *"api")  # `a p` would ask to pause it
        assert "locked" in app.told[-1]
        assert isinstance(app.screen, VmScreen)
        await pilot.press("ctrl+d", *"api", "tab", "a")
        assert isinstance(app.screen, ActionMenu), "any other key ends it"
    assert not api.requests
