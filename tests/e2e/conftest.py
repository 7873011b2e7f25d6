"""Where the journeys run: the simulated cloud over HTTP, and the real cloud that OSVM_TEST_CLOUD names."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import pytest

from osvm_tui.cloud.mock import faults, seed
from osvm_tui.cloud.mock.clouds_yaml import text
from osvm_tui.cloud.mock.face import served
from tests.e2e.consoles import slow


class Place(NamedTuple):
    """A machine of an operator of its own, with a clouds.yaml and a member's entry in it."""

    folder: Path
    environ: Mapping[str, str]
    member: str
    admin: str
    image: str
    """The smallest image of that cloud."""

    def osvm(self, *arguments: str, code: int = 0) -> str:
        """Run a headless verb and return what it printed; fails when its exit code is another."""
        command = [sys.executable, "-m", "osvm_tui", *arguments]
        environ = {**os.environ, **self.environ}
        run = subprocess.run(command, env=environ, cwd=self.folder, capture_output=True, text=True, check=False)
        assert run.returncode == code, f"{arguments}: {run.returncode}\n{run.stdout}\n{run.stderr}"
        return run.stdout + run.stderr


@pytest.fixture
def home(tmp_path: Path) -> dict[str, str]:
    """The environment of an operator with nothing configured."""
    return {
        "HOME": str(tmp_path),
        "XDG_CONFIG_HOME": str(tmp_path / "config"),
        "OSVM_STATE_DIR": str(tmp_path / "state"),
        "OSVM_OPERATOR": "ops-1",
    }


@pytest.fixture(params=[pytest.param("face", marks=slow), "real"])
def place(request: pytest.FixtureRequest, tmp_path: Path, home: dict[str, str]) -> Iterator[Place]:
    """The same journeys on the simulated cloud behind HTTP and on a real one."""
    if request.param == "real":
        yield _real(tmp_path, home)
        return
    cloud = tmp_path / "cloud.db"
    seed.reset(cloud, vms=25)
    faults.set_knobs(cloud, scale=0.3)
    with served(cloud) as base_url:
        clouds = tmp_path / "clouds.yaml"
        clouds.write_text(text(base_url))
        yield Place(tmp_path, {**home, "OS_CLIENT_CONFIG_FILE": str(clouds)}, "demo", "admin", "cirros")


def _real(folder: Path, home: dict[str, str]) -> Place:
    member = os.environ.get("OSVM_TEST_CLOUD", "")
    if not member:
        pytest.skip("no real cloud: OSVM_TEST_CLOUD is not set")
    named = {"OS_CLIENT_CONFIG_FILE": os.environ["OS_CLIENT_CONFIG_FILE"]}
    return Place(folder, {**home, **named}, member, os.environ.get("OSVM_TEST_CLOUD_ADMIN", "admin"), "cirros-0.6.2")
