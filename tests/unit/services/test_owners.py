"""Operations among consoles and with a store in trouble: taken over, refused, or kept until it writes again."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from msgspec.structs import replace

from osvm_tui.domain.errors import (
    StoreError,
    StoreReadOnly,
)
from osvm_tui.domain.events import OperationChanged
from osvm_tui.domain.operations import ActionRequest, Control, ItemState, Operation, OperationItem
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.console import Console, utc_now
from tests.unit.services.requests import WAIT, Make, becomes, phases, run
from tests.unit.services.scripted_cloud import ScriptedCloud, a_vm


def fill_disk(console: Console, monkeypatch: pytest.MonkeyPatch, *methods: str) -> None:
    """Let these methods of the console's store fail as on a full disk."""

    async def full(*args: object, **more: object) -> None:
        raise StoreReadOnly("no space left on device")

    assert console._store is not None
    for method in methods:
        monkeypatch.setattr(console._store, method, full)


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


@pytest.mark.parametrize(("role", "roles"), [(ConsoleRole.VIEWER, {"member"}), (ConsoleRole.OPERATOR, {"reader"})])
async def test_who_may_change_nothing_leaves_the_rest_of_a_dead_console_to_others(
    console: Make, role: ConsoleRole, roles: set[str]
) -> None:
    cloud = ScriptedCloud(*(a_vm(i) for i in "123"))
    cloud.on_act = becomes(cloud, "stopped")
    first, looker = console(cloud), console(cloud, role=role)
    await first.load()
    cloud._scope = replace(cloud.scope, roles=frozenset(roles))
    await looker.load()
    submission = await first.submit(ActionRequest("stop", tuple(VmRef("e", i) for i in "123")))
    await first.bulk.steer(submission.operation_id, Control.PAUSE)
    await first.follow_operations()
    await asyncio.sleep(0.1)
    for task in first._tasks:
        task.cancel()
    await first._lifecycle.stop()
    left = sum(item.state.open for item in first.bulk.items(submission.operation_id))
    await looker.follow_operations()
    await asyncio.sleep(0.6)
    assert looker._store is not None
    operation = await looker._store.operation(submission.operation_id)
    assert operation is not None
    assert left
    assert [item.owner for item in operation.items if item.state.open] == [first.owner] * left


async def test_without_a_writable_store_or_spool_nothing_is_sent(
    console: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    one = console(cloud)
    await one.load()
    fill_disk(one, monkeypatch, "plan", "append_audit")
    with pytest.raises(StoreReadOnly):
        await run(one, "stop", "1")
    assert cloud.sent == []


async def test_what_only_the_spool_would_take_is_not_sent(console: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    one = console(cloud)
    await one.load()
    fill_disk(one, monkeypatch, "plan")
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


async def test_what_was_not_sent_is_not_left_as_being_sent_when_the_answer_to_a_commit_is_lost(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    one = console(cloud)
    await one.load()
    store = one._store
    assert store is not None
    real = store.move_item

    async def cut(item: OperationItem, *args: Any, **more: Any) -> bool:
        moved = await real(item, *args, **more)
        if item.state is ItemState.SENDING:
            raise StoreError("the server closed the connection")
        return moved

    store.move_item = cut  # type: ignore[method-assign]
    submission = await one.submit(ActionRequest("stop", (VmRef("e", "1"),)))
    (item,) = await one.wait(submission.operation_id, 1.0)
    assert (item.state, item.message) == (ItemState.FAILED, "nothing was sent: the server closed the connection")
    assert [row.state for row in await store.items()] == [ItemState.FAILED]
    assert await phases(one) == [("stop", "requested"), ("stop", "failed")]
    assert cloud.sent == []


async def test_what_only_a_newer_console_knows_is_left_alone_and_the_rest_is_taken_over(
    console: Make, caplog: pytest.LogCaptureFixture
) -> None:
    cloud = ScriptedCloud(a_vm("1"), a_vm("2"))
    cloud.on_act = becomes(cloud, "stopped")
    one = console(cloud)
    await one.load()
    assert one._store is not None
    (like,) = await run(one, "stop", "1")
    dead = {"owner": "dead", "state": ItemState.PLANNED, "planned_at": utc_now(), "ended_at": None, "request_id": ""}
    for name, vm_id in (("teleport", "1"), ("stop", "2")):
        item = replace(like, id=name, operation_id=name, action_id=name, ref=VmRef("e", vm_id), **dead)
        plan = Operation(
            id=name, action_id=name, operator="ops-1", console_role="operator", source="console",
            requested_at=utc_now(), items=(item,),
        )  # fmt: skip
        await one._store.plan(plan, [])
    await one._store.keep_items("dead", 0.0, utc_now())
    await one.follow_operations()
    (done,) = await ended(one, "stop")
    assert (done.state, done.owner) == (ItemState.ARRIVED, one.owner)
    (stranger,) = (item for item in await one._store.items() if item.action_id == "teleport")
    assert (stranger.state, stranger.owner) == (ItemState.PLANNED, "dead")
    assert cloud.sent == [("stop", "1"), ("stop", "2")]
    told = [record for record in caplog.records if getattr(record, "action", "") == "teleport"]
    assert len(told) == 1


async def ended(console: Console, operation_id: str) -> tuple[OperationItem, ...]:
    """Wait until an operation of another console has ended here."""
    moved = asyncio.Event()
    stop = console.subscribe(lambda _: moved.set())
    try:
        async with asyncio.timeout(WAIT):
            while (view := console.bulk.view(operation_id)) is None or view.open:
                moved.clear()
                await moved.wait()
    finally:
        stop()
    return console.bulk.items(operation_id)


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
    assert first._store is not None
    await first._store.keep_items(first.owner, 0.05, utc_now())
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
