"""Many alerts at once: one call, few transactions; silences that end; words that other consoles see."""

from __future__ import annotations

import json

from msgspec.structs import replace

from osvm_tui.domain.alerts import AlertBook, AlertState
from osvm_tui.domain.diff import Delta
from osvm_tui.domain.errors import ProbeFailed
from osvm_tui.domain.events import AlertsChanged
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.open_alerts import OpenAlerts
from osvm_tui.store.alert_base import AlertStore
from tests.unit.services.monitor_desk import RULES, Desk, Opened
from tests.unit.services.scripted_cloud import a_vm
from tests.unit.services.test_webhook import ALERT


def calls(desk: Desk) -> list[str]:
    """Return what the operator was called for."""
    return [event.text for event in desk.events if isinstance(event, AlertsChanged) and event.notify]


def kept(desk: Desk) -> AlertStore:
    store = desk.console._store
    assert store is not None
    return store.alerts


async def told(desk: Desk) -> list[tuple[str, str]]:
    """Return event and text of every call that waits, and take them."""
    found = await kept(desk).claim_calls(desk.time.now(), 3600, 100)
    return [(body["event"], body["text"]) for call in found if (body := json.loads(call.body))]


async def with_errors(opened: Opened, count: int, **plan: object) -> Desk:
    """Return a leading desk of which so many VMs have just gone into ERROR."""
    desk: Desk = opened(**plan)
    await desk.start()
    vms = [a_vm(f"{number:04}", "error", status="ERROR") for number in range(count)]
    desk.console._apply("lab", Delta(tuple(vms)))
    return desk


async def test_an_outage_is_one_call_and_few_transactions(opened: Opened) -> None:
    desk = await with_errors(opened, 1200, notify="bell", webhook="http://127.0.0.1:1/")
    before, _ = await kept(desk).since(0)
    await desk.monitor._judge()
    assert calls(desk) == ["1200 alerts: vm-0000: in ERROR; vm-0001: in ERROR; vm-0002: in ERROR; and 1197 more"]
    assert len([event for event in desk.events if isinstance(event, AlertsChanged)]) == 1
    change, found = await kept(desk).since(0)
    assert (change - before, len(found)) == (3, 1200)
    assert len(await told(desk)) == 7, "no more than two hundred alerts in a call"


async def test_the_operator_is_called_at_once_then_not_again_so_soon(opened: Opened) -> None:
    desk = await with_errors(opened, 1, notify="bell")
    await desk.monitor._judge()
    for number in range(1, 9):
        desk.time.pass_by(5)
        desk.put(a_vm(f"{number:04}", "error", status="ERROR"))
        await desk.monitor._judge()
    desk.put(a_vm("0007"))
    desk.time.pass_by(30)
    await desk.monitor._judge()
    assert [text.partition(":")[0] for text in calls(desk)] == ["vm-0000", "6 alerts", "vm-0008"], "not of what is over"


async def test_an_operators_mark_waits_for_no_alert_but_its_own(opened: Opened) -> None:
    desk = await with_errors(opened, 1000)
    await desk.monitor._watch.look()
    alert = desk.monitor.alerts()[500]
    await desk.monitor.acknowledge(alert.id, "looking")
    _, found = await kept(desk).since(0)
    assert [(one.id, one.state) for one in found] == [(alert.id, AlertState.ACKNOWLEDGED)]
    await desk.monitor._follow_alerts()
    assert [one.state for one in desk.monitor.alerts()].count(AlertState.ACKNOWLEDGED) == 1
    assert len((await kept(desk).since(0))[1]) == 1000


async def test_a_silenced_alert_tells_its_end_and_calls_again_when_the_silence_is_over(opened: Opened) -> None:
    desk = await with_errors(opened, 1, notify="bell", webhook="http://127.0.0.1:1/")
    other = opened(notify="bell")
    await other.start()
    other.lead(False)
    await desk.go(1)
    (alert,) = desk.monitor.alerts()
    await other.monitor._follow_alerts()
    await desk.monitor.silence(alert.id, 2, "deploy")
    await other.monitor._follow_alerts()
    desk.events.clear()
    other.events.clear()
    await desk.go(1)
    assert calls(desk) == []
    await desk.go(2)
    await other.monitor._follow_alerts()
    assert calls(desk) == calls(other) == ["vm-0000: in ERROR"]
    assert [one.state for one in (*desk.monitor.alerts(), *other.monitor.alerts())] == [AlertState.FIRING] * 2
    await desk.monitor.silence(alert.id, 60, "again")
    desk.put(a_vm("0000"))
    await desk.go(1)
    assert [event for event, _ in await told(desk)] == ["begun", "again", "ended"]
    assert desk.monitor.alerts() == ()


async def test_who_follows_is_called_too_however_long_it_took_until_the_alert_began(opened: Opened) -> None:
    desk, other = opened(), opened(notify="bell")
    for one in (desk, other):
        await one.start()
    other.lead(False)
    await desk.go(2)
    await other.monitor._follow_alerts()
    desk.probe.error = ProbeFailed("no answer")
    await desk.go(13)
    await other.monitor._follow_alerts()
    assert [text.partition(":")[0] for text in calls(other)] == ["2 alerts"]
    late = opened(notify="bell")
    await late.start()
    await late.monitor._follow_alerts()
    assert calls(late) == [], "what was there before is no news"
    assert len(late.monitor.alerts()) == 2


async def test_who_follows_sees_how_an_open_alert_is_now(opened: Opened) -> None:
    desk, other = opened(), opened()
    desk.rules = AlertBook(RULES[:1])
    await desk.start()
    await other.start()
    other.lead(False)
    desk.probe.cpu = 95.0
    await desk.go(4)
    await other.monitor._follow_alerts()
    desk.probe.cpu = 99.0
    await desk.go(3)
    await other.monitor._follow_alerts()
    assert [(one.value, one.words) for one in other.monitor.alerts()] == [
        (one.value, one.words) for one in desk.monitor.alerts()
    ]
    assert {one.value for one in other.monitor.alerts()} == {99.0}


async def test_what_the_store_does_not_take_is_written_later_in_order(opened: Opened) -> None:
    desk = await with_errors(opened, 3)
    store, desk.console._store = desk.console._store, None
    await desk.go(1)
    desk.put(a_vm("0001"))
    await desk.go(1)
    desk.console._store = store
    await desk.monitor._follow_alerts()
    _, found = await kept(desk).since(0)
    assert sorted((one.vm_name, one.state) for one in found) == [
        ("vm-0000", AlertState.FIRING), ("vm-0001", AlertState.ENDED), ("vm-0002", AlertState.FIRING),
    ]  # fmt: skip
    assert len(desk.monitor.alerts()) == 2


def test_which_vms_have_open_alerts_is_known_without_looking_through_them() -> None:
    held = OpenAlerts()
    for rule in ("cpu", "disk", "cpu"):
        held.put(replace(ALERT, rule=rule))
    assert held.pop(("cpu", ALERT.ref)) is not None
    assert held.on(ALERT.ref)
    assert held.pop(("disk", ALERT.ref)) is not None
    assert held.pop(("disk", ALERT.ref)) is None
    assert not held.on(ALERT.ref)
    assert not held.on(VmRef("e", "other"))
    assert not list(held.all())
