"""The migrations make the schema that the queries expect."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine

from osvm_tui.domain.operations import Control, ItemState
from osvm_tui.domain.roles import Scope
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


FIRST = """
INSERT INTO operations VALUES ('op-1', 'stop', 'ops-1', 'operator', 'console', '2026-03-01 11:59:00', '{}', 0);
INSERT INTO operation_items VALUES ('i-1', 'op-1', 0, 'stop', 'e', 'vm-1', 'web', '', 'demo', 'k', 'ops-1', 'planned',
 'active', '', '', '2026-03-01 11:59:00', NULL, NULL, NULL, 60.0, 'one', '2026-03-01 11:59:09', 1);
"""


def at_revision(file: Path, revision: str, rows: str) -> None:
    """Make a store of an older release with some rows."""
    engine = create_engine(f"sqlite:///{file}")
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(Path(migrations.__file__).parent))
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for statement in filter(str.strip, rows.split(";\n")):
            connection.exec_driver_sql(statement)
    engine.dispose()


async def test_operations_of_the_first_schema_go_on_after_the_migration(tmp_path: Path) -> None:
    backend = Backend("sqlite", tmp_path)
    at_revision(backend.file, "0001", FIRST)
    store = await backend.console("two")
    assert any("migrated from schema 0001" in notice for notice in store.notices)
    operation = await store.operation("op-1")
    assert operation is not None
    assert (operation.control, operation.idle_s > 60) == (Control.RUN, True)
    assert [(item.state, item.was) for item in operation.items] == [(ItemState.PLANNED, {})]
    assert await store.steer("op-1", Control.PAUSE, [])
    await backend.stop()


TWICE = """
INSERT INTO cost_things VALUES (1, 'e', 'p', 'volume', 'v-1', 'a', 'ssd', '10', '2026-03-01 10:00:00.000000', NULL, '2026-03-01 12:00:00.000000');
INSERT INTO cost_things VALUES (2, 'e', 'p', 'volume', 'v-1', 'a', 'ssd', '10', '2026-03-01 11:00:00.000000', NULL, '2026-03-01 12:30:00.000000');
INSERT INTO cost_things VALUES (3, 'e', '', 'volume', 'v-2', 'b', 'ssd', '10', '2026-03-01 10:00:00.000000', NULL, '2026-03-01 12:00:00.000000');
INSERT INTO cost_things VALUES (4, 'e', 'p', 'volume', 'v-2', 'b', 'ssd', '10', '2026-03-01 10:00:00.000000', NULL, '2026-03-01 11:00:00.000000');
INSERT INTO cost_things VALUES (5, 'e', 'p', 'volume', 'v-3', 'c', 'ssd', '10', '2026-03-01 10:00:00.000000', '2026-03-01 12:00:00.000000', '2026-03-01 12:00:00.000000');
INSERT INTO cost_things VALUES (6, 'e', 'p', 'volume', 'v-3', 'c', 'ssd', '10', '2026-03-01 10:00:00.000000', NULL, '2026-03-01 13:00:00.000000');
INSERT INTO cost_things VALUES (7, 'e', 'p', 'volume', 'v-3', 'c', 'ssd', '20', '2026-03-01 12:00:00.000000', NULL, '2026-03-01 13:00:00.000000');
INSERT INTO cost_things VALUES (8, 'e', 'p', 'volume', 'v-4', 'd', 'ssd', '10', '2026-03-01 10:00:00.000000', '2026-03-01 11:00:00.000000', '2026-03-01 11:00:00.000000');
INSERT INTO cost_things VALUES (9, 'e', 'p', 'volume', 'v-4', 'd', 'ssd', '10', '2026-03-01 10:00:00.000000', '2026-03-01 12:00:00.000000', '2026-03-01 12:00:00.000000');
INSERT INTO cost_days VALUES ('e', '2026-03-01', 'p', 'basis', x'00');
"""  # noqa: E501


async def test_things_that_two_consoles_wrote_twice_are_one_after_the_migration(tmp_path: Path) -> None:
    backend = Backend("sqlite", tmp_path)
    at_revision(backend.file, "0004", TWICE)
    store = await backend.console("two")
    scope = Scope(entry="demo", endpoint="e", project_id="p", all_projects=True)
    found = await store.things(scope, datetime(2026, 3, 1, tzinfo=UTC))
    told = [
        (one.id, one.project_id, int(one.quantity), one.since.hour, one.until and one.until.hour, one.seen_at.hour)
        for one in found
    ]
    assert told == [
        ("v-1", "p", 10, 10, None, 12), ("v-2", "p", 10, 10, None, 12), ("v-3", "p", 10, 10, 12, 12),
        ("v-3", "p", 20, 12, None, 13), ("v-4", "p", 10, 10, 12, 12),
    ]  # fmt: skip
    assert found[0].seen_at.minute == 30
    assert await store.cost_days(scope, date(2026, 3, 1), date(2026, 3, 1)) == (), "counted with what was there twice"
    await backend.stop()
