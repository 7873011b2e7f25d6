"""The tables of measurements as SQLAlchemy Core sees them; apart from the store's own, with a version of their own.

What lies here can be measured again, so there are no migrations: a database of an earlier version is made anew.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, SmallInteger, String, Table, Text

VERSION = 2
SCHEMA = "metrics"
"""On PostgreSQL; a SQLite file has no schemas."""

metadata = MetaData(schema=SCHEMA)

marks = Table(
    "marks",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("value", BigInteger, nullable=False),
)
"""`version`; `change`: the number of the last batch; `machine` and `device`: the last numbers that were given,
which are never given again; `forgotten`: how often numbers were deleted."""

machines = Table(
    "machines",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("endpoint", Text, nullable=False),
    Column("openstack_id", Text, nullable=False),
    Index("ix_machines_ref", "openstack_id", "endpoint", unique=True),
)
"""A small number for each VM: it stands in every row of `slots`."""

devices = Table(
    "devices",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("name", Text, nullable=False, unique=True),
    Column("used", Integer, nullable=False),
)
"""A small number for each name of a disk, interface, mount or core, of whichever VM. `used`: the last day (since
1970) that a slot was written with it."""

slots = Table(
    "slots",
    metadata,
    Column("machine", Integer, primary_key=True, autoincrement=False),
    Column("detail", SmallInteger, primary_key=True, autoincrement=False),
    Column("step", SmallInteger, primary_key=True, autoincrement=False),
    Column("at", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
)
"""One row per VM and slot for all devices together (`detail` 0), one for each of them (1). The key is the order on the
disk: a chart is one stretch of it. `at` is in slots of its step since 1970; `body` is `metric_blob`'s."""

newest = Table(
    "newest",
    metadata,
    Column("machine", Integer, primary_key=True, autoincrement=False),
    Column("change", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Index("ix_newest_change", "change"),
)
"""The last `Measured` of each VM as msgpack; `at`: the time of its sample in milliseconds, 0 where it has none."""
