"""Random lives looked at now and then, with logs as old as may be: what is told is true, or bounds what is."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

from hypothesis import event, given, settings
from hypothesis import strategies as st
from msgspec import Struct

from osvm_tui.domain.accrual import Made, Tariff, vm_lines
from osvm_tui.domain.billing import PRESETS, BillingPolicy
from osvm_tui.domain.catalog import InstanceAction
from osvm_tui.domain.rates import RateCard
from osvm_tui.domain.stretches import ANY, GRACE, UNKNOWN, Life, Span, Stretch, stretches
from osvm_tui.domain.vm import Flavor
from tests.unit.domain.test_accrual import FLAVORS, at, prices, total

HOUR = 3600
END = 30
NEXT = {
    "building": ("create", "create!"),
    "active": (
        "shelve",
        "resize",
        "stop",
        "shelve",
        "resize",
        "pause",
        "suspend",
        "rescue",
        "rebuild",
        "reboot!",
        "reboot",
    ),
    "stopped": ("start", "resize", "rebuild", "shelve"),
    "paused": ("unpause",),
    "suspended": ("resume",),
    "rescued": ("unrescue",),
    "resized": ("confirmResize", "revertResize"),
    "error": ("rebuild", "reset", "stop"),
    "shelved": ("shelveOffload", "offload", "unshelve"),
    "shelved_offloaded": ("unshelve",),
}
"""What may happen in a state; `!` fails and leaves an error, `offload` and `reset` leave no trace in the log."""
LEADS = {
    "create": "active", "stop": "stopped", "pause": "paused", "suspend": "suspended", "shelve": "shelved",
    "resize": "resized", "rescue": "rescued", "reboot": "active", "start": "active", "unpause": "active",
    "resume": "active", "unrescue": "active", "confirmResize": "active", "revertResize": "active", "reset": "active",
    "shelveOffload": "shelved_offloaded", "offload": "shelved_offloaded", "unshelve": "active",
}  # fmt: skip
RELAUNCH = ("create", "resize", "revertResize", "rebuild", "unshelve", "rescue")


class Moment(Struct, frozen=True):
    """What a VM is from an hour on."""

    hour: int
    state: str
    flavor: str
    launched: int | None


class Course(Struct):
    """What really happened: one moment per change, the log, and when it was deleted."""

    moments: list[Moment]
    log: list[InstanceAction]
    gone: int

    def at(self, hour: int) -> Moment:
        return next(moment for moment in reversed(self.moments) if moment.hour <= hour)


@st.composite
def courses(draw: st.DrawFn) -> Course:
    hour, old = 0, ""
    moments, log = [Moment(0, "building", draw(st.sampled_from("abc")), None)], []
    for step in draw(st.lists(st.integers(2, 6), max_size=7)):
        hour += step
        if hour >= END:
            break
        now = moments[-1]
        never_ran = now.state == "error" and now.launched is None
        name = "rebuild" if never_ran else draw(st.sampled_from(NEXT[now.state]))
        state = "error" if name.endswith("!") else LEADS.get(name, "stopped" if now.state == "stopped" else "active")
        flavor = now.flavor
        if name == "resize":
            old, flavor = flavor, draw(st.sampled_from("abc"))
        elif name == "revertResize":
            flavor = old
        launched = hour if name in RELAUNCH else now.launched
        moments.append(Moment(hour, state, flavor, launched))
        if name not in ("offload", "reset"):
            failed = name.endswith("!")
            moment = at(hour * HOUR)
            log.append(InstanceAction(name.rstrip("!"), "r", moment, moment, "u", "p", "Error" if failed else ""))
    gone = draw(st.sampled_from([END + 1, END + 1, moments[-1].hour + 1]))
    if gone <= END:
        log.append(InstanceAction("delete", "r", at(gone * HOUR), at(gone * HOUR), "u", "p"))
    return Course(moments, log, gone)


def looked(course: Course, polls: list[int]) -> Life | None:
    """Return what a console knows that looked at these hours, as the store keeps it."""
    spans: list[Span] = []
    last: tuple[int, Moment] | None = None
    gone = False
    for poll in polls:
        if poll >= course.gone:
            gone = last is not None
            if gone:
                spans[-1] = Span(*_key(spans[-1]), spans[-1].since, at(poll * HOUR), spans[-1].seen_at)
            break
        now, seen = course.at(poll), at(poll * HOUR)
        if last is not None and now.hour == last[1].hour:
            spans[-1] = Span(*_key(spans[-1]), spans[-1].since, None, seen)
        else:
            since = at(now.hour * HOUR)
            if last is not None:
                spans[-1] = Span(*_key(spans[-1]), spans[-1].since, since, spans[-1].seen_at)
            spans.append(Span(now.state, now.flavor, since, None, seen))
        last = poll, now
    if last is None:
        return None
    launched = last[1].launched
    return Life(
        created_at=at(0), launched_at=None if launched is None else at(launched * HOUR), spans=tuple(spans), gone=gone
    )


def _key(span: Span) -> tuple[str, str]:
    return span.vm_state, span.flavor


def truth(course: Course) -> tuple[Stretch, ...]:
    found = []
    ends = [moment.hour for moment in course.moments[1:]] + [END]
    for moment, end in zip(course.moments, ends, strict=True):
        since, until = moment.hour, min(end, course.gone)
        if since < until:
            launched = moment.launched is not None
            found.append(Stretch(moment.state, (moment.flavor,), at(since * HOUR), at(until * HOUR), launched=launched))
    return tuple(found)


@settings(max_examples=50, deadline=None)
@given(
    course=courses(),
    polls=st.lists(st.integers(0, END), min_size=1, max_size=6, unique=True).map(sorted),
    read=st.one_of(st.none(), st.integers(0, END), st.just(END)),
    policy=st.sampled_from(tuple(PRESETS.values())),
)
def test_what_is_told_of_times_that_nobody_saw_is_true_or_bounds_the_truth(
    course: Course, polls: list[int], read: int | None, policy: BillingPolicy
) -> None:
    life = looked(course, polls)
    if life is None:
        return
    if read is not None:
        actions = tuple(one for one in course.log if one.started_at is not None and one.started_at <= at(read * HOUR))
        life = Life(**{**{name: getattr(life, name) for name in Life.__struct_fields__},
                       "actions": actions, "read_at": at(read * HOUR)})  # fmt: skip
    found, real = stretches(life, at(END * HOUR), GRACE), truth(course)
    assert found[0].since == at(0)
    assert all(one.until == other.since for one, other in pairwise(found))
    assert found[-1].until >= real[-1].until
    for told in found:
        event(f"{'sure' if told.sure else 'unsure'} {'seen' if told.seen else 'not seen'}")
        for one in real:
            if max(told.since, one.since) < min(told.until, one.until):
                agree(told, one)
        if told.until > at(course.gone * HOUR):
            assert told.may_be_gone or told.since >= at(polls[-1] * HOUR) or not life.gone
    bounded(found, real, policy)


def agree(told: Stretch, real: Stretch) -> None:
    """Check one stretch against what really was."""
    if told.launched is not False or real.launched:  # what never ran is told in one state
        assert told.vm_state in (UNKNOWN, real.vm_state)
    assert real.flavors[0] in told.flavors or ANY in told.flavors
    assert told.launched in (None, real.launched)


def bounded(found: tuple[Stretch, ...], real: tuple[Stretch, ...], policy: BillingPolicy) -> None:
    card = RateCard(
        name="card", currency="EUR", versions=(prices(at(0), ["0.5", "0.2", "30", "7", "0.1"], by_flavor=True),)
    )
    flavors = {**FLAVORS, "c": Flavor("c", 8, 512, 3)}
    named = [
        Stretch(one.vm_state, tuple(flavors) if ANY in one.flavors else one.flavors, one.since, one.until,
                launched=one.launched, may_be_gone=one.may_be_gone) for one in found
    ]  # fmt: skip
    made, tariff = Made(flavors.get, "windows-2019"), Tariff(card, policy)
    true = total(vm_lines(real, made, tariff, at(0), at(END * HOUR)))
    lines = vm_lines(named, made, tariff, at(0), real[-1].until)
    slack = Decimal("1e-8")
    assert total(lines) - slack <= true <= sum((line.amount_max for line in lines), Decimal(0)) + slack
