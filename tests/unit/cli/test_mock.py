"""`osvm mock`: the simulated cloud from the command line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Osvm


def test_the_same_seed_makes_the_same_cloud(osvm: Osvm) -> None:
    first = osvm("mock reset --vms 20 --seed 3 -o json").json
    names = [vm["id"] for vm in osvm("vm list -o json").json]
    assert osvm("mock reset --vms 20 --seed 3 -o json").json["statuses"] == first["statuses"]
    assert [vm["id"] for vm in osvm("vm list -o json").json] == names
    osvm("mock reset --vms 20 --seed 4")
    assert [vm["id"] for vm in osvm("vm list -o json").json] != names


def test_without_a_cloud_the_first_run_makes_one(osvm: Osvm) -> None:
    assert len(osvm("vm list -o json").json) > 40


@pytest.mark.parametrize("line", ["mock churn --seconds 0", "mock clock", "mock knobs"])
def test_what_needs_a_cloud_says_how_to_make_one(osvm: Osvm, line: str) -> None:
    told = osvm(line)
    assert told.code == 1
    assert "osvm mock reset" in told.err


def test_knobs_are_turned_and_shown(cloud: Osvm) -> None:
    assert cloud("mock knobs latency=0.01 errors='{\"503\": 0.0}' -o json").json["latency"] == 0.01
    assert cloud("mock knobs -o json").json["errors"] == {"503": 0.0}
    assert cloud("mock knobs latncy=1").code == 1
    assert cloud("mock knobs latency").code == 2


def test_the_clock_runs_as_told(cloud: Osvm) -> None:
    assert "60 times" in cloud("mock clock --speed 60").out
    assert cloud("mock clock --offset -3600").out.startswith("cloud time ")


def test_churn_changes_vms(cloud: Osvm) -> None:
    assert int(cloud("mock churn --rate 200 --seconds 0.3").out.split()[0]) > 0


def test_an_unknown_release_is_one_sentence(osvm: Osvm) -> None:
    told = osvm("mock reset --release nosuch")
    assert told.code in (1, 2)
    assert "nosuch" in told.err
    assert "internal error" not in told.err


def test_serving_writes_a_clouds_yaml_that_reaches_it(cloud: Osvm, bare: Path) -> None:
    command = [sys.executable, "-m", "osvm_tui", "mock", "serve", "--clouds-yaml", "clouds.yaml"]
    server = subprocess.Popen(command, cwd=bare, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        assert "http://127.0.0.1:" in server.stdout.readline()
        served = cloud("vm list --cloud demo -o json")
        assert (served.code, served.err) == (0, "")
        names = {vm["name"] for vm in served.json}
        assert names < {vm["name"] for vm in cloud("vm list --mock -o json").json}
        assert "web-01" not in names
        assert "api-01" in names
    finally:
        server.terminate()
        server.wait(timeout=20)
        server.stdout and server.stdout.close()
