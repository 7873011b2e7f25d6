"""A life without holes: what was seen, what the cloud's records tell, and what nobody knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from osvm_tui.domain.catalog import InstanceAction
from osvm_tui.domain.stretches import UNKNOWN, Life, Span, Stretch, stretches

T0 = datetime(2026, 3, 1, tzinfo=UTC)
GRACE = timedelta(minutes=3)


def hour(number: float) -> datetime:
    return T0 + timedelta(hours=number)


def told(*found: Stretch) -> list[tuple[str, float, float, bool]]:
    return [(one.vm_state, _hours(one.since), _hours(one.until), one.seen) for one in found]


def _hours(moment: datetime) -> float:
    return (moment - T0).total_seconds() / 3600


def action(name: str, at: float, message: str = "") -> InstanceAction:
    return InstanceAction(name, f"req-{at}", hour(at - 0.01), hour(at), "u", "p", message)


def life(*spans: Span, **more: object) -> Life:
    fields: dict[str, object] = {"created_at": T0, "launched_at": T0, "spans": spans}
    return Life(**{**fields, **more})  # type: ignore[arg-type]


ACTIVE = Span("active", "m", T0, hour(4), hour(4))
STOPPED = Span("stopped", "m", hour(4), None, hour(6))


def test_what_was_seen_holds_up_to_when_it_was_seen_and_no_further() -> None:
    found = stretches(life(ACTIVE, STOPPED), hour(10), GRACE)
    assert told(*found) == [("active", 0, 4, True), ("stopped", 4, 6, True), (UNKNOWN, 6, 10, False)]
    near = stretches(life(ACTIVE, STOPPED), hour(6) + GRACE, GRACE)
    assert near[-1].until == hour(6) + GRACE
    assert near[-1].seen


def test_a_console_that_was_away_leaves_a_gap_between_two_states() -> None:
    gone = Span("active", "m", T0, hour(4), hour(1))
    found = stretches(life(gone, STOPPED), hour(6), GRACE)
    assert told(*found) == [("active", 0, 1, True), (UNKNOWN, 1, 4, False), ("stopped", 4, 6, True)]


def test_the_action_log_rebuilds_a_gap_when_it_leads_to_what_came_after() -> None:
    gone = Span("active", "m", T0, hour(4), hour(1))
    log = (action("stop", 4), action("start", 3), action("stop", 2), action("reboot", 1.5, message="Error"))
    found = stretches(life(gone, STOPPED, actions=log), hour(6), GRACE)
    assert told(*found)[1:4] == [("active", 1, 2, False), ("stopped", 2, 3, False), ("active", 3, 4, False)]
    wrong = stretches(life(gone, STOPPED, actions=(action("pause", 2),)), hour(6), GRACE)
    assert told(*wrong)[1] == (UNKNOWN, 1, 4, False)


def test_before_it_was_seen_the_launch_tells_of_the_build_and_the_log_of_the_rest() -> None:
    seen = Span("stopped", "m", hour(8), None, hour(9))
    unknown = stretches(life(seen, launched_at=hour(0.5)), hour(9), GRACE)
    assert told(*unknown) == [
        ("building", 0, 0.5, False), (UNKNOWN, 0.5, 8, False), ("stopped", 8, 9, True),
    ]  # fmt: skip
    assert [one.launched for one in unknown] == [False, True, True]
    rebuilt = stretches(life(seen, launched_at=hour(0.5), actions=(action("stop", 8),)), hour(9), GRACE)
    assert told(*rebuilt)[1] == ("active", 0.5, 8, False)


def test_a_launch_long_after_the_creation_is_no_first_one() -> None:
    seen = Span("active", "m", hour(30), None, hour(31))
    found = stretches(life(seen, launched_at=hour(30)), hour(31), GRACE)
    assert told(*found) == [(UNKNOWN, 0, 30, False), ("active", 30, 31, True)]
    assert found[0].launched


def test_what_never_ran_was_never_launched() -> None:
    seen = Span("error", "m", hour(2), None, hour(3))
    found = stretches(life(seen, launched_at=None), hour(3), GRACE)
    assert [one.launched for one in found] == [False, False]
    assert told(*found)[0] == ("error", 0, 2, False)


def test_a_vm_that_went_while_nobody_looked_may_be_gone_all_that_time() -> None:
    last = Span("active", "m", T0, hour(8), hour(2))
    found = stretches(life(last, gone=True), hour(9), GRACE)
    assert told(*found) == [("active", 0, 2, True), (UNKNOWN, 2, 8, False)]
    assert found[-1].may_be_gone
    logged = stretches(life(last, gone=True, actions=(action("delete", 5),)), hour(9), GRACE)
    assert told(*logged)[1:] == [("active", 2, 5, False)]
    ended = stretches(life(last, gone=True, terminated_at=hour(4)), hour(9), GRACE)
    assert (ended[-1].until, ended[-1].may_be_gone) == (hour(4), False)


def test_a_resize_in_a_gap_leaves_two_flavors_possible_until_the_log_says_when() -> None:
    small, big = Span("active", "s", T0, hour(4), hour(1)), Span("active", "l", hour(4), None, hour(6))
    found = stretches(life(small, big), hour(6), GRACE)
    assert found[1].flavors == ("s", "l")
    log = (action("resize", 2), action("confirmResize", 3))
    known = stretches(life(small, big, actions=log), hour(6), GRACE)
    assert [(one.vm_state, one.flavors) for one in known] == [
        ("active", ("s",)), ("active", ("s",)), ("resized", ("l",)), ("active", ("l",)), ("active", ("l",)),
    ]  # fmt: skip
