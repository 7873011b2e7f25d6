"""`KeysInOrder`: a key is handed on only when the one before it has done its work.

Textual hands a key to the focused widget at once and runs bindings when it has bubbled back to the app. On a slow link
a burst such as `/web` or `a t` arrives in one piece: without this, the letters behind the first would still go to the
table, where they are hotkeys, before the input or the menu that the first one opens is there.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING

from textual import events

if TYPE_CHECKING:
    from textual.app import App
    from textual.message_pump import MessagePump

    _Base = App[None]
else:
    _Base = object

_INPUT = (events.Key, events.Paste, events.MouseEvent)
_PATIENCE_S = 0.1
_TIMES = 5
"""A widget that went away with its key holds the others no longer than this: so many waits, each of them after the
loop has run, since a dialog that is being loaded stops the loop and is no widget that went away."""


class KeysInOrder(_Base):
    """Mix in before `App`."""

    def __init__(self) -> None:
        super().__init__()
        self._waiting_keys: deque[events.Key] = deque()
        self._key_number = 0
        self._key_under_way = False
        self._deaf_until = 0.0

    @property
    def keys_under_way(self) -> bool:
        """Whether a key has not done its work yet."""
        return self._key_under_way

    def drop_input_for(self, seconds: float) -> None:
        """Take no key, paste or mouse for a while: they were meant for somebody who had the terminal before."""
        self._deaf_until = time.monotonic() + seconds

    async def on_event(self, event: events.Event) -> None:
        """Hold a key back while another is on its way; everything else passes."""
        if isinstance(event, _INPUT) and time.monotonic() < self._deaf_until:
            return
        if not isinstance(event, events.Key) or event.is_forwarded:
            await super().on_event(event)
        elif self._key_under_way:
            self._waiting_keys.append(event)
        else:
            await self._hand_on(event)

    async def _hand_on(self, event: events.Key) -> None:
        self._key_under_way = True
        self._key_number += 1
        number = self._key_number
        target: MessagePump = self.focused or self.screen
        await super().on_event(event)
        self._follow(target, number, self._arrived)
        self._be_patient(number, _TIMES)

    def _follow(self, node: MessagePump, number: int, then: Callable[[int], None]) -> None:
        """Go the way the key goes, behind it: from a widget up to the app."""
        above = node._parent
        on_app = node is self or above is None
        going_on = then if on_app else lambda number: self._follow(above or self, number, then)
        if not node.call_later(going_on, number):
            then(number)

    def _arrived(self, number: int) -> None:
        # Go behind what the key has set off, too: what a field tells its form goes the same way once more, a focus is
        # set by a callback, and work begun in the background may open a dialog.
        self._follow(self.focused or self.screen, number, self._done)

    def _done(self, number: int) -> None:
        self.call_later(self._next_key, number)

    def _be_patient(self, number: int, times: int) -> None:
        if times and self._key_under_way and number == self._key_number:
            self.set_timer(_PATIENCE_S, lambda: self._be_patient(number, times - 1))
        elif not times:
            self.call_later(self._next_key, number)

    async def _next_key(self, number: int) -> None:
        """Hand on the next key, once for the key of that number."""
        if number != self._key_number or not self._key_under_way:
            return
        if not self.screen.is_mounted and self.screen.call_later(self.call_later, self._next_key, number):
            return  # it has its fields only when it comes to its queue; a priority binding would not wait for them
        self._key_under_way = False
        if self._waiting_keys:
            await self._hand_on(self._waiting_keys.popleft())
