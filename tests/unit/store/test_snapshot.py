"""The first-paint file: it comes back whole, or not at all."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from osvm_tui.store import snapshot as module
from osvm_tui.store.base import Snapshot
from osvm_tui.store.snapshot import FileShelf
from tests.contract.store.samples import ADMIN, NOON, a_faulty_vm, a_vm

PICTURE = Snapshot(
    entry="prod/eu ✓", scope=ADMIN, taken_at=NOON, server_time=NOON, vms=(a_vm(1), a_faulty_vm(2), a_vm(3, flavor=None))
)


@pytest.fixture
def shelf(tmp_path: Path) -> FileShelf:
    """Give a shelf with one picture."""
    made = FileShelf(tmp_path)
    assert made.write(PICTURE)
    return made


def test_a_picture_comes_back_whole(shelf: FileShelf) -> None:
    assert shelf.read(PICTURE.entry) == PICTURE


def test_only_its_owner_may_read_it(shelf: FileShelf, tmp_path: Path) -> None:
    assert shelf.path(PICTURE.entry).stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == [shelf.path(PICTURE.entry).name]


def test_entries_never_share_a_file(shelf: FileShelf) -> None:
    names = ["a b", "a_b", "a/b", "..", "x" * 200]
    assert len({shelf.path(name) for name in names}) == len(names)
    assert all(shelf.path(name).parent == shelf.path("a").parent for name in names)


def test_there_is_none_for_an_unknown_entry(shelf: FileShelf) -> None:
    assert shelf.read("other") is None


def test_another_entrys_file_does_not_hold(shelf: FileShelf) -> None:
    shelf.path(PICTURE.entry).rename(shelf.path("other"))
    assert shelf.read("other") is None


def _header(content: bytes, **fields: object) -> bytes:
    line, _, body = content.partition(b"\n")
    return msgspec.json.encode({**msgspec.json.decode(line), **fields}) + b"\n" + body


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: b"\n",
        lambda content: b"\xff\xfe\n" + content,
        lambda content: content[:-1],
        lambda content: content + b"\x00",
        lambda content: content[: content.index(b"\n")],
        lambda content: content[:-20] + bytes([content[-20] ^ 1]) + content[-19:],
        lambda content: _header(content, format=module.FORMAT + 1),
        lambda content: _header(content, schema="another"),
        lambda content: _header(content, magic="another"),
        lambda content: _header(content, checksum="0" * 64),
        lambda content: _header(content, vms=2),
        lambda content: _header(content, taken_at="yesterday"),
        lambda content: content.replace(b'"scope"', b'"score"', 1),
    ],
)
def test_a_file_that_does_not_hold_is_not_read(shelf: FileShelf, spoil: Callable[[bytes], bytes]) -> None:
    path = shelf.path(PICTURE.entry)
    path.write_bytes(spoil(path.read_bytes()))
    assert shelf.read(PICTURE.entry) is None


def test_a_body_of_another_shape_does_not_hold(shelf: FileShelf) -> None:
    path = shelf.path(PICTURE.entry)
    body = msgspec.msgpack.encode([{"id": 1}])
    head = path.read_bytes().partition(b"\n")[0] + b"\n"
    path.write_bytes(_header(head, checksum=hashlib.sha256(body).hexdigest(), vms=1) + body)
    assert shelf.read(PICTURE.entry) is None


def test_a_failed_write_says_so_and_leaves_nothing_behind(tmp_path: Path) -> None:
    shelf = FileShelf(tmp_path / "absent")
    assert not shelf.write(PICTURE)
    blocked = FileShelf(tmp_path)
    os.mkdir(blocked.path(PICTURE.entry))
    assert not blocked.write(PICTURE)
    assert [path.is_dir() for path in tmp_path.iterdir()] == [True]


def test_reading_one_loads_neither_database_nor_screen() -> None:
    code = (
        "import sys, osvm_tui.store.snapshot, osvm_tui.store.base\n"
        "print([name for name in sys.modules if name.split('.')[0] in "
        "('sqlalchemy', 'alembic', 'aiosqlite', 'asyncpg', 'sqlite3', 'textual', 'openstack')])"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"
