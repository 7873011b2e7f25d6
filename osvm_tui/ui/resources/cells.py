"""Columns that several kinds share: words, numbers with units, states with their glyph, ages, bars. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from osvm_tui.services.api import ScopeView
from osvm_tui.ui.bars import bar as draw
from osvm_tui.ui.cloud_look import wear
from osvm_tui.ui.columns import Cell, Column
from osvm_tui.ui.format import GLYPHS, Token, count
from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.printable import printable
from osvm_tui.ui.resources.around import Around

NONE = Cell("-", Token.DIM)
_TOKENS = {
    Token.RUNNING: frozenset({"active", "available", "in-use", "enabled", "up"}),
    Token.STOPPED: frozenset({"down", "deactivated", "disabled", "deleted", "n/a"}),
    Token.WRONG: frozenset({"killed"}),
}
_BAR_CELLS = 10
NEARLY_FULL = 0.8
"""From this share on a limit is amber."""


def words(
    key: str,
    title: str,
    width: int,
    read: Callable[[Any], str],
    *,
    priority: int = 0,
    grow: int = 0,
    token: Token = Token.PLAIN,
) -> Column[Any]:
    """Return a column of text; nothing is shown as `-`."""

    def cell(row: Any) -> Cell:
        text = read(row)
        return Cell(printable(text), token) if text else NONE

    return Column(key, title, width, cell, lambda row: read(row).casefold(), priority, grow=grow, raw=read)


def number(
    key: str,
    title: str,
    width: int,
    read: Callable[[Any], float | None],
    show: Callable[[Any], str] = str,
    *,
    priority: int = 0,
) -> Column[Any]:
    """Return a column of numbers, aligned at the right and sorted by value; None is shown as `-`."""

    def cell(row: Any) -> Cell:
        value = read(row)
        return NONE if value is None else Cell(show(value))

    def order(row: Any) -> float:
        value = read(row)
        return -1.0 if value is None else value

    return Column(key, title, width, cell, order, priority, right=True, raw=read)


def state(
    key: str, title: str, width: int, read: Callable[[Any], str], around: Around, *, priority: int = 0, grow: int = 0
) -> Column[Any]:
    """Return a column of an item's own status: glyph, the cloud's word, colour."""
    glyphs = GLYPHS[around.glyphs]

    def cell(row: Any) -> Cell:
        token = token_of(read(row))
        return Cell(f"{glyphs[token]} {read(row) or 'unknown'}", token)

    return Column(key, title, width, cell, read, priority, grow=grow, raw=read)


def gib(value: float) -> str:
    """Return an amount of storage: `20 GiB`."""
    return f"{count(int(value))} GiB"


def token_of(status: str) -> Token:
    """Return the colour of a status as Neutron, Cinder, Glance and Nova's services say it."""
    word = status.lower()
    for token, known in _TOKENS.items():
        if word in known:
            return token
    if not word:
        return Token.STALE
    return Token.WRONG if word.startswith("error") else Token.CHANGING


def flag(key: str, title: str, width: int, read: Callable[[Any], bool], *, priority: int = 0) -> Column[Any]:
    """Return a column that says yes, or nothing."""
    return Column(key, title, width, lambda row: Cell("yes") if read(row) else NONE, read, priority, raw=read)


def born(read: Callable[[Any], datetime | None], around: Around, *, priority: int = 0) -> Column[Any]:
    """Return the column of ages."""

    def order(row: Any) -> float:
        at = read(row)
        return at.timestamp() if at else 0.0

    def cell(row: Any) -> Cell:
        return Cell(around.age(read(row)), Token.DIM)

    return Column("age", "AGE", 5, cell, order, priority, right=True, flash=False, raw=read)


def ident(*, priority: int = 9) -> Column[Any]:
    """Return the column of ids, shortened to 8."""

    def read(row: Any) -> str:
        return str(row.item.id)

    return Column("id", "ID", 8, lambda row: Cell(read(row)[:8], Token.DIM), read, priority, raw=read)


def cloud_column(scopes: Sequence[ScopeView], options: UiOptions) -> Column[Any]:
    """Return the column of the clouds, each in its colour, for where several are open; it never leaves.

    Items of different clouds often have the same name.
    """
    entries = [scope.entry for scope in scopes]
    wears = {entry: wear(options, entries, entry) for entry in entries}
    width = max(5, min(12, max(len(each.title) for each in wears.values())))

    def read(row: Any) -> str:
        return str(row.cloud)

    def cell(row: Any) -> Cell:
        worn = wears[row.cloud]
        return Cell(worn.title, worn.hue or Token.DIM)

    return Column("cloud", "CLOUD", width, cell, read, raw=read)


def bar(
    key: str,
    title: str,
    read: Callable[[Any], tuple[float, float] | None],
    around: Around,
    *,
    priority: int = 0,
) -> Column[Any]:
    """Return a column of (used, limit) as a bar with its share; a limit below 0 means unlimited, None unknown."""

    def cell(row: Any) -> Cell:
        value = read(row)
        return NONE if value is None else bar_cell(*value, around.glyphs)

    def order(row: Any) -> float:
        used, limit = read(row) or (0, -1)
        return -1.0 if limit < 0 else share(used, limit)

    return Column(key, title, _BAR_CELLS + 6, cell, order, priority)


def bar_cell(used: float, limit: float, glyphs: str) -> Cell:
    """Return a bar and what it says in words: the share used, `full`, or `unlimited`."""
    if limit < 0:
        return Cell("unlimited", Token.DIM)
    if not limit and not used:
        return Cell("none allowed", Token.DIM)
    part = share(used, limit)
    token = Token.WRONG if part >= 1 else Token.STALE if part > NEARLY_FULL else Token.PLAIN
    text = "full" if part >= 1 else f"{part * 100:.0f} %"
    return Cell(f"{''.join(draw(part, _BAR_CELLS, glyphs))} {text:>5}", token)


def share(used: float, limit: float) -> float:
    """Return the share of a limit that is used; a limit of 0 is used up."""
    return used / limit if limit else 1.0
