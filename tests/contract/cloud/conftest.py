"""Opens the cloud a contract test runs on, and tells the figures at the end of the run."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.contract.cloud.rig import Rig
from tests.contract.cloud.rigs import RIGS


@pytest.fixture(params=list(RIGS))
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Rig]:
    """Give one cloud of each kind, empty of VMs of ours; its VMs are deleted afterwards, also after a failure."""
    if request.param == "real" and not os.environ.get("OSVM_TEST_CLOUD"):
        pytest.skip("no real cloud: OSVM_TEST_CLOUD is not set")
    opened: Rig = RIGS[request.param](tmp_path)
    try:
        await opened.open()
        yield opened
    finally:
        await opened.close()
