"""The screen of one operation: how far it is, and the keys that steer, repeat, take back and write it down."""

from __future__ import annotations

from msgspec.structs import replace
from textual.pilot import Pilot

from osvm_tui.domain.errors import Refused
from osvm_tui.domain.events import OperationChanged
from osvm_tui.domain.operations import ActionRequest, Control, ItemState, OperationItem
from osvm_tui.services.insight_api import Usual
from osvm_tui.ui.dialogs.confirm import ConfirmDialog
from osvm_tui.ui.dialogs.question import Question
from osvm_tui.ui.dialogs.save_text import SaveText
from osvm_tui.ui.screens.operation import OperationScreen
from osvm_tui.ui.screens.operations import OperationsScreen
from osvm_tui.ui.screens.vm import VmScreen
from osvm_tui.ui.undoing import begin_undo
from tests.pilot.desk import Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.screen_text import screen_text


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
        await pilot.pause()
    await pilot.pause(0.25)


def stopping(api: FakeConsole, *states: ItemState) -> tuple[Desk, list[OperationItem]]:
    """Return a console at a stop of as many VMs as there are states, each item in its state."""
    vms = [vm.ref for vm in api.fleet.values() if api.verdict(vm.ref, "stop").allowed and vm.vm_state == "active"]
    done = _submitted(api, ActionRequest("stop", tuple(vms[: len(states)])))
    for item, state in zip(done, states, strict=True):
        api.items[item.id] = replace(item, state=state)
    return Desk(api, lambda api_, options: OperationScreen(api_, options, done[0].operation_id)), done


def _submitted(api: FakeConsole, request: ActionRequest) -> list[OperationItem]:
    call = api.submit(request)
    try:
        call.send(None)
    except StopIteration as answer:
        return list(answer.value.items)
    raise AssertionError("the fake never waits")


async def test_how_far_it_is_stands_above_its_items_at_every_size() -> None:
    api = FakeConsole()
    api.insight.norms["stop"] = Usual(12.0, 40.0, 30)
    app, items = stopping(api, ItemState.ARRIVED, ItemState.FAILED, ItemState.SENT, ItemState.PLANNED)
    for size in ((80, 24), (120, 36)):
        async with app.run_test(size=size) as pilot:
            await press(pilot)
            shown = screen_text(app)
            assert "stop 4 VMs" in shown
            assert "2 of 4" in shown
            for words in ("1 planned", "1 sent", "1 arrived", "1 failed"):
                assert words in shown
            assert ("usually 12 s" in shown) is (size[0] > 80)
            assert all(item.vm_name in shown for item in items)
        app = Desk(api, lambda api_, options: OperationScreen(api_, options, items[0].operation_id))


async def test_p_pauses_and_goes_on() -> None:
    api = FakeConsole()
    app, items = stopping(api, ItemState.SENT, ItemState.PLANNED)
    operation = items[0].operation_id
    async with app.run_test() as pilot:
        await press(pilot, "p")
        assert "paused" in screen_text(app)
        await press(pilot, "p")
        assert "running" in screen_text(app)
    assert api.bulk.steered == [(operation, Control.PAUSE), (operation, Control.RUN)]


async def test_the_rest_is_cancelled_only_after_a_question() -> None:
    api = FakeConsole()
    app, items = stopping(api, ItemState.SENT, ItemState.PLANNED)
    async with app.run_test() as pilot:
        await press(pilot, "x")
        assert isinstance(app.screen, Question)
        await press(pilot, "enter")
        assert not api.bulk.steered
        await press(pilot, "x", "right", "enter")
        assert "cancelled" in screen_text(app)
    assert api.bulk.steered == [(items[0].operation_id, Control.CANCEL)]
    assert [api.items[item.id].state for item in items] == [ItemState.SENT, ItemState.CANCELLED]


async def test_what_failed_is_asked_for_again_as_an_operation_of_its_own() -> None:
    api = FakeConsole()
    app, items = stopping(api, ItemState.ARRIVED, ItemState.FAILED)
    failed = api.fleet[items[1].ref]
    api.put(replace(failed, task_state=None, status="ACTIVE"))
    async with app.run_test() as pilot:
        await press(pilot, "r", "enter")
        assert len(api.requests) == 1
        await press(pilot, "r", "right", "enter")
        assert isinstance(app.screen, OperationScreen)
        assert app.screen.operation_id != items[0].operation_id
        assert [item.ref for item in api.bulk.items(app.screen.operation_id)] == [failed.ref]


async def test_a_refusal_is_told_and_changes_nothing() -> None:
    api = FakeConsole()
    app, _ = stopping(api, ItemState.ARRIVED, ItemState.ARRIVED)
    async with app.run_test() as pilot:
        await press(pilot, "r")
        assert "no item of it has failed" in app.told[-1]
        await press(pilot, "x")
        assert app.told[-1] == "refused: every item of it has ended"
        api.bulk.fail_next = Refused("console role viewer may not steer operations")
        await press(pilot, "p")
        assert "console role viewer may not" in app.told[-1]


async def test_an_arrived_item_is_taken_back_and_others_are_not() -> None:
    api = FakeConsole()
    app, items = stopping(api, ItemState.ARRIVED, ItemState.FAILED)
    api.put(replace(api.fleet[items[0].ref], vm_state="stopped", task_state=None, status="SHUTOFF"))
    async with app.run_test() as pilot:
        await press(pilot, "U")
        assert app.told[-1] == f"taking back stop {items[0].vm_name}"
        await press(pilot, "j", "U")
        assert app.told[-1].startswith("refused: only what has arrived can be taken back")
    assert api.bulk.undone == [items[0].id]
    assert api.requests[-1].action_id == "start"


async def test_nothing_is_taken_back_when_the_gate_has_come_to_refuse_it() -> None:
    api = FakeConsole()
    app, items = stopping(api, ItemState.ARRIVED)
    vm = replace(api.fleet[items[0].ref], vm_state="stopped", task_state=None, status="SHUTOFF")
    api.put(vm)
    async with app.run_test() as pilot:
        assert isinstance(app.screen, OperationScreen)
        assert begin_undo(app.screen, items[0]) == ""
        api.put(replace(vm, locked=True))
        await press(pilot)
        assert app.told[-1] == f"refused: {vm.name} is locked; unlock it first"
    assert not api.bulk.undone
    assert [request.action_id for request in api.refusals] == ["start"]


async def test_it_is_saved_as_a_script_and_enter_opens_the_vm() -> None:
    api = FakeConsole()
    app, items = stopping(api, ItemState.SENT, ItemState.SENT)
    async with app.run_test() as pilot:
        await press(pilot, "w")
        assert isinstance(app.screen, SaveText)
        assert f"openstack server stop {items[0].ref.id}" in app.screen.text
        await press(pilot, "escape", "enter")
        assert isinstance(app.screen, VmScreen)
        assert app.screen.ref == items[0].ref


async def test_enter_in_the_list_of_operations_opens_the_one_and_its_items_move() -> None:
    api = FakeConsole()
    _, items = stopping(api, ItemState.SENT, ItemState.SENT)
    app = Desk(api, OperationsScreen)
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "enter")
        assert isinstance(app.screen, OperationScreen)
        api.items[items[0].id] = replace(items[0], state=ItemState.FAILED, message="No valid host was found")
        api.tell(OperationChanged(api.items[items[0].id]))
        await press(pilot)
        shown = screen_text(app)
        assert "1 of 2" in shown
        assert "No valid host was found" in shown
        await press(pilot, "escape")
        assert isinstance(app.screen, OperationsScreen)
    assert not api.bulk.steered


async def test_u_takes_back_the_last_own_verb_and_asks_by_the_risk_of_the_way_back() -> None:
    api = FakeConsole()
    vm = api.in_state("stopped")
    app = Desk(api, lambda api_, options: VmScreen(api_, options, vm.ref))
    async with app.run_test() as pilot:
        await press(pilot, "U")
        assert app.told[-1] == f"refused: nothing that you did to {vm.name} is known"
        await press(pilot, "a", "t")
        api.advance()
        await press(pilot)
        assert app.told[-1] == f"{vm.name} is ACTIVE · U undoes"
        await press(pilot, "U")
        assert isinstance(app.screen, ConfirmDialog)
        await press(pilot, "enter")
        assert not api.bulk.undone
        await press(pilot, "U", "right", "enter")
    assert len(api.bulk.undone) == 1
    assert [request.action_id for request in api.requests] == ["start", "stop"]
