"""`Monitoring`: measuring, charts and alerts of one console behind `MonitorApi`. Sources and store are made late."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import Any

from msgspec.structs import replace

from osvm_tui.domain.alerts import AlertState, AlertView, spell
from osvm_tui.domain.audit import AuditEntry
from osvm_tui.domain.errors import OsvmError, Refused, StoreError
from osvm_tui.domain.events import MetricsChanged, Notice, Severity
from osvm_tui.domain.measured import Measured
from osvm_tui.domain.metrics import Metric, Sample, Source
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.slots import Track
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.probe.probe import Target
from osvm_tui.services.alert_book import AlertBookkeeper
from osvm_tui.services.alert_watch import AlertWatch
from osvm_tui.services.audit_writer import AuditWriter
from osvm_tui.services.bus import EventBus
from osvm_tui.services.catalogs import Catalogs
from osvm_tui.services.chart_reader import Ask, ChartReader
from osvm_tui.services.collector import Collector, runs
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.guests import Guests
from osvm_tui.services.host_watch import HostWatch
from osvm_tui.services.insight_api import InsightApi
from osvm_tui.services.led_scopes import LedScopes
from osvm_tui.services.measured_picture import MeasuredPicture
from osvm_tui.services.metric_keeper import MetricKeeper
from osvm_tui.services.monitor_api import Coverage, HostView, MonitorApi, Range, Series
from osvm_tui.services.monitor_plan import MonitorPlan
from osvm_tui.services.scopes import Scopes
from osvm_tui.services.source_choice import RANK, SourceChoice
from osvm_tui.services.tasks import end
from osvm_tui.services.webhook import Webhook, keep_telling
from osvm_tui.store.alert_base import AlertStore
from osvm_tui.store.base import Store

ACKNOWLEDGE, SILENCE = "alert-acknowledge", "alert-silence"
"""The audit's names."""
_COUNT_S = 2.0
_SLICE = 500
"""So much of what others told is taken over between two breaths of the loop."""
_log = logging.getLogger("osvm.monitor")


class Monitoring(MonitorApi):
    """The measuring of one console; without a plan nothing is measured, but alerts of others are shown."""

    def __init__(
        self,
        plan: MonitorPlan | None,
        fleet: Fleet,
        scopes: Scopes,
        catalogs: Catalogs,
        guests: Guests,
        insight: InsightApi,
        bus: EventBus,
        writer: AuditWriter,
        store: Callable[[], Store | None],
        operator: str,
        console_role: ConsoleRole,
        now: Callable[[], datetime],
        source: str,
    ) -> None:
        self._on = plan is not None
        self._plan = plan = plan or MonitorPlan(probes=lambda _: {})
        self._fleet, self._scopes, self._catalogs, self._guests = fleet, scopes, catalogs, guests
        self._bus, self._writer, self._store = bus, writer, store
        self._operator, self._role, self._now, self._source = operator, console_role, now, source
        self._picture = MeasuredPicture(self._gap_s, self._runs)
        self._keeper = MetricKeeper(plan.store)
        led = LedScopes(fleet, scopes, store, now)
        self._book = AlertBookkeeper(
            bus, self._alerts, now, led.judging, notify=plan.notify, tell=bool(plan.webhook), keep_days=plan.keep_days
        )
        self._leads = led.leads
        self.collector = Collector(fleet, plan.pace, self._target, self._offered, led.leads, self._book.on, self._heard)
        self._watch = AlertWatch(self._book, fleet, self._picture, insight, led, self._project_name, self._kept, now)
        self._charts = ChartReader(self._keeper, self._pasts, now, self._picture.fresh_s)
        self._webhook = Webhook(plan.webhook, now) if plan.webhook else None
        self._host = HostWatch(plan.host, scopes, plan.pace.host_s) if plan.host else None
        self._tasks: list[asyncio.Task[None]] = []
        self._told = 0
        self._trouble_told = ""
        self._counted: tuple[float, Coverage] | None = None

    # life

    async def keep(self, store_ready: Callable[[], Awaitable[None]]) -> None:
        """Measure and judge when the store has been opened; until cancelled."""
        await store_ready()
        await self._recall_open()
        if self._on:
            self.collector.probes = await asyncio.to_thread(self._plan.probes, self._scopes.client)
            await self._exchange()
        self._tasks = [asyncio.create_task(loop, name="monitor") for loop in self._loops()]
        await asyncio.gather(*self._tasks)

    def _loops(self) -> Iterator[Coroutine[Any, Any, None]]:
        pace = self._plan.pace
        yield self._again(self._follow_alerts, pace.flush_s)
        if not self._on:
            return
        yield self._measure()
        yield self._again(self._exchange, pace.flush_s)
        yield self._again(self._tidy, pace.tidy_s)
        yield self._again(self._judge, pace.alerts_s)
        yield self._again(self._reread, pace.reread_s)
        yield self._again(self._learn_names, pace.reread_s)
        if self._host is not None:
            yield self._host.keep()
        if self._webhook is not None:
            yield keep_telling(self._webhook, self._alerts, pace.flush_s)

    async def recall(self) -> None:
        """Read what is kept without measuring anything, for headless verbs. Raises StoreError."""
        self.collector.probes = await asyncio.to_thread(self._plan.probes, self._scopes.client)
        for found in await self._keeper.news():
            self._picture.put(found, own=False)
        if self._keeper.trouble:
            raise StoreError(self._keeper.trouble)

    async def recall_alerts(self) -> None:
        """Read the alerts that are kept, for headless verbs. Raises StoreError."""
        await self._book.follow()

    async def close(self) -> None:
        """Stop, write what waits and let go of every source."""
        await end(self._tasks)
        await self._charts.close()
        await self.collector.close()
        await self._book.write()
        await self._keeper.close()

    async def _again(self, work: Callable[[], Awaitable[None]], every_s: float) -> None:
        while True:
            try:
                await work()
            except OsvmError as error:
                _log.info("put off", extra={"detail": error.detail})
            except Exception:
                _log.exception("monitoring failed")
            await asyncio.sleep(every_s)

    async def _measure(self) -> None:
        announced = 0.0
        while True:
            try:
                await self._take_over()
                self.collector.tick()
            except Exception:
                _log.exception("measuring failed")
            if time.monotonic() - announced >= self._plan.pace.announce_s:
                announced = time.monotonic()
                self._announce()
            await asyncio.sleep(self._plan.pace.tick_s)

    def _announce(self) -> None:
        """Tell screens and operator what has moved."""
        if self._picture.revision != self._told:
            self._told = self._picture.revision
            self._bus.publish(MetricsChanged(self._told))
        self._book.announce()

    async def _take_over(self) -> None:
        """Learn what the fleet's last change means for measuring."""
        gone = await self.collector.take_over()
        if gone:
            self._watch.forget(gone)
            self._picture.rank_anew()
            self._picture.forget(ref for ref in gone if self._fleet.get(ref) is None)

    async def _exchange(self) -> None:
        """Write what was measured here, and take over what others measured."""
        await self._keeper.flush()
        for number, found in enumerate(await self._keeper.news(), 1):
            if self._fleet.get(found.ref) is not None:
                self._picture.put(found, own=False)
            if number % _SLICE == 0:
                await asyncio.sleep(0)
        while self._keeper.notices:
            self._bus.publish(Notice(self._keeper.notices.pop(0), Severity.WARNING))
        if self._keeper.trouble != self._trouble_told:
            self._trouble_told = self._keeper.trouble
            if self._trouble_told:
                self._bus.publish(Notice(self._trouble_told, Severity.WARNING))

    async def _tidy(self) -> None:
        await self._keeper.tidy(self._now().timestamp())
        await self._book.prune()

    async def _recall_open(self) -> None:
        """Learn which alerts are open before anything is judged: without a store they are those of this run."""
        if not self._book.recalled:
            with suppress(StoreError):
                await self._book.follow()

    async def _judge(self) -> None:
        await self._recall_open()
        await self._watch.look()
        self._book.announce()
        await self._book.write()

    async def _follow_alerts(self) -> None:
        await self._book.write()
        await self._book.follow()
        self._book.announce()

    async def _reread(self) -> None:
        """Take over changed alert files; what is wrong in them is told once."""
        rules = await asyncio.to_thread(self._plan.rules)
        if rules is None:
            return
        for problem in rules.problems:
            if problem not in self._watch.rules.problems:
                self._bus.publish(Notice(f"alert rules: {problem}; the last good ones are in force", Severity.ERROR))
        self._watch.put_rules(rules)

    async def _learn_names(self) -> None:
        await self._guests.names.learn(projects=any(rule.projects for rule in self._watch.rules.rules))

    # what the collector asks

    def _gap_s(self) -> float:
        return self.collector.gap_s

    def _runs(self, ref: VmRef) -> bool:
        vm = self._fleet.get(ref)
        return vm is not None and runs(vm)

    def _target(self, vm: Vm) -> Target:
        address, login = self._guests.way(vm)
        return Target(vm=vm, entry=self._fleet.entry_of(vm.ref), address=address, login=login, host_name=vm.id)

    def _offered(self, entry: str) -> Iterable[Source]:
        scope = self._scopes.follower(entry).scope if entry else None
        if scope is None:
            return ()
        # Addresses in a simulated cloud may be those of real machines of somebody else.
        if scope.simulated:
            return (Source.SIMULATED,)
        # Before names are read the rules may choose a wrong login.
        return RANK if self._guests.names.known(entry) else [one for one in RANK if one is not Source.SSH]

    def _project_name(self, vm: Vm, entry: str) -> str | None:
        return self._guests.names.project(vm, entry) if entry else ""

    def _heard(self, vm: Vm, sample: Sample | None, choice: SourceChoice) -> None:
        before = self._picture.get(vm.ref)
        newest = sample or (before.sample if before else None)
        fresh_s = before.fresh_s if before else 0.0
        if sample is not None:
            # Who leads knows how often a VM is measured; who only looks at it for a while does not.
            own_s, leads = self.collector.fresh_s(sample), self._leads(self._fleet.entry_of(vm.ref))
            fresh_s = own_s if leads else max(own_s, fresh_s)
        found = Measured(ref=vm.ref, sample=newest, trouble=choice.trouble(), tried=choice.tried(), fresh_s=fresh_s)
        if self._picture.put(found):
            self._keeper.put(found, sample)
        if sample is not None:
            self._watch.hear(vm, self._fleet.entry_of(vm.ref), sample)
        elif newest is not None and choice.missed(newest.source):
            self._watch.missed(vm.ref)

    def _pasts(self, ref: VmRef) -> list[Ask]:
        """Return whom to ask about a VM's past: who measures it first, then the others.

        Over the network only about what is in view: advice on a thousand VMs must not be thousands of requests.
        """
        found, vm = self._picture.get(ref), self._fleet.get(ref)
        if vm is None:
            return []
        present = [found.sample.source] if found and found.sample else []
        offered = list(self._offered(self._fleet.entry_of(ref)))
        if self.collector.watches(ref):
            asked = [*dict.fromkeys((*present, *offered))]
        else:
            asked = [source for source in present or offered if source is Source.SIMULATED]
        probes = [self.collector.probes[source] for source in asked if source in self.collector.probes]
        return [partial(probe.history, self._target(vm)) for probe in probes]

    async def _kept(self, ref: VmRef, metrics: Sequence[Metric], step: int, since: int) -> list[Track]:
        until = int(self._now().timestamp()) + step
        try:
            return await self._keeper.tracks(ref, metrics, step, since, until)
        except StoreError:
            return []

    def _alerts(self) -> AlertStore | None:
        store = self._store()
        return store.alerts if store else None

    # the face

    def watch(self, refs: Iterable[VmRef]) -> None:
        self.collector.watch(refs)

    def measured(self, ref: VmRef) -> Measured | None:
        found, vm = self._picture.get(ref), self._fleet.get(ref)
        if vm is None or runs(vm):
            return found
        return replace(found or Measured(ref=ref), trouble=_still(vm))

    def recent(self, ref: VmRef, metric: Metric) -> tuple[float | None, ...]:
        return self._picture.recent(ref, metric)

    def top(self, metric: Metric, count: int) -> tuple[tuple[VmRef, float], ...]:
        return self._picture.top(metric, count, self._now())

    def coverage(self) -> Coverage:
        if self._counted is None or time.monotonic() - self._counted[0] > _COUNT_S:
            self._counted = time.monotonic(), self._count()
        return self._counted[1]

    def _count(self) -> Coverage:
        sources, reasons = Counter[Source](), Counter[str]()
        now, gap_s, pace = self._now(), self._gap_s(), self._plan.pace
        for vm in self._fleet.vms():
            found = self._picture.get(vm.ref)
            if not runs(vm):
                reasons[_still(vm)] += 1
            elif found is not None and found.sample and self._picture.is_fresh(found, now):
                sources[found.sample.source] += 1
            else:
                reasons[(found.trouble if found else "") or "not measured yet"] += 1
        limits = [f"at most {pace.samples_per_s:g} samples a second", f"{pace.at_once} at once"]
        limits.append(f"every VM in {spell(gap_s / 3.5)}")
        return Coverage(
            by_source=tuple(sources.most_common()),
            not_measured=tuple(reasons.most_common()),
            samples_per_minute=self.collector.per_minute(),
            connections=sum(int(getattr(probe, "connections", 0)) for probe in self.collector.probes.values()),
            trouble=self._keeper.trouble,
            budget=", ".join(filter(None, (*limits, self._plan.words))) if self._on else "measuring is off",
        )

    def problems(self) -> tuple[str, ...]:
        telling = self._webhook.trouble if self._webhook else ""
        return (*self._watch.rules.problems, *filter(None, (telling,)))

    def alerts(self, *, ended: bool = False) -> tuple[AlertView, ...]:
        return self._book.views(ended=ended)

    def host(self) -> HostView | None:
        return self._host.view if self._host else None

    async def charts(
        self, ref: VmRef, metrics: Sequence[Metric], over: Range, *, devices: bool = False
    ) -> tuple[Series, ...]:
        return await self._charts.charts(ref, metrics, over, devices=devices)

    async def acknowledge(self, alert_id: str, note: str) -> None:
        alert = self._mine(alert_id)
        entry = self._entry(alert, ACKNOWLEDGE, note)
        await self._book.mark(alert, AlertState.ACKNOWLEDGED, self._operator, note, None, entry)

    async def silence(self, alert_id: str, minutes: int, note: str) -> None:
        if minutes < 1:
            raise Refused("an alert is kept quiet for a minute at least")
        alert = self._mine(alert_id)
        entry = self._entry(alert, SILENCE, f"{minutes} min: {note}")
        await self._book.mark(alert, AlertState.SILENCED, self._operator, note, minutes, entry)

    def _mine(self, alert_id: str) -> AlertView:
        """Return the alert that this operator may speak for."""
        if not self._role.may(ConsoleRole.OPERATOR):
            raise Refused(f"console role {self._role} may not acknowledge or silence alerts")
        return self._book.named(alert_id)

    def _entry(self, alert: AlertView, action: str, note: str) -> AuditEntry:
        ref = alert.ref
        gone = Vm(endpoint=ref.endpoint, id=ref.id, name=alert.vm_name, status="", vm_state="")
        vm = self._fleet.get(ref) or gone
        entry = self._writer.refused(action, vm, alert.entry, f"{alert.rule} ({alert.words}): {note}", self._source)
        return replace(entry, phase="done")


def _still(vm: Vm) -> str:
    return f"not running ({vm.status})"
