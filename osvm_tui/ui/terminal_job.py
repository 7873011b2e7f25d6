"""`run_in_foreground`: another program gets the terminal, in a process group of its own, until it ends.

Ctrl-c and ctrl-z reach that program and not us. Knows neither Textual nor ssh. Nothing of what is typed or shown is
kept but the last lines that the program writes to its standard error.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import termios
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress

from msgspec import Struct

KEPT_LINES = 12
_PAUSE_S = 0.05
_ENDING_S = 1.0
_CALM = (
    "\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1004l\x1b[?2004l"
    "\x1b[?1047l\x1b[?1l\x1b>\x1b[4l\x1b(B\x0f\x1b[0m\x1b7\x1b[r\x1b8\x1b[?6l\x1b[?7h\x1b[?25h"
)
"""What a program that was cut off may have left on: mouse, paste and focus reports, the alternate screen, keypad mode,
insert mode, line drawing, colours, a scroll region; off, in xterm's control sequences. The cursor stays."""
_DEFAULTS = ("SIGINT", "SIGQUIT", "SIGTSTP", "SIGTTIN", "SIGTTOU", "SIGPIPE", "SIGHUP", "SIGTERM", "SIGWINCH")


class Ended(Struct, frozen=True):
    """How it ended: exit status (128 + number for a signal), how long it ran, its last lines on standard error."""

    status: int
    seconds: float
    errors: tuple[str, ...] = ()


async def run_in_foreground(command: Sequence[str]) -> Ended:
    """Run a program until it ends; FileNotFoundError when there is none. Must be called on the main thread.

    On a terminal it gets a process group of its own in the foreground; should it stop, it is woken at once, for there
    is no shell here to go back to. Off a terminal it runs in our group. Cancelled, it hangs the program up.
    """
    terminal = sys.__stdin__.fileno() if _on_terminal() else None  # type: ignore[union-attr]
    began = time.monotonic()
    with _terminal_lent(terminal):
        pid, tail, copier = _spawn(command, own_group=terminal is not None)
        if terminal is not None:
            _give(terminal, pid)
        waiting = _wait_on_thread(pid, terminal)
        try:
            status = await asyncio.shield(waiting)
        except asyncio.CancelledError:
            with suppress(OSError):
                os.kill(pid if terminal is None else -pid, signal.SIGHUP)
            raise
        finally:
            copier.join(_ENDING_S)
    return Ended(status, time.monotonic() - began, tuple(tail))


def _on_terminal() -> bool:
    return all(stream is not None and stream.isatty() for stream in (sys.__stdin__, sys.__stdout__))


def _spawn(command: Sequence[str], *, own_group: bool) -> tuple[int, deque[str], threading.Thread]:
    """Start the program with its standard error running through us; return pid, its last lines, and who copies."""
    reading, writing = os.pipe()
    try:
        pid = os.posix_spawnp(
            command[0],
            list(command),
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, writing, 2)],
            setsigdef=[getattr(signal, name) for name in _DEFAULTS],
            **({"setpgroup": 0} if own_group else {}),  # type: ignore[arg-type]
        )
    except OSError:
        os.close(reading)
        raise
    finally:
        os.close(writing)
    tail: deque[str] = deque(maxlen=KEPT_LINES)
    copier = threading.Thread(target=_copy, args=(reading, tail), name="stderr-copy", daemon=True)
    copier.start()
    return pid, tail, copier


def _copy(reading: int, tail: deque[str]) -> None:
    rest = b""
    with open(reading, "rb", buffering=0) as stream:
        while data := stream.read(4096):
            with suppress(OSError):
                os.write(2, data)
            *lines, rest = (rest + data)[-4096:].replace(b"\r", b"").split(b"\n")
            tail.extend(text for line in lines if (text := line.decode("utf-8", "replace").strip()))
    if rest.strip():
        tail.append(rest.decode("utf-8", "replace").strip())


def _give(terminal: int, pid: int) -> None:
    """Put the program's group into the foreground, and wake it: it may have asked for the terminal before."""
    with suppress(OSError):
        os.tcsetpgrp(terminal, pid)
        os.killpg(pid, signal.SIGCONT)


def _wait_on_thread(pid: int, terminal: int | None) -> asyncio.Future[int]:
    loop = asyncio.get_running_loop()
    ended: asyncio.Future[int] = loop.create_future()

    def settle(status: int) -> None:
        if not ended.done():
            ended.set_result(status)

    def wait() -> None:
        status = _wait(pid, terminal)
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(settle, status)

    threading.Thread(target=wait, name="wait-for-program", daemon=True).start()
    return ended


def _wait(pid: int, terminal: int | None) -> int:
    while True:
        _, status = os.waitpid(pid, os.WUNTRACED if terminal is not None else 0)
        if not os.WIFSTOPPED(status):
            return os.WEXITSTATUS(status) if os.WIFEXITED(status) else 128 + os.WTERMSIG(status)
        time.sleep(_PAUSE_S)
        if terminal is not None:
            _give(terminal, pid)


@contextmanager
def keys_for_another() -> Iterator[None]:
    """Ignore what ctrl-c, ctrl-\\ and ctrl-z would do to us while the terminal is, or is about to be, another's.

    Between two owners the terminal is in its usual mode: an impatient ctrl-c would end the console. The same for the
    stop that a background program gets for taking the terminal back.
    """
    numbers = (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGTTOU)
    before = [(number, signal.signal(number, signal.SIG_IGN)) for number in numbers]
    try:
        yield
    finally:
        for number, handler in before:
            signal.signal(number, handler)


@contextmanager
def _terminal_lent(terminal: int | None) -> Iterator[None]:
    """Take the terminal back at the end, as it was: foreground, modes, and what the program may have left on."""
    if terminal is None:
        yield
        return
    with keys_for_another():
        modes = termios.tcgetattr(terminal)
        try:
            yield
        finally:
            with suppress(OSError, termios.error):
                os.tcsetpgrp(terminal, os.getpgrp())
                termios.tcsetattr(terminal, termios.TCSADRAIN, modes)
                os.write(1, _CALM.encode())
                termios.tcflush(terminal, termios.TCIFLUSH)
