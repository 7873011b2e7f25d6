"""Measuring over a real console and stores: what is shown, kept, charted and told, by one console and by two."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from osvm_tui.domain.alerts import AlertBook
from osvm_tui.domain.diff import Delta
from osvm_tui.domain.errors import ProbeFailed, Refused, StoreReadOnly, Unknown
from osvm_tui.domain.events import AlertsChanged, Notice
from osvm_tui.domain.metrics import Memory, Metric, Mount, Sample, Source
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.vm import Fault
from osvm_tui.services.monitor_api import AlertState, Range
from osvm_tui.services.source_choice import SourceChoice
from osvm_tui.store.base import AuditQuery
from osvm_tui.store.metric_sql import SqlMetricStore
from osvm_tui.store.sql import default_url
from tests.unit.services.monitor_desk import RULES, Opened
from tests.unit.services.scripted_cloud import SCOPE


async def test_what_is_measured_is_shown_kept_and_charted(opened: Opened) -> None:
    desk = opened()
    await desk.start()
    one, monitor = desk.vm("one"), desk.monitor
    assert monitor.measured(one.ref) is None
    monitor.watch([one.ref])
    await desk.go(5)
    found = monitor.measured(one.ref)
    assert found is not None
    assert found.sample is not None
    assert (found.sample.source, found.sample.cpu, found.trouble) == (Source.DIAGNOSTICS, 50.0, "")
    assert set(monitor.recent(one.ref, Metric.CPU)) == {50.0}
    assert monitor.recent(one.ref, Metric.NET_IN)[-1] is None
    desk.probe.cpu = 70.0
    await desk.go(1)
    assert (one.ref, 70.0) in monitor.top(Metric.CPU, 2)
    cpu, memory = await monitor.charts(one.ref, [Metric.CPU, Metric.MEMORY], Range.MIN_15)
    assert (cpu.step_s, len(cpu.points), cpu.points[-1].mean) == (10, 36, 70.0)
    assert {point.mean for point in memory.points} == {75.0}
    (hours,) = await monitor.charts(one.ref, [Metric.CPU], Range.HOURS_6)
    assert (hours.points[0].low, hours.points[-1].high) == (50.0, 70.0)
    assert sum(point.samples for point in hours.points) == 36
    (rare,) = await monitor.charts(desk.vm("two").ref, [Metric.CPU], Range.MIN_15)
    assert (cpu.step_s, cpu.gap_s) == (10, 210)
    assert 72 <= rare.step_s <= 120, "a VM out of view is measured once a minute: that is no gap"
    covered = monitor.coverage()
    assert (covered.by_source, covered.not_measured, covered.trouble) == (((Source.DIAGNOSTICS, 2),), (), "")


async def test_what_does_not_run_or_answer_is_told_with_the_reason(opened: Opened) -> None:
    desk = opened()
    await desk.start()
    one, two = desk.vm("one"), desk.vm("two")
    await desk.go(2)
    desk.probe.errors["vm-two"] = ProbeFailed("no answer")
    desk.put(replace(one, vm_state="stopped", status="SHUTOFF"))
    await desk.go(5)
    found, silent = desk.monitor.measured(one.ref), desk.monitor.measured(two.ref)
    assert found is not None
    assert silent is not None
    assert (found.trouble, silent.trouble) == ("not running (SHUTOFF)", "no answer")
    assert dict(desk.monitor.coverage().not_measured) == {"not running (SHUTOFF)": 1, "no answer": 1}
    assert desk.monitor.recent(two.ref, Metric.CPU)[-1] is None
    desk.probe.errors.clear()
    desk.monitor.watch([two.ref])
    await desk.go(2)
    assert [ref for ref, _ in desk.monitor.top(Metric.CPU, 5)] == [two.ref]
    desk.put(replace(two, vm_state="stopped", status="SHUTOFF"))
    await desk.monitor._take_over()
    assert desk.monitor.top(Metric.CPU, 5) == (), "what has just stopped does nothing"


async def test_another_console_sees_what_the_leader_measured(opened: Opened) -> None:
    desk, other = opened(), opened()
    await desk.start()
    await desk.go(3)
    await other.start()
    other.lead(False)
    await other.go(1)
    assert other.probe.reads == []
    assert other.monitor.measured(desk.vm("one").ref) == desk.monitor.measured(desk.vm("one").ref)
    (series,) = await other.monitor.charts(desk.vm("one").ref, [Metric.CPU], Range.HOUR_1)
    assert series.points


async def test_without_a_working_store_monitoring_goes_on_in_memory_and_writes_later(opened: Opened) -> None:
    class Full(SqlMetricStore):
        full = True

        async def append(self, *args: object, **rest: object) -> int:
            if Full.full:
                raise StoreReadOnly("the disk is full")
            return await super().append(*args, **rest)  # type: ignore[arg-type]

    desk = opened()
    desk.monitor._keeper._make = lambda: Full(default_url(desk.folder / "osvm.db"), now=desk.time.now)
    desk.monitor._keeper._steady = desk.time
    await desk.start()
    desk.monitor.watch([desk.vm("one").ref])
    await desk.go(3)
    assert desk.monitor.coverage().trouble == "measurements are not kept: the disk is full"
    assert [event.text for event in desk.events if isinstance(event, Notice)] == [desk.monitor.coverage().trouble]
    (series,) = await desk.monitor.charts(desk.vm("one").ref, [Metric.CPU], Range.MIN_15)
    assert len(series.points) == 18
    assert await desk.console.audit(AuditQuery()) is not None
    Full.full = False
    await desk.go(3)
    assert desk.monitor._keeper.trouble == ""
    assert not desk.monitor._keeper._waiting
    (series,) = await desk.monitor.charts(desk.vm("one").ref, [Metric.CPU], Range.MIN_15)
    assert len(series.points) == 36


async def test_what_a_source_keeps_itself_fills_the_chart_where_nothing_was_kept(opened: Opened) -> None:
    desk = opened()
    await desk.start()
    await desk.go(25)
    begin = desk.time.now().replace(second=0) - timedelta(days=2)
    desk.probe.past = tuple(
        Sample(at=begin + timedelta(minutes=10 * n), source=Source.DIAGNOSTICS, cpu=5.0) for n in range(400)
    )
    (series,) = await desk.monitor.charts(desk.vm("one").ref, [Metric.CPU], Range.DAYS_7)
    assert {point.mean for point in series.points} == {50.0}, "no source is asked about what nobody looks at"
    desk.monitor.watch([desk.vm("one").ref])
    (series,) = await desk.monitor.charts(desk.vm("one").ref, [Metric.CPU], Range.DAYS_7)
    assert [series.points[0].mean, series.points[-1].mean] == [5.0, 50.0]
    assert len({point.at for point in series.points}) == len(series.points) == 289
    assert sorted(point.at for point in series.points) == [point.at for point in series.points]


async def test_an_alert_begins_after_its_time_is_called_out_and_ends_past_clear(opened: Opened) -> None:
    desk = opened(notify="osc9")
    await desk.start()
    desk.monitor.watch([desk.vm("one").ref])
    desk.probe.cpu = 95.0
    await desk.go(1)
    assert desk.monitor.alerts() == ()
    await desk.go(2)
    first = {alert.vm_name: alert for alert in desk.monitor.alerts()}["vm-one"]
    assert (first.rule, first.state, first.value) == ("cpu", AlertState.FIRING, 95.0)
    assert first.words == "cpu 95 % for 3 min (over 90 % for 2 min)"
    called = [event for event in desk.events if isinstance(event, AlertsChanged) and event.notify]
    assert (called[0].notify, "vm-one: cpu 95 %" in called[0].text) == ("osc9", True)
    desk.probe.cpu = 85.0
    await desk.go(2)
    assert desk.monitor.alerts()
    desk.probe.cpu = 40.0
    await desk.go(2)
    assert desk.monitor.alerts() == ()
    ended = {alert.vm_name: alert for alert in desk.monitor.alerts(ended=True)}["vm-one"]
    assert ended.state is AlertState.ENDED
    assert "back to normal after" in ended.words


async def test_states_silence_and_vms_that_go_are_judged_without_samples(opened: Opened) -> None:
    desk = opened()
    await desk.start()
    one, two = desk.vm("one"), desk.vm("two")
    await desk.go(2)
    desk.put(replace(one, vm_state="error", status="ERROR", fault=Fault(500, "No valid host was found.")))
    desk.probe.errors["vm-two"] = ProbeFailed("no answer")
    await desk.go(13)
    told = {alert.rule: alert for alert in desk.monitor.alerts()}
    assert told["error"].words == "in ERROR: No valid host was found."
    assert told["no-data"].words.endswith("min: no answer")
    assert [alert.rule for alert in desk.monitor.alerts()] == ["error", "no-data"], "the worst first"
    desk.console._apply("lab", Delta((), (one.ref,)))
    desk.probe.errors.clear()
    await desk.go(16)
    assert desk.monitor.alerts() == ()
    words = {alert.rule: alert.words for alert in desk.monitor.alerts(ended=True)}
    assert "the VM is gone" in words["error"]
    assert desk.monitor.measured(one.ref) is None
    assert desk.monitor.measured(two.ref) is not None


async def test_a_machine_that_slept_takes_no_vm_for_silent(opened: Opened) -> None:
    desk = opened()
    await desk.start()
    await desk.go(20)
    desk.time.pass_by(8 * 3600)
    await desk.monitor._judge()
    assert desk.monitor.alerts() == ()
    desk.probe.error = ProbeFailed("no answer")
    await desk.go(12)
    assert {alert.rule for alert in desk.monitor.alerts()} == {"no-data"}


async def test_a_disk_that_fills_is_told_before_it_is_full_also_after_a_restart(opened: Opened) -> None:
    desk = opened()
    await desk.start()
    one = desk.vm("one")
    for hour in range(7):
        for part in range(6):
            mount = Mount("/", 1000, 700 + 20 * hour + 3 * part, 300 - 20 * hour - 3 * part)
            sample = Sample(at=desk.time.now(), source=Source.SSH, memory=Memory(10, 5), mounts=(mount,))
            desk.monitor._heard(one, sample, SourceChoice())
            desk.time.pass_by(600)
    (alert,) = desk.monitor.alerts()
    assert alert.rule == "disk-full"
    assert alert.words.startswith("disk ")
    assert "full in about" in alert.words
    await desk.monitor._exchange()
    await desk.monitor._judge()
    other = opened()
    await other.start()
    await other.monitor._follow_alerts()
    assert "disk-full" in [alert.rule for alert in other.monitor.alerts()]
    mount = Mount("/", 1000, 838, 162)
    other.monitor._heard(one, Sample(at=desk.time.now(), source=Source.SSH, mounts=(mount,)), SourceChoice())
    await other.monitor._judge()
    assert "disk-full" in [alert.rule for alert in other.monitor.alerts()], "six hours are remembered"


async def test_acknowledging_and_silencing_are_audited_shared_and_for_operators(opened: Opened) -> None:
    desk, other, viewer = opened(), opened(), opened(ConsoleRole.VIEWER)
    await desk.start()
    desk.put(replace(desk.vm("one"), vm_state="error", status="ERROR"))
    await desk.go(1)
    (alert,) = desk.monitor.alerts()
    await other.start()
    other.lead(False)
    await other.go(0.5)
    await other.monitor.acknowledge(alert.id, "looking")
    await desk.go(0.5)
    (known,) = desk.monitor.alerts()
    assert (known.state, known.who, known.note) == (AlertState.ACKNOWLEDGED, "ops-1", "looking")
    await desk.monitor.silence(alert.id, 1, "later")
    await desk.go(0.5)
    assert desk.monitor.alerts()[0].state is AlertState.SILENCED
    await desk.go(1)
    assert desk.monitor.alerts()[0].state is AlertState.FIRING
    rows = await desk.console.audit(AuditQuery(action="alert-acknowledge"))
    assert [row.entry.detail for row in rows] == ["error (in ERROR): looking"]
    await viewer.start()
    viewer.lead(False)
    await viewer.go(0.5)
    with pytest.raises(Refused, match="viewer"):
        await viewer.monitor.acknowledge(alert.id, "")
    with pytest.raises(Unknown):
        await desk.monitor.acknowledge("nothing", "")


async def test_rules_that_go_end_their_alerts_and_mistakes_are_told_once(opened: Opened) -> None:
    desk = opened()
    await desk.start()
    desk.put(replace(desk.vm("one"), vm_state="error", status="ERROR"))
    await desk.go(1)
    assert len(desk.monitor.alerts()) == 1
    desk.rules = AlertBook(RULES[:1], ("alerts.toml, line 3: alert.1.above: expected a number",))
    await desk.monitor._reread()
    await desk.monitor._reread()
    await desk.go(0.5)
    assert desk.monitor.alerts() == ()
    assert desk.monitor.problems() == desk.rules.problems
    told = [event.text for event in desk.events if isinstance(event, Notice)]
    assert told == [
        "alert rules: alerts.toml, line 3: alert.1.above: expected a number; the last good ones are in force"
    ]


async def test_the_simulated_cloud_is_asked_by_no_other_source(opened: Opened) -> None:
    desk = opened(source=Source.SSH)
    desk.cloud._scope = replace(SCOPE, simulated=True)
    await desk.start()
    await desk.go(3)
    assert desk.probe.reads == []
    assert dict(desk.monitor.coverage().not_measured) == {"not asked yet": 2}
