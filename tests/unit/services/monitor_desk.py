"""A console that measures and judges over a scripted source and real stores, driven by hand."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

from osvm_tui.domain.alerts import AlertBook, AlertKind, AlertRule, AlertSeverity
from osvm_tui.domain.diff import Delta
from osvm_tui.domain.events import Event
from osvm_tui.domain.metrics import Source
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.vm import Vm
from osvm_tui.services.console import Console
from osvm_tui.services.entry import EntryPlan
from osvm_tui.services.monitor_plan import MonitorPlan, Pace
from osvm_tui.store.metric_sql import SqlMetricStore
from osvm_tui.store.sql import default_url
from tests.unit.services.conftest import open_store
from tests.unit.services.scripted_cloud import ScriptedCloud, a_vm
from tests.unit.services.scripted_probe import ScriptedProbe, Time

RULES = (
    AlertRule(name="cpu", bound=90, clear=80, for_s=120),
    AlertRule(name="error", kind=AlertKind.ERROR, severity=AlertSeverity.CRITICAL),
    AlertRule(name="no-data", kind=AlertKind.NO_DATA, for_s=600),
    AlertRule(name="disk-full", kind=AlertKind.DISK_FULL, bound=24),
)


class Desk:
    """A console that leads, with a scripted source, driven by hand."""

    def __init__(self, folder: Path, time: Time, role: ConsoleRole, source: Source, **plan: object) -> None:
        self.folder, self.time = folder, time
        self.probe = ScriptedProbe(source, time.now)
        self.rules: AlertBook | None = AlertBook(RULES)
        self.cloud = ScriptedCloud(*(a_vm(name) for name in ("one", "two")))
        values: dict[str, object] = {
            "probes": lambda _: {source: self.probe},
            "store": lambda: SqlMetricStore(default_url(folder / "osvm.db"), now=time.now),
            "pace": Pace(view_s=10, background_s=60),
            "rules": lambda: self.rules,
            **plan,
        }
        self.console = Console(
            [EntryPlan("lab", lambda: self.cloud)], lambda owner: open_store(folder, owner), None, operator="ops-1",
            console_role=role, now=time.now, monitor=MonitorPlan(**values),  # type: ignore[arg-type]
        )  # fmt: skip
        self.monitor = self.console.monitor
        self.events: list[Event] = []
        self.console.subscribe(self.events.append)

    async def start(self) -> None:
        await self.console.load()
        self.lead(True)
        self.monitor.collector._steady = self.time
        self.monitor.collector._chance = random.Random(7)
        self.monitor.collector.probes = {self.probe.source: self.probe}
        await self.monitor._reread()
        await self.monitor._exchange()

    def lead(self, leads: bool) -> None:
        self.console._scopes.follower("lab").status.leader = leads

    async def go(self, minutes: float, step_s: float = 10.0) -> None:
        for _ in range(int(minutes * 60 / step_s)):
            self.time.pass_by(step_s)
            await self.monitor._take_over()
            self.monitor.collector.tick()
            await self.monitor.collector.settled()
            if self.time.steady_s % 60 == 0:
                await self.monitor._watch.look()
        await self.monitor._exchange()
        await self.monitor._judge()
        await self.monitor._follow_alerts()

    def vm(self, name: str) -> Vm:
        return self.console.find(f"vm-{name}")

    def put(self, vm: Vm) -> None:
        self.cloud.vms[vm.id] = vm
        self.console._apply("lab", Delta((vm,)))


Opened = Callable[..., Desk]
