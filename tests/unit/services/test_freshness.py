"""How long a value is the present one: as long as its source and whoever measures it need for the next."""

from __future__ import annotations

from datetime import UTC, datetime

from osvm_tui.domain.alerts import AlertBook, AlertKind, AlertRule
from osvm_tui.domain.diff import Delta
from osvm_tui.domain.errors import ProbeFailed
from osvm_tui.domain.metrics import Memory, Metric, Reading, Source
from osvm_tui.probe.probe import Target
from osvm_tui.services.monitor_api import Range
from osvm_tui.services.monitor_plan import Pace
from tests.contract.store.samples import a_vm
from tests.unit.services.monitor_desk import Desk, Opened
from tests.unit.services.scripted_probe import ScriptedProbe, Time

RULES = (
    AlertRule(name="cpu", bound=90, clear=80, for_s=600),
    AlertRule(name="memory", metric=Metric.MEMORY, bound=95, clear=90, for_s=300),
    AlertRule(name="no-data", kind=AlertKind.NO_DATA, for_s=600),
)


class Telemetry(ScriptedProbe):
    """Tells means of 5 minutes, the newest some minutes after its end, as Ceilometer and Gnocchi do."""

    grain_s = 300.0

    def __init__(self, time: Time) -> None:
        super().__init__(Source.GNOCCHI, time.now)

    async def read(self, target: Target) -> Reading:
        await super().read(target)
        begins = (self._now().timestamp() - 280) // 300 * 300
        return Reading(
            at=datetime.fromtimestamp(begins, UTC), source=self.source, clock_s=begins, cpu_busy_s=begins * 0.97,
            vcpus=1, memory=Memory(1000, 10),
        )  # fmt: skip


async def with_telemetry(opened: Opened) -> tuple[Desk, Telemetry]:
    desk: Desk = opened(source=Source.GNOCCHI)
    desk.rules = AlertBook(RULES)
    desk.probe = probe = Telemetry(desk.time)
    await desk.start()
    return desk, probe


async def test_a_source_with_values_of_five_minutes_is_shown_charted_and_alerted_on(opened: Opened) -> None:
    desk, probe = await with_telemetry(opened)
    one = desk.vm("one").ref
    await desk.go(60, step_s=20)
    assert desk.monitor.coverage().by_source == ((Source.GNOCCHI, 2),)
    assert {ref.id for ref, _ in desk.monitor.top(Metric.CPU, 5)} == {"one", "two"}
    assert {(alert.rule, alert.vm_name) for alert in desk.monitor.alerts(ended=True)} == {
        (rule, name) for rule in ("cpu", "memory") for name in ("vm-one", "vm-two")
    }
    assert len(desk.monitor.alerts()) == 4
    (cpu,) = await desk.monitor.charts(one, [Metric.CPU], Range.HOUR_1)
    assert cpu.gap_s >= 3 * 300
    assert cpu.step_s >= 300, "a point stands for its five minutes"
    probe.error = ProbeFailed("no answer")
    desk.monitor._counted = None
    await desk.go(30, step_s=20)
    assert "no-data" in {alert.rule for alert in desk.monitor.alerts()}
    assert dict(desk.monitor.coverage().not_measured) == {"no answer": 2}
    assert desk.monitor.top(Metric.CPU, 5) == ()


async def test_who_follows_and_who_has_no_screen_take_for_fresh_what_the_leader_does(opened: Opened) -> None:
    pace = Pace(background_s=60, api_samples_per_s=0.2)
    leader, follower, headless = (opened(pace=pace) for _ in range(3))
    fleet = Delta(tuple(a_vm(number) for number in range(60)), ())
    for desk in (leader, follower):
        await desk.start()
        desk.console._apply("lab", fleet)
    follower.lead(False)
    await leader.go(20, step_s=5)
    await follower.go(0.5)
    await headless.console.load()
    headless.console._apply("lab", fleet)
    await headless.monitor.recall()
    for desk in (leader, follower):
        assert desk.monitor.coverage().by_source == ((Source.DIAGNOSTICS, 62),)
    for desk in (leader, follower, headless):
        assert len(desk.monitor.top(Metric.CPU, 100)) == 62
