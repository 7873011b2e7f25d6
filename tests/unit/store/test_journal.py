"""No audit, no change; nothing lost: what happens to audited writes while the database cannot be written."""

from __future__ import annotations

import resource
import shutil
import sqlite3
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import msgspec
import pytest

from osvm_tui.domain.errors import StoreError, StoreReadOnly
from osvm_tui.domain.operations import ItemState, OperationItem
from osvm_tui.store import engine
from osvm_tui.store.base import AuditQuery
from osvm_tui.store.spool import Spool, SpoolRecord
from osvm_tui.store.sql import SqlStore
from tests.contract.store.backends import Backend
from tests.contract.store.samples import ADMIN, MEMBER, NOON, a_vm, an_entry, an_item, an_operation

PLANNED = frozenset({ItemState.PLANNED})
OUT = frozenset({ItemState.SENDING, ItemState.SENT, ItemState.LATE})


@pytest.fixture
async def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Backend]:
    """Give a fresh SQLite backend whose writers do not wait long for a held lock."""
    monkeypatch.setattr(engine, "BUSY_S", 0.05)
    made = Backend("sqlite", tmp_path / "state")
    yield made
    await made.stop()


@contextmanager
def held(path: Path) -> Iterator[None]:
    """Hold the database's write lock, as a stopped console would."""
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield


@contextmanager
def files_at_most(size: int) -> Iterator[None]:
    """Let no file grow beyond `size`: the disk is full for whatever is larger."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))


async def sending(store: SqlStore, owner: str = "one") -> OperationItem:
    """Plan an item and mark it as being sent."""
    item = an_item(1, owner=owner)
    await store.plan(an_operation([item]), [an_entry("requested")])
    moved = msgspec.structs.replace(item, state=ItemState.SENDING)
    assert await store.move_item(moved, PLANNED, [], owner=owner)
    return moved


async def phases(store: SqlStore) -> list[str]:
    """Return the phases in the chain, oldest first, and check the chain."""
    assert (await store.verify_audit()).holds
    return [row.entry.phase for row in reversed(await store.audit(AuditQuery()))]


async def outcome(store: SqlStore, item: OperationItem, state: ItemState) -> OperationItem:
    """Move an item whose call is out."""
    moved = msgspec.structs.replace(item, state=state)
    assert await store.move_item(moved, OUT, [an_entry(state.value)], owner=item.owner)
    return moved


async def test_without_the_database_nothing_may_be_sent(backend: Backend) -> None:
    store = await backend.console("one")
    item = an_item(1, owner="one")
    await store.plan(an_operation([item]), [an_entry("requested")])
    with held(backend.file):
        with pytest.raises(StoreError, match="another console"):
            await store.plan(an_operation([an_item(1, operation_id="op-2")]), [an_entry("requested")])
        with pytest.raises(StoreError, match="another console"):
            await store.move_item(msgspec.structs.replace(item, state=ItemState.SENDING), PLANNED, [], owner="one")
        assert (await store.info()).spooled == 0
    assert await phases(store) == ["requested"]
    assert (await store.items())[0].state is ItemState.PLANNED


async def test_outcomes_and_refusals_are_spooled_and_replayed_in_order(backend: Backend) -> None:
    store = await backend.console("one")
    item = await sending(store)
    with held(backend.file):
        sent = await outcome(store, item, ItemState.SENT)
        await store.append_audit([an_entry("refused")])
        await outcome(store, sent, ItemState.ARRIVED)
        assert (await store.info()).spooled == 3
        with pytest.raises(StoreError):
            await store.replay_spool()
    assert await store.replay_spool() == 3
    assert await phases(store) == ["requested", "sent", "refused", "arrived"]
    assert (await store.items())[0].state is ItemState.ARRIVED
    assert (await store.info()).spooled == 0
    assert await store.replay_spool() == 0


async def test_the_next_write_takes_the_spool_along_first(backend: Backend) -> None:
    store = await backend.console("one")
    item = await sending(store)
    with held(backend.file):
        sent = await outcome(store, item, ItemState.SENT)
    await outcome(store, sent, ItemState.ARRIVED)
    assert await phases(store) == ["requested", "sent", "arrived"]


async def test_a_replay_cut_off_before_the_file_was_cleared_writes_nothing_twice(backend: Backend) -> None:
    store = await backend.console("one")
    item = await sending(store)
    with held(backend.file):
        await outcome(store, item, ItemState.SENT)
    (spool,) = (backend.folder / "spool").glob("audit-spool-*")
    copy = spool.with_name("audit-spool-copy.jsonl")
    shutil.copy(spool, copy)
    assert await store.replay_spool() == 1
    assert not copy.exists()
    assert await phases(store) == ["requested", "sent"]


async def test_what_a_dead_console_left_is_replayed_before_its_items_are_claimed(backend: Backend) -> None:
    dead, heir = await backend.console("one"), await backend.console("two")
    item = await sending(dead)
    with held(backend.file):
        await outcome(dead, item, ItemState.SENT)
    await dead.close()
    await heir.keep_items("one", 0, backend.now())
    backend.clock.advance(20)
    (taken,) = await heir.claim_items("two", 9, backend.now(), frozenset({MEMBER.key}))
    assert (taken.state, taken.owner) == (ItemState.SENT, "two")
    assert await phases(heir) == ["requested", "sent"]
    assert list((backend.folder / "spool").glob("*"))
    await heir.close()
    assert not list((backend.folder / "spool").glob("*"))


async def test_the_audit_of_an_item_that_others_took_over_is_kept_without_moving_it(backend: Backend) -> None:
    one, two = await backend.console("one"), await backend.console("two")
    item = await sending(one)
    with held(backend.file):
        await outcome(one, item, ItemState.FAILED)
    backend.clock.advance(20)
    (taken,) = await two.claim_items("two", 9, backend.now(), frozenset({MEMBER.key}))
    await outcome(two, taken, ItemState.ARRIVED)
    assert await one.replay_spool() == 1
    assert (await two.items())[0].state is ItemState.ARRIVED
    assert await phases(two) == ["requested", "arrived", "failed"]


async def test_a_damaged_spool_is_told_and_what_is_sound_is_replayed(backend: Backend) -> None:
    folder = backend.folder / "spool"
    spool = Spool(folder)
    for number in range(3):
        spool.append(SpoolRecord(batch=str(number), entries=(an_entry(f"phase-{number}"),)))
    spool.close()
    (path,) = folder.glob("audit-spool-*")
    path.write_bytes(path.read_bytes().replace(b"phase-1", b"phase-9"))
    store = await backend.console("one")
    assert "line 2" in store.notices[0]
    assert await phases(store) == ["phase-0", "notice"]
    assert [left.name for left in folder.glob("*.damaged")] == [path.with_suffix(".damaged").name]


async def test_a_full_disk_leaves_room_for_outcomes_and_then_refuses(backend: Backend) -> None:
    store = await backend.console("one")
    item = await sending(store)
    await store.save_vms(ADMIN, [a_vm(number) for number in range(300)], [], NOON, None)
    log = backend.file.with_name("osvm.db-wal").stat().st_size
    assert log > 200_000
    with files_at_most(log):
        await outcome(store, item, ItemState.SENT)
        with pytest.raises(StoreReadOnly):
            await store.plan(an_operation([an_item(1, operation_id="op-2")]), [an_entry("requested")])
        with pytest.raises(StoreReadOnly):
            await store.save_vms(ADMIN, [a_vm(number, name="x") for number in range(300)], [], NOON, None)
        assert len((await store.load_vms(ADMIN)).vms) == 300
    with files_at_most(100), pytest.raises(StoreReadOnly, match="spool failed too"):
        await store.append_audit([an_entry("refused")])
    assert await store.replay_spool() == 1
    assert await phases(store) == ["requested", "sent"]
    assert {vm.name for vm in (await store.load_vms(ADMIN)).vms} == {f"web-{number:04d}" for number in range(300)}


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a file system of 1.5 MiB, which only root can make."""
    mount = tmp_path / "disk"
    mount.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1536k", "none", str(mount)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("needs the right to mount a small file system")
    yield mount
    subprocess.run(["umount", "-l", str(mount)], check=True)


async def test_a_really_full_disk_keeps_outcomes_and_recovers(small_disk: Path) -> None:
    backend = Backend("sqlite", small_disk)
    store = await backend.console("one")
    item = await sending(store)
    ballast = small_disk / "ballast"
    with suppress(OSError), ballast.open("wb", buffering=0) as file:
        while True:
            file.write(b"x" * 4096)
    refused = 0
    for number in range(40):
        try:
            await store.plan(an_operation([an_item(1, operation_id=f"op-{number + 2}")]), [an_entry("planned")])
        except StoreReadOnly:
            refused += 1
    assert refused
    await outcome(store, item, ItemState.ARRIVED)
    assert (await store.info()).spooled == 1
    ballast.unlink()
    assert await store.replay_spool() == 1
    assert await phases(store) == ["requested"] + ["planned"] * (40 - refused) + ["arrived"]
    await backend.stop()


async def test_a_store_opened_for_reading_is_written_again_when_it_can_be(backend: Backend) -> None:
    store = await backend.console("one")
    await store.append_audit([an_entry("requested")])
    store._database.read_only_because = "Read-only file system"
    await store.append_audit([an_entry("refused")])
    assert not (await store.info()).writable
    assert await store.replay_spool() == 1
    assert (await store.info()).writable
    assert await phases(store) == ["requested", "refused"]
