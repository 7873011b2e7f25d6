"""Fixtures of the simulated cloud's tests: small clouds, made fresh for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.mock.bench_cloud import BenchCloud
from tests.unit.mock.nova_bench import NovaBench


@pytest.fixture
def cloud(tmp_path: Path) -> BenchCloud:
    """Give a small cloud of a present release under a movable clock."""
    return BenchCloud(tmp_path / "cloud.db")


@pytest.fixture
def old_cloud(tmp_path: Path) -> BenchCloud:
    """Give the same cloud as Zed would answer."""
    return BenchCloud(tmp_path / "old-cloud.db", release="zed")


@pytest.fixture
def bench(tmp_path: Path) -> NovaBench:
    """Give a cloud without seeded VMs, in which tests place their own."""
    return NovaBench(tmp_path / "bench.db")
