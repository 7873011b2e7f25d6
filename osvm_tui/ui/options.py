"""`UiOptions`: what the console is told at its start; knows neither settings files nor environment."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from msgspec import Struct


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(UTC)


class CloudLook(Struct, frozen=True):
    """How one cloud is told from the others, from the settings."""

    colour: str = ""
    """red, amber, green, blue or violet; empty for none."""
    production: bool = False
    """Whether it must be unmistakable that this is the cloud that matters."""
    read_only: bool = False
    """Whether this console changes nothing in it."""


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
    clouds: Mapping[str, CloudLook] = {}
    """By entry; an entry that is not in it has no look of its own."""
    text: str = ""
    """The filter with which the fleet opens; empty opens the remembered one."""
