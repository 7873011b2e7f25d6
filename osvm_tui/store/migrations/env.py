"""Alembic's entry: migrates over the connection that the store hands in; no alembic.ini, no offline mode."""

from __future__ import annotations

from alembic import context

from osvm_tui.store.tables import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
with context.begin_transaction():
    context.run_migrations()
