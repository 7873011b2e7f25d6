"""`Spool`: a file beside the store for what must not be lost while the database cannot be written; knows no database.

One file per process, held by a file lock as long as the process lives; what a dead process left is anybody's to replay.
JSON lines with a chain of their own (hash over the line before and the body), synced before `append` returns. A reserve
of disk blocks is taken when the file is made, so that outcomes still find room when the disk is full.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

import msgspec
from msgspec import Struct

from osvm_tui.domain.audit import GENESIS, AuditEntry
from osvm_tui.domain.operations import ItemState, OperationItem
from osvm_tui.store.disk import make_private_directory

RESERVE_BYTES = 128 << 10
_PATTERN = "audit-spool-*.jsonl"


class SpoolRecord(Struct, frozen=True, kw_only=True):
    """One write that waits: audit entries, and with `item` the move that they tell of."""

    batch: str
    """The name of the write, so that it enters the database once."""
    entries: tuple[AuditEntry, ...]
    item: OperationItem | None = None
    expected: frozenset[ItemState] = frozenset()
    owner: str = ""


class SpoolFile(Struct, frozen=True):
    """What one file holds. `damage` is set when the chain breaks: `records` end before the break."""

    path: Path
    records: tuple[SpoolRecord, ...]
    damage: str = ""


class _Line(Struct, frozen=True):
    prev: str
    hash: str
    body: msgspec.Raw


def _digest(prev: str, body: bytes) -> str:
    return hashlib.sha256(prev.encode() + body).hexdigest()


class Spool:
    """This process's spool file, and the sight of those that others left. Blocking: call it off the loop."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._path = directory / _PATTERN.replace("*", uuid4().hex)
        self._handle: int | None = None
        self._end = 0
        self._head = GENESIS
        self.waiting = 0
        """Records of this process that are not in the database yet."""

    def open(self) -> None:
        """Make the file with its reserve. Raises OSError; the spool then tries again at the first append.

        It gets its name when it is locked, so that nobody takes it for a dead process's.
        """
        if self._handle is not None:
            return
        make_private_directory(self._directory)
        unseen = self._path.with_suffix(".new")
        handle = os.open(unseen, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            unseen.rename(self._path)
            self._sync_directory()
        except OSError:
            os.close(handle)
            raise
        if hasattr(os, "posix_fallocate"):
            with suppress(OSError):
                os.posix_fallocate(handle, 0, RESERVE_BYTES)
        self._handle = handle

    def append(self, record: SpoolRecord) -> None:
        """Write a record and wait for the disk. Raises OSError when it cannot be kept; nothing is kept then."""
        self.open()
        assert self._handle is not None
        body = msgspec.json.encode(record)
        digest = _digest(self._head, body)
        line = msgspec.json.encode(_Line(self._head, digest, msgspec.Raw(body))) + b"\n"
        try:
            _write_all(self._handle, line, self._end)
            os.fsync(self._handle)
        except OSError:
            with suppress(OSError):
                _write_all(self._handle, b"\0" * len(line), self._end)
            raise
        self._end += len(line)
        self._head = digest
        self.waiting += 1

    def records(self) -> tuple[SpoolRecord, ...]:
        """Return this process's waiting records, oldest first."""
        return read_spool(self._path).records if self.waiting else ()

    def clear(self) -> None:
        """Start over, now that everything is in the database. The chain goes on."""
        if self._handle is not None and self.waiting:
            _write_all(self._handle, b"\0" * self._end, 0)
            os.fsync(self._handle)
        self._end, self._head, self.waiting = 0, GENESIS, 0

    def close(self) -> None:
        """Let go of the file; it stays only if something waits in it."""
        if self._handle is None:
            return
        if not self.waiting:
            with suppress(OSError):
                self._path.unlink(missing_ok=True)
        os.close(self._handle)
        self._handle = None

    def orphans(self) -> list[Orphan]:
        """Take hold of the files that dead processes left; close each when done."""
        found = []
        for path in sorted(self._directory.glob(_PATTERN)):
            if path != self._path and (orphan := Orphan.take(path)) is not None:
                found.append(orphan)
        return found

    def waiting_everywhere(self) -> int:
        """Count the audit rows that wait in every file, living or left."""
        return sum(
            len(record.entries) for path in self._directory.glob(_PATTERN) for record in read_spool(path).records
        )

    def _sync_directory(self) -> None:
        directory = os.open(self._directory, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


class Orphan:
    """A dead process's file, locked by us while we replay it."""

    def __init__(self, path: Path, handle: int) -> None:
        self._handle = handle
        self.content = read_spool(path)

    @classmethod
    def take(cls, path: Path) -> Orphan | None:
        """Lock a file; None while its process lives or another console replays it."""
        try:
            handle = os.open(path, os.O_RDWR)
        except OSError:
            return None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return cls(path, handle)
        except OSError:
            os.close(handle)
            return None

    def close(self, *, replayed: bool) -> None:
        """Remove a replayed file (a damaged one is kept as `.damaged`), or leave it for the next try."""
        path = self.content.path
        with suppress(OSError):
            if replayed and self.content.damage:
                path.rename(path.with_suffix(".damaged"))
            elif replayed:
                path.unlink(missing_ok=True)
        os.close(self._handle)


def read_spool(path: Path) -> SpoolFile:
    """Read a spool file and check its chain. A last line without its end was never acknowledged: it does not count."""
    try:
        content = path.read_bytes()
    except OSError:
        return SpoolFile(path, ())
    text, _, _ = content.partition(b"\0")
    records: list[SpoolRecord] = []
    head = GENESIS
    for number, raw in enumerate(text.split(b"\n")[:-1], 1):
        try:
            line = msgspec.json.decode(raw, type=_Line)
            body = bytes(line.body)
            if line.prev != head or line.hash != _digest(head, body):
                return SpoolFile(path, tuple(records), f"line {number} of {path.name} was changed")
            records.append(msgspec.json.decode(body, type=SpoolRecord))
        except msgspec.DecodeError:
            return SpoolFile(path, tuple(records), f"line {number} of {path.name} cannot be read")
        head = line.hash
    return SpoolFile(path, tuple(records))


def _write_all(handle: int, data: bytes, offset: int) -> None:
    while data:
        written = os.pwrite(handle, data, offset)
        data, offset = data[written:], offset + written
