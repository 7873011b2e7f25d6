"""What costs are counted from and what they came to: things beside VMs, totals of days, dismissed advice."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables of the costs."""
    op.create_table(
        "cost_things",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("endpoint", sa.String(255), nullable=False),
        sa.Column("project_id", sa.String(64), nullable=False),
        sa.Column("component", sa.String(16), nullable=False),
        sa.Column("thing_id", sa.String(64), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("what", sa.String(255), nullable=False),
        sa.Column("quantity", sa.String(40), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True)),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_cost_things_endpoint", "cost_things", ["endpoint", "component", "until"])
    op.create_table(
        "cost_days",
        sa.Column("endpoint", sa.String(255), primary_key=True),
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("project_id", sa.String(64), primary_key=True),
        sa.Column("basis", sa.String(32), nullable=False),
        sa.Column("sums", sa.LargeBinary(), nullable=False),
    )
    op.create_table(
        "cost_dismissals",
        sa.Column("advice_id", sa.String(255), primary_key=True),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("operator", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    )
