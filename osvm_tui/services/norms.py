"""`Norms`: how long each action takes on each cloud, learned from operations that arrived. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from osvm_tui.domain.operations import ItemState, OperationItem
from osvm_tui.domain.stuck import MIN_SAMPLES
from osvm_tui.services.insight_api import Usual

_KEEP = 200
"""The newest arrivals count: a cloud changes."""


class Norms:
    """Durations by endpoint and action. An item counts once, however often it is told."""

    def __init__(self) -> None:
        self._seconds: dict[tuple[str, str], deque[float]] = {}
        self._seen: set[str] = set()
        self._usual: dict[tuple[str, str], Usual] = {}

    def learn(self, items: Iterable[OperationItem]) -> None:
        """Take over what arrived, oldest first."""
        for item in items:
            if item.state is not ItemState.ARRIVED or item.id in self._seen:
                continue
            if item.sent_at is None or item.ended_at is None or item.ended_at < item.sent_at:
                continue
            self._seen.add(item.id)
            key = (item.ref.endpoint, item.action_id)
            taken = (item.ended_at - item.sent_at).total_seconds()
            self._seconds.setdefault(key, deque(maxlen=_KEEP)).append(taken)
            self._usual.pop(key, None)

    def usual(self, endpoint: str, action_id: str) -> Usual | None:
        """Return the norm, None under 20 samples."""
        key = (endpoint, action_id)
        known = self._seconds.get(key, ())
        if len(known) < MIN_SAMPLES:
            return None
        if key not in self._usual:
            ordered = sorted(known)
            middle, high = ordered[len(ordered) // 2], ordered[min(len(ordered) - 1, int(len(ordered) * 0.95))]
            self._usual[key] = Usual(middle, high, len(ordered))
        return self._usual[key]
