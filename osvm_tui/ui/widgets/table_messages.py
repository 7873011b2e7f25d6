"""What a table tells its place: another row, a row opened, a title clicked, other marks. Knows no table."""

from __future__ import annotations

from collections.abc import Hashable

from textual.message import Message


class Highlighted(Message):
    """The cursor is on another row, or that row has changed; `key` is None in an empty table."""

    def __init__(self, key: Hashable | None) -> None:
        super().__init__()
        self.key = key

    def can_replace(self, message: Message) -> bool:
        """Let the last of a burst stand for all."""
        return isinstance(message, Highlighted)


class Opened(Message):
    """A row was double-clicked."""

    def __init__(self, key: Hashable) -> None:
        super().__init__()
        self.key = key


class HeadPressed(Message):
    """A column's title was clicked."""

    def __init__(self, column: str) -> None:
        super().__init__()
        self.column = column


class MarksMoved(Message):
    """Other rows are marked now."""
