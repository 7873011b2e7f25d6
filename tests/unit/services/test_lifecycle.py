"""From a request to its end: gated, audited, sent once, followed, and taken over when its console dies."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from osvm_tui.domain.catalog import InstanceAction, InstanceEvent
from osvm_tui.domain.errors import (
    AnswerLost,
    CloudError,
    CloudFault,
    ConfigError,
    Conflict,
    Refused,
    StoreError,
    StoreReadOnly,
    Unreachable,
)
from osvm_tui.domain.events import OperationChanged
from osvm_tui.domain.operations import ActionRequest, CreateVm, ItemState, OperationItem
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.vm import Fault, VmRef
from osvm_tui.services.api import AuditQuery
from osvm_tui.services.console import Console, utc_now
from osvm_tui.services.payload import names, outline
from tests.unit.services.scripted_cloud import ScriptedCloud, a_vm

Make = Callable[..., Console]
WAIT = 5.0


def becomes(cloud: ScriptedCloud, vm_state: str, **more: Any) -> Callable[[str, str], None]:
    """Return what a cloud does at once when an action is accepted."""

    def acted(action_id: str, vm_id: str) -> None:
        cloud.vms[vm_id] = a_vm(vm_id, vm_state, updated_at=utc_now(), **more)

    return acted


async def run(console: Console, action_id: str, *ids: str, **params: object) -> tuple[OperationItem, ...]:
    """Submit and wait for the end."""
    request = ActionRequest(action_id, tuple(VmRef("e", i) for i in ids), dict(params))
    submission = await console.submit(request)
    return await console.wait(submission.operation_id, WAIT)


async def phases(console: Console) -> list[tuple[str, str]]:
    """Return (action, phase) of the audit, oldest first, without sessions."""
    rows = await console.audit(AuditQuery())
    told = [(row.entry.action, row.entry.phase) for row in reversed(rows)]
    return [pair for pair in told if not pair[0].startswith("session")]


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


async def test_a_lost_answer_is_found_in_the_action_log_and_never_sent_again(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    cloud.server_time = utc_now()
    cloud.errors["act"] = [AnswerLost("read timed out")]
    cloud.log = [InstanceAction("stop", "req-lost", utc_now() + timedelta(seconds=1), None, "u", "p")]
    one = console(cloud)
    await one.load()
    submission = await one.submit(ActionRequest("stop", (VmRef("e", "1"),)))
    cloud.vms["1"] = a_vm("1", "active", "powering-off", updated_at=utc_now())
    await asyncio.sleep(0.05)
    cloud.vms["1"] = a_vm("1", "stopped", updated_at=utc_now())
    (item,) = await one.wait(submission.operation_id, WAIT)
    assert (item.state, item.request_id) == (ItemState.ARRIVED, "req-lost")
    assert len(cloud.sent) == 1


async def test_the_trace_is_looked_for_by_the_cloud_s_clock(console: Make) -> None:
    hour = timedelta(hours=1)
    cloud = ScriptedCloud(a_vm("1"))
    cloud.server_time = utc_now() - hour
    cloud.errors["act"] = [AnswerLost("read timed out")]
    cloud.log = [InstanceAction("stop", "req-lost", utc_now() - hour, None, "u", "p")]
    cloud.on_act = becomes(cloud, "stopped")
    one = console(cloud)
    await one.load()
    cloud.vms["1"] = a_vm("1", "stopped", updated_at=utc_now())
    (item,) = await run(one, "stop", "1")
    assert (item.state, item.request_id) == (ItemState.ARRIVED, "req-lost")


async def test_a_lost_answer_without_a_trace_stays_unconfirmed(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    cloud.server_time = utc_now()
    cloud.errors["act"] = [AnswerLost("read timed out")]
    stranger = InstanceAction("stop", "req-x", utc_now() + timedelta(seconds=1), None, "somebody else", "p")
    cloud.log = [stranger]
    one = console(cloud)
    await one.load()
    (item,) = await run(one, "stop", "1")
    assert item.state is ItemState.UNCONFIRMED
    assert len(cloud.sent) == 1


async def test_two_equal_calls_do_not_share_one_trace(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    cloud.server_time = utc_now()
    cloud.on_act = becomes(cloud, "active")
    cloud.errors["act"] = [None, AnswerLost("read timed out")]
    cloud.log = [InstanceAction("reboot", "req-1", utc_now() + timedelta(seconds=1), None, "u", "p")]
    one = console(cloud)
    await one.load()
    (first,) = await run(one, "reboot-soft", "1")
    assert (first.state, first.request_id) == (ItemState.ARRIVED, "req-1")
    (second,) = await run(one, "reboot-soft", "1")
    assert second.state is ItemState.UNCONFIRMED


async def test_a_lost_rename_is_found_by_the_name(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    cloud.errors["act"] = [AnswerLost("read timed out")]
    one = console(cloud)
    await one.load()
    cloud.vms["1"] = a_vm("1", name="renamed", updated_at=utc_now())
    (item,) = await run(one, "update-server", "1", name="renamed")
    assert item.state is ItemState.ARRIVED


@pytest.mark.parametrize("began", [True, False])
async def test_a_500_is_looked_up_before_it_is_a_failure(console: Make, began: bool) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    cloud.server_time = utc_now()
    cloud.errors["act"] = [CloudFault("MessagingTimeout", status=500, request_id="req-500")]
    if began:
        cloud.log = [InstanceAction("stop", "req-500", utc_now() + timedelta(seconds=1), None, "u", "p")]
    one = console(cloud)
    await one.load()
    submission = await one.submit(ActionRequest("stop", (VmRef("e", "1"),)))
    cloud.vms["1"] = a_vm("1", "stopped" if began else "active", updated_at=utc_now())
    (item,) = await one.wait(submission.operation_id, WAIT)
    assert item.state is (ItemState.ARRIVED if began else ItemState.FAILED)
    assert began or item.message == "MessagingTimeout"
    assert len(cloud.sent) == 1


async def test_the_audit_tells_what_was_asked_for_without_secrets(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    one = console(cloud)
    await one.load()
    await run(one, "update-server", "1", name="web-9")
    order = CreateVm(name="db", flavor_id="f1", image_id="i1", key_name="ops", user_data="password: hunter2")
    await one.wait((await one.create("lab", order)).operation_id, WAIT)
    told = [row.entry.detail for row in await one.audit(AuditQuery()) if row.entry.phase == "requested"]
    assert told == ["flavor f1, image i1, key ops, user data 17 bytes", "name web-9"]
    assert one._store is not None
    kept = await one._store.operation((await one._store.items())[0].operation_id)
    assert kept is not None
    assert kept.secret
    assert "hunter2" not in str(kept.params)
    assert "17 bytes, values withheld" in str(kept.params)


def test_of_user_data_only_the_outline_is_kept() -> None:
    text = "#cloud-config\nchpasswd: {list: root:hunter2}\nruncmd:\n  - echo hunter2\n"
    assert outline(text) == f"#cloud-config\nchpasswd: ********\nruncmd: ********\n# {len(text)} bytes, values withheld"
    assert outline("#!/bin/sh hunter2\necho hunter2").startswith("#!/bin/sh\n#")
    assert "hunter2" not in outline("hunter2: hunter2")
    assert outline("") == ""


@pytest.mark.parametrize(
    "lost", [AnswerLost("read timed out"), CloudFault("Gateway Time-out", status=504), CloudFault("bad", status=502)]
)
async def test_a_creation_whose_answer_was_lost_is_found_by_our_id(console: Make, lost: CloudError) -> None:
    cloud = ScriptedCloud()
    cloud.errors["created"] = [lost]
    one = console(cloud)
    await one.load()
    submission = await one.create("lab", CreateVm(name="web", flavor_id="f", image_id="i"))
    (item,) = await one.wait(submission.operation_id, WAIT)
    assert item.state is ItemState.ARRIVED
    assert item.ref.id == "new-1"
    assert [sent[0] for sent in cloud.sent] == ["create-server"]


async def test_several_creations_are_named_by_pattern(console: Make) -> None:
    cloud = ScriptedCloud()
    one = console(cloud)
    await one.load()
    submission = await one.create("lab", CreateVm(name="web-{n}", flavor_id="f", image_id="i"), 3)
    items = await one.wait(submission.operation_id, WAIT)
    assert sorted(item.vm_name for item in items) == ["web-1", "web-2", "web-3"]
    assert len({item.vm_uuid for item in items}) == 3
    assert names("db", 2) == ["db-1", "db-2"]


async def test_a_slow_action_is_late_and_then_arrives(console: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    cloud.on_act = lambda action, vm_id: cloud.vms.update({"1": a_vm("1", "active", "powering-off")})
    one = console(cloud)
    await one.load()
    now = one._now
    submission = await one.submit(ActionRequest("stop", (VmRef("e", "1"),)))
    await asyncio.sleep(0.05)
    one._lifecycle._runner._now = lambda: now() + timedelta(seconds=500)
    for _ in range(200):
        await asyncio.sleep(0.01)
        if one.operations()[0].state is ItemState.LATE:
            break
    assert one.operations()[0].state is ItemState.LATE
    cloud.vms["1"] = a_vm("1", "stopped", updated_at=utc_now())
    (item,) = await one.wait(submission.operation_id, WAIT)
    assert item.state is ItemState.ARRIVED
    assert ("stop", "late") in await phases(one)


async def test_another_console_takes_over_what_a_dead_one_had_sent(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    cloud.on_act = lambda action, vm_id: cloud.vms.update({"1": a_vm("1", "active", "powering-off")})
    first, second = console(cloud), console(cloud)
    await first.load()
    await second.load()
    await first.follow_operations()
    submission = await first.submit(ActionRequest("stop", (VmRef("e", "1"),)))
    await asyncio.sleep(0.2)
    for task in first._tasks:  # as if killed: nothing is renewed or handed over
        task.cancel()
    await first._lifecycle.stop()
    await second.follow_operations()
    await asyncio.sleep(0.6)
    cloud.vms["1"] = a_vm("1", "stopped", updated_at=utc_now())
    for _ in range(300):
        await asyncio.sleep(0.01)
        if any(item.state is ItemState.ARRIVED for item in second.operations()):
            break
    (item,) = [item for item in second.operations() if item.operation_id == submission.operation_id]
    assert item.state is ItemState.ARRIVED
    assert item.owner == second.owner
    assert len(cloud.sent) == 1
    assert ("stop", "taken over") in await phases(second)


async def test_without_a_writable_store_or_spool_nothing_is_sent(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    one = console(cloud)
    await one.load()
    store = one._store
    assert store is not None

    async def no(*args: object, **more: object) -> None:
        raise StoreReadOnly("no space left on device")

    store.plan = no  # type: ignore[method-assign]
    store.append_audit = no  # type: ignore[method-assign]
    with pytest.raises(StoreReadOnly):
        await run(one, "stop", "1")
    assert cloud.sent == []


async def test_what_only_the_spool_would_take_is_not_sent(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    one = console(cloud)
    await one.load()
    store = one._store
    assert store is not None

    async def full(*args: object, **more: object) -> None:
        raise StoreReadOnly("no space left on device")

    store.plan = full  # type: ignore[method-assign]
    with pytest.raises(StoreReadOnly):
        await run(one, "stop", "1")
    assert cloud.sent == []
    assert await phases(one) == []


async def test_an_outcome_that_nothing_takes_is_kept_and_written_later(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    cloud.on_act = becomes(cloud, "stopped")
    one = console(cloud)
    await one.load()
    store = one._store
    assert store is not None
    real = store.move_item

    async def full(item: OperationItem, *args: Any, **more: Any) -> bool:
        if item.state is ItemState.SENDING:
            return await real(item, *args, **more)
        raise StoreReadOnly("no space left on device")

    store.move_item = full  # type: ignore[method-assign]
    (item,) = await run(one, "stop", "1")
    assert item.state is ItemState.ARRIVED
    assert [row.state for row in await store.items()] == [ItemState.SENDING]
    store.move_item = real  # type: ignore[method-assign]
    await one._book.keep()
    assert [row.state for row in await store.items()] == [ItemState.ARRIVED]
    assert await phases(one) == [("stop", "requested"), ("stop", "sent"), ("stop", "arrived")]


async def test_what_ended_before_a_console_began_is_known_and_not_told(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    cloud.on_act = becomes(cloud, "stopped")
    first = console(cloud)
    await first.load()
    (done,) = await run(first, "stop", "1")
    second, told = console(cloud), list[OperationItem]()
    second.subscribe(lambda event: told.append(event.item) if isinstance(event, OperationChanged) else None)
    await second.load()
    await second._book.keep()
    assert [item.id for item in second.operations()] == [done.id]
    assert told == []
    (later,) = await run(first, "start", "1")
    await second._book.keep()
    assert {item.id for item in told} == {later.id}


async def test_what_was_claimed_is_taken_over_even_if_the_store_stumbles(
    console: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = ScriptedCloud(a_vm("1"), a_vm("2"))
    cloud.on_act = lambda action, vm_id: cloud.vms.update({vm_id: a_vm(vm_id, "active", "powering-off")})
    first = console(cloud)
    await first.load()
    submission = await first.submit(ActionRequest("stop", (VmRef("e", "1"), VmRef("e", "2"))))
    for _ in range(400):
        await asyncio.sleep(0.005)
        if {item.state for item in first._book.of(submission.operation_id)} == {ItemState.SENT}:
            break
    await first._lifecycle.stop()
    second = console(cloud)
    await second.load()
    store = second._store
    assert store is not None
    read, stumbles = store.operation, [StoreError("database is locked")]

    async def operation(operation_id: str) -> Any:
        if stumbles:
            raise stumbles.pop()
        return await read(operation_id)

    monkeypatch.setattr(store, "operation", operation)
    await second.follow_operations()
    for vm_id in "12":
        cloud.vms[vm_id] = a_vm(vm_id, "stopped", updated_at=utc_now())
    items = await second.wait(submission.operation_id, WAIT)
    for _ in range(400):
        items = second._book.of(submission.operation_id)
        if items and all(item.state.ended for item in items):
            break
        await asyncio.sleep(0.01)
    assert {item.state for item in items} == {ItemState.ARRIVED}
    assert len(cloud.sent) == 2
    assert not stumbles
