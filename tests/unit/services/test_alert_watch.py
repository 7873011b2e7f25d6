"""When alerts begin and end: by what is seen of a VM, over restarts, sleep, other consoles and changed rules."""

from __future__ import annotations

from msgspec.structs import replace

from osvm_tui.domain.alerts import AlertBook, AlertKind, AlertRule, AlertView
from osvm_tui.domain.diff import Delta
from osvm_tui.domain.errors import ProbeFailed, ProbeUnfit
from osvm_tui.domain.metrics import Memory, Metric, Mount, Reading, Sample, Source
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.probe.probe import Target
from osvm_tui.services.api import ScopeState
from osvm_tui.services.monitor_api import AlertState
from osvm_tui.services.source_choice import SourceChoice
from tests.contract.store.alert_steps import begin
from tests.unit.services.monitor_desk import RULES, Desk, Opened
from tests.unit.services.scripted_cloud import SCOPE

CPU, ERROR, NO_DATA, DISK_FULL = RULES
SILENT = ProbeFailed("no answer")


def firing(desk: Desk) -> list[tuple[str, str]]:
    """Return rule and VM of the open alerts."""
    return sorted((alert.rule, alert.vm_name) for alert in desk.monitor.alerts())


def ended(desk: Desk, rule: str) -> str:
    """Return how the alert of a rule ended; there is one."""
    (words,) = [alert.words for alert in desk.monitor.alerts(ended=True) if alert.rule == rule and not alert.open]
    return words


def in_error(vm: Vm) -> Vm:
    return replace(vm, vm_state="error", status="ERROR")


async def restarted(opened: Opened, desk: Desk, **plan: object) -> Desk:
    """Return another console that leads in place of the first one, which has written all it knew."""
    await desk.go(0.5)
    desk.lead(False)
    other = opened(**plan)
    other.rules, other.probe.error, other.cloud.vms = desk.rules, desk.probe.error, desk.cloud.vms
    await other.start()
    await other.monitor._follow_alerts()
    return other


# clouds and lists


async def test_alerts_of_a_cloud_that_is_not_open_here_disturb_nothing(opened: Opened) -> None:
    desk = opened()
    await desk.start()
    one = desk.vm("one")
    desk.put(in_error(one))
    await desk.go(1)
    (own,) = desk.monitor.alerts()
    store = desk.console._store
    assert store is not None
    await begin(store.alerts, replace(own, id="other-cloud", ref=VmRef("x", "v9"), vm_name="v9", entry="staging"))
    await begin(store.alerts, replace(own, id="other-name", ref=desk.vm("two").ref, vm_name="two", entry="lab-admin"))
    await begin(store.alerts, replace(own, id="out-of-reach", ref=VmRef("e", "v8"), vm_name="v8", entry="lab-admin"))
    await begin(store.alerts, replace(own, id="gone", ref=VmRef("e", "v7"), vm_name="v7"))
    await desk.monitor._follow_alerts()
    desk.put(one)
    await desk.go(1)
    assert {alert.id for alert in desk.monitor.alerts()} == {"other-cloud", "out-of-reach"}
    words = {alert.id: alert.words for alert in desk.monitor.alerts(ended=True) if not alert.open}
    assert "the VM is gone" in words["gone"]
    assert "back to normal" in words["other-name"]
    desk.rules = AlertBook((replace(ERROR, kind=AlertKind.STUCK),))
    await desk.monitor._reread()
    assert len(desk.monitor.alerts()) == 2


async def test_nothing_is_judged_before_the_list_of_vms_was_read(opened: Opened) -> None:
    desk = opened()
    await desk.start()
    desk.put(in_error(desk.vm("one")))
    await desk.go(1)
    other = await restarted(opened, desk)
    status = other.console._scopes.follower("lab").status
    status.state = ScopeState.CONNECTING
    other.console._apply("lab", Delta((), tuple(vm.ref for vm in other.console.vms())))
    await other.monitor._judge()
    assert firing(other) == [("error", "vm-one")], "a list that was not read lacks every VM"
    status.state = ScopeState.LIVE
    await other.monitor._judge()
    assert "the VM is gone" in ended(other, "error")


async def test_who_leads_another_view_of_a_vm_keeps_its_alerts_to_itself_while_it_leads(opened: Opened) -> None:
    desk = opened()
    desk.probe.cpu = 40.0
    await desk.start()
    store = desk.console._store
    assert store is not None
    lease = await store.acquire("fleet:e|*", "another console", 15.0)
    assert lease is not None
    theirs = AlertView(
        id="theirs", rule="cpu", ref=desk.vm("one").ref, vm_name="vm-one", entry="admin", words="over 30 % there",
        state=AlertState.FIRING, since=desk.time.now(),
    )  # fmt: skip
    await begin(store.alerts, theirs)
    await begin(store.alerts, replace(theirs, id="own-rule", rule="a rule of theirs"))
    await desk.monitor._follow_alerts()
    await desk.go(0.5)
    assert {alert.words for alert in desk.monitor.alerts()} == {"over 30 % there"}
    assert len(desk.monitor.alerts()) == 2
    await store.release(lease)
    await desk.go(2)
    assert [alert.id for alert in desk.monitor.alerts()] == ["own-rule"], "of a rule that is not known here"
    assert "back to normal" in ended(desk, "cpu")


async def test_a_vm_that_another_project_holds_is_not_taken_for_gone(opened: Opened) -> None:
    desk = opened()
    await desk.start()
    desk.put(in_error(desk.vm("one")))
    await desk.go(1)
    desk.console._scopes._moved["lab"] = True
    desk.console._apply("lab", Delta((), tuple(vm.ref for vm in desk.console.vms())))
    await desk.go(1)
    assert firing(desk) == [("error", "vm-one")]


# silence


async def test_an_alert_of_no_data_outlives_a_restart_and_a_sleep_until_there_is_data(opened: Opened) -> None:
    desk = opened()
    await desk.start()
    await desk.go(2)
    desk.probe.error = SILENT
    await desk.go(13)
    before = desk.monitor.alerts()
    assert firing(desk) == [("no-data", "vm-one"), ("no-data", "vm-two")]
    await desk.monitor.acknowledge(before[0].id, "known")
    desk.time.pass_by(600)
    await desk.monitor._judge()
    assert {one.id for one in desk.monitor.alerts()} == {one.id for one in before}, "a sleep tells nothing of a VM"
    other = await restarted(opened, desk)
    await other.go(15)
    assert {one.id for one in other.monitor.alerts()} == {one.id for one in before}
    assert {one.state for one in other.monitor.alerts()} == {AlertState.ACKNOWLEDGED, AlertState.FIRING}
    other.probe.error = None
    await other.go(16)
    assert firing(other) == []


async def test_a_vm_that_went_silent_while_no_console_ran_is_found(opened: Opened) -> None:
    desk = opened()
    await desk.start()
    await desk.go(2)
    desk.probe.error = SILENT
    other = await restarted(opened, desk)
    await other.go(9)
    assert firing(other) == [], "it waits until it has looked for long enough itself"
    await other.go(3)
    assert firing(other) == [("no-data", "vm-one"), ("no-data", "vm-two")]


async def test_what_was_measured_before_a_stop_is_no_silence_after_the_start(opened: Opened) -> None:
    desk = opened()
    await desk.start()
    await desk.go(3)
    one = desk.vm("one")
    desk.put(replace(one, vm_state="stopped", status="SHUTOFF"))
    await desk.go(30)
    other = await restarted(opened, desk)
    await other.go(20)
    other.put(one)
    other.probe.errors["vm-one"] = SILENT
    await other.monitor._take_over()
    await other.monitor._watch.look()
    assert firing(other) == []
    await other.go(8)
    assert firing(other) == []
    await other.go(5)
    (alert,) = other.monitor.alerts()
    assert (alert.rule, alert.words.startswith("no data for 1")) == ("no-data", True), alert.words


async def test_who_cannot_measure_a_vm_does_not_take_it_for_silent(opened: Opened) -> None:
    able, leader = opened(), opened()
    await leader.start()
    leader.probe.error = ProbeUnfit("no login rule")
    await able.start()
    able.lead(False)
    one = able.vm("one")
    able.monitor.watch([one.ref])
    for minutes in (3, 11):
        await able.go(minutes / 2, step_s=15)
        await leader.go(minutes / 2, step_s=15)
        able.monitor.watch([])
    found = leader.monitor.measured(one.ref)
    assert found is not None
    assert found.sample is not None
    assert firing(leader) == []


# rules


async def test_an_alert_ends_when_its_rule_is_not_for_its_vm_any_more_or_about_something_else(opened: Opened) -> None:
    desk = opened()
    await desk.start()
    desk.probe.cpu = 95.0
    await desk.go(5)
    assert firing(desk) == [("cpu", "vm-one"), ("cpu", "vm-two")]
    desk.rules = AlertBook((replace(CPU, names=("*-two",)), *RULES[1:]))
    await desk.monitor._reread()
    await desk.go(1)
    assert firing(desk) == [("cpu", "vm-two")]
    assert "its rule is not for this VM any more" in ended(desk, "cpu")
    desk.rules = AlertBook((replace(CPU, metric=Metric.LOAD, bound=90), *RULES[1:]))
    await desk.monitor._reread()
    assert firing(desk) == []
    assert "its rule is another one now" in desk.monitor.alerts(ended=True)[0].words


async def test_who_leads_next_without_the_rule_ends_its_alerts_unless_the_file_cannot_be_read(opened: Opened) -> None:
    desk = opened()
    await desk.start()
    desk.probe.cpu = 95.0
    await desk.go(5)
    unread = await restarted(opened, desk)
    unread.rules = AlertBook(RULES[1:], ("alerts.toml, line 1: expected a number",))
    unread.monitor._watch._sure = False  # as at a start with such a file
    await unread.monitor._reread()
    await unread.go(1)
    assert len(firing(unread)) == 2
    unread.rules = AlertBook(RULES[1:])
    await unread.monitor._reread()
    await unread.go(1)
    assert firing(unread) == []
    words = [alert.words for alert in unread.monitor.alerts(ended=True)]
    assert all("its rule was removed" in one for one in words)


async def test_a_number_that_its_source_does_not_tell_any_more_ends_its_alert(opened: Opened) -> None:
    desk = opened()
    desk.rules = AlertBook((AlertRule(name="memory", metric=Metric.MEMORY, bound=70, for_s=60),))
    await desk.start()
    await desk.go(4)
    assert firing(desk) == [("memory", "vm-one"), ("memory", "vm-two")]
    memory: list[Memory | None] = [None]

    async def read(target: Target) -> Reading:
        return Reading(at=desk.time.now(), source=Source.DIAGNOSTICS, cpu_percent=3.0, memory=memory[0])

    desk.probe.read = read  # type: ignore[method-assign]
    await desk.go(2)
    assert len(firing(desk)) == 2, "a reading or two without it is nothing yet"
    memory[0] = Memory(1000, 250)
    await desk.go(2)
    memory[0] = None
    await desk.go(3)
    assert len(firing(desk)) == 2
    await desk.go(4)
    assert firing(desk) == []
    assert "memory is not told any more (by diagnostics)" in desk.monitor.alerts(ended=True)[0].words


async def test_rules_by_project_wait_for_the_projects_names(opened: Opened) -> None:
    desk = opened()
    desk.rules = AlertBook((replace(ERROR, projects=("web",)),))
    desk.cloud._scope = replace(SCOPE, all_projects=True, project_id="admin")
    await desk.start()
    names = desk.console._catalogs._names
    names["lab"] = {"p": "web"}, {}
    desk.put(in_error(desk.vm("one")))
    await desk.go(1)
    (before,) = desk.monitor.alerts()
    other = await restarted(opened, desk)
    other.console._scopes.follower("lab").status.scope = replace(SCOPE, all_projects=True, project_id="admin")
    names = other.console._catalogs._names
    names.pop("lab", None)
    await other.monitor._judge()
    assert [one.id for one in other.monitor.alerts()] == [before.id]
    names["lab"] = {"p": "db"}, {}
    await other.monitor._judge()
    assert "its rule is not for this VM any more" in ended(other, "error")


# trends


async def test_two_points_are_no_trend_and_end_no_alert(opened: Opened) -> None:
    desk = opened()
    await desk.start()
    one = desk.vm("one")

    def fill(desk: Desk, used: int) -> None:
        sample = Sample(at=desk.time.now(), source=Source.SSH, mounts=(Mount("/", 1000, used, 1000 - used),))
        desk.monitor._heard(one, sample, SourceChoice())
        desk.time.pass_by(600)

    for point in range(42):
        fill(desk, 700 + 3 * point)
    other = await restarted(opened, desk, store=None)
    for point in range(6):
        fill(other, 826 + 3 * point)
        await other.monitor._judge()
        assert ("disk-full", "vm-one") in firing(other)
    fill(other, 600)
    assert ("disk-full", "vm-one") not in firing(other)
