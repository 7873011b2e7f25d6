"""A life without holes: what was seen, what the cloud's records tell, and what nobody knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from osvm_tui.domain.catalog import InstanceAction
from osvm_tui.domain.stretches import ANY, UNKNOWN, Life, Span, Stretch, stretches

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
    log = (action("stop", 4), action("start", 3), action("stop", 2), action("reboot", 1.5))
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
    assert (found[0].launched, found[0].flavors) == (None, (ANY, "m")), "it may have been resized, too"


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


SMALL, BIG = Span("active", "s", T0, hour(4), hour(1)), Span("active", "l", hour(4), None, hour(6))
"""Seen with one flavor, and with another after a gap."""


def with_flavors(*found: Stretch) -> list[tuple[str, tuple[str, ...], float, float]]:
    return [(one.vm_state, one.flavors, _hours(one.since), _hours(one.until)) for one in found]


def test_a_resize_in_a_gap_leaves_any_flavor_possible_until_the_log_says_when() -> None:
    found = stretches(life(SMALL, BIG, launched_at=hour(2)), hour(6), GRACE)
    assert found[1].flavors == (ANY, "s", "l")
    once = (action("resize", 2), action("confirmResize", 3))
    known = stretches(life(SMALL, BIG, actions=once), hour(6), GRACE)
    assert [(one.vm_state, one.flavors) for one in known] == [
        ("active", ("s",)), ("active", ("s",)), ("resized", ("l",)), ("active", ("l",)), ("active", ("l",)),
    ]  # fmt: skip
    between = stretches(life(SMALL, BIG, actions=(action("resize", 2), action("pause", 3))), hour(6), GRACE)
    assert with_flavors(*between)[1] == (UNKNOWN, ("s", "l"), 1, 4), "where the states do not fit one resize is one"


def test_of_several_resizes_in_a_gap_only_the_first_and_the_last_flavor_are_known() -> None:
    log = (action("resize", 1.5), action("confirmResize", 2), action("resize", 3), action("confirmResize", 3.5))
    found = stretches(life(SMALL, BIG, actions=log), hour(6), GRACE)
    assert with_flavors(*found)[1:6] == [
        ("active", ("s",), 1, 1.5), ("resized", (ANY, "l"), 1.5, 2), ("active", (ANY, "l"), 2, 3),
        ("resized", ("l",), 3, 3.5), ("active", ("l",), 3.5, 4),
    ]  # fmt: skip
    assert [one.sure for one in found[1:6]] == [True, False, False, True, True]


def test_a_resize_that_is_taken_back_unseen_had_a_flavor_that_nobody_knows() -> None:
    gone, now = Span("active", "s", T0, hour(4), hour(1)), Span("active", "s", hour(4), None, hour(6))
    log = (action("resize", 2), action("revertResize", 3))
    found = stretches(life(gone, now, actions=log), hour(6), GRACE)
    assert with_flavors(*found)[1:4] == [
        ("active", ("s",), 1, 2), ("resized", (ANY, "s"), 2, 3), ("active", ("s",), 3, 4),
    ]  # fmt: skip
    resized = Span("resized", "l", T0, hour(4), hour(1))
    back = stretches(life(resized, now, actions=(action("revertResize", 3),)), hour(6), GRACE)
    assert with_flavors(*back)[1:3] == [("resized", ("l",), 1, 3), ("active", ("s",), 3, 4)]
    moved = stretches(life(gone, now, actions=(action("migrate", 2), action("revertResize", 3))), hour(6), GRACE)
    assert {one.flavors for one in moved} == {("s",)}


def test_a_resize_before_anybody_looked_leaves_the_first_flavor_unknown() -> None:
    seen = Span("active", "s", hour(30), None, hour(31))
    log = (action("create", 0.02), action("resize", 20), action("confirmResize", 21))
    found = stretches(life(seen, launched_at=hour(20), actions=log), hour(31), GRACE)
    assert with_flavors(*found) == [
        ("building", (ANY, "s"), 0, 0.02), ("active", (ANY, "s"), 0.02, 20), ("resized", ("s",), 20, 21),
        ("active", ("s",), 21, 30), ("active", ("s",), 30, 31),
    ]  # fmt: skip
    assert [one.launched for one in found] == [False, True, True, True, True]
    soon = stretches(
        life(seen, launched_at=hour(0.5), actions=(action("create", 0.02), action("resize", 0.5))), hour(31), GRACE
    )
    assert soon[0].flavors == (ANY, "s"), "a launch soon after the creation need not be the first"
    purged = stretches(life(seen, launched_at=hour(20), actions=log[1:]), hour(31), GRACE)
    assert with_flavors(*purged)[0] == (UNKNOWN, (ANY, "s"), 0, 30), "a log without its beginning tells nothing"


def test_a_log_tells_nothing_of_what_came_after_it_was_read() -> None:
    last = Span("active", "m", T0, None, hour(2))
    found = stretches(life(last, actions=(action("stop", 3),), read_at=hour(5)), hour(9), GRACE)
    assert told(*found)[1:] == [("active", 2, 3, False), ("stopped", 3, 5, False), (UNKNOWN, 5, 9, False)]
    assert found[-1].flavors == (ANY, "m")
    again = Span("active", "m", hour(8), None, hour(9))
    closed = Span("active", "m", T0, hour(8), hour(2))
    stale = stretches(life(closed, again, actions=(), read_at=hour(5)), hour(9), GRACE)
    assert told(*stale)[1:3] == [("active", 2, 5, False), (UNKNOWN, 5, 8, False)]
    older = stretches(life(closed, again, actions=(), read_at=hour(1)), hour(9), GRACE)
    assert told(*older)[1] == (UNKNOWN, 2, 8, False)
    deleted = stretches(life(last, gone=True, actions=(action("delete", 4),), read_at=hour(5)), hour(9), GRACE)
    assert told(*deleted)[1:] == [("active", 2, 4, False)]


def test_when_a_shelved_vm_was_offloaded_no_log_tells() -> None:
    gone, now = Span("active", "m", T0, hour(4), hour(1)), Span("shelved_offloaded", "m", hour(4), None, hour(6))
    found = stretches(life(gone, now, actions=(action("shelve", 2),)), hour(6), GRACE)
    assert told(*found)[1:3] == [("active", 1, 2, False), (UNKNOWN, 2, 4, False)]
    log = (action("shelve", 2), action("shelveOffload", 3))
    assert told(*stretches(life(gone, now, actions=log), hour(6), GRACE))[2] == ("shelved", 2, 3, False)
    back = Span("active", "m", hour(4), None, hour(6))
    unshelved = stretches(life(gone, back, actions=(action("shelve", 2), action("unshelve", 3.5))), hour(6), GRACE)
    assert told(*unshelved)[2:4] == [(UNKNOWN, 2, 3.5, False), ("active", 3.5, 4, False)]
    kept = Span("shelved", "m", hour(4), None, hour(6))
    assert told(*stretches(life(gone, kept, actions=(action("shelve", 2),)), hour(6), GRACE))[2] == (
        "shelved", 2, 4, False,
    )  # fmt: skip


def test_an_error_after_it_ran_was_launched_though_nova_wrote_the_launch_anew() -> None:
    ran = (Span("active", "m", T0, hour(1), hour(1)), Span("error", "m", hour(1), hour(5), hour(5)))
    rebuilt = Span("active", "m", hour(5), None, hour(6))
    found = stretches(life(*ran, rebuilt, launched_at=hour(5)), hour(6), GRACE)
    assert [(one.vm_state, one.launched) for one in found] == [("active", True), ("error", True), ("active", True)]
    unseen = (Span("error", "m", hour(1), hour(5), hour(5)), rebuilt)
    error = stretches(life(*unseen, launched_at=hour(5)), hour(6), GRACE)[1]
    assert (error.vm_state, error.launched, error.sure) == ("error", None, False)
    log = (action("create", 0.1), action("rebuild", 5))
    assert stretches(life(*unseen, launched_at=hour(5), actions=log), hour(6), GRACE)[1].launched is True
    failed = (action("create", 0.1, "Error"), action("rebuild", 5))
    assert stretches(life(*unseen, launched_at=hour(5), actions=failed), hour(6), GRACE)[1].launched is False


def test_an_action_that_nova_wrote_down_a_moment_after_its_state_is_not_lost() -> None:
    gone = Span("active", "m", T0, hour(4), hour(1))
    late = InstanceAction("stop", "req-1", hour(3.99), hour(4) + timedelta(seconds=1), "u", "p")
    found = stretches(life(gone, STOPPED, actions=(late,)), hour(6), GRACE)
    assert told(*found)[:2] == [("active", 0, 1, True), ("active", 1, 4, False)]


def test_an_action_that_had_only_begun_or_failed_at_the_end_explains_it() -> None:
    gone = Span("active", "m", T0, hour(4), hour(1))
    busy, failed = Span("active", "m", hour(4), None, hour(6)), Span("error", "m", hour(4), None, hour(6))
    begun = InstanceAction("resize", "req-1", hour(4), hour(4), "u", "p")
    found = stretches(life(gone, busy, actions=(begun,)), hour(6), GRACE)
    assert with_flavors(*found)[1] == ("active", ("m",), 1, 4)
    log = (action("stop", 2), action("start", 4, "Error"))
    assert told(*stretches(life(gone, failed, actions=log), hour(6), GRACE))[1:3] == [
        ("active", 1, 2, False), ("stopped", 2, 4, False),
    ]  # fmt: skip


def test_after_an_action_that_failed_the_state_is_unknown_until_another_succeeds() -> None:
    gone, back = Span("active", "m", T0, hour(4), hour(1)), Span("active", "m", hour(4), None, hour(6))
    log = (action("reboot", 2, "Error"), action("stop", 3), action("start", 3.5), action("resize", 3.7, "Error"))
    found = stretches(life(gone, back, actions=log), hour(6), GRACE)
    assert with_flavors(*found)[1:6] == [
        ("active", ("m",), 1, 2), (UNKNOWN, ("m",), 2, 3), ("stopped", ("m",), 3, 3.5), ("active", ("m",), 3.5, 3.7),
        (UNKNOWN, ("m",), 3.7, 4),
    ]  # fmt: skip
    error = Span("error", "m", T0, hour(4), hour(1))
    again = (action("rebuild", 2), action("stop", 3), action("start", 3.5))
    assert told(*stretches(life(error, back, actions=again), hour(6), GRACE))[1:4] == [
        (UNKNOWN, 1, 3, False), ("stopped", 3, 3.5, False), ("active", 3.5, 4, False),
    ]  # fmt: skip
