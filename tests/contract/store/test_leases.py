"""Leases: one holder, an epoch that only grows, a fence for saves."""

from __future__ import annotations

from datetime import timedelta

import pytest

from osvm_tui.domain.errors import StoreError
from osvm_tui.store.sql import SqlStore
from tests.contract.store.backends import Backend
from tests.contract.store.samples import ADMIN, NOON, a_vm


async def test_a_free_lease_is_taken_and_another_console_is_told_no(backend: Backend) -> None:
    one, two = await backend.console("one"), await backend.console("two")
    lease = await one.acquire("scope", "one", 9)
    assert lease is not None
    assert lease.epoch == 1
    assert await two.acquire("scope", "two", 9) is None
    held = await two.lease("scope")
    assert held is not None
    assert held.owner == "one"


async def test_renewing_keeps_the_epoch_and_moves_the_end(store: SqlStore, backend: Backend) -> None:
    first = await store.acquire("scope", "one", 9)
    backend.clock.advance(3)
    again = await store.acquire("scope", "one", 9)
    assert first is not None
    assert again is not None
    assert again.epoch == first.epoch
    assert again.expires_at > first.expires_at


async def test_an_expired_lease_passes_on_with_a_higher_epoch(store: SqlStore) -> None:
    await store.acquire("scope", "one", 0)
    taken = await store.acquire("scope", "two", 9)
    assert taken is not None
    assert (taken.owner, taken.epoch) == ("two", 2)


async def test_a_released_lease_is_nobodys_and_its_epoch_goes_on(store: SqlStore) -> None:
    lease = await store.acquire("scope", "one", 9)
    assert lease is not None
    await store.release(lease)
    assert await store.lease("scope") is None
    taken = await store.acquire("scope", "two", 9)
    assert taken is not None
    assert taken.epoch == 2


async def test_releasing_a_lost_lease_does_not_free_the_new_holders(store: SqlStore) -> None:
    old = await store.acquire("scope", "one", 0)
    await store.acquire("scope", "two", 9)
    assert old is not None
    await store.release(old)
    held = await store.lease("scope")
    assert held is not None
    assert held.owner == "two"


async def test_a_fenced_save_writes_nothing(store: SqlStore) -> None:
    old = await store.acquire("scope", "one", 0)
    new = await store.acquire("scope", "two", 9)
    with pytest.raises(StoreError, match="passed to two"):
        await store.save_vms(ADMIN, [a_vm()], [], NOON, old)
    assert (await store.load_vms(ADMIN)).vms == ()
    await store.save_vms(ADMIN, [a_vm()], [], NOON, new)
    assert len((await store.load_vms(ADMIN)).vms) == 1


async def test_a_released_lease_fences_too(store: SqlStore) -> None:
    lease = await store.acquire("scope", "one", 9)
    assert lease is not None
    await store.release(lease)
    with pytest.raises(StoreError, match="nobody"):
        await store.save_vms(ADMIN, [a_vm()], [], NOON, lease)


async def test_a_lease_from_before_the_clock_was_set_back_does_not_hold_for_an_hour(
    store: SqlStore, backend: Backend
) -> None:
    if backend.kind != "sqlite":
        pytest.skip("PostgreSQL's own clock cannot be moved from here")
    await store.acquire("scope", "one", 9)
    backend.clock.now -= timedelta(hours=1)
    taken = await store.acquire("scope", "two", 9)
    assert taken is not None
    assert taken.epoch == 2
