"""How fresh each open cloud is, in the header's words: whole, shorter, and shortest. Pure; draws nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from osvm_tui.services.api import ScopeState, ScopeView
from osvm_tui.ui.cloud_look import Hue, Wear
from osvm_tui.ui.format import GLYPHS, Token, age

TOKENS = {
    ScopeState.CONNECTING: Token.CHANGING,
    ScopeState.CACHED: Token.STALE,
    ScopeState.LIVE: Token.RUNNING,
    ScopeState.STALE: Token.STALE,
    ScopeState.FAILED: Token.WRONG,
}
_RANK = {state: n for n, state in enumerate((
    ScopeState.LIVE, ScopeState.CONNECTING, ScopeState.CACHED, ScopeState.STALE, ScopeState.FAILED,
))}  # fmt: skip


class Part(NamedTuple):
    """Some words and the colour they are drawn in."""

    text: str
    token: Token | Hue


def freshness(
    scopes: Sequence[ScopeView], wears: dict[str, Wear], now: datetime, glyphs: str, *, why: bool
) -> Iterator[tuple[Part, ...]]:
    """Yield what can be said of all entries, the longest first; `why` lets trouble be named where one stands alone."""
    if not scopes:
        yield (Part("no cloud", Token.DIM),)
        return
    worst = max(scopes, key=lambda scope: _RANK[scope.state])
    if len(scopes) > 1:
        yield _joined([_one(each, wears, now, glyphs) for each in scopes])
        yield _joined([_one(each, wears, now, glyphs, live_age=False) for each in scopes])
        yield _joined(_some(scopes, wears, now, glyphs))
    name = f"{worst.entry} " if len(scopes) > 1 and worst.state is not ScopeState.LIVE else ""
    trouble = f": {worst.error_title}" if why and worst.error_title else ""
    token = TOKENS[worst.state]
    yield (Part(f"{GLYPHS[glyphs][token]} {name}{words(worst, now)}{trouble}", token),)


def words(scope: ScopeView, now: datetime) -> str:
    """Return a scope's state with the age of its picture: `live 2 s`."""
    if scope.last_good_at is None:
        return str(scope.state)
    return f"{scope.state} {age((now - scope.last_good_at).total_seconds())}"


def _one(
    scope: ScopeView, wears: dict[str, Wear], now: datetime, glyphs: str, *, live_age: bool = True
) -> tuple[Part, ...]:
    token, known = TOKENS[scope.state], wears[scope.entry]
    live = scope.state is ScopeState.LIVE
    told = words(scope, now).removeprefix("live ") if live_age or not live else ""
    return (
        Part(f"{GLYPHS[glyphs][token]} ", token),
        Part(known.title, known.hue or Token.PLAIN),
        Part(f" {told}" if told else "", Token.DIM if live else token),
    )


def _some(scopes: Sequence[ScopeView], wears: dict[str, Wear], now: datetime, glyphs: str) -> list[tuple[Part, ...]]:
    live = sum(scope.state is ScopeState.LIVE for scope in scopes)
    told = [_one(each, wears, now, glyphs) for each in scopes if each.state is not ScopeState.LIVE]
    return [(Part(f"{GLYPHS[glyphs][Token.RUNNING]} {live} live", Token.RUNNING),), *told] if live else told


def _joined(groups: Sequence[tuple[Part, ...]]) -> tuple[Part, ...]:
    parts: list[Part] = []
    for group in groups:
        parts += [Part("  ", Token.PLAIN)] if parts else []
        parts += group
    return tuple(parts)
