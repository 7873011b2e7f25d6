"""A VM's time line: Nova's action log and our audit, each request told once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from osvm_tui.domain.audit import GENESIS, AuditEntry, AuditRow, link
from osvm_tui.domain.catalog import InstanceAction, InstanceEvent
from osvm_tui.services.timeline import join

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
