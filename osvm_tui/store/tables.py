"""The tables as SQLAlchemy Core sees them, for SQLite and PostgreSQL alike; holds no query and knows no migration.

`osvm_tui/store/migrations` makes them; a test compares both. Times are stored in UTC and come back aware.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)

SCHEMA = "0005"
"""The newest migration: what `alembic_version` must hold for this release to read and write."""


class UtcTime(TypeDecorator[datetime]):
    """An aware datetime: timestamptz on PostgreSQL, naive UTC text on SQLite."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn any aware time into UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the zone back that SQLite does not keep."""
        return None if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData()

alembic_version = Table("alembic_version", MetaData(), Column("version_num", String(32), primary_key=True))
"""Alembic's own table: read at open without importing Alembic."""

counters = Table(
    "counters",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("value", Integer, nullable=False),
    Column("text", String(64), nullable=False),
)
"""`fleet` (revision), `vm` (last id given), `item` and `alert` (change numbers), `audit` (last sequence number, with
its hash), `cost` (nothing but the lock)."""

scopes = Table(
    "scopes",
    metadata,
    Column("key", String(512), primary_key=True),
    Column("endpoint", String(255), nullable=False),
    Column("reach", String(64), nullable=False),
    Column("seen_at", UtcTime, nullable=False),
    Index("ix_scopes_endpoint", "endpoint"),
)
"""When a scope was last read whole: one write per poll instead of one per VM. `reach` is a project id or `*`."""

vms = Table(
    "vms",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("uuid", String(36), nullable=False),
    Column("name", String(255), nullable=False),
    Column("openstack_id", String(36), nullable=False),
    Column("endpoint", String(255), nullable=False),
    Column("cloud", String(255), nullable=False),
    Column("project_id", String(64), nullable=False),
    Column("flavor_id", String(255)),
    Column("flavor_name", String(255)),
    Column("image_id", String(36)),
    Column("state", String(20), nullable=False),
    Column("state_description", Text, nullable=False),
    Column("vm_state", String(64), nullable=False),
    Column("task_state", String(64)),
    Column("power_state", Integer, nullable=False),
    Column("host", String(255), nullable=False),
    Column("ip_address", String(45)),
    Column("floating_ip", String(45)),
    Column("vcpus", Integer),
    Column("memory_mb", Integer),
    Column("disk_gb", Integer),
    Column("description", Text, nullable=False),
    Column("user_data", Text),
    Column("key_name", String(255), nullable=False),
    Column("created_at", UtcTime),
    Column("updated_at", UtcTime),
    Column("launched_at", UtcTime),
    Column("terminated_at", UtcTime),
    Column("deleted", Boolean, nullable=False),
    Column("revision", Integer, nullable=False),
    Column("record", LargeBinary, nullable=False),
    UniqueConstraint("endpoint", "openstack_id", name="uq_vms_endpoint_openstack_id"),
    Index("ix_vms_uuid", "uuid", unique=True),
    Index("ix_vms_state", "state"),
    Index("ix_vms_name", "name"),
    Index("ix_vms_openstack_id", "openstack_id"),
    Index("ix_vms_revision", "revision"),
)
"""One row per VM ever seen; `record` is the whole `Vm` as msgpack, the columns are its readings for people and SQL."""

vm_addresses = Table(
    "vm_addresses",
    metadata,
    Column("vm_id", Integer, ForeignKey("vms.id", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("network", String(255), nullable=False),
    Column("addr", String(45), nullable=False),
    Column("version", Integer, nullable=False),
    Column("floating", Boolean, nullable=False),
    Column("mac", String(32), nullable=False),
    Column("port_id", String(36), nullable=False),
    Index("ix_vm_addresses_addr", "addr"),
)

vm_states = Table(
    "vm_states",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("vm_id", Integer, ForeignKey("vms.id", ondelete="CASCADE"), nullable=False),
    Column("vm_state", String(64), nullable=False),
    Column("task_state", String(64), nullable=False),
    Column("status", String(64), nullable=False),
    Column("power_state", Integer, nullable=False),
    Column("flavor_name", String(255), nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("until", UtcTime),
    Column("seen_at", UtcTime, nullable=False),
    Index("ix_vm_states_vm_id", "vm_id", "id"),
)

operations = Table(
    "operations",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("action_id", String(64), nullable=False),
    Column("operator", String(255), nullable=False),
    Column("console_role", String(32), nullable=False),
    Column("source", String(32), nullable=False),
    Column("requested_at", UtcTime, nullable=False),
    Column("params", Text, nullable=False),
    Column("secret", Boolean, nullable=False),
    Column("control", String(16), nullable=False, server_default="run"),
    Column("cared_at", UtcTime),
    Column("change", Integer, nullable=False, server_default="0"),
    Index("ix_operations_requested_at", "requested_at"),
    Index("ix_operations_change", "change"),
)
"""`cared_at` is when an owner of its items last renewed them, or an operator planned or steered it. `change` counts
with the items' own."""

operation_items = Table(
    "operation_items",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("operation_id", String(36), ForeignKey("operations.id", ondelete="CASCADE"), nullable=False),
    Column("position", Integer, nullable=False),
    Column("action_id", String(64), nullable=False),
    Column("endpoint", String(255), nullable=False),
    Column("openstack_id", String(36), nullable=False),
    Column("vm_name", String(255), nullable=False),
    Column("vm_uuid", String(36), nullable=False),
    Column("entry", String(255), nullable=False),
    Column("scope_key", String(512), nullable=False),
    Column("operator", String(255), nullable=False),
    Column("state", String(20), nullable=False),
    Column("before", String(64), nullable=False),
    Column("message", Text, nullable=False),
    Column("request_id", String(64), nullable=False),
    Column("planned_at", UtcTime, nullable=False),
    Column("sent_at", UtcTime),
    Column("cloud_sent_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("deadline_s", Float, nullable=False),
    Column("owner", String(255), nullable=False),
    Column("owner_until", UtcTime, nullable=False),
    Column("change", Integer, nullable=False),
    Column("was", Text, nullable=False, server_default="{}"),
    Index("ix_operation_items_operation_id", "operation_id"),
    Index("ix_operation_items_state", "state"),
    Index("ix_operation_items_vm_uuid", "vm_uuid"),
    Index("ix_operation_items_planned_at", "planned_at"),
    Index("ix_operation_items_change", "change"),
)

audit = Table(
    "audit",
    metadata,
    Column("seq", Integer, primary_key=True, autoincrement=False),
    Column("at", UtcTime, nullable=False),
    Column("operator", Text, nullable=False),
    Column("console_role", Text, nullable=False),
    Column("phase", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("entry", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("project_id", Text, nullable=False),
    Column("vm_id", Text, nullable=False),
    Column("vm_name", Text, nullable=False),
    Column("detail", Text, nullable=False),
    Column("request_id", Text, nullable=False),
    Column("operation_id", Text, nullable=False),
    Column("item_id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("session", Text, nullable=False),
    Column("prev_hash", String(64), nullable=False),
    Column("hash", String(64), nullable=False),
    Column("batch", String(32), nullable=False),
    Index("ix_audit_at", "at"),
    Index("ix_audit_vm_id", "vm_id"),
    Index("ix_audit_batch", "batch"),
)
"""The chain. `batch` names the write that a row came with, so that a spooled write is never replayed twice."""

leases = Table(
    "leases",
    metadata,
    Column("name", String(512), primary_key=True),
    Column("owner", String(255), nullable=False),
    Column("epoch", Integer, nullable=False),
    Column("ttl_s", Float, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
)
"""A released lease keeps its row, so that `epoch` never goes back."""

cost_things = Table(
    "cost_things",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("endpoint", String(255), nullable=False),
    Column("project_id", String(64), nullable=False),
    Column("component", String(16), nullable=False),
    Column("thing_id", String(64), nullable=False),
    Column("name", String(255), nullable=False),
    Column("what", String(255), nullable=False),
    Column("quantity", String(40), nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("until", UtcTime),
    Column("seen_at", UtcTime, nullable=False),
    Index("ix_cost_things_endpoint", "endpoint", "component", "until"),
    Index(
        "uq_cost_things_open",
        "endpoint",
        "component",
        "thing_id",
        unique=True,
        sqlite_where=text("until IS NULL"),
        postgresql_where=text("until IS NULL"),
    ),
)
"""Volumes, snapshots, images and floating IPs while they had one size; `quantity` is a decimal."""

cost_days = Table(
    "cost_days",
    metadata,
    Column("endpoint", String(255), primary_key=True),
    Column("day", Date, primary_key=True),
    Column("project_id", String(64), primary_key=True),
    Column("basis", String(32), nullable=False),
    Column("sums", LargeBinary, nullable=False),
)
"""What a day came to, one row per project; `sums` is msgpack. It follows from the rest and may be counted anew."""

cost_dismissals = Table(
    "cost_dismissals",
    metadata,
    Column("advice_id", String(255), primary_key=True),
    Column("reason", Text, nullable=False),
    Column("operator", Text, nullable=False),
    Column("at", UtcTime, nullable=False),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("rule", String(255), nullable=False),
    Column("endpoint", String(255), nullable=False),
    Column("openstack_id", String(36), nullable=False),
    Column("vm_name", String(255), nullable=False),
    Column("entry", String(255), nullable=False),
    Column("severity", String(16), nullable=False),
    Column("words", Text, nullable=False),
    Column("state", String(16), nullable=False),
    Column("since", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("value", Float),
    Column("who", Text, nullable=False),
    Column("note", Text, nullable=False),
    Column("silent_until", UtcTime),
    Column("change", Integer, nullable=False),
    Index("ix_alerts_change", "change"),
    Index("ix_alerts_vm", "openstack_id", "rule"),
    Index("ix_alerts_ended_at", "ended_at"),
)
"""One VM has one open alert of a rule at most. `change` is of the counter `alert`: how other consoles follow."""

webhook_calls = Table(
    "webhook_calls",
    metadata,
    Column("id", String(36), primary_key=True),
    Column("body", LargeBinary, nullable=False),
    Column("made_at", UtcTime, nullable=False),
    Column("next_at", UtcTime, nullable=False),
    Column("tries", Integer, nullable=False),
    Index("ix_webhook_calls_next_at", "next_at"),
)
"""What is still to be told. `next_at` lies ahead while a console is telling it. Where to is never kept."""
