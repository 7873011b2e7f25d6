"""Operations: planned with their audit, moved by one owner only, taken over when the owner is gone."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from osvm_tui.domain.errors import StoreError
from osvm_tui.domain.operations import Control, ItemState, OperationItem
from osvm_tui.domain.vm import VmRef
from osvm_tui.store.base import AuditQuery
from osvm_tui.store.sql import SqlStore
from tests.contract.store.backends import Backend
from tests.contract.store.samples import ENDPOINT, MEMBER, NOON, an_entry, an_item, an_operation
from tests.contract.store.test_fleet import rows

PLANNED = frozenset({ItemState.PLANNED})
SENDING = frozenset({ItemState.SENDING})
KEYS = frozenset({MEMBER.key})


def moved(item: OperationItem, state: ItemState, **fields: object) -> OperationItem:
    """Return `item` in another state."""
    return msgspec.structs.replace(item, state=state, **fields)


async def test_a_plan_comes_back_with_its_items_and_audit(store: SqlStore) -> None:
    items = [an_item(1, owner="console-1"), an_item(2, owner="console-1")]
    operation = an_operation(items)
    await store.plan(operation, [an_entry(), an_entry(item_id="op-1-item-2")])
    found = await store.operation("op-1")
    assert found is not None
    assert found.idle_s < 5, "PostgreSQL goes by its own clock"
    assert msgspec.structs.replace(found, idle_s=0) == operation
    assert await store.operation("op-2") is None
    assert len(await store.audit(AuditQuery())) == 2


async def test_an_item_without_owner_belongs_to_the_console(store: SqlStore) -> None:
    await store.plan(an_operation([an_item(1)]), [])
    assert [item.owner for item in await store.items()] == ["console-1"]


async def test_secrets_never_reach_the_database(store: SqlStore) -> None:
    params = {
        "adminPass": "hunter2",
        "order": {"user_data": "#cloud-config\npassword: hunter2\n", "key_name": "ops", "auth_token": "hunter2"},
        "name": "web",
    }
    await store.plan(an_operation([an_item(1)], params=params), [])
    assert "hunter2" not in str(await rows(store, "SELECT * FROM operations"))
    kept = await store.operation("op-1")
    assert kept is not None
    assert kept.secret
    assert kept.params["name"] == "web"
    assert "adminPass" not in kept.params


async def test_one_of_two_movers_wins(backend: Backend) -> None:
    one, two = await backend.console("one"), await backend.console("two")
    item = an_item(1, owner="one")
    await one.plan(an_operation([item]), [an_entry()])
    sending = moved(item, ItemState.SENDING)
    assert await one.move_item(sending, PLANNED, [an_entry("sent")], owner="one")
    assert not await one.move_item(sending, PLANNED, [an_entry("sent")], owner="one")
    assert not await two.move_item(sending, SENDING, [an_entry("sent")], owner="two")
    assert [row.entry.phase for row in await two.audit(AuditQuery())] == ["sent", "requested"]


async def test_a_moved_item_carries_what_the_cloud_said(store: SqlStore) -> None:
    item = an_item(1, ref=VmRef(ENDPOINT, ""), owner="console-1")
    await store.plan(an_operation([item]), [])
    sent = moved(
        item, ItemState.SENT, ref=VmRef(ENDPOINT, "new-id"), request_id="req-1", sent_at=NOON, message="accepted"
    )
    assert await store.move_item(sent, PLANNED | SENDING, [], owner="console-1")
    assert await store.items() == (sent,)


async def test_a_living_owner_keeps_its_items(backend: Backend) -> None:
    one, two = await backend.console("one"), await backend.console("two")
    await one.plan(an_operation([an_item(1, owner="one")]), [])
    backend.clock.advance(8)
    await one.keep_items("one", 9, backend.now())
    backend.clock.advance(8)
    assert await two.claim_items("two", 9, backend.now(), KEYS) == ()


async def test_a_dead_owners_items_are_taken_over_once(backend: Backend) -> None:
    one, two, three = [await backend.console(name) for name in ("one", "two", "three")]
    items = [an_item(1, owner="one"), an_item(2, owner="one"), an_item(3, owner="one", scope_key="other")]
    await one.plan(an_operation(items), [])
    ended = moved(items[1], ItemState.ARRIVED)
    assert await one.move_item(ended, PLANNED, [], owner="one")
    await one.keep_items("one", 0, backend.now())
    taken = await two.claim_items("two", 9, backend.now(), KEYS)
    assert [(item.id, item.owner) for item in taken] == [(items[0].id, "two")]
    assert await three.claim_items("three", 9, backend.now(), KEYS) == ()
    sending = moved(items[0], ItemState.SENDING)
    assert not await one.move_item(sending, PLANNED, [], owner="one")
    assert await two.move_item(sending, PLANNED, [], owner="two")


async def test_only_items_of_the_named_actions_are_taken_over(backend: Backend) -> None:
    one, two = await backend.console("one"), await backend.console("two")
    known, new = an_item(1, owner="one"), an_item(2, owner="one", action_id="teleport")
    await one.plan(an_operation([known, new]), [])
    await one.keep_items("one", 0, backend.now())
    taken = await two.claim_items("two", 9, backend.now(), KEYS, frozenset({known.action_id}))
    assert [item.id for item in taken] == [known.id]
    assert {item.id: item.owner for item in await two.items()} == {known.id: "two", new.id: "one"}


async def test_an_owner_does_not_take_its_own_items_over(store: SqlStore, backend: Backend) -> None:
    await store.plan(an_operation([an_item(1, owner="one")]), [])
    await store.keep_items("one", 0, backend.now())
    assert await store.claim_items("one", 9, backend.now(), KEYS) == ()


async def test_ownership_from_before_the_clock_was_set_back_is_over(store: SqlStore, backend: Backend) -> None:
    await store.plan(an_operation([an_item(1, owner="one")]), [])
    await store.keep_items("one", 3600, backend.now())
    assert len(await store.claim_items("two", 9, backend.now(), KEYS)) == 1


async def test_items_come_newest_first_and_open_ones_alone(store: SqlStore) -> None:
    items = [an_item(number, owner="one") for number in range(1, 4)]
    await store.plan(an_operation(items), [])
    await store.move_item(moved(items[2], ItemState.FAILED), PLANNED, [], owner="one")
    assert [item.vm_name for item in await store.items()] == ["web-0003", "web-0002", "web-0001"]
    assert [item.vm_name for item in await store.items(open_only=True)] == ["web-0002", "web-0001"]
    assert len(await store.items(limit=1)) == 1


async def test_other_consoles_follow_by_change_number(backend: Backend) -> None:
    one, two = await backend.console("one"), await backend.console("two")
    items = [an_item(1, owner="one"), an_item(2, owner="one")]
    await one.plan(an_operation(items), [])
    change, found = await two.items_since(0)
    assert len(found) == 2
    await one.keep_items("one", 9, backend.now())
    assert await two.items_since(change) == (change, ())
    await one.move_item(moved(items[0], ItemState.SENDING), PLANNED, [], owner="one")
    newest, found = await two.items_since(change)
    assert newest == change + 1
    assert [(item.id, item.state) for item in found] == [(items[0].id, ItemState.SENDING)]


async def test_a_plan_that_fails_in_the_middle_leaves_nothing(store: SqlStore) -> None:
    await store.plan(an_operation([an_item(1)]), [an_entry()])
    twice = an_operation([an_item(1, operation_id="op-2", id="op-1-item-1")])
    with pytest.raises(StoreError):
        await store.plan(twice, [an_entry()])
    assert await store.operation("op-2") is None
    assert len(await store.audit(AuditQuery())) == 1
    assert (await store.items())[0].planned_at == NOON + timedelta(seconds=1)


async def test_what_was_before_comes_back_with_its_item(store: SqlStore) -> None:
    was = {"name": "web", "metadata": {"role": None, "ünï": "✓"}, "tags": ["a"]}
    await store.plan(an_operation([an_item(1, was=was, owner="console-1")]), [])
    (item,) = await store.items()
    assert item.was == was
    await store.move_item(moved(item, ItemState.SENDING), PLANNED, [], owner="console-1")
    assert (await store.items())[0].was == was


async def test_a_paused_operation_sends_nothing_until_it_runs_again(backend: Backend) -> None:
    one, two = await backend.console("one"), await backend.console("two")
    item = an_item(1, owner="one")
    await one.plan(an_operation([item]), [])
    change, _ = await one.items_since(0)
    assert await two.steer("op-1", Control.PAUSE, [an_entry("paused", item_id="")])
    assert not await two.steer("op-1", Control.PAUSE, [an_entry("paused", item_id="")])
    assert not await one.move_item(moved(item, ItemState.SENDING), PLANNED, [], owner="one")
    (heard,) = await one.operations(change)
    assert (heard.id, heard.control) == ("op-1", Control.PAUSE)
    assert await one.steer("op-1", Control.RUN, [an_entry("resumed", item_id="")])
    assert await one.move_item(moved(item, ItemState.SENDING), PLANNED, [], owner="one")
    assert [row.entry.phase for row in await two.audit(AuditQuery())] == ["resumed", "paused"]


async def test_a_cancelled_operation_never_runs_again(store: SqlStore) -> None:
    item = an_item(1, owner="console-1")
    await store.plan(an_operation([item]), [])
    assert await store.steer("op-1", Control.CANCEL, [])
    assert not await store.steer("op-1", Control.RUN, [an_entry("resumed")])
    assert not await store.move_item(moved(item, ItemState.SENDING), PLANNED, [], owner="console-1")
    assert await store.move_item(moved(item, ItemState.CANCELLED), PLANNED, [], owner="console-1")
    assert not await store.steer("op-2", Control.PAUSE, [an_entry("paused")])
    assert await store.audit(AuditQuery()) == ()


async def test_an_operation_is_cared_for_while_an_owner_lives(backend: Backend) -> None:
    if backend.kind == "postgresql":
        pytest.skip("goes by the server's clock")
    store = await backend.console("one")
    await store.plan(an_operation([an_item(1, owner="one")]), [])
    backend.clock.advance(50)
    await store.keep_items("one", 9, backend.now())
    backend.clock.advance(20)
    kept = await store.operation("op-1")
    assert kept is not None
    assert kept.idle_s == 20
    backend.clock.advance(41)
    await store.keep_items("one", 9, backend.now())
    assert [one.idle_s for one in await store.operations()] == [61], "too late: only an operator revives it"
    await store.steer("op-1", Control.PAUSE, [])
    assert [one.idle_s for one in await store.operations()] == [0]


async def test_operations_come_oldest_first_and_the_newest_alone(store: SqlStore) -> None:
    for number in range(1, 4):
        await store.plan(
            an_operation([an_item(1, operation_id=f"op-{number}")], requested_at=NOON + timedelta(seconds=number)),
            [],
        )
    assert [one.id for one in await store.operations(limit=2)] == ["op-2", "op-3"]
    assert all(one.items == () for one in await store.operations())
