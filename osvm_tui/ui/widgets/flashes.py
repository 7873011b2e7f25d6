"""`Flashes`: which cells of which rows have just changed. Knows no widget and no clock."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import Any

from osvm_tui.ui.columns import Cell, Placed

FLASH_S = 0.8
"""How long a changed cell stands out."""
_NONE: frozenset[int] = frozenset()


class Flashes:
    """Places of changed cells by the row's key."""

    def __init__(self) -> None:
        self._cells: dict[Hashable, frozenset[int]] = {}

    def __bool__(self) -> bool:
        """Return whether any cell flashes now."""
        return bool(self._cells)

    def of(self, key: Hashable) -> frozenset[int]:
        """Return the places of a row's cells that flash now."""
        return self._cells.get(key, _NONE)

    def note(
        self, key: Hashable, old: Sequence[Cell] | None, new: Sequence[Cell], placed: Sequence[Placed[Any]]
    ) -> bool:
        """Compare a row with how it was drawn; return whether cells begin to flash."""
        if old is None or old == new or len(old) != len(new):
            return False
        changed = frozenset(
            at for at, place in enumerate(placed) if place.column.flash and _words(old[at].text) != _words(new[at].text)
        )
        if changed:
            self._cells[key] = changed
        return bool(changed)

    def end(self, key: Hashable) -> None:
        """Let a row be calm again."""
        self._cells.pop(key, None)


def _words(text: str) -> str:
    # A glyph that leads the text may turn; that alone is no change.
    return text[2:] if text[1:2] == " " else text
