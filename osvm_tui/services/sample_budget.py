"""`SampleBudget`: how many readings may begin now: so many a second, so many at once. No I/O; time is an argument."""

from __future__ import annotations

from collections import deque

_BURST_S = 1.0
_MINUTE_S = 60.0


class SampleBudget:
    """A bucket that fills with `per_s` readings a second and holds a second of them; and a bound of those under way."""

    def __init__(self, per_s: float, at_once: int) -> None:
        self._per_s, self._at_once = per_s, at_once
        self._most = max(1.0, per_s * _BURST_S)
        self._left, self._at = self._most, 0.0
        self._done: deque[float] = deque()
        self.running = 0

    def room(self, now: float) -> int:
        """Return how many readings may begin now."""
        if now > self._at:
            self._left = min(self._most, self._left + (now - self._at) * self._per_s)
            self._at = now
        return max(0, min(int(self._left), self._at_once - self.running))

    def take(self, now: float, count: int = 1) -> bool:
        """Count what begins and ends at once, if there is room for one; return whether there was. What is more than
        the room is made up for later."""
        if not self.room(now):
            return False
        self._left -= count
        return True

    def begin(self) -> None:
        """Count a reading that begins."""
        self._left -= 1
        self.running += 1

    def end(self, now: float, *, gave: bool) -> None:
        """Count a reading that has ended, and whether it gave a sample."""
        self.running -= 1
        if gave:
            self._done.append(now)

    def per_minute(self, now: float) -> float:
        """Return how many samples the last minute gave."""
        while self._done and self._done[0] < now - _MINUTE_S:
            self._done.popleft()
        return float(len(self._done))
