"""From a request to its end: gated, audited, sent once and followed."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from osvm_tui.domain.catalog import InstanceAction, InstanceEvent
from osvm_tui.domain.errors import (
    CloudError,
    ConfigError,
    Conflict,
    Refused,
    Unreachable,
)
from osvm_tui.domain.operations import ActionRequest, ItemState
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.vm import Fault, VmRef
from osvm_tui.services.api import AuditQuery
from osvm_tui.services.console import utc_now
from tests.unit.services.requests import WAIT, Make, becomes, phases, run
from tests.unit.services.scripted_cloud import ScriptedCloud, a_vm


async def test_a_stop_arrives_and_is_audited(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    cloud.on_act = becomes(cloud, "stopped")
    one = console(cloud)
    await one.load()
    (item,) = await run(one, "stop", "1")
    assert item.state is ItemState.ARRIVED
    assert item.message == "vm-1 is SHUTOFF"
    assert item.request_id == "req-1"
    assert await phases(one) == [("stop", "requested"), ("stop", "sent"), ("stop", "arrived")]
    rows = await one.audit(AuditQuery(vm_id="1"))
    assert {row.entry.operator for row in rows} == {"ops-1"}
    assert (await one.verify_audit()).holds


async def test_the_gate_refuses_before_anything_is_sent(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1", "stopped"))
    one = console(cloud)
    await one.load()
    with pytest.raises(Refused, match="stop needs ACTIVE or ERROR; vm-1 is SHUTOFF"):
        await run(one, "stop", "1")
    assert cloud.sent == []
    assert await phases(one) == [("stop", "refused")]


async def test_a_refusal_at_the_key_is_audited_and_what_is_allowed_is_not(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1", "stopped"), a_vm("2"))
    one = console(cloud)
    await one.load()
    await one.note_refused(ActionRequest("stop", (VmRef("e", "1"), VmRef("e", "2"))))
    rows = [row.entry for row in await one.audit(AuditQuery()) if row.entry.action == "stop"]
    assert [(row.phase, row.vm_name, row.entry) for row in rows] == [("refused", "vm-1", "lab")]
    assert cloud.sent == []


async def test_a_viewer_changes_nothing(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    one = console(cloud, role=ConsoleRole.VIEWER)
    await one.load()
    with pytest.raises(Refused, match="console role viewer may not stop"):
        await run(one, "stop", "1")
    assert cloud.sent == []


async def test_of_several_targets_only_the_legal_ones_are_sent(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"), a_vm("2", "stopped"), a_vm("3"))
    cloud.on_act = becomes(cloud, "stopped")
    one = console(cloud)
    await one.load()
    submission = await one.submit(ActionRequest("stop", tuple(VmRef("e", i) for i in "123")))
    items = await one.wait(submission.operation_id, WAIT)
    assert sorted(vm_id for _, vm_id in cloud.sent) == ["1", "3"]
    assert {item.state for item in items} == {ItemState.ARRIVED}
    assert [(ref.id, "SHUTOFF" in reason) for ref, reason in submission.refused] == [("2", True)]


@pytest.mark.parametrize(
    ("error", "state", "words"),
    [
        (Conflict("Cannot 'stop' instance while it is in task_state pausing", request_id="req-9"),
         ItemState.FAILED, "pausing"),
        (Unreachable("connection refused"), ItemState.FAILED, "nothing was sent: connection refused"),
        (CloudError("policy", request_id="req-7"), ItemState.FAILED, "policy"),
        (ConfigError("there is no Keystone v3 at http://k"), ItemState.FAILED, "no Keystone"),
    ],
)  # fmt: skip
async def test_what_the_cloud_refuses_fails_in_its_words(
    console: Make, error: Exception, state: ItemState, words: str
) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    cloud.errors["act"] = [error]
    one = console(cloud)
    await one.load()
    (item,) = await run(one, "stop", "1")
    assert item.state is state
    assert words in item.message
    assert len(cloud.sent) == 1


async def test_an_error_state_fails_with_its_fault(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1", "stopped"))
    cloud.on_act = becomes(cloud, "error", fault=Fault(500, "No valid host was found."))
    one = console(cloud)
    await one.load()
    (item,) = await run(one, "start", "1")
    assert (item.state, item.message) == (ItemState.FAILED, "vm-1 is ERROR: No valid host was found.")


async def test_a_silent_return_is_a_failure_that_names_the_event(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1", "stopped"))
    event = InstanceEvent("compute_start_instance", utc_now(), utc_now(), "Error")
    cloud.log = [InstanceAction("start", "req-1", utc_now(), utc_now(), "u", "p", "Error", (event,))]
    one = console(cloud)
    await one.load()
    (item,) = await run(one, "start", "1")
    assert item.state is ItemState.FAILED
    assert item.message == "vm-1 went back to SHUTOFF: compute_start_instance failed"


async def test_a_vm_changed_by_somebody_else_after_our_success_counts_as_done(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1", "stopped"))
    event = InstanceEvent("compute_start_instance", utc_now(), utc_now(), "Success")
    cloud.log = [InstanceAction("start", "req-1", utc_now(), utc_now(), "u", "p", "", (event,))]
    cloud.on_act = becomes(cloud, "paused")
    one = console(cloud)
    await one.load()
    (item,) = await run(one, "start", "1")
    assert item.state is ItemState.ARRIVED
    assert "changed again since" in item.message


async def test_a_slow_action_is_late_and_then_arrives(console: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    cloud.on_act = lambda action, vm_id: cloud.vms.update({"1": a_vm("1", "active", "powering-off")})
    one = console(cloud)
    await one.load()
    now = one._now
    submission = await one.submit(ActionRequest("stop", (VmRef("e", "1"),)))
    await asyncio.sleep(0.05)
    one._lifecycle._runner._follower._now = lambda: now() + timedelta(seconds=500)
    for _ in range(200):
        await asyncio.sleep(0.01)
        if one.operations()[0].state is ItemState.LATE:
            break
    assert one.operations()[0].state is ItemState.LATE
    cloud.vms["1"] = a_vm("1", "stopped", updated_at=utc_now())
    (item,) = await one.wait(submission.operation_id, WAIT)
    assert item.state is ItemState.ARRIVED
    assert ("stop", "late") in await phases(one)
