"""Opens a store: checks the place and the file, migrates SQLite, falls back to reading only; returns a `Database`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from datetime import datetime
from pathlib import Path

from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from osvm_tui.domain.errors import StoreError, StoreReadOnly
from osvm_tui.store import schema, sqlite_file
from osvm_tui.store.database import Database
from osvm_tui.store.disk import make_private, refuse_network
from osvm_tui.store.engine import make_engine, sqlite_path
from osvm_tui.store.faults import store_error
from osvm_tui.store.tables import SCHEMA


async def open_database(url: URL, now: Callable[[], datetime], notices: list[str]) -> Database:
    """Open the store at `url`; what the operator must hear of is appended to `notices`.

    A damaged SQLite file is set aside and a new one made; a file that cannot be written is opened for reading.
    Raises StoreError and its kinds.
    """
    path = sqlite_path(url)
    if path is None:
        return await _open_server(url, now)
    try:
        return await _open_file(url, path, now, notices)
    except OSError as error:
        raise store_error(error) from error


async def _open_server(url: URL, now: Callable[[], datetime]) -> Database:
    engine = make_engine(url)
    try:
        schema.require_current(await schema.found_version(engine))
    except BaseException:
        await engine.dispose()
        raise
    return Database(engine, now)


async def _open_file(url: URL, path: Path, now: Callable[[], datetime], notices: list[str]) -> Database:
    await asyncio.to_thread(refuse_network, path)
    try:
        await asyncio.to_thread(make_private, path)
    except OSError as error:
        if not path.exists():
            raise
        return await _open_for_reading(url, now, error.strerror or "not writable")
    async with _exclusively(path):
        await _set_aside_if_damaged(path, now, notices)
        engine = make_engine(url)
        try:
            await _bring_up_to_date(engine, path, now, notices)
            await _try_writing(engine)
        except StoreReadOnly as error:
            await engine.dispose()
            return await _open_for_reading(url, now, error.detail)
        except BaseException:
            await engine.dispose()
            raise
    return Database(engine, now, path=path)


def _exclusively(path: Path) -> AbstractAsyncContextManager[None]:
    if os.access(path.parent, os.W_OK):
        return sqlite_file.opening(path)
    return nullcontext()


async def _set_aside_if_damaged(path: Path, now: Callable[[], datetime], notices: list[str]) -> None:
    copy = None
    if sqlite_file.is_suspect(path):
        copy = await asyncio.to_thread(sqlite_file.copy_as_it_lies, path, now())
    wrong = await asyncio.to_thread(sqlite_file.damage, path)
    if not wrong:
        sqlite_file.clear_suspicion(path)
        if copy is not None:
            notices.append(
                f"the store had told of damage and reads well now; as it lay before it is kept as {copy}: "
                "the last audit rows may be only there"
            )
        return
    target = sqlite_file.set_aside(path, now())
    make_private(path)
    notices.append(
        f"the store was damaged ({wrong}); it was set aside as {target} and a new one made: "
        "operations and audit of before are only in the old file"
    )


async def _bring_up_to_date(engine: AsyncEngine, path: Path, now: Callable[[], datetime], notices: list[str]) -> None:
    version = await schema.found_version(engine)
    schema.require_not_newer(version)
    if version == SCHEMA:
        return
    if await _has_tables(engine):
        copy = await asyncio.to_thread(sqlite_file.back_up, path, version, now())
        notices.append(f"the store was migrated from schema {version or 'none'} to {SCHEMA}; copy: {copy.name}")
    await schema.migrate(engine)


async def _has_tables(engine: AsyncEngine) -> bool:
    async with engine.connect() as connection:
        count = await connection.exec_driver_sql("SELECT count(*) FROM sqlite_master")
        return bool(count.scalar_one())


async def _try_writing(engine: AsyncEngine) -> None:
    try:
        async with engine.connect() as connection:
            await connection.execution_options(osvm_write="plain")
            transaction = await connection.begin()
            await transaction.rollback()
    except SQLAlchemyError as error:
        found = store_error(error)
        if isinstance(found, StoreReadOnly):
            raise found from error


async def _open_for_reading(url: URL, now: Callable[[], datetime], reason: str) -> Database:
    """Open a file that cannot be written: with its log if SQLite manages, else as it lies on the disk."""
    failed: StoreError | None = None
    for mode in ("ro", "immutable"):
        engine = make_engine(url, mode=mode)
        try:
            schema.require_current(await schema.found_version(engine))
            return Database(engine, now, path=sqlite_path(url), read_only_because=reason)
        except StoreError as error:
            failed = failed or error
            await engine.dispose()
    raise StoreReadOnly(f"{reason}; and it cannot be read either: {failed.detail if failed else ''}")
