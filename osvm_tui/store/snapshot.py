"""`FileShelf`: the last picture of each entry as one file, for the first paint; knows neither database nor screen.

A file is one line of JSON, the header, and then the VMs as msgpack. It is a cache: whatever does not hold is not read.
VMs are kept whole, because the fleet goes on from them with delta lists.
"""

from __future__ import annotations

import gc
import hashlib
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from osvm_tui.domain.roles import ReleaseProfile, Scope
from osvm_tui.domain.vm import Address, Fault, Flavor, Vm
from osvm_tui.store.base import Snapshot, SnapshotShelf

FORMAT = 1
_MAGIC = "osvm-snapshot"
_FIELDS = [kind.__struct_fields__ for kind in (Vm, Address, Flavor, Fault, Scope, ReleaseProfile)]
_SCHEMA = hashlib.sha256(repr(_FIELDS).encode()).hexdigest()[:16]


class Header(Struct, frozen=True, kw_only=True):
    """The first line of a file."""

    magic: str = _MAGIC
    format: int = FORMAT
    schema: str = _SCHEMA
    """A fingerprint of the fields of what follows: another release's file does not hold."""
    entry: str
    scope: Scope
    taken_at: datetime
    server_time: datetime | None
    vms: int
    checksum: str
    """SHA-256 over the bytes behind this line."""


_decode_header = msgspec.json.Decoder(Header).decode
_decode_vms = msgspec.msgpack.Decoder(tuple[Vm, ...]).decode


class FileShelf(SnapshotShelf):
    """Snapshots as files of one directory, mode 0600."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def path(self, entry: str) -> Path:
        """Return the file of an entry; two names never share one."""
        plain = re.sub(r"[^A-Za-z0-9.-]", "_", entry)[:60]
        return self._directory / f"{plain}-{hashlib.sha256(entry.encode()).hexdigest()[:12]}.snapshot"

    def read(self, entry: str) -> Snapshot | None:
        """Return the last picture, None when there is none or anything about it does not hold."""
        try:
            content = self.path(entry).read_bytes()
        except OSError:
            return None
        end = content.find(b"\n")
        if end < 0:
            return None
        body = memoryview(content)[end + 1 :]
        try:
            header = _decode_header(content[:end])
            if not _holds(header, entry, body):
                return None
            with _uncollected():
                vms = _decode_vms(body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return None
        if len(vms) != header.vms:
            return None
        return Snapshot(
            entry=entry, scope=header.scope, taken_at=header.taken_at, server_time=header.server_time, vms=vms
        )

    def write(self, snapshot: Snapshot) -> bool:
        """Write by temp file and rename; False when the disk would not take it, the old picture then stays."""
        body = msgspec.msgpack.encode(snapshot.vms)
        header = Header(
            entry=snapshot.entry,
            scope=snapshot.scope,
            taken_at=snapshot.taken_at,
            server_time=snapshot.server_time,
            vms=len(snapshot.vms),
            checksum=hashlib.sha256(body).hexdigest(),
        )
        target = self.path(snapshot.entry)
        unfinished = target.with_name(f"{target.name}.{os.getpid()}.new")
        try:
            with open(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(msgspec.json.encode(header) + b"\n")
                file.write(body)
            unfinished.replace(target)
        except OSError:
            with suppress(OSError):
                unfinished.unlink(missing_ok=True)
            return False
        return True


def _holds(header: Header, entry: str, body: memoryview) -> bool:
    known = (header.magic, header.format, header.schema) == (_MAGIC, FORMAT, _SCHEMA)
    return known and header.entry == entry and hashlib.sha256(body).hexdigest() == header.checksum


@contextmanager
def _uncollected() -> Iterator[None]:
    """Keep the collector from walking ten thousand new values, now and at its next turn: it doubles the time of a read.

    They hold no cycles, so that counting references frees them; what else is alive at a start lives on anyway.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if collecting:
            gc.enable()
