"""`Places`: the machines that were asked, with at most one connection each, and which of these are kept."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Collection, Hashable
from typing import Generic, TypeVar

from osvm_tui.probe.backoff import Backoff
from osvm_tui.probe.ssh_line import Line

K = TypeVar("K", bound=Hashable)


class Place:
    """One machine: what is done there is done one thing at a time, under `lock`."""

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.backoff = Backoff()
        self.line: Line | None = None
        self.used_at = -math.inf
        self.every_s = math.inf
        """Between its last two samples."""
        self.meaning: object = None
        """What its connection was made for: address, login, accepted keys."""
        self.over: Place | None = None
        """The bastion that its connection runs over."""
        self.gone = False
        """Nobody wants it any more; what is under way there must not be kept."""

    def meant_for(self, meaning: object) -> None:
        """Say what it is for; a connection that was made for something else is closed."""
        if meaning != self.meaning:
            self.drop()
            self.meaning = meaning

    def drop(self) -> None:
        """Close its connection."""
        if self.line is not None:
            self.line.close()
            self.line = None


class Places(Generic[K]):
    """Keeps at most `most` connections, those of the machines that are asked most often."""

    def __init__(self, most: int, idle_s: float) -> None:
        self._most, self._idle_s = most, idle_s
        self._places: dict[K, Place] = {}
        self._kept: set[Place] = set()

    def __len__(self) -> int:
        return len(self._places)

    @property
    def open(self) -> int:
        """How many connections there are."""
        return sum(place.line is not None for place in self._places.values())

    def at(self, key: K) -> Place:
        """Return the place of a machine."""
        return self._places.setdefault(key, Place())

    def keep(self, place: Place, now: float) -> None:
        """Keep the connection that was just used; where there are too many, close the one that is used least often.

        Among equals it is this one that goes: else machines that take turns would push one another out.
        """
        place.every_s, place.used_at = now - place.used_at, now
        if place.gone:
            place.drop()
            return
        self._kept.add(place)
        if len(self._kept) <= self._most:
            return
        self._kept = {each for each in self._kept if each.line is not None}
        if len(self._kept) <= self._most:
            return
        idle = (each for each in self._kept if not each.lock.locked())
        rarest = max(idle, key=lambda each: each.every_s, default=place)
        unlucky = rarest if rarest.every_s > 1.5 * place.every_s else place
        unlucky.drop()
        self._kept.discard(unlucky)

    def over(self) -> set[Place]:
        """Return the bastions that connections run over."""
        return {place.over for place in self._places.values() if place.line is not None and place.over is not None}

    def sweep(self, now: float, used: Collection[Place] = ()) -> None:
        """Close connections that were not used for long, and forget machines that nothing is to be remembered of."""
        for key, place in list(self._places.items()):
            if place.lock.locked() or place in used:
                continue
            if place.line is not None and (now - place.used_at > self._idle_s or not place.line.alive):
                place.drop()
            if place.line is None and now - place.used_at > self._idle_s and not place.backoff.waits(now):
                del self._places[key]
        self._kept = {each for each in self._kept if each.line is not None}

    def remove(self, key: K) -> None:
        """Close and forget one machine."""
        if (place := self._places.pop(key, None)) is not None:
            place.gone = True
            place.drop()
            self._kept.discard(place)

    def clear(self) -> None:
        """Close and forget all."""
        for key in list(self._places):
            self.remove(key)
