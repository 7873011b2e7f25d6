"""The stage of the faults: one simulated cloud in its own process, consoles in theirs, one store that they share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from osvm_tui.services.cadence import Cadence
from tests.e2e.cloud_process import CloudProcess
from tests.e2e.consoles import BRISK, ConsoleProcess, slow


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run pulled plugs with the real parts only: each takes seconds of real time, whatever the machine."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(slow)


class Stage:
    """A cloud and the consoles on it; all consoles of a stage share one state directory."""

    def __init__(self, folder: Path, *, vms: int = 30) -> None:
        self.folder = folder
        self.state_dir = folder / "state"
        self.cloud = CloudProcess(folder, vms=vms)
        self._consoles: list[ConsoleProcess] = []

    def console(
        self,
        *entries: str,
        operator: str = "ops-1",
        cadence: Cadence = BRISK,
        shift_s: float = 0.0,
        state_dir: Path | None = None,
        options: tuple[str, ...] = (),
    ) -> ConsoleProcess:
        """Start a console; `demo` when no entry is named."""
        environ = {"OS_CLIENT_CONFIG_FILE": str(self.cloud.clouds_yaml), "HOME": str(self.folder)}
        console = ConsoleProcess(
            environ, state_dir or self.state_dir, *(entries or ("demo",)),
            operator=operator, cadence=cadence, shift_s=shift_s, options=options,
        )  # fmt: skip
        self._consoles.append(console)
        return console

    def close(self) -> None:
        """Stop everything; a console that left an error behind fails here."""
        self.cloud.kill()
        for console in self._consoles:
            console.resume()
        for console in self._consoles:
            console.close()


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """A served cloud of 30 VMs, and a way to start consoles on it."""
    one = Stage(tmp_path)
    try:
        one.cloud.start()
        yield one
    finally:
        one.close()
