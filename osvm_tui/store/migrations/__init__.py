"""The schema's history, run by `osvm_tui.store.schema` through Alembic; lives in the package so that a wheel has it."""
