"""`AlertWatch`: judges new samples and states by the rules, as leader of a scope; what it finds goes into the book.

Numbers are judged when they come; states, silence of a source and trends now and then. An alert begins when a rule is
seen broken and ends by what is seen of its VM, never because nothing is known: at a start, over a gap, without a name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Iterator
from datetime import datetime

from osvm_tui.domain.alerts import (
    AlertBook,
    AlertKind,
    AlertRule,
    AlertView,
    Breach,
    breached,
    metric_words,
    spell,
)
from osvm_tui.domain.metrics import Metric, Sample
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.alert_book import AlertBookkeeper
from osvm_tui.services.collector import runs
from osvm_tui.services.disk_trends import DiskTrends, History
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.insight_api import InsightApi
from osvm_tui.services.led_scopes import LedScopes
from osvm_tui.services.measured_picture import MeasuredPicture
from osvm_tui.services.open_alerts import Key
from osvm_tui.services.silence import Silence

_GAP_S = 180.0
"""Over a longer silence nobody knows whether a value stayed beyond its bound."""
_SLICE = 100
_SETTLED_S = 60.0
"""Before, what is stuck may not have been looked for."""
_MEASURED = (AlertKind.METRIC, AlertKind.DISK_FULL, AlertKind.NO_DATA)
"""Said only of a VM that runs."""


class AlertWatch:
    """The judging of one console. `led` tells what it judges; `project_name` returns None while names are not read."""

    def __init__(
        self,
        book: AlertBookkeeper,
        fleet: Fleet,
        picture: MeasuredPicture,
        insight: InsightApi,
        led: LedScopes,
        project_name: Callable[[Vm, str], str | None],
        history: History,
        now: Callable[[], datetime],
    ) -> None:
        self.rules = AlertBook()
        self._by_name: dict[str, AlertRule] = {}
        self._ruled = self._sure = False
        self._book, self._fleet, self._picture, self._insight = book, fleet, picture, insight
        self._led, self._project_name, self._now = led, project_name, now
        self._silence = Silence(fleet, picture, now)
        self._trends = DiskTrends(book, fleet, lambda vm, entry: self._of(AlertKind.DISK_FULL, vm, entry), history, now)
        self._breaches: dict[Key, Breach] = {}
        self._untold: dict[Key, datetime] = {}
        self._errors: set[VmRef] = set()
        self._revision = 0

    def put_rules(self, rules: AlertBook) -> None:
        """Take over other rules: alerts of rules that are no more, or now about something else, end."""
        before, self._by_name = self._by_name, {rule.name: rule for rule in rules.rules}
        other = {name for name, rule in self._by_name.items() if name in before and not _same(rule, before[name])}
        for alert in self._book.open() if other else ():
            if alert.rule in other and self._led.judging(alert):
                self._book.end(alert.rule, alert.ref, "its rule is another one now")
        self._breaches = {
            key: held for key, held in self._breaches.items() if key[0] in self._by_name and key[0] not in other
        }
        # Rules of a file that could not be read since the start are unknown, not gone.
        self._ruled, self._sure = True, self._sure or not rules.problems
        self.rules = rules

    def _of(self, kind: AlertKind, vm: Vm, entry: str) -> Iterator[AlertRule]:
        for rule in self._by_name.values():
            if rule.kind is kind and rule.fits(vm, entry, self._named(rule, vm, entry) or ""):
                yield rule

    def _named(self, rule: AlertRule, vm: Vm, entry: str) -> str | None:
        return self._project_name(vm, entry) if rule.projects else ""

    # numbers

    def hear(self, vm: Vm, entry: str, sample: Sample) -> None:
        """Judge one new sample."""
        if not self._led.judges(entry):
            return
        self._silence.asked(vm.ref)
        for rule in self._of(AlertKind.METRIC, vm, entry):
            value = sample.value(rule.metric)
            self._note_told(rule, vm, sample, value)
            if value is not None:
                self._judge(rule, vm, entry, value, sample.at)
        percent = sample.value(Metric.DISK)
        if percent is not None:
            self._trends.hear(vm, entry, sample.at.timestamp(), percent)
        for rule in self._of(AlertKind.DISK_FULL, vm, entry):
            self._note_told(rule, vm, sample, percent)

    def missed(self, ref: VmRef) -> None:
        """Note that a source which told of a VM was asked here and gave nothing."""
        self._silence.asked(ref)

    def _judge(self, rule: AlertRule, vm: Vm, entry: str, value: float, at: datetime) -> None:
        key = (rule.name, vm.ref)
        alert = self._book.find(*key)
        held = self._breaches.get(key)
        if held is None and alert is not None:
            held = Breach(alert.since, at, value)  # an older run or another leader began it
        gap_s = max(_GAP_S, self._picture.fresh_s(vm.ref))
        breach = breached(rule, held, value, at, firing=alert is not None, gap_s=gap_s)
        if breach is None:
            self._breaches.pop(key, None)
            self._book.end(rule.name, vm.ref, "back to normal")
            return
        self._breaches[key] = breach
        if alert is not None or (breach.seen_at - breach.since).total_seconds() >= rule.for_s:
            self._book.begin(rule, vm, entry, metric_words(rule, breach), value, breach.since)

    def _note_told(self, rule: AlertRule, vm: Vm, sample: Sample, value: float | None) -> None:
        """End an alert about a number that the VM's source does not tell: one reading without it is none yet."""
        key = (rule.name, vm.ref)
        if value is not None:
            self._untold.pop(key, None)
            return
        if self._book.find(*key) is None:
            return
        since = self._untold.setdefault(key, sample.at)
        if (sample.at - since).total_seconds() > max(_GAP_S, self._picture.fresh_s(vm.ref)):
            del self._untold[key]
            what = rule.metric if rule.kind is AlertKind.METRIC else Metric.DISK
            self._book.end(rule.name, vm.ref, f"{what} is not told any more (by {sample.source})")

    def forget(self, refs: Collection[VmRef]) -> None:
        """Drop what was gathered of VMs that are gone or run no more."""
        gone = set(refs)
        self._breaches = {key: held for key, held in self._breaches.items() if key[1] not in gone}
        self._untold = {key: at for key, at in self._untold.items() if key[1] not in gone}
        self._trends.forget(gone)
        self._silence.forget(gone)

    # states and silence

    async def look(self) -> None:
        """Judge what no sample tells: states, stuck operations, silence; begin trends from what is kept."""
        self._silence.notice_absence()
        if not self._ruled:
            return
        await self._led.look_round(self._book.open())
        await self._look_for_errors()
        self._look_for_stuck()
        await self._look_for_silence()
        await self._review()
        await self._trends.seed()

    async def _look_for_errors(self) -> None:
        delta = self._fleet.since(self._revision)
        self._revision = delta.revision
        if delta.complete:
            self._errors.clear()
        self._errors.difference_update(delta.removed)
        for moved in delta.upserts:
            (self._errors.add if moved.vm_state == "error" else self._errors.discard)(moved.ref)
        for number, ref in enumerate(tuple(self._errors), 1):
            if number % _SLICE == 0:
                await asyncio.sleep(0)
            vm, entry = self._fleet.get(ref), self._fleet.entry_of(ref)
            if vm is None or vm.vm_state != "error" or not self._led.judges(entry):
                continue
            for rule in self._of(AlertKind.ERROR, vm, entry):
                fault = f": {vm.fault.message}" if vm.fault else ""
                self._book.begin(rule, vm, entry, f"in ERROR{fault}", None, vm.updated_at or self._now())

    def _look_for_stuck(self) -> None:
        for stuck in self._insight.all_stuck():
            vm, entry = self._fleet.get(stuck.ref), self._fleet.entry_of(stuck.ref)
            if vm is None or not self._led.judges(entry):
                continue
            for rule in self._of(AlertKind.STUCK, vm, entry):
                lasted = spell(max(0.0, (self._now() - stuck.since).total_seconds()))
                usual = f" (usually {spell(stuck.usual.p95_s)})" if stuck.usual else ""
                self._book.begin(rule, vm, entry, f"{stuck.doing} for {lasted}{usual}", None, stuck.since)

    async def _look_for_silence(self) -> None:
        async for vm, found, since, known_s in self._silence.all():
            entry = self._fleet.entry_of(vm.ref)
            for rule in self._of(AlertKind.NO_DATA, vm, entry) if self._led.judges(entry) else ():
                if known_s >= rule.for_s or self._book.find(rule.name, vm.ref):
                    why = f": {found.trouble}" if found.trouble else ""
                    words = f"no data for {spell((self._now() - since).total_seconds())}{why}"
                    self._book.begin(rule, vm, entry, words, None, since)

    # open alerts

    async def _review(self) -> None:
        """End open alerts where that is seen; let those fire again whose silence is over."""
        for number, alert in enumerate(self._book.open(), 1):
            if number % _SLICE == 0:
                await asyncio.sleep(0)
            entry = self._led.judging(alert)
            if not entry or self._book.find(alert.rule, alert.ref) is not alert:
                continue
            if why := self._over(alert, entry):
                self._book.end(alert.rule, alert.ref, why)
            else:
                self._book.wake(alert)

    def _over(self, alert: AlertView, entry: str) -> str:
        """Return why an alert is over as far as no sample tells, empty when it is not."""
        vm, rule = self._fleet.get(alert.ref), self._by_name.get(alert.rule)
        if vm is None:
            return "the VM is gone"
        if rule is None:
            return "its rule was removed" if self._sure and self._led.opens(alert) else ""
        project = self._named(rule, vm, entry)
        if not rule.fits(vm, entry, project or ""):
            known = project is not None and self._led.opens(alert)
            return "its rule is not for this VM any more" if known else ""
        if rule.kind in _MEASURED and not runs(vm):
            return "the VM does not run"
        return "back to normal" if self._is_normal(rule.kind, alert, vm) else ""

    def _is_normal(self, kind: AlertKind, alert: AlertView, vm: Vm) -> bool:
        if kind is AlertKind.ERROR:
            return vm.vm_state != "error"
        if kind is AlertKind.STUCK:
            settled = self._silence.awake_s >= _SETTLED_S
            return not vm.busy or (settled and self._insight.stuck(vm.ref) is None)
        if kind is AlertKind.NO_DATA:
            found = self._picture.get(vm.ref)
            return found is not None and found.sample is not None and found.sample.at > alert.since
        return False


def _same(rule: AlertRule, before: AlertRule) -> bool:
    return (rule.kind, rule.metric, rule.below) == (before.kind, before.metric, before.below)
