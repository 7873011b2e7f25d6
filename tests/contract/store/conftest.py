"""Fixtures of the store's contract: a fresh backend, and one console on it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from osvm_tui.store.sql import SqlStore
from tests.contract.store.backends import KINDS, Backend


@pytest.fixture(params=KINDS)
async def backend(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Backend]:
    """Give a fresh store of each kind."""
    made = Backend(request.param, tmp_path)
    await made.start()
    yield made
    await made.stop()


@pytest.fixture
async def store(backend: Backend) -> SqlStore:
    """Give one open console on the backend."""
    return await backend.console()
