"""The schema's version and how it is brought up to date; Alembic is imported only when there is something to do."""

from __future__ import annotations

import asyncio
import importlib
from pathlib import Path

from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine

from osvm_tui.domain.errors import SchemaMismatch
from osvm_tui.store.faults import store_error
from osvm_tui.store.tables import SCHEMA, alembic_version

_MIGRATION_LOCK = 0x6F73766D
"""PostgreSQL advisory lock that lets one console at a time migrate ("osvm" in ASCII)."""


async def found_version(engine: AsyncEngine) -> str:
    """Return the version row, "" for a database without one. Raises StoreError and its kinds."""
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(_version)
    except (SQLAlchemyError, OSError) as error:
        raise store_error(error) from error


def _version(connection: Connection) -> str:
    if not inspect(connection).has_table(alembic_version.name):
        return ""
    return connection.execute(select(alembic_version.c.version_num)).scalar_one_or_none() or ""


def require_not_newer(version: str) -> None:
    """Raise SchemaMismatch when a later release has made this schema."""
    if version > SCHEMA:
        raise SchemaMismatch(
            f"the store has schema {version}, this console knows {SCHEMA}",
            hint="install the newer osvm-tui; nothing was changed",
        )


def require_current(version: str) -> None:
    """Raise SchemaMismatch unless the schema is exactly this release's."""
    require_not_newer(version)
    if version != SCHEMA:
        raise SchemaMismatch(f"the store has schema {version or 'none'}, this console needs {SCHEMA}")


async def migrate(engine: AsyncEngine) -> None:
    """Run every missing migration in one transaction. Raises StoreError and its kinds."""
    await asyncio.to_thread(importlib.import_module, "alembic.command")
    try:
        async with engine.connect() as connection:
            await connection.execution_options(osvm_write="durable")
            async with connection.begin():
                await connection.run_sync(_upgrade)
    except (SQLAlchemyError, OSError) as error:
        raise store_error(error) from error


def _upgrade(connection: Connection) -> None:
    from alembic import command
    from alembic.config import Config

    from osvm_tui.store import migrations

    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_MIGRATION_LOCK})")
    config = Config()
    folder = str(Path(migrations.__file__).parent)
    config.set_main_option("script_location", folder.replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")
