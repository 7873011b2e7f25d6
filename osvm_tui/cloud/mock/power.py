"""When a simulated guest ran, and when it booted: told by its instance actions and its time line. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from osvm_tui.cloud.mock import timeline
from osvm_tui.cloud.mock.server import Server

RUNNING = 1
_WAKES = frozenset({"unpause", "resume"})
"""The guest goes on where it was: its counters too."""
_BOOTS = frozenset({
    "create", "start", "reboot", "rebuild", "rescue", "unrescue", "unshelve", "resize", "revertResize", "migrate",
    "evacuate", "restore",
})  # fmt: skip
_ENDS = frozenset({"stop", "pause", "suspend", "shelve", "shelveOffload", "delete"})


class Run(msgspec.Struct, frozen=True):
    """A stretch of cloud time in which the guest ran; `until` None while it still does."""

    since: float
    until: float | None
    boot: float


def runs(server: Server, actions: Iterable[Mapping[str, Any]], now: float) -> list[Run]:
    """Return when a server ran until `now`, oldest first. `actions` are its records in any order."""
    found: list[Run] = []
    since: float | None = None
    boot = server.created
    for at, action in sorted(_events(actions, now)):
        if action in _ENDS and since is not None:
            found.append(Run(since, at, boot))
            since = None
        elif action in _BOOTS:
            if since is not None:
                found.append(Run(since, at, boot))
            since = boot = at
        elif action in _WAKES and since is None:
            since = at
    return _as_it_is(found, since, boot, server, now)


def _events(actions: Iterable[Mapping[str, Any]], now: float) -> Iterable[tuple[float, str]]:
    for record in actions:
        at = record["end"] if record["end"] is not None else record["start"]
        if at <= now and not record["failure"]:
            yield at, record["action"]


def _as_it_is(found: list[Run], since: float | None, boot: float, server: Server, now: float) -> list[Run]:
    """Let the present state have the last word: actions may have ended another way than they were meant."""
    moment = timeline.present(server, now)
    running = moment.power_state == RUNNING and moment.launched_at is not None and not moment.deleted
    if running and since is None:
        since, boot = moment.at, max(boot, moment.launched_at or boot)
    if since is not None:
        found.append(Run(since, None if running else max(since, min(moment.at, now)), boot))
    return found
