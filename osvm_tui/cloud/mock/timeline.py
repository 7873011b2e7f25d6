"""Evaluates a server's time line: what it shows, what comes next, when it was last updated. Never writes."""

from __future__ import annotations

from bisect import bisect_right

import msgspec

from osvm_tui.cloud.mock.server import Moment, Server

NEVER = float("inf")


def _place(line: list[Moment], now: float) -> int:
    return max(0, bisect_right(line, now, key=lambda moment: moment.at) - 1)


def present(server: Server, now: float) -> Moment:
    """Return the moment that holds at cloud time `now`; before the first one, the first."""
    line = server.line
    return line[0] if len(line) == 1 else line[_place(line, now)]


def next_change(server: Server, now: float) -> float:
    """Return the cloud time of the next step (state, address cache, end of a port or disk), or infinity."""
    line = server.line
    place = _place(line, now)
    due = [line[place].at] if line[place].at > now else []
    if place + 1 < len(line):
        due.append(line[place + 1].at)
    due += [nic.next_at for nic in server.nics if nic.next_at is not None and nic.next_at > now]
    due += [nic.until for nic in server.nics if nic.until is not None and nic.until > now]
    due += [disk.until for disk in server.disks if disk.until is not None and disk.until > now]
    return min(due, default=NEVER)


def updated(server: Server, now: float) -> float:
    """Return what Nova calls updated_at: the last step that moves it, or the last touch, whichever is later."""
    line = server.line
    place = _place(line, now)
    while place > 0 and line[place].quiet:
        place -= 1
    return max(line[place].at, server.touched)


def cut(server: Server, now: float) -> Moment:
    """Drop the steps after `now` and older history, keep the present one, and return it."""
    moment = present(server, now)
    server.line = [moment]
    return moment


def append(server: Server, now: float, steps: list[Moment]) -> None:
    """Cut the future of `server` and let `steps` (sorted by `at`) follow its present moment."""
    moment = cut(server, now)
    server.line = [moment, *steps]


def after(base: Moment, seconds: float, /, **changes: object) -> Moment:
    """Return `base` with `changes`, beginning `seconds` after it."""
    return msgspec.structs.replace(base, at=base.at + seconds, quiet=False, **changes)
