"""How values look: ages, moments, sizes, counts, and the glyph, word and token of a VM's state. Pure; draws nothing."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import NamedTuple

from osvm_tui.domain.states import simple_state
from osvm_tui.domain.vm import Vm

_MINUTE, _HOUR, _DAY, _YEAR = 60, 3600, 86_400, 31_557_600


class Token(StrEnum):
    """The colour of a state: the theme variable `$state-NAME`, the same everywhere."""

    RUNNING = "running"
    STOPPED = "stopped"
    CHANGING = "changing"
    WRONG = "wrong"
    STALE = "stale"
    PLAIN = "plain"
    DIM = "dim"


class Mark(NamedTuple):
    """A state as shown: never by colour alone."""

    glyph: str
    word: str
    token: Token


GLYPHS: dict[str, dict[Token, str]] = {
    "unicode": {
        Token.RUNNING: "●",
        Token.STOPPED: "○",
        Token.CHANGING: "◐",
        Token.WRONG: "✖",
        Token.STALE: "◌",
        Token.PLAIN: "·",
        Token.DIM: "·",
    },
    "ascii": {
        Token.RUNNING: "*",
        Token.STOPPED: "o",
        Token.CHANGING: "~",
        Token.WRONG: "X",
        Token.STALE: "?",
        Token.PLAIN: ".",
        Token.DIM: ".",
    },
}
SIGNS: dict[str, dict[str, str]] = {
    "unicode": {"cursor": "▸", "mark": "✓", "up": "▲", "down": "▼", "to": "→", "dot": "·", "off": "·", "cut": "…"},
    "ascii": {"cursor": ">", "mark": "+", "up": "^", "down": "v", "to": "->", "dot": "-", "off": ".", "cut": "~"},
}
SPIN: dict[str, str] = {"unicode": "◐◓◑◒", "ascii": "-\\|/"}

_TOKENS = {
    "ACTIVE": Token.RUNNING,
    "PASSWORD": Token.CHANGING,
    "SHUTOFF": Token.STOPPED,
    "PAUSED": Token.STOPPED,
    "SUSPENDED": Token.STOPPED,
    "SHELVED": Token.STOPPED,
    "SHELVED_OFFLOADED": Token.STOPPED,
    "DELETED": Token.STOPPED,
    "SOFT_DELETED": Token.STOPPED,
    "ERROR": Token.WRONG,
    "RESCUE": Token.CHANGING,
    "VERIFY_RESIZE": Token.CHANGING,
}


def state_mark(vm: Vm, glyphs: str = "unicode") -> Mark:
    """Return how a VM's status is shown. An idle VM in a state of this console's ignorance is stale: unknown."""
    word = vm.status or "UNKNOWN"
    token = _TOKENS.get(word, Token.STALE)
    if vm.busy and token is not Token.WRONG:
        token = Token.CHANGING
    if simple_state(vm.status, vm.vm_state, vm.task_state) == "BUILDING":
        word = "BUILD"
    return Mark(GLYPHS[glyphs][token], word, token)


def age(seconds: float) -> str:
    """Return an age in one unit: `42 s`, `3 m`, `2 h`, `12 d`, `2.5 y`. A negative age (clocks differ) is `0 s`."""
    s = max(0, int(seconds))
    if s < 90:
        return f"{s} s"
    if s < 90 * _MINUTE:
        return f"{s // _MINUTE} m"
    if s < 2 * _DAY:
        return f"{s // _HOUR} h"
    if s < 2 * _YEAR:
        return f"{s // _DAY} d"
    return f"{s / _YEAR:.1f} y"


def long_age(seconds: float) -> str:
    """Return an age in two units: `12 d 4 h`."""
    s = max(0, int(seconds))
    units = (("d", _DAY), ("h", _HOUR), ("m", _MINUTE), ("s", 1))
    for n, (unit, size) in enumerate(units):
        if s >= size:
            rest = s % size
            smaller = units[n + 1] if n + 1 < len(units) else None
            tail = f" {rest // smaller[1]} {smaller[0]}" if smaller and rest >= smaller[1] else ""
            return f"{s // size} {unit}{tail}"
    return "0 s"


def moment(at: datetime | None, now: datetime, *, utc: bool = True) -> str:
    """Return a moment with its zone: the time alone for today, else the day too; `unknown` for None."""
    if at is None:
        return "unknown"
    local, today = (at.astimezone(UTC), now.astimezone(UTC)) if utc else (at.astimezone(), now.astimezone())
    zone = "UTC" if utc else (local.tzname() or "local")
    shape = "%H:%M:%S" if local.date() == today.date() else "%Y-%m-%d %H:%M"
    return f"{local.strftime(shape)} {zone}"


def mib(value: int) -> str:
    """Return an amount of memory: `512 MiB`, `4 GiB`, `1.5 GiB`, `2 TiB`."""
    for unit, size in (("TiB", 1024 * 1024), ("GiB", 1024)):
        if value >= size:
            return f"{_trim(value / size)} {unit}"
    return f"{value} MiB"


def size(value: int | None) -> str:
    """Return a number of bytes in the largest unit that keeps it above one; `unknown` for None."""
    if value is None:
        return "unknown"
    amount, unit = float(value), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if amount < 1024:
            break
        amount, unit = amount / 1024, larger
    return f"{_trim(amount)} {unit}"


def count(value: int) -> str:
    """Return a whole number in groups of three: `10 234`."""
    return f"{value:,}".replace(",", " ")


def clip(text: str, width: int) -> str:
    """Return `text` cut to `width` characters, the cut shown by an ellipsis."""
    return text if len(text) <= width else text[: max(0, width - 1)] + "…"


def _trim(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
