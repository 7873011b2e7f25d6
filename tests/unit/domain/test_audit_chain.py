"""The hash chain: any change, gap or swap is found, at its first row."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from osvm_tui.domain.audit import GENESIS, AuditEntry, AuditRow, link, verify

AT = datetime(2026, 11, 22, 9, 41, tzinfo=UTC)


def chain(count: int) -> list[AuditRow]:
    """Return a sound chain."""
    rows: list[AuditRow] = []
    for n in range(count):
        entry = AuditEntry(at=AT, operator="ops-1", phase="requested", action="stop", vm_name=f"web-{n}")
        rows.append(link(rows[-1].hash if rows else GENESIS, n + 1, entry))
    return rows


def test_a_sound_chain_holds() -> None:
    report = verify(chain(5))
    assert report.holds
    assert report.rows == 5


@given(st.integers(0, 4), st.sampled_from(["operator", "detail", "vm_name", "phase"]))
def test_a_changed_field_breaks_it_there(place: int, field: str) -> None:
    rows = chain(5)
    entry = msgspec.structs.replace(rows[place].entry, **{field: "somebody else"})
    rows[place] = msgspec.structs.replace(rows[place], entry=entry)
    assert verify(rows).broken_at == place + 1


@given(st.integers(0, 3))
def test_a_missing_row_is_found(place: int) -> None:
    rows = chain(5)
    del rows[place]
    assert verify(rows).broken_at == place + 1


def test_a_rewritten_hash_breaks_the_next_row() -> None:
    rows = chain(3)
    entry = msgspec.structs.replace(rows[1].entry, operator="mallory")
    rows[1] = link(rows[0].hash, 2, entry)
    assert verify(rows).broken_at == 3


def test_a_chain_is_checked_in_batches() -> None:
    rows = chain(6)
    first = verify(rows[:3])
    assert verify(rows[3:], head=first.head, next_seq=4).holds
