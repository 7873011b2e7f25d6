"""Operations: planned with their audit, moved by one owner only, taken over when the owner is gone."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from osvm_tui.domain.errors import StoreError
from osvm_tui.domain.operations import ItemState, OperationItem
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
    assert await store.operation("op-1") == operation
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
