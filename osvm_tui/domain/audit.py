"""The audit row and its hash chain: pure; who stores it is not known here.

hash = SHA-256 over the previous row's hash and this row's canonical JSON, so that a changed, missing or reordered row
breaks the chain from there on.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from datetime import datetime

import msgspec
from msgspec import Struct

GENESIS = "0" * 64
"""`prev_hash` of the first row."""


class AuditEntry(Struct, frozen=True, kw_only=True):
    """What happened, before it has a place in the chain. Times are UTC; no field ever carries a secret."""

    at: datetime
    operator: str
    console_role: str = ""
    phase: str
    """requested, refused, sent, arrived, failed, gone, late, unconfirmed, resolved, session, ..."""
    action: str
    """An action id, or `session.start`, `session.end`."""
    entry: str = ""
    endpoint: str = ""
    project_id: str = ""
    vm_id: str = ""
    vm_name: str = ""
    detail: str = ""
    request_id: str = ""
    operation_id: str = ""
    item_id: str = ""
    source: str = ""
    session: str = ""
    """host:pid of the console that wrote it."""


class AuditRow(Struct, frozen=True, kw_only=True):
    """An entry with its place in the chain."""

    seq: int
    entry: AuditEntry
    prev_hash: str
    hash: str


class ChainReport(Struct, frozen=True):
    """The result of verifying: `broken_at` is the first bad sequence number, 0 when the chain holds."""

    rows: int
    broken_at: int = 0
    reason: str = ""
    head: str = GENESIS

    @property
    def holds(self) -> bool:
        """Whether every row is as it was written."""
        return self.broken_at == 0


def chain_hash(prev_hash: str, seq: int, entry: AuditEntry) -> str:
    """Return the hash of `entry` at place `seq` behind `prev_hash`, as 64 hex digits."""
    body = msgspec.json.encode([prev_hash, seq, entry], order="deterministic")
    return hashlib.sha256(body).hexdigest()


def link(prev_hash: str, seq: int, entry: AuditEntry) -> AuditRow:
    """Return the row that follows `prev_hash`."""
    return AuditRow(seq=seq, entry=entry, prev_hash=prev_hash, hash=chain_hash(prev_hash, seq, entry))


def verify(rows: Iterable[AuditRow], *, head: str = GENESIS, next_seq: int = 1) -> ChainReport:
    """Check rows in order of `seq`, starting behind `head`."""
    count = 0
    for row in rows:
        if row.seq != next_seq:
            return ChainReport(count, next_seq, f"row {next_seq} is missing", head)
        if row.prev_hash != head:
            return ChainReport(count, row.seq, f"row {row.seq} does not follow the row before it", head)
        if chain_hash(head, row.seq, row.entry) != row.hash:
            return ChainReport(count, row.seq, f"row {row.seq} was changed", head)
        head, next_seq, count = row.hash, next_seq + 1, count + 1
    return ChainReport(count, head=head)
