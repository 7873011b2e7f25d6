"""`DiskTrends`: how full disks have been lately, and which will be full soon; begins and ends the alerts about it.

What was gathered is begun anew from what is kept, so that a restart does not forget six hours.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Awaitable, Callable, Collection, Iterable, Sequence
from datetime import datetime

from osvm_tui.domain.alerts import AlertRule, hours_until_full, is_trend, spell
from osvm_tui.domain.metrics import Metric
from osvm_tui.domain.slots import Track
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.alert_book import AlertBookkeeper
from osvm_tui.services.fleet import Fleet

_STEP_S, _POINTS = 600, 36
"""A point in ten minutes over six hours."""
_SEEDS = 20
"""Trends that are begun from what is kept at one time."""
_LEAST_FULL = 50.0
"""Percent: a disk that is emptier has time."""

History = Callable[[VmRef, Sequence[Metric], int, int], Awaitable[list[Track]]]
"""Returns tracks of a VM by (ref, metrics, step, since in seconds)."""
Rules = Callable[[Vm, str], Iterable[AlertRule]]
"""Returns the rules about filling disks that are for a VM of an entry."""


class DiskTrends:
    """The trends of one console's VMs."""

    def __init__(
        self, book: AlertBookkeeper, fleet: Fleet, rules: Rules, history: History, now: Callable[[], datetime]
    ) -> None:
        self._book, self._fleet, self._rules, self._history, self._now = book, fleet, rules, history, now
        self._trends: dict[VmRef, deque[tuple[float, float]]] = {}
        self._unseeded: dict[VmRef, None] = {}

    def hear(self, vm: Vm, entry: str, at_s: float, percent: float) -> None:
        """Note how full a VM's disk is, one point in ten minutes, and judge its trend."""
        points = self._trends.get(vm.ref)
        if points is None:
            points = self._trends[vm.ref] = deque(maxlen=_POINTS)
            self._unseeded[vm.ref] = None
        if points and at_s - points[-1][0] < _STEP_S:
            return
        points.append((at_s, percent))
        self._judge(vm, entry, tuple(points))

    def _judge(self, vm: Vm, entry: str, points: tuple[tuple[float, float], ...]) -> None:
        percent = points[-1][1]
        left = hours_until_full(points) if percent >= _LEAST_FULL else None
        for rule in self._rules(vm, entry):
            bound = rule.bound * (2 if self._book.find(rule.name, vm.ref) else 1)
            if left is not None and left <= bound:
                words = f"disk {percent:.0f} % and full in about {spell(left * 3600)} as it grows now"
                self._book.begin(rule, vm, entry, words, left, self._now())
            elif is_trend(points) or percent < _LEAST_FULL:
                self._book.end(rule.name, vm.ref, "it does not grow so any more")

    async def seed(self) -> None:
        """Begin some trends from what is kept."""
        for ref in list(self._unseeded)[:_SEEDS]:
            del self._unseeded[ref]
            points, vm = self._trends.get(ref), self._fleet.get(ref)
            if points is None or vm is None:
                continue
            since = int(points[0][0]) - _STEP_S * _POINTS
            found = await self._history(ref, [Metric.DISK], _STEP_S, since)
            kept = [(float(at), cell.mean) for track in found for at, cell in zip(track.at, track.cells, strict=True)]
            older = [one for one in kept if one[0] <= points[0][0] - _STEP_S]
            self._trends[ref] = deque([*older, *points], maxlen=_POINTS)
            self._judge(vm, self._fleet.entry_of(ref), tuple(self._trends[ref]))

    def forget(self, refs: Collection[VmRef]) -> None:
        """Drop what was gathered of VMs that are gone or run no more."""
        for ref in refs:
            self._trends.pop(ref, None)
            self._unseeded.pop(ref, None)
