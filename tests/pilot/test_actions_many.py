"""Verbs on marked VMs: the plan, its script, the count typed, a direction chosen for mixed marks, one summary."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

from msgspec.structs import replace
from textual.pilot import Pilot
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, Static

from osvm_tui.domain.events import OperationChanged
from osvm_tui.domain.operations import ItemState
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.action_flow import ActionTargets
from osvm_tui.ui.bindings import bindings_of
from osvm_tui.ui.dialogs.confirm_many import ConfirmMany
from osvm_tui.ui.dialogs.direction import DirectionDialog
from osvm_tui.ui.dialogs.save_text import SaveText
from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.screens.operation import OperationScreen
from tests.pilot.desk import Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.screen_text import screen_text
from tests.pilot.two_clouds import TwoClouds


class MarkedScreen(ActionTargets):
    """A place on which these VMs are marked."""

    place = "vm"
    BINDINGS = bindings_of("vm")

    def __init__(self, api: ConsoleApi, options: UiOptions, refs: tuple[VmRef, ...]) -> None:
        super().__init__(api, options)
        self.refs = refs

    def body(self) -> Iterable[Widget]:
        yield Static("marked")

    def targets(self) -> tuple[VmRef, ...]:
        return self.refs


def marked(*refs: VmRef) -> Callable[[ConsoleApi, UiOptions], Screen[None]]:
    return lambda api, options: MarkedScreen(api, options, refs)


def some(api: FakeConsole, state: str, count: int) -> list[VmRef]:
    found = [vm.ref for vm in api.fleet.values() if vm.vm_state == state and vm.task_state is None and not vm.locked]
    return found[:count]


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.pause()


async def test_the_count_is_typed_before_many_are_destroyed() -> None:
    api = FakeConsole()
    refs = some(api, "active", 3)
    app = Desk(api, marked(*refs))
    async with app.run_test() as pilot:
        await press(pilot, "ctrl+d")
        dialog = app.screen
        assert isinstance(dialog, ConfirmMany)
        await press(pilot, "2", "enter")
        assert app.screen is dialog
        await press(pilot, "backspace", "3", "enter")
        await pilot.pause()
    assert [(request.action_id, request.targets) for request in api.requests] == [("delete", tuple(refs))]


async def test_the_plan_names_who_is_touched_and_who_is_skipped_and_only_those_that_can_are_sent() -> None:
    api = FakeConsole()
    running, paused = some(api, "active", 3), some(api, "paused", 1)
    app = Desk(api, marked(*running, *paused))
    async with app.run_test(size=(80, 24)) as pilot:
        await press(pilot, "a", "t")
        dialog = app.screen
        assert isinstance(dialog, ConfirmMany)
        assert [skip.target.ref for skip in dialog.plan.skipped] == paused
        shown = screen_text(app)
        for number, ref in enumerate(running, start=1):
            assert f"{number}  {api.fleet[ref].name}" in shown
        assert "it is PAUSED" in shown
        assert app.focused is dialog.query_one("#cancel")
        await press(pilot, "enter")
        assert not api.requests
        await press(pilot, "a", "t", "right", "enter")
        await pilot.pause()
        assert isinstance(app.screen, OperationScreen)
    assert [request.targets for request in api.requests] == [tuple(running)]
    assert app.told[-1] == "stopping 3 VMs"


async def test_a_plan_is_saved_as_a_script_and_nothing_is_sent(tmp_path: Path) -> None:
    api = FakeConsole()
    refs = some(api, "active", 2)
    app = Desk(api, marked(*refs))
    async with app.run_test() as pilot:
        await press(pilot, "ctrl+d", "w")
        dialog = app.screen
        assert isinstance(dialog, SaveText)
        dialog.query_one(Input).value = str(tmp_path / "plan.sh")
        await pilot.pause()
        await press(pilot, "enter")
        while app.screen is dialog:
            await pilot.pause(0.02)
        assert isinstance(app.screen, ConfirmMany)
    script = (tmp_path / "plan.sh").read_text().splitlines()
    assert script[1:] == [f"openstack server delete {ref.id}" for ref in refs]
    assert not api.requests


async def test_a_bulk_is_told_once_when_it_has_ended() -> None:
    api = FakeConsole()
    app = Desk(api, marked(*some(api, "active", 4)))
    async with app.run_test() as pilot:
        await press(pilot, "a", "t", "right", "enter")
        before = len(app.told)
        items = list(api.items.values())
        for item, state in zip(
            items, (ItemState.LATE, ItemState.ARRIVED, ItemState.FAILED, ItemState.ARRIVED), strict=True
        ):
            message = "no host" if state is ItemState.FAILED else ""
            api.items[item.id] = replace(item, state=state, message=message)
            api.tell(OperationChanged(api.items[item.id]))
        await pilot.pause()
        assert app.told[before:] == []
        api.advance()
        await pilot.pause()
        failed = items[2].vm_name
    assert app.told[before:] == [f"stop: 3 of 4 done, 1 failed; {failed} failed: no host; :op tells more"]


async def test_mixed_marks_choose_a_direction_first() -> None:
    api = FakeConsole()
    running, stopped = some(api, "active", 2), some(api, "stopped", 2)
    app = Desk(api, marked(*running, *stopped))
    async with app.run_test() as pilot:
        await press(pilot, "a", "t")
        assert isinstance(app.screen, DirectionDialog)
        await press(pilot, "enter")
        assert not api.requests
        await press(pilot, "a", "t", "right", "enter")
        assert isinstance(app.screen, ConfirmMany)
        assert app.screen.plan.spec.id == "start"
        await press(pilot, "right", "enter")
        await pilot.pause()
    assert [(request.action_id, request.targets) for request in api.requests] == [("start", tuple(stopped))]


async def test_a_verb_for_one_vm_is_refused_on_several() -> None:
    api = FakeConsole()
    app = Desk(api, marked(*some(api, "active", 2)))
    async with app.run_test() as pilot:
        await pilot.pause()
        screen = app.screen
        assert isinstance(screen, MarkedScreen)
        screen.action_vm_verb("update-server")
        await pilot.pause()
        assert app.screen is screen
    assert "one VM at a time" in app.told[-1]


async def test_a_mixed_lock_asks_for_the_direction_and_leaves_the_others_out() -> None:
    api = FakeConsole()
    locked = [vm.ref for vm in api.fleet.values() if vm.locked][:1]
    app = Desk(api, marked(*some(api, "active", 2), *locked))
    async with app.run_test() as pilot:
        await press(pilot, "a", "l")
        assert isinstance(app.screen, DirectionDialog)
        await press(pilot, "right", "right", "enter")
        assert isinstance(app.screen, ConfirmMany)
        assert app.screen.plan.spec.id == "unlock"
        assert list(app.screen.plan.refs) == locked


async def test_what_is_picked_from_one_cloud_is_not_asked_for_vms_of_two() -> None:
    api = TwoClouds(30)
    refs = [vm.ref for vm in api.fleet.values() if api.verdict(vm.ref, "rebuild").allowed]
    here, there = refs[0], next(ref for ref in refs if ref.endpoint != refs[0].endpoint)
    app = Desk(api, marked(here, there))
    async with app.run_test() as pilot:
        await press(pilot, "a", "b")
        assert isinstance(app.screen, MarkedScreen)
    assert app.told[-1].startswith("refused: rebuild: the marked VMs are in 2 clouds")
