"""`Terminal`: runs a program in a pty of a fixed size and notes when which bytes came. Understands no screen."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import termios
import threading
import time
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from pathlib import Path

COLUMNS, ROWS = 160, 50
FRAME_END = b"\x1b[?2026l"
_FRAMES_ASKED = b"\x1b[?2026$p"
_FRAMES_GIVEN = b"\x1b[?2026;2$y"


class Gone(Exception):
    """The program ended, or did not show in time what was waited for; the message holds its last output."""


class Terminal:
    """One program on one pty, from its start to its end. Times are `time.perf_counter`, the same in all processes."""

    def __init__(self, command: Sequence[str], environ: Mapping[str, str], cwd: Path) -> None:
        self.began = 0.0
        self._seen = bytearray()
        self._ends: list[int] = []
        self._times: list[float] = []
        self._news = threading.Condition()
        self._over = False
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        environ = {**environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"}
        self.began = time.perf_counter()
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=environ, cwd=cwd, start_new_session=True
        )
        os.close(slave)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def position(self) -> int:
        """How many bytes have come so far."""
        return len(self._seen)

    def send(self, keys: bytes) -> tuple[int, float]:
        """Type keys; return the position before and the moment."""
        position, now = self.position, time.perf_counter()
        os.write(self._master, keys)
        return position, now

    def wait_for(self, sign: bytes, since: int = 0, timeout_s: float = 30.0) -> tuple[int, float]:
        """Return the position behind `sign` and when it came; Gone when it does not come."""
        end = time.perf_counter() + timeout_s
        with self._news:
            while (at := self._seen.find(sign, since)) < 0:
                left = end - time.perf_counter()
                if left <= 0 or self._over:
                    raise Gone(f"no {sign!r} within {timeout_s} s; last: {bytes(self._seen[-800:])!r}")
                self._news.wait(left)
            at += len(sign)
            return at, self._times[bisect_left(self._ends, at)]

    def quit(self, timeout_s: float = 20.0) -> float:
        """Leave by ctrl-q; return the seconds it took."""
        began = time.perf_counter()
        os.write(self._master, b"\x11")
        try:
            self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise Gone(f"ctrl-q did not end it; last: {bytes(self._seen[-800:])!r}") from None
        took = time.perf_counter() - began
        self._reader.join(2.0)
        os.close(self._master)
        return took

    def _read(self) -> None:
        while True:
            try:
                chunk = os.read(self._master, 1 << 16)
            except OSError:
                chunk = b""
            now = time.perf_counter()
            with self._news:
                if not chunk:
                    self._over = True
                    self._news.notify_all()
                    return
                if _FRAMES_ASKED in chunk:
                    os.write(self._master, _FRAMES_GIVEN)
                self._seen += chunk
                self._ends.append(len(self._seen))
                self._times.append(now)
                self._news.notify_all()
