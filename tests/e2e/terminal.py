"""`Terminal`: the console in a real pty, read as a terminal would show it. Knows no screen of ours."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType

import pexpect
import pyte

KEYS = {
    "enter": "\r",
    "escape": "\x1b",
    "tab": "\t",
    "shift+tab": "\x1b[Z",
    "down": "\x1b[B",
    "up": "\x1b[A",
    "right": "\x1b[C",
    "space": " ",
    "ctrl+c": "\x03",
    "ctrl+d": "\x04",
    "ctrl+q": "\x11",
    "ctrl+r": "\x12",
    "ctrl+s": "\x13",
    "backspace": "\x7f",
}


class Terminal:
    """`osvm` with `arguments` in a pty of `columns` x `rows`; a wait that takes too long shows the screen."""

    def __init__(
        self, arguments: list[str], environ: Mapping[str, str], cwd: Path, *, columns: int = 120, rows: int = 36
    ) -> None:
        self._screen = pyte.Screen(columns, rows)
        self._stream = pyte.ByteStream(self._screen)
        self.output = bytearray()
        """Every byte that the console wrote."""
        # Test runners set these, and they would win over the size of the pty.
        inherited = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
        self._child = pexpect.spawn(
            sys.executable,
            ["-m", "osvm_tui", *arguments],
            env={**inherited, "TERM": "xterm-256color", "COLORTERM": "truecolor", **environ},
            cwd=str(cwd),
            dimensions=(rows, columns),
            timeout=60,
        )

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._child.close(force=True)

    @property
    def text(self) -> str:
        """The screen as it is now."""
        return "\n".join(self._screen.display)

    @property
    def pid(self) -> int:
        """The process id of the console."""
        return int(self._child.pid)

    def press(self, *keys: str) -> None:
        """Press named keys; anything else is typed as it is, with a moment for the screen after each."""
        for key in keys:
            self._child.send(KEYS.get(key, key))
            self._read(0.15)

    def resize(self, columns: int, rows: int) -> None:
        """Change the size of the terminal."""
        self._screen.resize(rows, columns)
        self._child.setwinsize(rows, columns)

    def wait(self, wanted: str | Callable[[str], bool], limit_s: float = 30.0) -> str:
        """Read until the screen matches a regular expression or passes a test; return the screen."""
        passes = wanted if callable(wanted) else lambda text: re.search(wanted, text) is not None
        end = time.monotonic() + limit_s
        while not passes(self.text):
            if time.monotonic() > end or not self._read(0.2):
                what = wanted if isinstance(wanted, str) else wanted.__name__
                raise AssertionError(f"not seen within {limit_s:g} s: {what}\n{self.text}")
        return self.text

    def seen(self, wanted: str, limit_s: float) -> bool:
        """Return whether `wanted` stands on the screen within `limit_s`."""
        end = time.monotonic() + limit_s
        while wanted not in self.text and time.monotonic() < end:
            self._read(0.2)
        return wanted in self.text

    def row(self, name: str) -> str:
        """Return the line of the table that begins with `name`, empty when there is none."""
        begins = re.compile(rf"[█\s]*[▸✓]?\s*{re.escape(name)}\s")
        return next((line for line in self._screen.display if begins.match(line)), "")

    def colours(self, name: str) -> list[str]:
        """Return the colours of the letters in the line of `name`, from left to right."""
        at = self._screen.display.index(self.row(name))
        cells = self._screen.buffer[at]
        return [cells[column].fg for column in range(self._screen.columns) if cells[column].data.strip()]

    def wait_row(self, name: str, wanted: str, limit_s: float = 60.0) -> str:
        """Read until the line of `name` matches."""
        self.wait(lambda _text: re.search(wanted, self.row(name)) is not None, limit_s)
        return self.row(name)

    def wait_end(self, limit_s: float = 20.0) -> int:
        """Wait until the process has ended and return its exit code."""
        end = time.monotonic() + limit_s
        while self._read(0.2):
            if time.monotonic() > end:
                raise AssertionError(f"the console has not ended\n{self.text}")
        self._child.wait()
        return int(self._child.exitstatus if self._child.exitstatus is not None else -1)

    def _read(self, seconds: float) -> bool:
        """Take in what comes within `seconds`; False once the process has closed the terminal."""
        try:
            data = self._child.read_nonblocking(65536, timeout=seconds)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.output += data
        self._stream.feed(data)
        return True
