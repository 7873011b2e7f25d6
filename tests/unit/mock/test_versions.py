"""Version documents: open to all, and telling the release's maximum microversion."""

from __future__ import annotations

import pytest

from osvm_tui.cloud.mock import faults
from tests.unit.mock.bench_cloud import BenchCloud


@pytest.mark.parametrize(
    ("service", "path", "status"),
    [
        ("versions", "/compute", 200),
        ("compute", "/", 200),
        ("identity", "/", 300),
        ("identity", "/v3/", 200),
        ("image", "/", 300),
        ("image", "/versions", 200),
        ("network", "/", 200),
        ("versions", "/", 404),
        ("volume", "/", 300),
        ("volume", "/v3/", 200),
        ("versions", "/backup", 404),
    ],
)
def test_a_version_document_needs_no_token(cloud: BenchCloud, service: str, path: str, status: int) -> None:
    assert cloud.ask(service, "GET", path, user=None).status == status


def test_nova_tells_its_maximum(cloud: BenchCloud, old_cloud: BenchCloud) -> None:
    version = cloud.ask("compute", "GET", "/", user=None).json()["version"]
    assert (version["min_version"], version["version"]) == ("2.1", "2.100")
    assert version["links"][0]["href"] == "http://cloud.test/compute/v2.1/"
    assert old_cloud.ask("compute", "GET", "/", user=None).json()["version"]["version"] == "2.93"


def test_a_knob_overrides_the_maximum(cloud: BenchCloud) -> None:
    faults.set_knobs(cloud.path, maximum_microversion="2.60")
    assert cloud.ask("compute", "GET", "/", user=None).json()["version"]["version"] == "2.60"
