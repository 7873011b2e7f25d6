"""The simulated cloud's clock: cloud time runs at a speed of its own from an origin kept in the file.

cloud time = origin_cloud + (real time - origin_real) * speed, both in seconds since 1970 (UTC).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from osvm_tui.cloud.mock import database


class CloudClock(msgspec.Struct, frozen=True):
    """Turns real time into cloud time."""

    origin_real: float = 0.0
    origin_cloud: float = 0.0
    speed: float = 1.0

    def at(self, real: float) -> float:
        """Return the cloud time at the real time `real`."""
        return self.origin_cloud + (real - self.origin_real) * self.speed

    def before(self, real: float) -> float:
        """Return the cloud time at any real time: before the clock was set it ran as fast as ours."""
        return self.at(real) if real >= self.origin_real else self.origin_cloud - (self.origin_real - real)


def clock(path: Path) -> CloudClock:
    """Return the clock of the cloud at `path`."""
    connection = database.connect(path)
    try:
        return msgspec.convert(database.setting(connection, "clock", {}), CloudClock)
    finally:
        connection.close()


def set_speed(path: Path, speed: float, now: Callable[[], float] = time.time) -> None:
    """Let cloud time run `speed` times as fast from now on, without a jump; 0 stops it."""
    if speed < 0:
        raise ValueError("speed must not be negative")
    _rewrite(path, lambda old, real: CloudClock(real, old.at(real), speed), now())


def set_offset(path: Path, offset: float, now: Callable[[], float] = time.time) -> None:
    """Set cloud time to real time plus `offset` seconds, keeping its speed."""
    _rewrite(path, lambda old, real: CloudClock(real, real + offset, old.speed), now())


def _rewrite(path: Path, change: Callable[[CloudClock, float], CloudClock], real: float) -> None:
    connection = database.connect(path)
    try:
        connection.execute("BEGIN IMMEDIATE")
        old = msgspec.convert(database.setting(connection, "clock", {}), CloudClock)
        database.set_setting(connection, "clock", msgspec.to_builtins(change(old, real)))
        connection.execute("COMMIT")
    finally:
        connection.close()


def zulu(at: float) -> str:
    """Return whole seconds as Nova writes created and updated: with a Z."""
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def plain(at: float | None) -> str | None:
    """Return a time as Nova writes launched_at: no zone mark, microseconds always six digits."""
    if at is None:
        return None
    return datetime.fromtimestamp(int(at), UTC).strftime("%Y-%m-%dT%H:%M:%S.000000")
