"""The SQLite file itself: is it damaged, set it aside, copy it, lock it while it is opened. Knows no table of ours."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from osvm_tui.domain.errors import StoreError

QUICK_CHECK_BYTES = 4 << 20
"""Files up to this size are checked page by page at every open; larger ones only when they are suspected."""
KEPT_BACKUPS = 2
_HEADER = b"SQLite format 3\x00"
_LOCK_PATIENCE_S = 10.0


def damage(path: Path) -> str:
    """Say what is wrong with the file, "" when nothing is.

    A suspected file (see `suspect`) is checked whole; otherwise the cost does not grow with the file.
    """
    size = path.stat().st_size
    if size == 0:
        return ""
    with path.open("rb") as file:
        if file.read(len(_HEADER)) != _HEADER:
            return "it is not a SQLite database"
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=5.0)) as connection:
            return _check(connection, path, size)
    except sqlite3.DatabaseError as error:
        name = str(getattr(error, "sqlite_errorname", ""))
        return str(error) if name.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")) else ""


def _check(connection: sqlite3.Connection, path: Path, size: int) -> str:
    pages, page_size = (connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("page_count", "page_size"))
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    log = _beside(path, "-wal")
    if size < pages * page_size and not (log.exists() and log.stat().st_size):
        return f"it is cut short: {size} of {pages * page_size} bytes"
    if is_suspect(path):
        verdict = connection.execute("PRAGMA integrity_check(1)").fetchone()[0]
    elif size <= QUICK_CHECK_BYTES:
        verdict = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    else:
        verdict = "ok"
    return "" if verdict == "ok" else str(verdict).replace("\n", " ")


def suspect(path: Path) -> None:
    """Leave a mark that makes the next open check the whole file."""
    with suppress(OSError):
        _beside(path, ".suspect").touch(mode=0o600)


def is_suspect(path: Path) -> bool:
    """Return whether the mark is there."""
    return _beside(path, ".suspect").exists()


def clear_suspicion(path: Path) -> None:
    """Take the mark away."""
    with suppress(OSError):
        _beside(path, ".suspect").unlink(missing_ok=True)


def set_aside(path: Path, now: datetime) -> Path:
    """Rename the file with its log files to `NAME.damaged-TIME`; return the new path. Never deletes."""
    target = _free(_beside(path, f".damaged-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"))
    for suffix in ("-wal", "-shm"):
        if _beside(path, suffix).exists():
            _beside(path, suffix).rename(_beside(target, suffix))
    path.rename(target)
    clear_suspicion(path)
    return target


def copy_as_it_lies(path: Path, now: datetime) -> Path:
    """Copy the file and its log, byte for byte, to `NAME.suspect-TIME`: opening drops what its log has broken."""
    target = _free(_beside(path, f".suspect-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"))
    for suffix in ("", "-wal"):
        if _beside(path, suffix).exists():
            shutil.copy2(_beside(path, suffix), _beside(target, suffix))
    return target


def back_up(path: Path, version: str, now: datetime) -> Path:
    """Copy a consistent state of the database to `NAME.backup-TIME-VERSION`; the newest two stay."""
    target = _free(_beside(path, f".backup-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}-{version or 'none'}"))
    os.close(os.open(target, os.O_CREAT | os.O_WRONLY, 0o600))
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(target)) as copy:
        source.backup(copy)
    kept = sorted(path.parent.glob(f"{path.name}.backup-*"), key=lambda found: found.stat().st_mtime_ns)
    for old in kept[:-KEPT_BACKUPS]:
        old.unlink(missing_ok=True)
    return target


@asynccontextmanager
async def opening(path: Path) -> AsyncIterator[None]:
    """Let one process at a time check, set aside and migrate a file. Raises StoreError when another takes too long."""
    handle = os.open(_beside(path, ".lock"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        for _ in range(int(_LOCK_PATIENCE_S / 0.05)):
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(0.05)
        else:
            raise StoreError("another console is opening the store and does not finish", hint="look for a stopped one")
        yield
    finally:
        os.close(handle)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _free(path: Path) -> Path:
    number, found = 1, path
    while found.exists():
        number, found = number + 1, path.with_name(f"{path.name}.{number}")
    return found
