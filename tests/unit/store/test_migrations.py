"""The migrations make the schema that the queries expect."""

from __future__ import annotations

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from osvm_tui.store import migrations
from osvm_tui.store.tables import SCHEMA, metadata
from tests.contract.store.backends import KINDS, Backend


@pytest.mark.parametrize("kind", KINDS)
async def test_a_migrated_database_is_what_the_tables_say(tmp_path: Path, kind: str) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection), metadata))

    backend = Backend(kind, tmp_path)
    await backend.start()
    store = await backend.console()
    async with store._database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []
    await backend.stop()


def test_the_newest_revision_is_the_one_this_release_knows() -> None:
    assert ScriptDirectory(str(Path(migrations.__file__).parent)).get_heads() == [SCHEMA]
