"""`UiOptions`: what the console is told at its start; knows neither settings files nor environment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


class UiOptions(Struct, frozen=True, kw_only=True):
    """Choices of look and behaviour, handed down from the composition root."""

    theme: str = "auto"
    """A theme's name, or `auto`: by the terminal's colours, dark."""
    mouse: bool = True
    glyphs: str = "unicode"
    """`unicode` or `ascii`."""
    utc: bool = True
    """Show times in UTC; False shows local time. The screen always says which."""
    state_dir: Path | None = None
    """Where sort, filter and columns of each place are remembered; None remembers nothing."""
    clock: Callable[[], datetime] = utc_now
    """The present moment, aware. Tests give a fixed one."""
    blink: bool = True
    """Whether cursors blink and busy rows spin; off in tests and pictures."""
    keys: dict[str, str] = {}
    """Keys by the id of a row of KEYS, for example `{"fleet.filter": "f"}`."""
    text: str = ""
    """The filter with which the fleet opens; empty opens the remembered one."""
