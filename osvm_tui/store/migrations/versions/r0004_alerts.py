"""Alerts with their history, and the webhook calls that tell of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the alerts."""
    op.create_table(
        "alerts",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("rule", sa.String(255), nullable=False),
        sa.Column("endpoint", sa.String(255), nullable=False),
        sa.Column("openstack_id", sa.String(36), nullable=False),
        sa.Column("vm_name", sa.String(255), nullable=False),
        sa.Column("entry", sa.String(255), nullable=False),
        sa.Column("severity", sa.String(16), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True)),
        sa.Column("value", sa.Float()),
        sa.Column("who", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("silent_until", sa.DateTime(timezone=True)),
        sa.Column("change", sa.Integer(), nullable=False),
    )
    op.create_index("ix_alerts_change", "alerts", ["change"])
    op.create_index("ix_alerts_vm", "alerts", ["openstack_id", "rule"])
    op.create_index("ix_alerts_ended_at", "alerts", ["ended_at"])
    op.create_table(
        "webhook_calls",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
    )
    op.create_index("ix_webhook_calls_next_at", "webhook_calls", ["next_at"])
    counters = sa.table("counters", sa.column("name"), sa.column("value"), sa.column("text"))
    op.bulk_insert(counters, [{"name": "alert", "value": 0, "text": ""}])
