"""Makes the SQLAlchemy engine of a store URL and sets each SQLite connection up; knows no table and no query."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from osvm_tui.domain.errors import StoreError

BUSY_S = 5.0
"""How long a writer waits for another process's transaction."""
_DRIVERS = {"sqlite": "sqlite+aiosqlite", "postgresql": "postgresql+asyncpg", "postgres": "postgresql+asyncpg"}


def default_url(path: Path) -> str:
    """Return the URL of the SQLite store in the file `path`."""
    return URL.create("sqlite+aiosqlite", database=str(path)).render_as_string(hide_password=False)


def store_url(text: str) -> URL:
    """Parse a store URL and choose our driver. Raises StoreError without repeating the text: it may hold a password."""
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise StoreError("the store's URL cannot be read", hint="for example postgresql://user@host/osvm") from None
    driver = _DRIVERS.get(url.get_backend_name())
    if driver is None:
        raise StoreError(f"no store on {url.get_backend_name()}", hint="sqlite or postgresql")
    return url.set(drivername=driver)


def sqlite_path(url: URL) -> Path | None:
    """Return the file of a SQLite URL, None for PostgreSQL."""
    if url.get_backend_name() != "sqlite":
        return None
    if not url.database or url.database == ":memory:":
        raise StoreError("a store in memory would lose its audit", hint="give a file")
    return Path(url.database)


def make_engine(url: URL, *, mode: str = "rw") -> AsyncEngine:
    """Return an engine; for SQLite `mode` is rw, ro, or immutable (a file on a medium that nobody can write)."""
    if url.get_backend_name() != "sqlite":
        engine = create_async_engine(url, pool_size=4, max_overflow=4, pool_pre_ping=True, hide_parameters=True)
        event.listen(engine.sync_engine, "begin", _begin_postgresql)
        return engine
    path = Path(str(url.database)).resolve()
    query = {"mode": "ro", "immutable": "1"} if mode == "immutable" else {"mode": mode}
    file_url = url.set(database=path.as_uri(), query={**query, "uri": "true"})
    engine = create_async_engine(
        file_url, pool_size=4, max_overflow=4, hide_parameters=True, connect_args={"timeout": BUSY_S}
    )
    event.listen(engine.sync_engine, "connect", _set_up_writable if mode == "rw" else _set_up)
    event.listen(engine.sync_engine, "begin", _begin_sqlite)
    return engine


def _set_up(connection: Any, _record: object) -> None:
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _set_up_writable(connection: Any, record: object) -> None:
    _set_up(connection, record)
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    """Open the transaction ourselves: a writer takes the lock at once, or it could lose it to another in the middle.

    A durable writer syncs at commit: an audit row must outlive a power cut, a fleet row need not.
    """
    kind = connection.get_execution_options().get("osvm_write")
    if kind is None:
        connection.exec_driver_sql("BEGIN")
        return
    connection.exec_driver_sql(f"PRAGMA synchronous={'FULL' if kind == 'durable' else 'NORMAL'}")
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _begin_postgresql(connection: Connection) -> None:
    if connection.get_execution_options().get("osvm_write") is not None:
        connection.exec_driver_sql("SET LOCAL lock_timeout = '5s'")
