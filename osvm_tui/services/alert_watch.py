"""`AlertWatch`: judges new samples and states by the rules, as leader of a scope; what it finds goes into the book.

Numbers are judged when they come; states, silence of a source and trends now and then. Nothing is judged twice.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from datetime import datetime

from osvm_tui.domain.alerts import (
    AlertBook,
    AlertKind,
    AlertRule,
    Breach,
    breached,
    hours_until_full,
    metric_words,
    spell,
)
from osvm_tui.domain.metrics import Metric, Sample
from osvm_tui.domain.slots import Track
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.alert_book import AlertBookkeeper, Key
from osvm_tui.services.collector import runs
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.insight_api import InsightApi
from osvm_tui.services.measured_picture import MeasuredPicture

_log = logging.getLogger("osvm.alerts")
_GAP_S = 180.0
"""Over a longer silence nobody knows whether a value stayed beyond its bound."""
_SLICE = 500
_LEAST_SILENT_S = 60.0
_ABSENT_S = 120.0
_TREND_STEP_S, _TREND_POINTS = 600, 36
"""A point in ten minutes over six hours."""
_SEEDS = 20
"""Trends that are begun from what is kept, at each look."""
_LEAST_FULL = 50.0
"""Percent: a disk that is emptier has time."""

History = Callable[[VmRef, Sequence[Metric], int, int], Awaitable[list[Track]]]
"""Returns tracks of a VM by (ref, metrics, step, since in seconds)."""


class AlertWatch:
    """The judging of one console. `leads` tells whether it judges an entry's VMs."""

    def __init__(
        self,
        book: AlertBookkeeper,
        fleet: Fleet,
        picture: MeasuredPicture,
        insight: InsightApi,
        leads: Callable[[str], bool],
        project_name: Callable[[Vm, str], str],
        history: History,
        now: Callable[[], datetime],
    ) -> None:
        self.rules = AlertBook()
        self._book, self._fleet, self._picture, self._insight = book, fleet, picture, insight
        self._leads, self._project_name, self._history, self._now = leads, project_name, history, now
        self._breaches: dict[Key, Breach] = {}
        self._trends: dict[VmRef, deque[tuple[float, float]]] = {}
        self._unseeded: dict[VmRef, None] = {}
        self._awake_since = self._looked_at = now()

    def put_rules(self, rules: AlertBook) -> None:
        """Take over other rules: alerts of rules that are no more end."""
        self.rules = rules
        names = {rule.name for rule in rules.rules}
        for alert in self._book.open():
            if alert.rule not in names and self._leads(alert.entry):
                self._book.end(alert.rule, alert.ref, "its rule was removed")
        self._breaches = {key: held for key, held in self._breaches.items() if key[0] in names}

    def _of(self, kind: AlertKind, vm: Vm, entry: str) -> Iterator[AlertRule]:
        for rule in self.rules.rules:
            if rule.kind is kind and rule.fits(vm, entry, self._project_name(vm, entry)):
                yield rule

    # numbers

    def hear(self, vm: Vm, entry: str, sample: Sample) -> None:
        """Judge one new sample."""
        if not self._leads(entry):
            return
        for rule in self._of(AlertKind.METRIC, vm, entry):
            value = sample.value(rule.metric)
            if value is not None:
                self._judge(rule, vm, entry, value, sample.at)
        if (percent := sample.value(Metric.DISK)) is not None:
            self._note_disk(vm, entry, sample.at.timestamp(), percent)

    def _judge(self, rule: AlertRule, vm: Vm, entry: str, value: float, at: datetime) -> None:
        key = (rule.name, vm.ref)
        alert = self._book.find(*key)
        held = self._breaches.get(key)
        if held is None and alert is not None:
            held = Breach(alert.since, at, value)  # an older run or another leader began it
        breach = breached(
            rule, held, value, at, firing=alert is not None, gap_s=max(_GAP_S, self._picture.fresh_s(vm.ref))
        )
        if breach is None:
            self._breaches.pop(key, None)
            self._book.end(rule.name, vm.ref, "back to normal")
            return
        self._breaches[key] = breach
        if alert is not None or (breach.seen_at - breach.since).total_seconds() >= rule.for_s:
            self._book.begin(rule, vm, entry, metric_words(rule, breach), value, breach.since)

    def _note_disk(self, vm: Vm, entry: str, at_s: float, percent: float) -> None:
        points = self._trends.get(vm.ref)
        if points is None:
            points = self._trends[vm.ref] = deque(maxlen=_TREND_POINTS)
            self._unseeded[vm.ref] = None
        if points and at_s - points[-1][0] < _TREND_STEP_S:
            return
        points.append((at_s, percent))
        self._judge_trend(vm, entry)

    def _judge_trend(self, vm: Vm, entry: str) -> None:
        points = tuple(self._trends.get(vm.ref, ()))
        if not points:
            return
        left = hours_until_full(points) if points[-1][1] >= _LEAST_FULL else None
        for rule in self._of(AlertKind.DISK_FULL, vm, entry):
            bound = rule.bound * (2 if self._book.find(rule.name, vm.ref) else 1)
            if left is not None and left <= bound:
                words = f"disk {points[-1][1]:.0f} % and full in about {spell(left * 3600)} as it grows now"
                self._book.begin(rule, vm, entry, words, left, self._now())
            elif len(points) > 1:
                self._book.end(rule.name, vm.ref, "it does not grow so any more")

    # states and silence

    async def look(self) -> None:
        """Judge what no sample tells: states, stuck operations, silence; begin trends from what is kept."""
        self._notice_absence()
        broken = {*self._states(), *self._stuck(), *[key async for key in self._silent()]}
        timed = {rule.name for rule in self.rules.rules if rule.kind in _LOOKED_AT}
        metrics = {rule.name for rule in self.rules.rules} - timed
        for alert in self._book.open():
            if not self._leads(alert.entry):
                continue
            vm = self._fleet.get(alert.ref)
            if vm is None:
                self._book.end(alert.rule, alert.ref, "the VM is gone")
            elif alert.rule in metrics and not runs(vm):
                self._book.end(alert.rule, alert.ref, "the VM does not run")
            elif alert.rule in timed and (alert.rule, alert.ref) not in broken:
                self._book.end(alert.rule, alert.ref, "back to normal")
        await self._seed()

    def _notice_absence(self) -> None:
        """Count from now when this machine slept, or was too busy to look: it was not the VMs that were silent."""
        now = self._now()
        if (now - self._looked_at).total_seconds() > _ABSENT_S:
            self._awake_since = now
        self._looked_at = now

    def forget(self, refs: Sequence[VmRef]) -> None:
        """Drop what was gathered of VMs that are gone or run no more."""
        gone = set(refs)
        self._breaches = {key: held for key, held in self._breaches.items() if key[1] not in gone}
        for ref in gone:
            self._trends.pop(ref, None)
            self._unseeded.pop(ref, None)

    def _states(self) -> Iterator[Key]:
        for vm in tuple(self._fleet.vms()):
            if vm.vm_state != "error":
                continue
            entry = self._fleet.entry_of(vm.ref)
            for rule in self._of(AlertKind.ERROR, vm, entry) if self._leads(entry) else ():
                fault = f": {vm.fault.message}" if vm.fault else ""
                self._book.begin(rule, vm, entry, f"in ERROR{fault}", None, vm.updated_at or self._now())
                yield rule.name, vm.ref

    def _stuck(self) -> Iterator[Key]:
        for stuck in self._insight.all_stuck():
            vm, entry = self._fleet.get(stuck.ref), self._fleet.entry_of(stuck.ref)
            for rule in self._of(AlertKind.STUCK, vm, entry) if vm is not None and self._leads(entry) else ():
                assert vm is not None
                lasted = spell(max(0.0, (self._now() - stuck.since).total_seconds()))
                usual = f" (usually {spell(stuck.usual.p95_s)})" if stuck.usual else ""
                self._book.begin(rule, vm, entry, f"{stuck.doing} for {lasted}{usual}", None, stuck.since)
                yield rule.name, vm.ref

    async def _silent(self) -> AsyncIterator[Key]:
        """Yield running VMs that were measured and are not any more; a console that has just begun waits first."""
        now = self._now()
        for number, found in enumerate(list(self._picture.all()), 1):
            if number % _SLICE == 0:
                await asyncio.sleep(0)
            vm = self._fleet.get(found.ref)
            if found.sample is None or vm is None or not runs(vm):
                continue
            entry = self._fleet.entry_of(vm.ref)
            silent_s = (now - found.sample.at).total_seconds()
            if silent_s < max(_LEAST_SILENT_S, self._picture.fresh_s(vm.ref)) or not self._leads(entry):
                continue
            for rule in self._of(AlertKind.NO_DATA, vm, entry):
                if min(silent_s, (now - self._awake_since).total_seconds()) >= rule.for_s:
                    why = f": {found.trouble}" if found.trouble else ""
                    words = f"no data for {spell(silent_s)}{why}"
                    self._book.begin(rule, vm, entry, words, None, found.sample.at)
                    yield rule.name, vm.ref

    async def _seed(self) -> None:
        """Begin some trends from what is kept, so that a restart does not forget six hours."""
        for ref in list(self._unseeded)[:_SEEDS]:
            del self._unseeded[ref]
            points, vm = self._trends.get(ref), self._fleet.get(ref)
            if points is None or vm is None:
                continue
            since = int(points[0][0]) - _TREND_STEP_S * _TREND_POINTS
            found = await self._history(ref, [Metric.DISK], _TREND_STEP_S, since)
            kept = [(float(at), cell.mean) for track in found for at, cell in zip(track.at, track.cells, strict=True)]
            older = [one for one in kept if one[0] <= points[0][0] - _TREND_STEP_S]
            self._trends[ref] = deque([*older, *points], maxlen=_TREND_POINTS)
            self._judge_trend(vm, self._fleet.entry_of(ref))


_LOOKED_AT = (AlertKind.ERROR, AlertKind.STUCK, AlertKind.NO_DATA)
