"""A VM's life as stretches of one state, gap-free: seen, rebuilt from the cloud's own records, or unknown; pure.

What a console saw holds up to `seen_at` and no further. Where nobody looked, the launch time and the action log are
asked; where they do not lead from the state before to the state after, the stretch is unknown and stays so. A log
tells nothing of what came after it was read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from msgspec import Struct

from osvm_tui.domain.catalog import InstanceAction
from osvm_tui.domain.replay import GONE, RESIZES, SLACK, Step, launches, moment_of, replay, within
from osvm_tui.domain.replay import UNKNOWN as UNKNOWN

GRACE = timedelta(minutes=3)
"""A state is taken to last this long unseen: more than a poll, less than a console that was away."""
ANY = "*"
"""Among the flavors of a stretch: it may have had any of the cloud's."""
_NEVER_RAN = ("building", "error")
"""The states in which a VM may be that was never launched."""
_FIRST_BUILD = timedelta(hours=1)
"""A launch later than this after the creation is no first one: Nova writes the time anew at resize, rebuild, unshelve
and rescue."""


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
    """When it was last launched, as it was last seen."""
    spans: tuple[Span, ...]
    gone: bool = False
    terminated_at: datetime | None = None
    actions: tuple[InstanceAction, ...] | None = None
    read_at: datetime | None = None
    """When the log was read; None: only now."""


class Stretch(Struct, frozen=True, gc=False):
    """One state from `since` to `until`. `flavors` are several where it had one of them, the likeliest last."""

    vm_state: str
    flavors: tuple[str, ...]
    since: datetime
    until: datetime
    seen: bool = True
    """Whether a console saw it; a state that is not seen and not unknown was rebuilt."""
    launched: bool | None = True
    """None: nobody knows whether it had been launched."""
    may_be_gone: bool = False
    """Of an unknown one: whether the VM may have been deleted in it."""

    @property
    def sure(self) -> bool:
        """Whether state, flavor and launch are known."""
        return self.vm_state != UNKNOWN and len(self.flavors) == 1 and self.launched is not None


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
    at, before, ran = spans[0].since, None, False
    if life.created_at is not None and life.created_at < at:
        yield from _before_seen(life, spans[0], now)
    for number, span in enumerate(spans):
        last = number == len(spans) - 1
        start = max(span.since, at)
        if start - at > grace:
            yield from _Gap(life, before, span, at, start, ran).told(now)
        elif before is not None and start > at:
            yield _seen(before, at, start, life, ran)
        ran = ran or span.vm_state not in _NEVER_RAN
        end = max(start, min(now, span.until or now))
        until = end if end - span.seen_at <= grace else max(start, min(end, span.seen_at))
        yield _seen(span, start, until, life, ran)
        if until < end:
            yield from _Gap(life, span, None if last else spans[number + 1], until, end, ran).told(now)
        at, before = end, span


def _seen(span: Span, since: datetime, until: datetime, life: Life, ran: bool) -> Stretch:
    return Stretch(span.vm_state, (span.flavor,), since, until, launched=_launched(life, since, ran))


def _launched(life: Life, at: datetime, ran: bool) -> bool | None:
    """Return whether a VM had been launched by then; `ran` says that it had been in a state that needs it."""
    if life.launched_at is None:
        return False
    if ran or at >= life.launched_at:
        return True
    if _is_first(life):
        return False
    # Nova wrote the time anew: the log alone tells whether it was launched before.
    log = life.actions or ()
    if any(moment <= at for moment in launches(log, first=True)):
        return True
    whole = any(one.action == "create" for one in log) and (life.read_at is None or at <= life.read_at)
    return False if whole else None


def _is_first(life: Life) -> bool:
    """Return whether the launch time is that of the first launch."""
    created, launched = life.created_at, life.launched_at
    if created is None or launched is None or not created <= launched <= created + _FIRST_BUILD:
        return False
    return not any(moment <= launched + SLACK for moment in launches(life.actions or (), first=False))


def _before_seen(life: Life, first: Span, now: datetime) -> Iterator[Stretch]:
    created, launched = life.created_at, life.launched_at
    assert created is not None
    if launched is None:
        # It never ran, whatever happened to it meanwhile.
        yield Stretch(first.vm_state, (first.flavor,), created, first.since, seen=False, launched=False)
        return
    at = created
    if _is_first(life):
        at = min(launched, first.since)
        yield Stretch("building", (first.flavor,), created, at, seen=False, launched=False)
    yield from _Gap(life, None, first, at, min(first.since, now), False).told(now)


class _Gap(Struct, frozen=True):
    """What lies between two observations; `before` None is the creation, `after` None the end or the present."""

    life: Life
    before: Span | None
    after: Span | None
    since: datetime
    until: datetime
    ran: bool
    """Whether it had run by then, as far as was seen."""

    def told(self, now: datetime) -> Iterator[Stretch]:
        """Yield what the log tells up to when it was read, and the rest as unknown."""
        since, until = self.since, self.until
        ended = self.after is None and self.life.gone
        if ended and self.life.terminated_at is not None:
            until = min(until, max(since, self.life.terminated_at))
        read_at = since if self.life.actions is None else self.life.read_at or now
        if since < read_at and (found := self._rebuilt(min(read_at, until), covered=read_at >= until)) is not None:
            yield from (piece for piece in found if piece.vm_state != GONE)
            since = until if found[-1].vm_state == GONE else min(read_at, until)
        if since < until:
            may_be_gone = ended and self.life.terminated_at is None
            flavors, launched = self._flavors(read_at), self._launched()
            yield Stretch(UNKNOWN, flavors, since, until, seen=False, launched=launched, may_be_gone=may_be_gone)

    @property
    def _likely(self) -> str:
        known = self.after or self.before
        return known.flavor if known is not None else ""

    def _flavors(self, read_at: datetime) -> tuple[str, ...]:
        """Return which flavors it may have had while its state is not known."""
        spans = [span.flavor for span in (self.before, self.after) if span is not None]
        known = tuple(dict.fromkeys(spans))
        launched = self.life.launched_at
        if self.after is not None and len(known) == 1 and launched is not None and launched <= self.since:
            return known  # A resize would have moved the launch time.
        if read_at >= self.until:
            log = within(self.life.actions or (), self.since, self.until, SLACK)
            resizes = [one for one in log if one.action in RESIZES]
            if len(known) == len(resizes) + 1:
                return known
        return (ANY, *known)

    def _launched(self) -> bool | None:
        launched = self.life.launched_at
        if self.ran or (launched is not None and self.since >= launched):
            return True
        return None if launched is not None or self.after is None else False

    def _rebuilt(self, until: datetime, *, covered: bool) -> list[Stretch] | None:
        """Replay the log; None where it does not lead from one end to the other."""
        state, log = self._begun(), self.life.actions or ()
        if state is None:
            return None
        # What began at the very end may have had its effect by then, or not yet.
        done = [one for one in log if one.started_at is not None and one.started_at < until - SLACK]
        for actions, slack in ((log, timedelta(0)), (log, SLACK), (done, timedelta(0))):
            steps = replay(actions, state, self.since, until, slack * covered)
            if self._leads(steps, covered) and (flavors := self._numbered(steps, covered)) is not None:
                return list(self._pieces(steps, flavors, covered))
        return None

    def _begun(self) -> str | None:
        """Return the state at the beginning."""
        if self.before is not None:
            return self.before.vm_state
        if self.since == self.life.launched_at:
            return "active"
        created = next((one for one in self.life.actions or () if one.action == "create" and one.started_at), None)
        if created is None:
            return None
        return "building" if created.message or moment_of(created) > self.since else "active"

    def _leads(self, steps: list[Step], covered: bool) -> bool:
        told = steps[-1].vm_state
        if self.after is not None:
            if not covered:
                return told != GONE
            # A shelved VM is offloaded without an action of its own when Nova is set to do it at once.
            offloaded = (told, self.after.vm_state) == ("shelved", "shelved_offloaded")
            return told in (UNKNOWN, self.after.vm_state) or offloaded
        ended = self.life.gone and self.life.terminated_at is None
        return told == GONE or not ended or not covered

    def _was_launched(self, at: datetime) -> bool:
        return any(moment <= at for moment in launches(self.life.actions or (), first=True))

    def _numbered(self, steps: list[Step], covered: bool) -> dict[int, str] | None:
        """Return the names of the flavors of a replay, as far as they are known; None for a contradiction."""
        names = {} if self.before is None else {0: self.before.flavor}
        if self.after is None or not covered:
            return names
        return names if names.setdefault(steps[-1].flavor, self.after.flavor) == self.after.flavor else None

    def _pieces(self, steps: list[Step], names: dict[int, str], covered: bool) -> Iterator[Stretch]:
        ran = self.ran
        for number, step in enumerate(steps):
            following = steps[number + 1].vm_state if number + 1 < len(steps) else ""
            if not following and self.after is not None and covered:
                following = "shelved_offloaded" if self.after.vm_state == "shelved" else ""
            # Nova offloads a shelved VM by itself, at once or later, and an admin ends an error: when, no log tells.
            hidden = step.vm_state == "shelved" and following != "shelved_offloaded"
            hidden = hidden or (step.vm_state == "error" and number + 1 < len(steps))
            flavors = (names[step.flavor],) if step.flavor in names else (ANY, self._likely)
            ran = ran or step.vm_state not in (*_NEVER_RAN, UNKNOWN) or self._was_launched(step.since)
            launched = True if ran else _launched(self.life, step.since, ran)
            state = UNKNOWN if hidden else step.vm_state
            yield Stretch(state, flavors, step.since, step.until, seen=False, launched=launched)


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
