"""`Paths`: where settings, state, logs and the simulated cloud live on this system; knows no content of them.

The places are platformdirs', so `XDG_*` variables are honoured on Linux. Directories that we make are 0700: the store
and the snapshots name machines, projects and people.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from msgspec import Struct

APP = "osvm-tui"


class Paths(Struct, frozen=True):
    """Every place the console reads or writes outside of the store's URL."""

    state_dir: Path
    log_dir: Path

    @property
    def database(self) -> Path:
        """The SQLite store, when no other URL is set."""
        return self.state_dir / "osvm.db"

    @property
    def snapshots(self) -> Path:
        """The directory of the fleet pictures that the first paint shows."""
        return self.state_dir / "snapshots"

    @property
    def spool(self) -> Path:
        """The directory of audit rows that wait for the store to be writable."""
        return self.state_dir / "spool"

    @property
    def mock_cloud(self) -> Path:
        """The file that the simulated cloud lives in."""
        return self.state_dir / "mock-cloud.db"

    @property
    def log_file(self) -> Path:
        """The present log file; rotated ones lie beside it."""
        return self.log_dir / "osvm.log"


def config_file(environ: Mapping[str, str]) -> Path:
    """Return the settings' file: `OSVM_CONFIG`, else config.toml in the user's configuration directory."""
    if named := environ.get("OSVM_CONFIG"):
        return Path(named).expanduser()
    import platformdirs

    return platformdirs.user_config_path(APP, appauthor=False) / "config.toml"


def find_paths(state_dir: str = "") -> Paths:
    """Return the places for this user; with `state_dir` everything lies below it, logs too."""
    if state_dir:
        root = Path(state_dir).expanduser()
        return Paths(state_dir=root, log_dir=root / "log")
    import platformdirs

    return Paths(
        state_dir=platformdirs.user_state_path(APP, appauthor=False),
        log_dir=platformdirs.user_log_path(APP, appauthor=False),
    )


def private_dir(path: Path) -> Path:
    """Make `path` and those of its parents that are missing, each 0700, and return it."""
    missing = [each for each in (path, *path.parents) if not each.exists()]
    for each in reversed(missing):
        each.mkdir(exist_ok=True)
        each.chmod(0o700)
    return path
