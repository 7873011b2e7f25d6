"""Plugs pulled while an operator looks and presses keys in a real terminal: no freeze, no traceback, a clean end."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.consoles import ROOT
from tests.e2e.faults.conftest import Stage
from tests.e2e.faults.test_store import SmallDisk
from tests.e2e.faults.test_store import disk as disk
from tests.e2e.terminal import Terminal

SIZES = ((80, 24), (200, 60), (100, 30), (81, 25), (160, 50), (120, 36))
QUICK = {"OSVM_POLL__IDLE_S": "0.5", "OSVM_POLL__BUSY_S": "0.5"}

pytestmark = pytest.mark.timeout(240)


def environ(stage: Stage, state_dir: Path | None = None) -> dict[str, str]:
    """Return the environment of an operator whose one cloud is the stage's."""
    return {
        "HOME": str(stage.folder),
        "OSVM_STATE_DIR": str(state_dir or stage.state_dir),
        "OSVM_OPERATOR": "ops-1",
        "OS_CLIENT_CONFIG_FILE": str(stage.cloud.clouds_yaml),
        **QUICK,
    }


@pytest.fixture
def terminal(stage: Stage) -> Iterator[Terminal]:
    """The console, live, on a served cloud; whatever happens to it, it must end in order."""
    with Terminal(["--cloud", "demo"], environ(stage), stage.folder) as one:
        one.wait("● live")
        yield one


def cursor(terminal: Terminal) -> str:
    """Return the name in the highlighted row."""
    found = re.search(r"^[█\s]*▸\s*(\S+)", terminal.text, re.MULTILINE)
    return found.group(1) if found else ""


def moves(terminal: Terminal) -> float:
    """Press keys and return the longest time until the cursor had moved."""
    longest = 0.0
    for key in ("j", "j", "k", "j", "k", "k"):
        before, pressed = cursor(terminal), time.monotonic()
        terminal.press(key)
        terminal.wait(lambda _text, before=before: cursor(terminal) != before, 5)  # type: ignore[misc]
        longest = max(longest, time.monotonic() - pressed)
    return longest


def leave(terminal: Terminal) -> None:
    """Quit, and check that nothing of the console is left in the terminal."""
    terminal.press("ctrl+q")
    assert terminal.wait_end() == 0
    written = bytes(terminal.output)
    assert b"Traceback" not in written
    for on, off in ((b"\x1b[?1049h", b"\x1b[?1049l"), (b"\x1b[?25l", b"\x1b[?25h"), (b"\x1b[?1000h", b"\x1b[?1000l")):
        assert written.rfind(off) > written.rfind(on), f"{off!r} is missing at the end"


def test_a_killed_api_greys_its_rows_and_comes_back(stage: Stage, terminal: Terminal) -> None:
    terminal.wait_row("api-01", "SHUTOFF")
    live = terminal.colours("api-01")
    stage.cloud.kill()
    assert moves(terminal) < 1.0
    terminal.wait(r"stale \d+ s")
    assert moves(terminal) < 1.0
    assert terminal.row("api-01")
    assert terminal.colours("api-01") != live
    stage.cloud.start()
    terminal.wait("● live", 60)
    terminal.wait(lambda _text: terminal.colours("api-01") == live, 5)
    leave(terminal)


def test_a_hanging_api_does_not_hold_the_keys(stage: Stage, terminal: Terminal) -> None:
    stage.cloud.hang()
    assert moves(terminal) < 1.0
    terminal.wait(r"stale \d+ s", 40)
    assert moves(terminal) < 1.0
    terminal.press("enter", "4")
    terminal.wait("Events|events")
    terminal.press("escape")
    stage.cloud.answer()
    terminal.wait("● live", 60)
    leave(terminal)


def test_the_console_can_be_left_while_the_api_hangs(stage: Stage, terminal: Terminal) -> None:
    stage.cloud.hang()
    terminal.press("ctrl+r", "j")
    began = time.monotonic()
    leave(terminal)
    assert time.monotonic() - began < 10


def test_resizes_during_live_changes(stage: Stage, terminal: Terminal) -> None:
    churned = ["mock", "--file", str(stage.cloud.file), "churn", "--rate", "20", "--seconds", "8"]
    churn = subprocess.Popen(
        [sys.executable, "-m", "osvm_tui", *churned],
        env={**os.environ, **environ(stage)},
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
    )
    for number in range(30):
        terminal.resize(*SIZES[number % len(SIZES)])
        terminal.press("j" if number % 4 else "enter")
    assert churn.wait(60) == 0
    terminal.resize(120, 36)
    terminal.press("escape")
    terminal.wait(r"NAME.*STATUS")
    terminal.wait(r"● live[^\n]*VMs")
    assert moves(terminal) < 1.0
    leave(terminal)


def test_a_read_only_store_refuses_with_its_reason(disk: SmallDisk, stage: Stage) -> None:
    state = disk.folder / "state"
    stage.console(state_dir=state).live().close()
    disk.remount("ro")
    with Terminal(["--cloud", "demo"], environ(stage, state), stage.folder) as terminal:
        terminal.wait("● live")
        terminal.press("/", "db-01", "enter")
        terminal.wait_row("db-01", "ACTIVE")
        terminal.press("a")
        terminal.wait("act on")
        terminal.press("t")
        terminal.wait("stop db-01")
        terminal.press("tab", "enter")
        terminal.wait("not writable|read-only|readonly")
        assert stage.cloud.log(stage.cloud.named("db-01")["db-01"][0]).count("stop") == 0
        terminal.press("escape")
        leave(terminal)
