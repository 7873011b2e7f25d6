"""`BlindTyping`: a name typed for a question that was refused goes nowhere. Knows no verb.

Whoever deletes all day types ctrl-d, the name and enter without looking. When the question does not come, the letters
would be hotkeys of the place.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import events

if TYPE_CHECKING:
    from textual.app import App

    _Base = App[None]
else:
    _Base = object

_PAUSE_S = 0.5
"""Whoever pauses this long is no longer typing that name."""
_LONGEST_S = 5.0
"""A key that is held down is heard again after this."""


class BlindTyping(_Base):
    """Mix in behind `KeysInOrder`: a burst waits there and comes here key by key, after the refusal."""

    def __init__(self) -> None:
        super().__init__()
        self._last_key = 0.0
        self._refused_key = 0.0
        self._typing_until = 0.0

    def drop_typing(self) -> None:
        """Take no printable key behind the last one until the typing pauses or another key is pressed."""
        self._refused_key = self._last_key
        self._typing_until = self._refused_key + _PAUSE_S

    async def on_event(self, event: events.Event) -> None:
        """Drop what is typed for a question that did not come. When a key was pressed counts, not when it is heard."""
        if isinstance(event, events.Key) and not event.is_forwarded:
            self._last_key = event.time
            if event.is_printable and event.time < min(self._typing_until, self._refused_key + _LONGEST_S):
                self._typing_until = event.time + _PAUSE_S
                return
            self._typing_until = 0.0
        await super().on_event(event)
