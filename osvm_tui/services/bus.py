"""`EventBus`: tells listeners on the loop what changed. Knows neither who listens nor what they do."""

from __future__ import annotations

import logging
from collections.abc import Callable

from osvm_tui.domain.events import Event

Listener = Callable[[Event], None]
_log = logging.getLogger("osvm.bus")


class EventBus:
    """Synchronous publish and subscribe; a listener that fails is logged and does not stop the others."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Call `listener` for every event from now on; return the function that ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener) if listener in self._listeners else None

    def publish(self, event: Event) -> None:
        """Tell every listener."""
        for listener in tuple(self._listeners):
            try:
                listener(event)
            except Exception:
                _log.exception("listener failed", extra={"event_type": type(event).__name__})
