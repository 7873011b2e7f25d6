"""Opens the database of measurements: a SQLite file of its own, or a schema of its own on the store's server.

No migrations: what lies there can be measured again. An earlier version is dropped and made anew, a later one is left
alone. On PostgreSQL the schema is made by whoever comes first and may create it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, inspect, select
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine
from sqlalchemy.schema import CreateSchema

from osvm_tui.domain.errors import SchemaMismatch, StoreCorrupt, StoreError
from osvm_tui.store import sqlite_file
from osvm_tui.store.disk import make_private, refuse_network
from osvm_tui.store.engine import make_engine, sqlite_path, store_url
from osvm_tui.store.faults import store_error
from osvm_tui.store.metric_tables import SCHEMA, VERSION, marks, metadata

_LOCK = 0x6F737674
"""PostgreSQL advisory lock that lets one console at a time write a batch ("osvt" in ASCII)."""


def metric_url(text: str) -> URL:
    """Return where the measurements of a store lie: metrics.db beside its file, or the same PostgreSQL database."""
    url = store_url(text)
    path = sqlite_path(url)
    return url if path is None else url.set(database=str(path.with_name("metrics.db")))


class MetricDatabase:
    """An engine with transactions; translates errors and marks a damaged file for the next open."""

    def __init__(self, engine: AsyncEngine, path: Path | None) -> None:
        self.engine, self.path = engine, path

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection. Raises StoreError and its kinds."""
        try:
            async with self.engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as error:
            raise self._translated(error) from error

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection in the one writing transaction; it is not synced to the disk at once."""
        try:
            async with self.engine.connect() as connection:
                await connection.execution_options(osvm_write="plain")
                async with connection.begin():
                    if self.path is None:
                        await connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_LOCK})")
                    yield connection
        except (SQLAlchemyError, OSError) as error:
            raise self._translated(error) from error

    def _translated(self, error: Exception) -> StoreError:
        found = store_error(error)
        if isinstance(found, StoreCorrupt) and self.path is not None:
            sqlite_file.suspect(self.path)
        return found

    async def close(self) -> None:
        """Close every connection."""
        await self.engine.dispose()


async def open_metrics(url: URL, now: Callable[[], datetime], notices: list[str]) -> MetricDatabase:
    """Open or make the database; what the operator must hear of is appended to `notices`."""
    path = sqlite_path(url)
    try:
        if path is not None:
            await asyncio.to_thread(refuse_network, path)
            await asyncio.to_thread(make_private, path)
            async with sqlite_file.opening(path):
                await _set_aside_if_damaged(path, now, notices)
                return await _ready(url, path, notices)
        return await _ready(url, None, notices)
    except OSError as error:
        raise store_error(error) from error


async def _set_aside_if_damaged(path: Path, now: Callable[[], datetime], notices: list[str]) -> None:
    wrong = await asyncio.to_thread(sqlite_file.damage, path)
    if not wrong:
        sqlite_file.clear_suspicion(path)
        return
    target = sqlite_file.set_aside(path, now())
    make_private(path)
    notices.append(f"the measurements were damaged ({wrong}); they were set aside as {target} and begin anew")


async def _ready(url: URL, path: Path | None, notices: list[str]) -> MetricDatabase:
    engine = make_engine(url)
    if path is not None:
        engine = engine.execution_options(schema_translate_map={SCHEMA: None})
    database = MetricDatabase(engine, path)
    try:
        async with database.read() as connection:
            version = await connection.run_sync(_version)
        if version > VERSION:
            raise SchemaMismatch(
                f"the measurements have version {version}, this console knows {VERSION}",
                hint="install the newer osvm-tui; nothing was changed",
            )
        if version < VERSION:
            async with database.write() as connection:
                await connection.run_sync(_make)
        if 0 < version < VERSION:
            notices.append(f"the measurements were of version {version} and begin anew with {VERSION}")
    except BaseException:
        await engine.dispose()
        raise
    return database


def _version(connection: Connection) -> int:
    schema = None if connection.dialect.name == "sqlite" else SCHEMA
    if not inspect(connection).has_table(marks.name, schema=schema):
        return 0
    return connection.execute(select(marks.c.value).where(marks.c.name == "version")).scalar_one_or_none() or 0


def _make(connection: Connection) -> None:
    if _version(connection) == VERSION:
        return  # another console was faster
    if connection.dialect.name != "sqlite":
        connection.execute(CreateSchema(SCHEMA, if_not_exists=True))
    metadata.drop_all(connection)
    metadata.create_all(connection)
    counters = {"version": VERSION, "change": 0, "machine": 0, "device": 0, "forgotten": 0}
    connection.execute(marks.insert(), [{"name": name, "value": value} for name, value in counters.items()])
