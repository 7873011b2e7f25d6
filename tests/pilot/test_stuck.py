"""A stuck VM is told in header, table and pane; `h` offers what helps, in its order, refused ways with their reason."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace
from textual.widgets import Static

from osvm_tui.domain.events import StuckChanged
from osvm_tui.domain.gating import Verdict
from osvm_tui.services.insight_api import Remedy, Stuck, Usual
from osvm_tui.ui.screens.fleet import PANE_S
from osvm_tui.ui.screens.vm import VmScreen
from tests.pilot.desk import OPTIONS, Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.fake_fleet import NOW
from tests.pilot.screen_text import screen_text, settled


async def test_a_stuck_vm_is_told_everywhere_and_h_leads_to_the_gentlest_remedy() -> None:
    api = FakeConsole()
    app = Desk(api)
    vm = next(vm for vm in api.fleet.values() if vm.task_state == "rebooting" or vm.busy)
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        assert "stuck" not in screen_text(app)
        usual = Usual(8.0, 14.0, 120)
        api.insight.stuck_vms[vm.ref] = Stuck(vm.ref, "powering-off", NOW - timedelta(minutes=12), usual)
        api.insight.remedies_of[vm.ref] = (
            Remedy("reboot-hard", "unsaved data are lost", Verdict(False, "hard reboot needs no task")),
            Remedy("delete", "the VM and its disk are gone for good", Verdict(True)),
        )
        api.tell(StuckChanged((vm.ref,)))
        await settled(pilot)
        await pilot.press("slash", *"stuck", "equals_sign", *"yes", "enter")
        await pilot.pause(PANE_S * 2)
        await settled(pilot)
        seen = screen_text(app)
        assert "1 stuck" in seen
        assert "stuck: powering-off for 12 m; usually 8 s, 95 % within 14 s (120 runs here); h tells what" in seen
        await pilot.press("h")
        await settled(pilot)
        await pilot.press("down")
        await settled(pilot)
        assert "not possible: hard reboot needs no task" in screen_text(app)
        await pilot.press("up", "enter")
        await pilot.pause(PANE_S * 4)
        assert f"delete {vm.name}" in screen_text(app)
        api.insight.stuck_vms.clear()
        api.tell(StuckChanged(()))
        await pilot.press("escape")
        await settled(pilot)
        assert "1 stuck" not in screen_text(app)
    assert not api.requests


@pytest.mark.parametrize(("width", "task"), [(120, "powering-off"), (200, "resize_migrating")])
async def test_the_table_shows_the_task_that_a_vm_is_stuck_in_whole(width: int, task: str) -> None:
    api = FakeConsole()
    vm = next(vm for vm in api.fleet.values() if vm.task_state == task)
    app = Desk(api)
    async with app.run_test(size=(width, 36)) as pilot:
        await settled(pilot)
        api.insight.stuck_vms[vm.ref] = Stuck(vm.ref, task, NOW, None)
        api.tell(StuckChanged((vm.ref,)))
        await settled(pilot)
        assert f"stuck {task}  " in screen_text(app)


async def test_the_overview_of_a_stuck_vm_says_so_and_names_the_key_that_helps() -> None:
    api = FakeConsole()
    vm = next(vm for vm in api.fleet.values() if vm.task_state == "powering-off")
    app = Desk(api, lambda api_, options: VmScreen(api_, options, vm.ref), replace(OPTIONS, keys={"vm.remedies": "f9"}))
    async with app.run_test(size=(120, 36)) as pilot:
        await settled(pilot)
        section = app.screen.query_one("#section-stuck", Static)
        assert not section.display
        api.insight.stuck_vms[vm.ref] = Stuck(vm.ref, "powering-off", NOW - timedelta(minutes=12), None)
        api.tell(StuckChanged((vm.ref,)))
        await settled(pilot)
        assert section.display
        assert str(section.content).startswith("stuck: powering-off for 12 m; ")
        assert str(section.content).endswith("; f9 tells what helps")
        assert "1 stuck" in screen_text(app)
        api.insight.stuck_vms.clear()
        api.tell(StuckChanged(()))
        await settled(pilot)
        assert not section.display
