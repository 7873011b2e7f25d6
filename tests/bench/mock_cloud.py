"""`MockProcess`: a seeded simulated cloud in a process of its own, on loopback, with a home for consoles beside it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

REPOSITORY = Path(__file__).parent.parent.parent
_OSVM = (sys.executable, "-m", "osvm_tui")


def isolated(home: Path, clouds_yaml: Path) -> dict[str, str]:
    """Return an environment in which a program knows only `home` and these clouds."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OS_", "OSVM_", "XDG_"))}
    return kept | {"HOME": str(home), "OS_CLIENT_CONFIG_FILE": str(clouds_yaml), "PYTHONPATH": str(REPOSITORY)}


class MockProcess:
    """The cloud's server and, when asked for, its churn; both end with `close`."""

    def __init__(self, folder: Path, *, vms: int, seed: int) -> None:
        self._file, self.clouds_yaml = folder / "cloud.db", folder / "clouds.yaml"
        self.environ = isolated(folder, self.clouds_yaml)
        self._mock = (*_OSVM, "mock", "--file", str(self._file))
        subprocess.run(
            [*self._mock, "reset", "--vms", str(vms), "--seed", str(seed)], env=self.environ, check=True,
            stdout=subprocess.DEVNULL, cwd=REPOSITORY,
        )  # fmt: skip
        self.server = self._start("serve", "--port", "0", "--clouds-yaml", str(self.clouds_yaml))
        assert self.server.stdout is not None
        self.server.stdout.readline()

    def churn(self, rate: float, seconds: float) -> subprocess.Popen[bytes]:
        """Change VMs from another process; return it."""
        return self._start("churn", "--rate", str(rate), "--seconds", str(seconds))

    def close(self) -> None:
        """End the server."""
        self.server.terminate()
        try:
            self.server.wait(5.0)
        except subprocess.TimeoutExpired:
            self.server.kill()
        time.sleep(0.1)

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen([*self._mock, *arguments], env=self.environ, cwd=REPOSITORY, stdout=subprocess.PIPE)
