"""Where things live, and who may read them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from osvm_tui.paths import config_file, find_paths, private_dir

PRINT = (
    "import os; from osvm_tui.paths import *; p = find_paths(); print(config_file(os.environ), p.database, p.log_file)"
)


def test_osvm_config_names_the_settings_file(tmp_path: Path) -> None:
    assert config_file({"OSVM_CONFIG": str(tmp_path / "x.toml")}) == tmp_path / "x.toml"


def test_a_state_directory_holds_everything(tmp_path: Path) -> None:
    paths = find_paths(str(tmp_path))
    for place in (paths.database, paths.snapshots, paths.spool, paths.mock_cloud, paths.log_file):
        assert tmp_path in place.parents


def test_xdg_variables_are_honoured(tmp_path: Path) -> None:
    environ = {f"XDG_{kind}_HOME": str(tmp_path / kind.lower()) for kind in ("CONFIG", "STATE")}
    told = subprocess.run([sys.executable, "-c", PRINT], env=environ, capture_output=True, text=True, check=True)
    config, database, log = told.stdout.split()
    assert config == str(tmp_path / "config/osvm-tui/config.toml")
    assert database == str(tmp_path / "state/osvm-tui/osvm.db")
    assert log.startswith(str(tmp_path / "state/osvm-tui"))


def test_directories_we_make_are_private(tmp_path: Path) -> None:
    made = private_dir(tmp_path / "a" / "b")
    assert [each.stat().st_mode & 0o777 for each in (made, made.parent)] == [0o700, 0o700]


def test_directories_we_find_keep_their_mode(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    assert private_dir(tmp_path).stat().st_mode & 0o777 == 0o755
