"""A VM's life as stretches of one state, gap-free: seen, rebuilt from the cloud's own records, or unknown; pure.

What a console saw holds up to `seen_at` and no further. Where nobody looked, the launch time and the action log are
asked; where they do not lead from the state before to the state after, the stretch is unknown and stays so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from msgspec import Struct

from osvm_tui.domain.catalog import InstanceAction

UNKNOWN = "unknown"
GONE = "deleted"
_FIRST_BUILD = timedelta(hours=1)
"""A launch later than this after the creation is no first one: Nova writes the time anew at resize, rebuild, unshelve
and rescue."""
_STATES = {
    "start": "active", "stop": "stopped", "pause": "paused", "unpause": "active", "suspend": "suspended",
    "resume": "active", "shelve": "shelved", "shelveOffload": "shelved_offloaded", "unshelve": "active",
    "rescue": "rescued", "unrescue": "active", "resize": "resized", "migrate": "resized", "confirmResize": "active",
    "revertResize": "active", "softDelete": "soft-delete", "restore": "active", "delete": GONE, "forceDelete": GONE,
    "create": "active", "reboot": "active",
}  # fmt: skip
"""The vm_state in which an action of Nova's log leaves a VM. Actions that are not here leave it as it was."""


class Span(Struct, frozen=True, gc=False):
    """A VM was seen in one state from `since` to `until` (None: it still is); behind `seen_at` nobody looked."""

    vm_state: str
    flavor: str
    since: datetime
    until: datetime | None
    seen_at: datetime


class Life(Struct, frozen=True, kw_only=True):
    """What is known of a VM's life. `gone` says that it exists no more; `actions` is None when nobody asked."""

    created_at: datetime | None
    launched_at: datetime | None
    spans: tuple[Span, ...]
    gone: bool = False
    terminated_at: datetime | None = None
    actions: tuple[InstanceAction, ...] | None = None


class Stretch(Struct, frozen=True, gc=False):
    """One state from `since` to `until`. `flavors` are two where a resize happened somewhere in an unknown one."""

    vm_state: str
    flavors: tuple[str, ...]
    since: datetime
    until: datetime
    seen: bool = True
    """Whether a console saw it; a state that is not seen and not unknown was rebuilt."""
    launched: bool = True
    may_be_gone: bool = False
    """Of an unknown one: whether the VM may have been deleted in it."""


def stretches(life: Life, now: datetime, grace: timedelta) -> tuple[Stretch, ...]:
    """Return the stretches from creation to the end, or to `now`, oldest first and without holes.

    `grace` is how long a state is taken to last unseen: the time between two polls.
    """
    found = list(_pieces(life, now, grace))
    return tuple(_joined(piece for piece in found if piece.since < piece.until))


def _pieces(life: Life, now: datetime, grace: timedelta) -> Iterator[Stretch]:
    spans = sorted(life.spans, key=lambda span: span.since)
    if not spans:
        return
    at, before = spans[0].since, None
    if life.created_at is not None and life.created_at < at:
        yield from _before_seen(life, spans[0], now)
    for number, span in enumerate(spans):
        last = number == len(spans) - 1
        start = max(span.since, at)
        if start - at > grace:
            yield from _gap(life, before, span, at, start)
        elif before is not None and start > at:
            yield _seen(before, at, start, life)
        end = max(start, min(now, span.until or now))
        until = end if end - span.seen_at <= grace else max(start, min(end, span.seen_at))
        yield _seen(span, start, until, life)
        if until < end:
            after = None if last else spans[number + 1]
            yield from _gap(life, span, after, until, end)
        at, before = end, span


def _seen(span: Span, since: datetime, until: datetime, life: Life) -> Stretch:
    return Stretch(span.vm_state, (span.flavor,), since, until, launched=_launched(life, span.vm_state, since))


def _launched(life: Life, vm_state: str, since: datetime) -> bool:
    if life.launched_at is None:
        return False
    return since >= life.launched_at or vm_state not in ("building", "error")


def _before_seen(life: Life, first: Span, now: datetime) -> Iterator[Stretch]:
    created, launched = life.created_at, life.launched_at
    assert created is not None
    if launched is None:
        # It never ran, whatever happened to it meanwhile.
        yield Stretch(first.vm_state, (first.flavor,), created, first.since, seen=False, launched=False)
        return
    at = created
    if created <= launched <= created + _FIRST_BUILD:
        at = min(launched, first.since)
        yield Stretch("building", (first.flavor,), created, at, seen=False, launched=False)
    yield from _gap(life, None, first, at, min(first.since, now))


def _gap(life: Life, before: Span | None, after: Span | None, since: datetime, until: datetime) -> Iterator[Stretch]:
    """Yield what lies between two observations; `before` None is the creation, `after` None the end or the present."""
    if since >= until:
        return
    ended = after is None and life.gone
    if ended and life.terminated_at is not None:
        until = min(until, max(since, life.terminated_at))
    if (rebuilt := _rebuilt(life, before, after, since, until)) is not None:
        yield from rebuilt
        return
    flavors = tuple(dict.fromkeys(span.flavor for span in (before, after) if span is not None))
    may_be_gone = ended and life.terminated_at is None
    yield Stretch(UNKNOWN, flavors, since, until, seen=False, may_be_gone=may_be_gone)


def _rebuilt(
    life: Life, before: Span | None, after: Span | None, since: datetime, until: datetime
) -> list[Stretch] | None:
    """Replay the action log over a gap; None where it does not lead from one end to the other."""
    if life.actions is None:
        return None
    state = before.vm_state if before else ("active" if since == life.launched_at else "building")
    old = before.flavor if before else ""
    new = after.flavor if after else old
    flavor, at = old or new, since
    found: list[Stretch] = []
    for action in _within(life.actions, since, until):
        found.append(_told(state, flavor, at, _moment(action)))
        at, state = _moment(action), _STATES.get(action.action, state)
        if action.action == "resize":
            flavor = new
        elif action.action == "revertResize":
            flavor = old or new
    found.append(_told(state, flavor, at, until))
    if after is not None and not _fits(state, after.vm_state):
        return None
    ended = after is None and life.gone and life.terminated_at is None
    if (after is not None and flavor != after.flavor) or (ended and state != GONE):
        return None
    return [piece for piece in found if piece.vm_state != GONE]


def _fits(told: str, seen: str) -> bool:
    """A shelved VM is offloaded by itself after a while, and a state that Nova gave up in follows from no action."""
    return told == seen or (told, seen) == ("shelved", "shelved_offloaded")


def _told(state: str, flavor: str, since: datetime, until: datetime) -> Stretch:
    return Stretch(state, (flavor,), since, until, seen=False)


def _within(actions: Sequence[InstanceAction], since: datetime, until: datetime) -> list[InstanceAction]:
    """Return the actions that ended in a gap without failing, oldest first."""
    found = [one for one in actions if one.started_at is not None and not one.message and one.action in _STATES]
    return sorted((one for one in found if since < _moment(one) <= until), key=_moment)


def _moment(action: InstanceAction) -> datetime:
    moment = action.updated_at or action.started_at
    assert moment is not None
    return moment


def _joined(pieces: Iterator[Stretch]) -> Iterator[Stretch]:
    held: Stretch | None = None
    for piece in pieces:
        if held is not None and _alike(held, piece):
            held = Stretch(
                held.vm_state, held.flavors, held.since, piece.until, held.seen, held.launched, held.may_be_gone
            )
            continue
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield held


def _alike(one: Stretch, other: Stretch) -> bool:
    return one.until == other.since and _key(one) == _key(other)


def _key(one: Stretch) -> tuple[object, ...]:
    return one.vm_state, one.flavors, one.seen, one.launched, one.may_be_gone
