"""A command line on a simulated cloud of its own: `osvm("vm list")` runs in this process and tells what it printed."""

from __future__ import annotations

import json
import logging
import os
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from osvm_tui.cli.root import run


class Told(NamedTuple):
    """What one run left: exit code and both streams."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What was printed, as JSON."""
        return json.loads(self.out)


Osvm = Callable[..., Told]


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An operator's machine with nothing on it: an empty clouds.yaml, no settings, an empty state directory."""
    for name in [name for name in os.environ if name.startswith(("OS_", "OSVM_"))]:
        monkeypatch.delenv(name)
    (tmp_path / "clouds.yaml").write_text("clouds: {}\n")
    # The SDK looks up the user's own files once for all, when it is imported.
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_CONFIG_DIRS"):
        monkeypatch.setenv(name, str(tmp_path / "home"))
    monkeypatch.setenv("OSVM_STATE_DIR", str(tmp_path / "state"))
    monkeypatch.setenv("OSVM_OPERATOR", "ops-1")
    monkeypatch.chdir(tmp_path)
    kept = logging.getLogger().handlers[:]
    yield tmp_path
    logging.getLogger().handlers[:] = kept


@pytest.fixture
def osvm(bare: Path, capsys: pytest.CaptureFixture[str]) -> Osvm:
    """Run a command line, given as one text, on that machine."""

    def call(line: str, *more: str) -> Told:
        code = run([*shlex.split(line), *more])
        told = capsys.readouterr()
        return Told(code, told.out, told.err)

    return call


@pytest.fixture
def cloud(osvm: Osvm) -> Osvm:
    """The same, with a simulated cloud in which every transition takes no time."""
    assert osvm("mock reset").code == 0
    assert osvm("mock knobs durations=0").code == 0
    return osvm
