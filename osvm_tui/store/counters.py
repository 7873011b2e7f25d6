"""The counters that order what the store holds: fleet revision, VM ids, item changes, the audit chain's head."""

from __future__ import annotations

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from osvm_tui.store.tables import counters


async def lock(connection: AsyncConnection, name: str) -> int:
    """Return a counter and, on PostgreSQL, keep every other writer of its family out until the commit.

    On SQLite the transaction already has the whole file. Always the first statement of its family: no deadlocks.
    """
    query = select(counters.c.value).where(counters.c.name == name).with_for_update()
    value: int = (await connection.execute(query)).scalar_one()
    return value


async def value(connection: AsyncConnection, name: str) -> int:
    """Return a counter as this transaction sees it."""
    found: int = (await connection.execute(select(counters.c.value).where(counters.c.name == name))).scalar_one()
    return found


async def put(connection: AsyncConnection, name: str, number: int, *, text: str = "") -> None:
    """Set a counter that `lock` has locked."""
    await connection.execute(update(counters).where(counters.c.name == name).values(value=number, text=text))


async def locked_head(connection: AsyncConnection) -> tuple[int, str]:
    """Lock the audit chain; return its last sequence number and hash."""
    query = select(counters.c.value, counters.c.text).where(counters.c.name == "audit").with_for_update()
    row = (await connection.execute(query)).one()
    return row.value, row.text


async def head(connection: AsyncConnection) -> tuple[int, str]:
    """Return the audit chain's last sequence number and hash."""
    query = select(counters.c.value, counters.c.text).where(counters.c.name == "audit")
    row = (await connection.execute(query)).one()
    return row.value, row.text
