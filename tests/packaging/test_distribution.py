"""Wheel, sdist and editable install: the sheets are inside, and the command runs from the wheel."""

from __future__ import annotations

import os
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from osvm_tui.ui.sheets import sheets, styles_dir

ROOT = Path(__file__).parents[2]
SHEETS = {path.name for path in (ROOT / "styles").glob("*.tcss")}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the wheel and the sdist of the present sources."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stdout[-2000:] + run.stderr[-2000:]
    return folder


@pytest.fixture(scope="module")
def installed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, installed without its dependencies into a folder of its own."""
    target = tmp_path_factory.mktemp("site")
    wheel = next(built.glob("*.whl"))
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(target)]
    subprocess.run([*command, str(wheel)], check=True)
    return target


def run_from(installed: Path, *command: str) -> str:
    environ = {**os.environ, "PYTHONPATH": str(installed)}
    told = subprocess.run(command, env=environ, cwd=installed, capture_output=True, text=True, check=True)
    return told.stdout.strip()


def test_the_wheel_holds_package_sheets_and_migrations_and_nothing_else(built: Path) -> None:
    with zipfile.ZipFile(next(built.glob("*.whl"))) as wheel:
        names = set(wheel.namelist())
    assert {f"osvm_tui/styles/{name}" for name in SHEETS} <= names
    assert "osvm_tui/py.typed" in names
    assert any(name.startswith("osvm_tui/store/migrations/") for name in names)
    assert {name.split("/")[0].split("-")[0] for name in names} == {"osvm_tui"}


def test_the_sdist_holds_sheets_tests_and_licence(built: Path) -> None:
    with tarfile.open(next(built.glob("*.tar.gz"))) as sdist:
        names = {name.partition("/")[2] for name in sdist.getnames()}
    assert {f"styles/{name}" for name in SHEETS} <= names
    assert {"LICENSE", "README.md", "CHANGELOG.md", "constraints.txt", "tests/check.py"} <= names


def test_the_command_runs_from_the_wheel(installed: Path) -> None:
    assert run_from(installed, str(installed / "bin" / "osvm"), "--version").startswith("osvm, version ")
    told = run_from(installed, sys.executable, "-m", "osvm_tui", "--help")
    assert "doctor" in told


def test_the_sheets_are_found_in_the_wheel(installed: Path) -> None:
    code = "from osvm_tui.ui.sheets import sheets, styles_dir; print(styles_dir(), len(sheets()))"
    place, count = run_from(installed, sys.executable, "-c", code).split()
    assert Path(place) == installed / "osvm_tui" / "styles"
    assert int(count) == len(sheets())


def test_the_store_is_made_from_the_wheel(installed: Path, tmp_path: Path) -> None:
    environ = {**os.environ, "PYTHONPATH": str(installed), "OSVM_STATE_DIR": str(tmp_path)}
    command = [sys.executable, "-m", "osvm_tui", "audit", "verify"]
    told = subprocess.run(command, env=environ, cwd=installed, capture_output=True, text=True, check=False)
    assert (told.returncode, told.stderr) == (0, "")


def test_the_sheets_are_found_in_a_checkout() -> None:
    assert styles_dir() == ROOT / "styles"
    assert {Path(path).name for path in sheets()} == SHEETS
