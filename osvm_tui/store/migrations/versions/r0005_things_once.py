"""One open row per volume, snapshot, image and address: what two consoles wrote twice is put together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_THINGS = sa.table(
    "cost_things",
    *(sa.column(name) for name in ("id", "endpoint", "component", "thing_id", "project_id", "what", "quantity")),
    *(sa.column(name, sa.DateTime(timezone=True)) for name in ("since", "until", "seen_at")),
)
_DAYS = sa.table("cost_days", sa.column("endpoint"))
_Row = dict[str, Any]


def upgrade() -> None:
    """Put doubles together, forget days that were counted with them, and let none come again."""
    connection = op.get_bind()
    if connection.dialect.name == "postgresql":
        # A console of the release before writes without the counter that keeps two apart.
        op.execute("LOCK TABLE cost_things IN SHARE ROW EXCLUSIVE MODE")
    key = (_THINGS.c.endpoint, _THINGS.c.component, _THINGS.c.thing_id)
    more = sa.select(*key).group_by(*key).having(sa.func.count() > 1).subquery()
    query = sa.select(_THINGS).join(more, sa.and_(*(more.c[column.name] == column for column in key)))
    rows = [dict(row._mapping) for row in connection.execute(query.order_by(*key, _THINGS.c.since, _THINGS.c.id))]
    counted_twice = set()
    for (endpoint, _, _), found in groupby(rows, lambda row: (row["endpoint"], row["component"], row["thing_id"])):
        before = list(found)
        kept = list(_once([row.copy() for row in before]))
        if kept != before:
            counted_twice.add(endpoint)
            _write(connection, before, kept)
    for endpoint in counted_twice:
        connection.execute(sa.delete(_DAYS).where(_DAYS.c.endpoint == endpoint))
    op.create_index(
        "uq_cost_things_open",
        "cost_things",
        ["endpoint", "component", "thing_id"],
        unique=True,
        sqlite_where=sa.text("until IS NULL"),
        postgresql_where=sa.text("until IS NULL"),
    )
    counters = sa.table("counters", sa.column("name"), sa.column("value"), sa.column("text"))
    op.bulk_insert(counters, [{"name": "cost", "value": 0, "text": ""}])


def _once(rows: list[_Row]) -> Iterator[_Row]:
    """Yield one thing's rows, oldest first, so that none reaches into the next."""
    held = rows[0]
    for row in rows[1:]:
        if held["until"] is not None and held["until"] <= row["since"]:
            yield held
        elif _alike(held, row):
            ends = (held["until"], row["until"])
            held |= {
                "until": None if None in ends else max(ends),
                "seen_at": max(held["seen_at"], row["seen_at"]),
                "project_id": held["project_id"] or row["project_id"],
            }
            continue
        elif held["since"] < row["since"]:
            yield held | {"until": row["since"], "seen_at": min(held["seen_at"], row["since"])}
        held = row
    yield held


def _alike(one: _Row, other: _Row) -> bool:
    projects = {one["project_id"], other["project_id"]} - {""}
    return len(projects) < 2 and (one["what"], one["quantity"]) == (other["what"], other["quantity"])


def _write(connection: sa.Connection, before: list[_Row], kept: list[_Row]) -> None:
    ids = {row["id"] for row in kept}
    gone = [row["id"] for row in before if row["id"] not in ids]
    connection.execute(sa.delete(_THINGS).where(_THINGS.c.id.in_(gone)))
    for row in kept:
        values = {name: row[name] for name in ("until", "seen_at", "project_id")}
        connection.execute(sa.update(_THINGS).where(_THINGS.c.id == row["id"]).values(values))
