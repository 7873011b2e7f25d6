"""What the release of a simulated cloud changes: maximum microversion, defaults of roles, evacuation."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.mock.nova_bench import NovaBench
from tests.unit.mock.test_rules import down


@pytest.mark.parametrize(
    ("release", "maximum"), [("yoga", "2.90"), ("zed", "2.93"), ("2024.1", "2.96"), ("2026.2", "2.104")]
)
def test_the_maximum_microversion(tmp_path: Path, release: str, maximum: str) -> None:
    bench = NovaBench(tmp_path / "cloud.db", release=release)
    reply = bench.nova("GET", "/servers", version="latest")
    assert reply.headers["x-openstack-nova-api-version"] == maximum
    minor = int(maximum.split(".")[1])
    refused = bench.nova("GET", "/servers", version=f"2.{minor + 1}")
    assert refused.status == 406
    text = f"Version 2.{minor + 1} is not supported by the API. Minimum is 2.1 and maximum is {maximum}."
    assert refused.json()["computeFault"]["message"] == text


@pytest.mark.parametrize(("release", "status"), [("yoga", 409), ("zed", 200), ("2025.2", 200)])
def test_evacuation_of_a_busy_server(tmp_path: Path, release: str, status: int) -> None:
    bench = NovaBench(tmp_path / "cloud.db", release=release)
    vm = bench.vm("active", "powering-off")
    down(bench, "compute-01")
    assert bench.act(vm, "evacuate", {}, who="admin").status == status


def test_fields_above_the_lab(tmp_path: Path) -> None:
    bench = NovaBench(tmp_path / "cloud.db", release="2026.2")
    view = bench.show(bench.vm(), version="2.100")
    assert {"scheduler_hints", "pinned_availability_zone"} <= set(view)
    assert "properties" in view["image"]
