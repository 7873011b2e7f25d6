"""Opening a file: private, migrated after a copy, never silently replaced, read-only when it must be."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import pytest

from osvm_tui.domain.errors import SchemaMismatch, StoreCorrupt, StoreError
from osvm_tui.store import sqlite_file
from osvm_tui.store.base import AuditQuery
from osvm_tui.store.disk import filesystem_of
from osvm_tui.store.sql import SqlStore
from osvm_tui.store.tables import SCHEMA
from tests.contract.store.backends import Backend
from tests.contract.store.samples import ADMIN, NOON, a_vm, an_entry


@pytest.fixture
async def backend(tmp_path: Path) -> AsyncIterator[Backend]:
    """Give a fresh SQLite backend."""
    made = Backend("sqlite", tmp_path / "state")
    yield made
    await made.stop()


async def filled(backend: Backend, vms: int = 20) -> Path:
    """Make a store with VMs and audit, close it, and return its file."""
    store = await backend.console()
    await store.save_vms(ADMIN, [a_vm(number) for number in range(vms)], [], NOON, None)
    await store.append_audit([an_entry()])
    await store.close()
    return backend.file


def sql(path: Path, statement: str) -> None:
    """Run a statement past the store."""
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute(statement)


async def test_file_and_directory_are_the_owners_alone(backend: Backend) -> None:
    store = await backend.console()
    await store.append_audit([an_entry()])
    assert backend.file.parent.stat().st_mode & 0o777 == 0o700
    modes = {path.name: path.stat().st_mode & 0o777 for path in backend.folder.iterdir() if path.is_file()}
    assert set(modes.values()) == {0o600}
    assert "osvm.db-wal" in modes


async def test_a_store_keeps_what_it_has_over_a_restart(backend: Backend) -> None:
    await filled(backend, 3)
    store = await backend.console()
    assert len((await store.load_vms(ADMIN)).vms) == 3
    info = await store.info()
    assert (info.schema, info.writable, info.spooled, store.notices) == (SCHEMA, True, 0, [])
    assert info.size_bytes > 0


async def test_an_up_to_date_store_opens_without_alembic(backend: Backend) -> None:
    await filled(backend)
    code = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from tests.contract.store.backends import Backend\n"
        "async def main():\n"
        f"    backend = Backend('sqlite', Path({str(backend.folder)!r}))\n"
        "    await backend.console()\n"
        "    await backend.stop()\n"
        "asyncio.run(main())\n"
        "print([name for name in sys.modules if name.split('.')[0] in ('alembic', 'textual', 'openstack', 'asyncpg')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: ASYNC221
    assert ran.stdout.strip() == "[]"


async def test_an_older_store_is_migrated_after_a_copy_and_two_copies_stay(backend: Backend) -> None:
    backend.folder.mkdir()
    sql(backend.file, "CREATE TABLE older (note TEXT)")
    sql(backend.file, "INSERT INTO older VALUES ('kept')")
    for number in range(2):
        (backend.folder / f"osvm.db.backup-2020010{number}T000000Z-none").touch()
    store = await backend.console()
    assert "migrated from schema none" in store.notices[0]
    assert (await store.audit(AuditQuery()))[0].entry.detail == store.notices[0]
    copies = sorted(backend.folder.glob("osvm.db.backup-*"))
    assert len(copies) == sqlite_file.KEPT_BACKUPS
    with closing(sqlite3.connect(copies[-1])) as connection:
        assert connection.execute("SELECT note FROM older").fetchall() == [("kept",)]
        assert connection.execute("SELECT count(*) FROM sqlite_master").fetchone() == (1,)
    assert copies[-1].stat().st_mode & 0o777 == 0o600


async def test_a_newer_store_is_left_as_it_is(backend: Backend) -> None:
    path = await filled(backend)
    sql(path, "UPDATE alembic_version SET version_num='9999'")
    before = path.read_bytes()
    with pytest.raises(SchemaMismatch, match="9999"):
        await backend.console()
    assert path.read_bytes() == before


async def test_a_store_that_another_release_migrates_meanwhile_is_not_written(backend: Backend) -> None:
    store = await backend.console()
    sql(backend.file, "UPDATE alembic_version SET version_num='9999'")
    with pytest.raises(SchemaMismatch):
        await store.save_vms(ADMIN, [a_vm()], [], NOON, None)


async def is_set_aside(backend: Backend, damaged: bytes) -> SqlStore:
    """Open a damaged store; check that the damaged file is kept, told of, and replaced by a working one."""
    store = await backend.console()
    aside = [path for path in backend.folder.glob("osvm.db.damaged-*") if not path.name.endswith(("-wal", "-shm"))]
    assert len(aside) == 1
    assert aside[0].read_bytes() == damaged
    assert str(aside[0]) in store.notices[0]
    assert (await store.audit(AuditQuery()))[0].entry.detail == store.notices[0]
    assert (await store.load_vms(ADMIN)).vms == ()
    await store.save_vms(ADMIN, [a_vm()], [], NOON, None)
    return store


async def test_a_file_that_is_no_database_is_set_aside(backend: Backend) -> None:
    backend.folder.mkdir()
    backend.file.write_bytes(b"not a database" * 1000)
    await is_set_aside(backend, backend.file.read_bytes())


async def test_a_file_cut_short_is_set_aside(backend: Backend) -> None:
    path = await filled(backend)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    await is_set_aside(backend, path.read_bytes())


async def test_a_file_with_a_spoiled_page_is_set_aside(backend: Backend) -> None:
    path = await filled(backend)
    content = bytearray(path.read_bytes())
    for page in range(2, 14):
        content[page * 4096 : page * 4096 + 64] = b"\xff" * 64
    path.write_bytes(content)
    await is_set_aside(backend, bytes(content))


async def test_damage_met_while_running_is_told_and_set_aside_at_the_next_open(
    backend: Backend, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = await filled(backend, 200)
    monkeypatch.setattr(sqlite_file, "QUICK_CHECK_BYTES", 0)
    content = bytearray(path.read_bytes())
    half = len(content) // 8192 * 4096
    content[half:] = b"\xff" * (len(content) - half)
    path.write_bytes(content)
    store = await backend.console()
    assert store.notices == []
    with pytest.raises(StoreCorrupt, match="malformed"):
        await store.load_vms(ADMIN)
    assert sqlite_file.is_suspect(path)
    await store.close()
    await is_set_aside(backend, path.read_bytes())
    assert not sqlite_file.is_suspect(path)


async def test_the_new_stores_revision_shows_followers_that_it_was_replaced(backend: Backend) -> None:
    path = await filled(backend)
    old = await backend.console()
    revision = await old.save_vms(ADMIN, [a_vm(99)], [], NOON, None)
    await old.close()
    path.write_bytes(b"x" * 9000)
    new = await backend.console()
    assert (await new.vms_since(ADMIN, revision)).revision < revision


READ_ONLY = """
import asyncio, os, sys, tempfile
from datetime import UTC, datetime
from pathlib import Path
from osvm_tui.domain.errors import StoreReadOnly
from osvm_tui.store.sql import SqlStore, default_url
from tests.contract.store.samples import ADMIN, NOON, a_vm, an_entry, an_item, an_operation

async def refuses(call):
    try:
        await call
    except StoreReadOnly:
        return True
    return False

async def become_nobody():
    # Root may write everywhere. What is imported late is loaded first: nobody may not read root's Python.
    with tempfile.TemporaryDirectory() as scratch:
        url = default_url(Path(scratch, "osvm.db"))
        store = SqlStore(url, spool_dir=Path(scratch), owner="x", now=lambda: NOON)
        await store.open()
        await store.close()
    os.setgroups([])
    os.setgid(65534)
    os.setuid(65534)

async def main():
    if os.geteuid() == 0:
        await become_nobody()
    folder = Path(sys.argv[1])
    store = SqlStore(default_url(folder / "osvm.db"), spool_dir=Path(sys.argv[2]), owner="x", now=lambda: NOON)
    await store.open()
    print(len((await store.load_vms(ADMIN)).vms), (await store.info()).writable, await store.lease("none"))
    print(await refuses(store.save_vms(ADMIN, [a_vm()], [], NOON, None)), await refuses(store.acquire("a", "b", 9)))
    print(await refuses(store.plan(an_operation([an_item()]), [an_entry()])))
    print(await refuses(store.append_audit([an_entry()])), (await store.info()).spooled)
    await store.close()

asyncio.run(main())
"""


@pytest.mark.parametrize("spool_writable", [True, False])
async def test_a_store_without_write_permission_is_read_and_refuses_changes(
    spool_writable: bool,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        backend = Backend("sqlite", Path(folder, "state"))
        path = await filled(backend)
        spool = Path(folder, "spool")
        spool.mkdir()
        spool.chmod(0o777 if spool_writable else 0o555)
        shutil.rmtree(backend.folder / "spool", ignore_errors=True)
        path.chmod(0o444)
        backend.folder.chmod(0o555)
        ran = subprocess.run(  # noqa: ASYNC221
            [sys.executable, "-c", READ_ONLY, str(backend.folder), str(spool)],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        backend.folder.chmod(0o700)
    told = ran.stdout.splitlines()
    assert ran.returncode == 0, ran.stderr
    assert told[0] == "20 False None"
    assert told[1:3] == ["True True", "True"]
    assert told[3] == ("False 1" if spool_writable else "True 0")


def test_the_file_system_of_a_path_is_that_of_the_longest_mount_point() -> None:
    mounts = (
        "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
        "2 1 0:40 / /home rw shared:1 - nfs4 server:/home rw\n"
        "3 2 0:41 / /home/ops/local\\040disk rw - xfs /dev/sdb rw\n"
        "broken line\n"
    )
    assert filesystem_of(Path("/var/osvm.db"), mounts) == "ext4"
    assert filesystem_of(Path("/home/ops/osvm.db"), mounts) == "nfs4"
    assert filesystem_of(Path("/homes/osvm.db"), mounts) == "ext4"
    assert filesystem_of(Path("/home/ops/local disk/osvm.db"), mounts) == "xfs"


async def test_a_network_file_system_is_refused(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("osvm_tui.store.disk.filesystem_of", lambda path, mounts: "nfs4")
    with pytest.raises(StoreError, match="nfs4"):
        await backend.console()
    assert not backend.folder.exists()


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mysql://ops:hunter2@host/osvm", "no store on mysql"),
        ("sqlite://", "in memory"),
        ("://hunter2", "cannot be read"),
        ("postgresql://ops:hunter2@127.0.0.1:1/osvm", ""),
    ],
)
async def test_a_url_that_leads_nowhere_is_told_without_its_password(tmp_path: Path, url: str, words: str) -> None:
    with pytest.raises(StoreError) as caught:
        await SqlStore(url, spool_dir=tmp_path, owner="x", now=lambda: NOON).open()
    assert words in caught.value.detail
    assert "hunter2" not in caught.value.detail + caught.value.hint
