"""The first schema: counters, scopes, leases, VMs with addresses and state intervals, operations, audit."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_GENESIS = "0" * 64


def upgrade() -> None:
    """Make every table and the counters' first rows."""
    _bookkeeping()
    _fleet()
    _fleet_details()
    _operations()
    _audit()
    counters = sa.table("counters", sa.column("name"), sa.column("value"), sa.column("text"))
    rows = [{"name": name, "value": 0, "text": ""} for name in ("fleet", "vm", "item")]
    op.bulk_insert(counters, [*rows, {"name": "audit", "value": 0, "text": _GENESIS}])


def _bookkeeping() -> None:
    op.create_table(
        "counters",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.Integer(), nullable=False),
        sa.Column("text", sa.String(64), nullable=False),
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(512), primary_key=True),
        sa.Column("owner", sa.String(255), nullable=False),
        sa.Column("epoch", sa.Integer(), nullable=False),
        sa.Column("ttl_s", sa.Float(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_table(
        "scopes",
        sa.Column("key", sa.String(512), primary_key=True),
        sa.Column("endpoint", sa.String(255), nullable=False),
        sa.Column("reach", sa.String(64), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_scopes_endpoint", "scopes", ["endpoint"])


def _fleet() -> None:
    op.create_table(
        "vms",
        sa.Column("id", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("openstack_id", sa.String(36), nullable=False),
        sa.Column("endpoint", sa.String(255), nullable=False),
        sa.Column("cloud", sa.String(255), nullable=False),
        sa.Column("project_id", sa.String(64), nullable=False),
        sa.Column("flavor_id", sa.String(255)),
        sa.Column("flavor_name", sa.String(255)),
        sa.Column("image_id", sa.String(36)),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("state_description", sa.Text(), nullable=False),
        sa.Column("vm_state", sa.String(64), nullable=False),
        sa.Column("task_state", sa.String(64)),
        sa.Column("power_state", sa.Integer(), nullable=False),
        sa.Column("host", sa.String(255), nullable=False),
        sa.Column("ip_address", sa.String(45)),
        sa.Column("floating_ip", sa.String(45)),
        sa.Column("vcpus", sa.Integer()),
        sa.Column("memory_mb", sa.Integer()),
        sa.Column("disk_gb", sa.Integer()),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("user_data", sa.Text()),
        sa.Column("key_name", sa.String(255), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True)),
        sa.Column("updated_at", sa.DateTime(timezone=True)),
        sa.Column("launched_at", sa.DateTime(timezone=True)),
        sa.Column("terminated_at", sa.DateTime(timezone=True)),
        sa.Column("deleted", sa.Boolean(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("record", sa.LargeBinary(), nullable=False),
        sa.UniqueConstraint("endpoint", "openstack_id", name="uq_vms_endpoint_openstack_id"),
    )
    op.create_index("ix_vms_name", "vms", ["name"])
    op.create_index("ix_vms_openstack_id", "vms", ["openstack_id"])
    op.create_index("ix_vms_revision", "vms", ["revision"])
    op.create_index("ix_vms_state", "vms", ["state"])
    op.create_index("ix_vms_uuid", "vms", ["uuid"], unique=True)


def _fleet_details() -> None:
    op.create_table(
        "vm_addresses",
        sa.Column("vm_id", sa.Integer(), sa.ForeignKey("vms.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("position", sa.Integer(), primary_key=True),
        sa.Column("network", sa.String(255), nullable=False),
        sa.Column("addr", sa.String(45), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("floating", sa.Boolean(), nullable=False),
        sa.Column("mac", sa.String(32), nullable=False),
        sa.Column("port_id", sa.String(36), nullable=False),
    )
    op.create_index("ix_vm_addresses_addr", "vm_addresses", ["addr"])
    op.create_table(
        "vm_states",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("vm_id", sa.Integer(), sa.ForeignKey("vms.id", ondelete="CASCADE"), nullable=False),
        sa.Column("vm_state", sa.String(64), nullable=False),
        sa.Column("task_state", sa.String(64), nullable=False),
        sa.Column("status", sa.String(64), nullable=False),
        sa.Column("power_state", sa.Integer(), nullable=False),
        sa.Column("flavor_name", sa.String(255), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True)),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_vm_states_vm_id", "vm_states", ["vm_id", "id"])


def _operations() -> None:
    op.create_table(
        "operations",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("action_id", sa.String(64), nullable=False),
        sa.Column("operator", sa.String(255), nullable=False),
        sa.Column("console_role", sa.String(32), nullable=False),
        sa.Column("source", sa.String(32), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("params", sa.Text(), nullable=False),
        sa.Column("secret", sa.Boolean(), nullable=False),
    )
    op.create_index("ix_operations_requested_at", "operations", ["requested_at"])
    op.create_table(
        "operation_items",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("operation_id", sa.String(36), sa.ForeignKey("operations.id", ondelete="CASCADE"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("action_id", sa.String(64), nullable=False),
        sa.Column("endpoint", sa.String(255), nullable=False),
        sa.Column("openstack_id", sa.String(36), nullable=False),
        sa.Column("vm_name", sa.String(255), nullable=False),
        sa.Column("vm_uuid", sa.String(36), nullable=False),
        sa.Column("entry", sa.String(255), nullable=False),
        sa.Column("scope_key", sa.String(512), nullable=False),
        sa.Column("operator", sa.String(255), nullable=False),
        sa.Column("state", sa.String(20), nullable=False),
        sa.Column("before", sa.String(64), nullable=False),
        sa.Column("message", sa.Text(), nullable=False),
        sa.Column("request_id", sa.String(64), nullable=False),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True)),
        sa.Column("cloud_sent_at", sa.DateTime(timezone=True)),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("deadline_s", sa.Float(), nullable=False),
        sa.Column("owner", sa.String(255), nullable=False),
        sa.Column("owner_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("change", sa.Integer(), nullable=False),
    )
    op.create_index("ix_operation_items_change", "operation_items", ["change"])
    op.create_index("ix_operation_items_operation_id", "operation_items", ["operation_id"])
    op.create_index("ix_operation_items_planned_at", "operation_items", ["planned_at"])
    op.create_index("ix_operation_items_state", "operation_items", ["state"])
    op.create_index("ix_operation_items_vm_uuid", "operation_items", ["vm_uuid"])


def _audit() -> None:
    op.create_table(
        "audit",
        sa.Column("seq", sa.Integer(), primary_key=True, autoincrement=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("console_role", sa.Text(), nullable=False),
        sa.Column("phase", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("entry", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("project_id", sa.Text(), nullable=False),
        sa.Column("vm_id", sa.Text(), nullable=False),
        sa.Column("vm_name", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("operation_id", sa.Text(), nullable=False),
        sa.Column("item_id", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("session", sa.Text(), nullable=False),
        sa.Column("prev_hash", sa.String(64), nullable=False),
        sa.Column("hash", sa.String(64), nullable=False),
        sa.Column("batch", sa.String(32), nullable=False),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
    op.create_index("ix_audit_batch", "audit", ["batch"])
    op.create_index("ix_audit_vm_id", "audit", ["vm_id"])
