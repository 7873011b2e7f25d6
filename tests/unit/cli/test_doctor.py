"""`osvm doctor`: what it checks, and that its bundle can be given away."""

from __future__ import annotations

import logging
import zipfile
from pathlib import Path

import pytest

from tests.unit.cli.conftest import Osvm


def test_all_is_well_on_the_simulated_cloud(cloud: Osvm) -> None:
    told = cloud("doctor")
    assert (told.code, told.err) == (0, "")
    for word in ("settings", "store", "cloud mock"):
        assert word in told.out


def test_a_broken_clouds_yaml_is_a_finding(osvm: Osvm, bare: Path) -> None:
    (bare / "clouds.yaml").write_text("clouds: [\n")
    told = osvm("doctor -o json")
    assert told.code == 1
    failed = [check for check in told.json["checks"] if not check["ok"]]
    assert ["clouds.yaml" in check["name"] for check in failed] == [True]


def test_the_bundle_holds_no_secret(cloud: Osvm, bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_PASSWORD_OF_SOMETHING", "hunter2")
    cloud("vm list --mock")
    logging.getLogger("osvm.test").warning("password=hunter2 token: hunter2")
    log = bare / "state" / "log" / "osvm.log"
    log.write_text(log.read_text() + "\nX-Auth-Token: hunter2\nhttps://ops:hunter2@cloud/\n")
    told = cloud("doctor --mock --bundle b.zip")
    assert told.code == 0, told.out
    bundle = bare / "b.zip"
    assert bundle.stat().st_mode & 0o777 == 0o600
    with zipfile.ZipFile(bundle) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    assert {"checks.json", "health.json", "settings.json", "environment.txt", "osvm.log"} == parts.keys()
    assert "OS_PASSWORD_OF_SOMETHING is set" in parts["environment.txt"]
    assert "cloud" in parts["osvm.log"]
    assert not [name for name, text in parts.items() if "hunter2" in text]
