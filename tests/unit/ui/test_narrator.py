"""What is said when operations end: each thing once, one summary for many."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from osvm_tui.domain.events import Event, OperationChanged, OperationEnded, Severity
from osvm_tui.domain.operations import ActionRequest, ItemState
from osvm_tui.ui.narrator import Narrator, Spoken
from tests.pilot.fake_console import FakeConsole


def listening(api: FakeConsole) -> list[Spoken]:
    narrator, spoken = Narrator(api), []

    def hear(event: Event) -> None:
        said = None
        if isinstance(event, OperationChanged):
            said = narrator.hear(event.item)
        elif isinstance(event, OperationEnded):
            said = narrator.hear_end(event.view)
        if said is not None:
            spoken.append(said)

    api.subscribe(hear)
    return spoken


async def ask(api: FakeConsole, action_id: str, count: int = 1) -> list[str]:
    vms = [vm for vm in api.fleet.values() if api.verdict(vm.ref, action_id).allowed][:count]
    await api.submit(ActionRequest(action_id, tuple(vm.ref for vm in vms)))
    return [vm.name for vm in vms]


@pytest.mark.parametrize(
    ("action_id", "said"),
    [
        ("stop", "{} is SHUTOFF · U undoes"),
        ("delete", "{} is deleted"),
        ("lock", "{} is locked · U undoes"),
        ("resize", "{} is resized; confirm C or revert V in its action menu · U undoes"),
        ("reboot-soft", "{} is ACTIVE"),
        ("update-server", "rename {}: done"),
        ("create-image", "snapshot {}: done"),
        ("attach-volume", "attach volume {}: done"),
    ],
)
async def test_an_arrival_says_where_the_vm_is(action_id: str, said: str) -> None:
    api = FakeConsole()
    spoken = listening(api)
    (name,) = await ask(api, action_id)
    api.advance()
    assert spoken == [Spoken(said.format(name), Severity.INFORMATION)]


async def test_an_action_that_only_a_newer_console_knows_is_called_by_its_id() -> None:
    api = FakeConsole()
    (name,) = await ask(api, "stop")
    arrived = replace(api.operations()[0], action_id="teleport", state=ItemState.ARRIVED)
    api.items[arrived.id] = arrived
    assert Narrator(api).hear(arrived) == Spoken(f"teleport {name}: done", Severity.INFORMATION)
    assert api.bulk.undo_verdict(arrived.id).reason == "teleport cannot be taken back"


async def test_a_failure_says_why_and_the_request_id() -> None:
    api = FakeConsole()
    spoken = listening(api)
    (name,) = await ask(api, "start")
    api.advance(ItemState.FAILED, "no valid host")
    request = api.operations()[0].request_id
    assert spoken == [Spoken(f"start {name} failed: no valid host ({request})", Severity.ERROR)]


async def test_many_end_in_one_summary_when_the_last_has_ended() -> None:
    api = FakeConsole()
    spoken = listening(api)
    await ask(api, "stop", 3)
    api.advance()
    assert spoken == [Spoken("stop: all 3 done", Severity.INFORMATION)]


async def test_a_summary_tells_the_first_that_did_not_arrive() -> None:
    api = FakeConsole()
    spoken = listening(api)
    names = await ask(api, "stop", 2)
    first, second = sorted(api.items)
    for key, state in ((first, ItemState.FAILED), (second, ItemState.ARRIVED)):
        api.items[key] = replace(
            api.items[key], state=state, message="it is stuck" if state is ItemState.FAILED else ""
        )
        api.tell(OperationChanged(api.items[key]))
    api.bulk.ended(api.items[first].operation_id)
    said = f"stop: 1 of 2 done, 1 failed; {names[0]} failed: it is stuck; :op tells more"
    assert spoken == [Spoken(said, Severity.WARNING)]


async def test_the_end_of_a_single_one_is_not_told_twice_and_others_bulk_is_theirs() -> None:
    api = FakeConsole()
    spoken = listening(api)
    await ask(api, "stop", 2)
    view = api.bulk.views()[0]
    api.tell(OperationEnded(replace(view, operator="somebody-else")))
    await ask(api, "lock")
    api.advance()
    assert [each.text.partition(":")[0].partition(" is ")[2] for each in spoken if "all 2" not in each.text] == [
        "locked · U undoes"
    ]


async def test_the_same_end_is_said_once_and_other_operators_are_left_alone() -> None:
    api = FakeConsole()
    spoken = listening(api)
    await ask(api, "start")
    api.advance()
    api.tell(OperationChanged(api.operations()[0]))
    api.tell(OperationChanged(replace(api.operations()[0], id="theirs", operator="somebody-else")))
    assert len(spoken) == 1


async def test_late_is_said_and_then_the_arrival_too() -> None:
    api = FakeConsole()
    spoken = listening(api)
    (name,) = await ask(api, "start")
    api.tell(OperationChanged(replace(api.operations()[0], state=ItemState.LATE)))
    api.advance()
    assert [each.severity for each in spoken] == [Severity.WARNING, Severity.INFORMATION]
    assert name in spoken[0].text
