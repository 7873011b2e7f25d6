"""The audit: one chain for all consoles, found by what one remembers, and every tampering seen."""

from __future__ import annotations

import asyncio
from datetime import timedelta, timezone

import pytest
from sqlalchemy import text

from osvm_tui.domain.audit import GENESIS
from osvm_tui.store.base import AuditQuery
from osvm_tui.store.sql import SqlStore
from tests.contract.store.backends import Backend
from tests.contract.store.samples import NOON, an_entry


async def test_rows_are_chained_from_the_first(store: SqlStore) -> None:
    await store.append_audit([an_entry("requested"), an_entry("sent")])
    await store.append_audit([an_entry("arrived")])
    third, second, first = await store.audit(AuditQuery())
    assert (first.seq, first.prev_hash) == (1, GENESIS)
    assert (second.prev_hash, third.prev_hash) == (first.hash, second.hash)
    report = await store.verify_audit()
    assert (report.holds, report.rows, report.head) == (True, 3, third.hash)


async def test_an_empty_chain_holds(store: SqlStore) -> None:
    await store.append_audit([])
    report = await store.verify_audit()
    assert (report.holds, report.rows) == (True, 0)


async def test_times_keep_their_moment_in_any_zone(store: SqlStore) -> None:
    local = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))
    await store.append_audit([an_entry(at=local)])
    assert (await store.audit(AuditQuery()))[0].entry.at == NOON
    assert (await store.verify_audit()).holds


async def test_rows_are_found_by_what_one_remembers(store: SqlStore) -> None:
    await store.append_audit(
        [
            an_entry("requested", detail="100% sure_thing", at=NOON),
            an_entry("refused", operator="eve", action="delete", at=NOON + timedelta(hours=1)),
            an_entry("sent", vm_id="vm-2", vm_name="DB-1", request_id="req-77", at=NOON + timedelta(hours=2)),
        ]
    )

    async def found(**query: object) -> list[int]:
        return [row.seq for row in await store.audit(AuditQuery(**query))]  # type: ignore[arg-type]

    assert await found() == [3, 2, 1]
    assert await found(text="db-") == [3]
    assert await found(text="req-77") == [3]
    assert await found(text="100%") == [1]
    assert await found(text="e_t") == [1]
    assert await found(operator="eve") == [2]
    assert await found(vm_id="vm-2") == [3]
    assert await found(action="delete") == [2]
    assert await found(since=NOON + timedelta(hours=1), until=NOON + timedelta(hours=2)) == [2]
    assert await found(before_seq=3, limit=1) == [2]


async def test_many_consoles_at_once_make_one_chain(backend: Backend) -> None:
    consoles = [await backend.console(f"console-{number}") for number in range(3)]
    entries = [[an_entry(detail=f"{console}-{number}") for number in range(3)] for console in range(3)]
    await asyncio.gather(
        *(store.append_audit([entry]) for store, some in zip(consoles, entries, strict=True) for entry in some)
    )
    report = await consoles[0].verify_audit()
    assert (report.holds, report.rows) == (True, 9)


@pytest.mark.parametrize(
    ("statement", "broken_at", "reason"),
    [
        ("UPDATE audit SET operator='nobody' WHERE seq=700", 700, "changed"),
        ("UPDATE audit SET at='2020-01-01 00:00:00.000000' WHERE seq=2", 2, "changed"),
        ("UPDATE audit SET hash=prev_hash WHERE seq=1200", 1200, "changed"),
        ("UPDATE audit SET prev_hash=hash WHERE seq=3", 3, "does not follow"),
        ("DELETE FROM audit WHERE seq=501", 501, "missing"),
        ("DELETE FROM audit WHERE seq>1190", 1191, "ends at row 1190"),
        ("DELETE FROM audit", 1, "ends at row 0"),
        ("UPDATE counters SET text='0' WHERE name='audit'", 1201, "1200 were written"),
    ],
)
async def test_tampering_is_found_and_placed(store: SqlStore, statement: str, broken_at: int, reason: str) -> None:
    await store.append_audit([an_entry(detail=str(number)) for number in range(1200)])
    async with store._database.write() as connection:
        await connection.execute(text(statement))
    report = await store.verify_audit()
    assert report.broken_at == broken_at
    assert reason in report.reason


async def test_rows_that_changed_places_are_found(store: SqlStore) -> None:
    await store.append_audit([an_entry(detail=str(number)) for number in range(5)])
    async with store._database.write() as connection:
        for statement in ("SET seq=99 WHERE seq=2", "SET seq=2 WHERE seq=3", "SET seq=3 WHERE seq=99"):
            await connection.execute(text(f"UPDATE audit {statement}"))
    assert (await store.verify_audit()).broken_at == 2
