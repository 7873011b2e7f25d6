"""`Database`: transactions on an open engine, with errors translated; knows the version row and no other table."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from osvm_tui.domain.errors import SchemaMismatch, StoreCorrupt, StoreError, StoreReadOnly
from osvm_tui.store.faults import store_error
from osvm_tui.store.sqlite_file import suspect
from osvm_tui.store.tables import SCHEMA, alembic_version

P = ParamSpec("P")
T = TypeVar("T")


def whole(work: Callable[P, Awaitable[T]]) -> Callable[P, Coroutine[None, None, T]]:
    """Let a cancelled caller of `work` leave only when the transaction under way has ended.

    A connection that is given up in the middle of a statement keeps the file's write lock until it is collected.
    """

    @wraps(work)
    async def shielded(*args: P.args, **kwargs: P.kwargs) -> T:
        task = asyncio.ensure_future(work(*args, **kwargs))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            await asyncio.gather(task, return_exceptions=True)
            raise

    return shielded


class Database:
    """An engine with one writer at a time in this process and as many readers as the pool holds."""

    def __init__(
        self,
        engine: AsyncEngine,
        now: Callable[[], datetime],
        *,
        path: Path | None = None,
        read_only_because: str = "",
    ) -> None:
        self.engine = engine
        self.path = path
        self.read_only_because = read_only_because
        self._now = now
        self._writer = asyncio.Lock()
        self._damage = ""

    @property
    def is_sqlite(self) -> bool:
        """Whether this is a file of ours and not a server."""
        return self.engine.dialect.name == "sqlite"

    @property
    def trouble(self) -> str:
        """Why nothing can be written, as far as is known; empty when it can."""
        return self.read_only_because or self._damage

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Give a connection whose statements all see the same moment. Raises StoreError and its kinds."""
        try:
            async with self.engine.connect() as connection:
                if not self.is_sqlite:
                    await connection.execution_options(isolation_level="REPEATABLE READ")
                async with connection.begin():
                    yield connection
        except (SQLAlchemyError, OSError) as error:
            raise self._translated(error) from error

    @asynccontextmanager
    async def write(self, *, durable: bool = False) -> AsyncIterator[AsyncConnection]:
        """Give a connection in a writing transaction; leaving commits, an exception undoes all of it.

        `durable` also waits until the disk has it. Raises StoreError and its kinds, SchemaMismatch when another
        release has migrated the store meanwhile.
        """
        if self.read_only_because:
            raise StoreReadOnly(self.read_only_because)
        try:
            async with self._writer, self.engine.connect() as connection:
                await connection.execution_options(osvm_write="durable" if durable else "plain")
                async with connection.begin():
                    await _require_schema(connection)
                    yield connection
        except (SQLAlchemyError, OSError) as error:
            raise self._translated(error) from error

    def _translated(self, error: Exception) -> StoreError:
        found = store_error(error)
        if isinstance(found, StoreCorrupt) and self.path is not None:
            suspect(self.path)
            self._damage = f"damaged: {found.detail}; {found.hint}"
        return found

    async def now(self, connection: AsyncConnection) -> datetime:
        """Return the time that leases are judged by: the server's on PostgreSQL, this machine's for a file."""
        if self.is_sqlite:
            return self._now()
        moment: datetime = (await connection.execute(select(func.clock_timestamp()))).scalar_one()
        return moment

    async def moment(self, connection: AsyncConnection, asker: datetime) -> datetime:
        """Return the time that ownership is judged by: the server's on PostgreSQL, the asker's own for a file."""
        return asker if self.is_sqlite else await self.now(connection)


async def _require_schema(connection: AsyncConnection) -> None:
    found = (await connection.execute(select(alembic_version.c.version_num))).scalar_one_or_none()
    if found != SCHEMA:
        raise SchemaMismatch(f"the store has schema {found}, this console knows {SCHEMA}")
