"""Handing a real terminal to another program: ctrl-c and ctrl-z are that program's, and the terminal comes back."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest

from osvm_tui.ui.terminal_job import KEPT_LINES, run_in_foreground

HOLDER = """
import asyncio, json, os, signal, sys, termios
from osvm_tui.ui.terminal_job import run_in_foreground
signal.signal(signal.SIGINT, lambda *_: print("HOLDER WAS INTERRUPTED", flush=True))
signal.signal(signal.SIGTSTP, lambda *_: print("HOLDER WAS STOPPED", flush=True))
before = termios.tcgetattr(0)
ended = asyncio.run(run_in_foreground(json.loads(sys.argv[1])))
print("status", ended.status, "errors", json.dumps(ended.errors), flush=True)
print("modes", termios.tcgetattr(0) == before, "front", os.tcgetpgrp(0) == os.getpgrp(), flush=True)
"""


@pytest.fixture
def held(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[pexpect.spawn]:
    """A program in a pty that hands it over to `sh -c` with the test's script."""
    command = json.dumps(["sh", "-c", request.param])
    child = pexpect.spawn(sys.executable, ["-c", HOLDER, command], cwd=str(tmp_path), timeout=20, encoding="utf-8")
    yield child
    child.close(force=True)


@pytest.mark.parametrize("held", ["stty raw -echo; printf '\\033[?1000h'; echo gone wrong >&2; exit 7"], indirect=True)
def test_the_terminal_comes_back_as_it_was(held: pexpect.spawn) -> None:
    held.expect("gone wrong")
    held.expect('status 7 errors \\["gone wrong"\\]')
    assert "\x1b[?1000l" in held.before
    held.expect("modes True front True")


@pytest.mark.parametrize("held", ["read line; echo ready; exec sleep 60"], indirect=True)
def test_ctrl_c_ends_the_program_and_not_us(held: pexpect.spawn) -> None:
    held.sendline("who reads has the terminal")
    held.expect("ready")
    held.sendintr()
    held.expect("status 130")
    assert "HOLDER" not in held.before
    held.expect("modes True front True")


@pytest.mark.parametrize(
    "held", ["echo ready; read line; echo got $line; kill -STOP $$; read more; echo $more"], indirect=True
)
def test_a_program_that_stops_is_woken(held: pexpect.spawn) -> None:
    held.expect("ready")
    held.sendcontrol("z")
    held.sendline("one")
    held.expect("got one")
    held.sendline("two")
    held.expect("two\r\n.*two")
    held.expect("status 0")
    assert "HOLDER" not in held.before


async def test_off_a_terminal_its_last_lines_are_kept(capfd: pytest.CaptureFixture[str]) -> None:
    script = "for n in $(seq 30); do echo line $n >&2; done; printf 'no end' >&2; exit 3"
    ended = await run_in_foreground(["sh", "-c", script])
    assert ended.status == 3
    assert ended.errors == (*(f"line {n}" for n in range(32 - KEPT_LINES, 31)), "no end")
    assert capfd.readouterr().err.startswith("line 1\nline 2\n")


async def test_cancelled_it_hangs_the_program_up() -> None:
    running = asyncio.create_task(run_in_foreground(["sleep", "60"]))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_program_that_is_not_there_is_told() -> None:
    with pytest.raises(FileNotFoundError):
        await run_in_foreground(["there-is-no-such-program"])
