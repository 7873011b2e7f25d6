"""Operations can be paused and cancelled by any console, and items keep what taking them back needs."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add control, care and change number to operations, and the values from before to items."""
    op.add_column("operations", sa.Column("control", sa.String(16), nullable=False, server_default="run"))
    op.add_column("operations", sa.Column("cared_at", sa.DateTime(timezone=True)))
    op.add_column("operations", sa.Column("change", sa.Integer(), nullable=False, server_default="0"))
    op.create_index("ix_operations_change", "operations", ["change"])
    op.execute("UPDATE operations SET cared_at = requested_at")
    op.add_column("operation_items", sa.Column("was", sa.Text(), nullable=False, server_default="{}"))
