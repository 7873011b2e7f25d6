"""A VM's time line: Nova's action log and our audit, each request told once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from osvm_tui.domain.audit import GENESIS, AuditEntry, AuditRow, link
from osvm_tui.domain.catalog import InstanceAction, InstanceEvent
from osvm_tui.domain.vm import Fault, Vm
from osvm_tui.services.timeline import join
from osvm_tui.store.base import StateInterval

AT = datetime(2026, 11, 22, 9, 41, tzinfo=UTC)


def row(seq: int, phase: str, item: str = "i1", request_id: str = "", action: str = "stop") -> AuditRow:
    entry = AuditEntry(
        at=AT + timedelta(seconds=seq), operator="ops-1", phase=phase, action=action, item_id=item,
        request_id=request_id, detail=f"{phase}!",
    )  # fmt: skip
    return link(GENESIS, seq, entry)


def nova(request_id: str, at: datetime = AT, message: str = "") -> InstanceAction:
    event = InstanceEvent("compute_stop_instance", at, at, "Success", "compute-01")
    return InstanceAction("stop", request_id, at, at, "u1", "p", message, (event,))


def test_one_request_is_one_line_under_the_operator_s_name() -> None:
    rows = [row(1, "requested"), row(2, "sent", request_id="req-1"), row(3, "arrived", request_id="req-1")]
    (line,) = join([nova("req-1")], rows, {"u1": "demo"})
    assert (line.source, line.who, line.result) == ("both", "ops-1", "arrived")
    assert line.events == ("compute_stop_instance Success on compute-01",)


def test_what_others_did_carries_their_name() -> None:
    (line,) = join([nova("req-2")], [], {"u1": "alice"})
    assert (line.source, line.who) == ("nova", "alice")


def test_a_refusal_of_ours_stands_alone() -> None:
    (line,) = join([], [row(1, "refused", item="")], {})
    assert (line.source, line.result, line.detail) == ("osvm", "refused", "refused!")


def test_a_request_is_told_until_more_is_known() -> None:
    assert [line.result for line in join([], [row(1, "requested")], {})] == ["requested"]
    lines = join([], [row(1, "requested"), row(2, "unconfirmed")], {})
    assert [line.result for line in lines] == ["unconfirmed"]


def test_the_newest_is_first() -> None:
    lines = join([nova("a", AT), nova("b", AT + timedelta(hours=1))], [row(5, "refused", item="")], {})
    assert [line.at for line in lines] == sorted((line.at for line in lines if line.at), reverse=True)


def _was(status: str, begin: int, end: int | None) -> StateInterval:
    since, until = AT + timedelta(minutes=begin), None if end is None else AT + timedelta(minutes=end)
    return StateInterval(status.lower(), "", status, 1, "m1.small", since, until, since)


def test_states_events_and_faults_share_one_axis_and_each_event_knows_the_state_of_its_moment() -> None:
    seen = (_was("ACTIVE", -60, 0), _was("SHUTOFF", 0, 30), _was("ERROR", 30, None))
    fault = Fault(500, "No valid host was found.", AT + timedelta(minutes=30))
    vm = Vm(endpoint="e", id="1", name="web-1", status="ERROR", vm_state="error", fault=fault)
    lines = join([nova("req-1", AT - timedelta(minutes=5))], [row(600, "refused", item="")], {}, seen, vm)
    assert [(line.source, line.action, line.state[0]) for line in lines] == [
        ("state", "ERROR", "ERROR"),
        ("fault", "fault 500", "ERROR"),
        ("osvm", "stop", "SHUTOFF"),
        ("state", "SHUTOFF", "SHUTOFF"),
        ("nova", "stop", "ACTIVE"),
        ("state", "ACTIVE", "ACTIVE"),
    ]
    assert [line.lasted_s for line in lines if line.source == "state"] == [None, 1800.0, 3600.0]


def test_before_a_console_saw_it_the_state_is_not_known() -> None:
    (state, event) = join([nova("req-1", AT - timedelta(hours=9))], [], {}, (_was("ACTIVE", 0, None),))
    assert (state.source, event.state) == ("state", ("", "", ""))
