"""`Collector`: reads VMs when they are due: those in view every few seconds, the rest in the background as leader.

Every reading is one of the budget's. Work goes with what is due, not with the fleet; nothing is done on the path of a
key press.
"""

from __future__ import annotations

import asyncio
import heapq
import logging
import random
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any

from osvm_tui.domain.errors import GuestError, OsvmError, ProbeError, ProbeFailed, ProbeNotPermitted
from osvm_tui.domain.metrics import Reading, Sample, Source
from osvm_tui.domain.sampling import sample
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.probe.probe import Probe, Target
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.monitor_plan import Pace
from osvm_tui.services.sample_budget import SampleBudget
from osvm_tui.services.source_choice import REFUSED_S, SourceChoice, reason
from osvm_tui.services.tasks import end

_log = logging.getLogger("osvm.monitor")
_LATELY_S = 600.0
"""Who was in view so lately is read twice as often as the rest."""
API_SOURCES = (Source.DIAGNOSTICS, Source.GNOCCHI)
"""Readings by these are calls of the cloud's API."""
_COUNT_S = 5.0
_LATER_S = 5.0
_VIEWS_IN_ROW = 3
"""Of four readings one is of the background's, when it has any that are due."""
_ROUNDS = 3.5
"""So many rounds of readings, or steps of a source, may be missed."""
_ASKED_IN_A_STEP = 2
"""A source with values of 5 minutes is asked twice in them, so that the newest is not much older when it is seen."""
_SLICE = 500
"""So many VMs are taken over between two breaths of the loop."""


class _Later(Exception):
    """The cloud's API was asked enough for now."""


class Subject:
    """What is known of one VM's measuring."""

    __slots__ = ("before", "choice", "due", "queued", "ref", "running", "watched_at")

    def __init__(self, ref: VmRef, due: float) -> None:
        self.ref, self.due, self.queued = ref, due, due
        self.before: Reading | None = None
        self.choice = SourceChoice()
        self.running = False
        self.watched_at = -_LATELY_S


Heard = Callable[[Vm, Sample | None, SourceChoice], None]
"""Told of every reading: the sample, or None when no source gave one."""


class Collector:
    """The measuring of one console's VMs.

    `probes` are the sources, the best first; `target` says where a VM is found; `leads` whether this console reads an
    entry's VMs in the background; `urgent` which VMs deserve it more often.
    """

    def __init__(
        self,
        fleet: Fleet,
        pace: Pace,
        target: Callable[[Vm], Target],
        offered: Callable[[str], Iterable[Source]],
        leads: Callable[[str], bool],
        urgent: Callable[[VmRef], bool],
        heard: Heard,
        steady: Callable[[], float] = time.monotonic,
        chance: random.Random | None = None,
    ) -> None:
        self.probes: Mapping[Source, Probe] = {}
        self._fleet, self._pace, self._target, self._offered = fleet, pace, target, offered
        self._leads, self._urgent, self._heard, self._steady = leads, urgent, heard, steady
        self._chance = chance or random.Random()
        self._budget = SampleBudget(pace.samples_per_s, pace.at_once)
        self._calls = SampleBudget(pace.api_samples_per_s, pace.at_once)
        self._subjects: dict[VmRef, Subject] = {}
        self._queue: list[tuple[float, VmRef]] = []
        self._watched: set[VmRef] = set()
        self._refused: dict[tuple[str, Source], tuple[float, str]] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._revision = 0
        self._in_row = 0
        self._by_api = self._watched_by_api = 0
        self._counted_at = -_COUNT_S

    def watch(self, refs: Iterable[VmRef]) -> None:
        """Read these VMs every few seconds from now on, and no others."""
        before, self._watched = self._watched, set(refs)
        now = self._steady()
        for ref in self._watched - before:
            subject = self._subjects.get(ref)
            if subject is not None:
                subject.choice.anew()
                subject.due = min(subject.due, now)
        for ref in self._watched:
            if (subject := self._subjects.get(ref)) is not None:
                subject.watched_at = now

    def watches(self, ref: VmRef) -> bool:
        """Return whether a VM is in view."""
        return ref in self._watched

    def choice(self, ref: VmRef) -> SourceChoice | None:
        """Return what is known of a VM's sources."""
        subject = self._subjects.get(ref)
        return subject.choice if subject else None

    def per_minute(self) -> float:
        """Return how many samples the last minute gave."""
        return self._budget.per_minute(self._steady())

    @property
    def gap_s(self) -> float:
        """Two readings of a VM farther apart than this are a gap: some rounds of the background's readings."""
        by_api_s = self._by_api / self._pace.api_samples_per_s
        return _ROUNDS * max(self._pace.round_s(len(self._subjects)), by_api_s)

    def fresh_s(self, sample: Sample) -> float:
        """Return how long a sample is its VM's present value: as `gap_s`, or longer where its source is slower."""
        grain_s = self._grain_s(sample.source)
        step_s = max(grain_s, sample.span_s or 0.0) if grain_s else 0.0
        return max(self.gap_s, _ROUNDS * step_s)

    def _grain_s(self, source: Source | None) -> float:
        probe = self.probes.get(source) if source else None
        return probe.grain_s if probe else 0.0

    @property
    def running(self) -> int:
        """How many readings are under way."""
        return self._budget.running

    async def take_over(self) -> tuple[VmRef, ...]:
        """Learn which VMs there are and which have changed; return those that are gone or run no more."""
        delta = self._fleet.since(self._revision)
        self._revision = delta.revision
        lost = list(delta.removed)
        for ref in lost:
            self._drop(ref)
        if delta.complete:
            here = {vm.ref for vm in delta.upserts}
            lost += [ref for ref in tuple(self._subjects) if ref not in here and self._drop(ref)]
        now = self._steady()
        self._count(now)
        for probe in self.probes.values():
            probe.know((), delta.removed, anew=delta.complete)
        for first in range(0, len(delta.upserts), _SLICE):
            vms = delta.upserts[first : first + _SLICE]
            for probe in self.probes.values():
                probe.know(vms)
            lost += [vm.ref for vm in vms if not runs(vm) and self._drop(vm.ref)]
            for vm in filter(runs, vms):
                self._meet(vm.ref, now)
            if first + _SLICE < len(delta.upserts):
                await asyncio.sleep(0)
        return tuple(lost)

    def _meet(self, ref: VmRef, now: float) -> None:
        if (known := self._subjects.get(ref)) is not None:
            known.choice.anew()
        else:
            self._add(ref, now)

    def _count(self, now: float) -> None:
        """Count the calls of a round by an API: the more they are, the less often each VM is asked about."""
        if now - self._counted_at >= _COUNT_S:
            self._counted_at = now
            by_api = {one.ref: self._calls_of(one) for one in self._subjects.values() if self._calls_of(one)}
            self._by_api = sum(by_api.values())
            self._watched_by_api = sum(by_api.get(ref, 0) for ref in self._watched)

    def _add(self, ref: VmRef, now: float) -> None:
        # The first round is spread, or all would log in at once; what is in view does not wait for it.
        due = now if ref in self._watched else now + self._chance.random() * self._pace.background_s / 4
        self._subjects[ref] = Subject(ref, due)
        heapq.heappush(self._queue, (due, ref))

    def _calls_of(self, subject: Subject) -> int:
        source = subject.choice.chosen
        return self.probes[source].calls if source in API_SOURCES and source in self.probes else 0

    def _drop(self, ref: VmRef) -> bool:
        subject = self._subjects.pop(ref, None)
        if subject is not None:
            for probe in self.probes.values():
                self._spawn(self._forget(probe, ref))
        return subject is not None

    async def _forget(self, probe: Probe, ref: VmRef) -> None:
        try:
            await probe.forget(ref)
        except (ProbeError, OsvmError) as error:
            _log.info("not forgotten", extra={"source": probe.source.value, "detail": error.detail})

    def tick(self) -> int:
        """Begin what is due and within the budget; return how many readings began.

        What is in view goes first, but never takes it all: by the rest alerts are judged.
        """
        now = self._steady()
        room, began = self._budget.room(now), 0
        views = [one for ref in self._watched if (one := self._subjects.get(ref)) and _waits(one, now)]
        views.sort(key=lambda subject: subject.due, reverse=True)
        while began < room:
            subject = views.pop() if views and self._in_row < _VIEWS_IN_ROW else None
            if subject is not None:
                self._in_row += 1
                began += self._begin(subject, now, self._pace.view_s)
                continue
            self._in_row = 0
            subject = self._next_in_background(now)
            if subject is not None:
                began += self._begin(subject, now, self._pace.background_s)
            elif not views:
                break
        return began

    def _next_in_background(self, now: float) -> Subject | None:
        """Return the VM that has waited longest, with its next turn in the queue already; None when none is due."""
        while self._queue and self._queue[0][0] <= now:
            due, ref = heapq.heappop(self._queue)
            subject = self._subjects.get(ref)
            if subject is None or subject.queued != due:
                continue  # it is gone, or came back with a place of its own
            subject.queued = now + self._every(subject, now)
            heapq.heappush(self._queue, (subject.queued, ref))
            if ref not in self._watched and not subject.running and self._leads(self._fleet.entry_of(ref)):
                return subject
        return None

    def _every(self, subject: Subject, now: float) -> float:
        lately = now - subject.watched_at < _LATELY_S or self._urgent(subject.ref)
        every = self._pace.background_s / (2 if lately else 1)
        if subject.choice.chosen in API_SOURCES:
            every = max(every, self._by_api / self._pace.api_samples_per_s)
        every = max(every, self._grain_s(subject.choice.chosen) / _ASKED_IN_A_STEP)
        return every * (1 + self._pace.spread * (2 * self._chance.random() - 1))

    def _begin(self, subject: Subject, now: float, every: float) -> int:
        vm = self._fleet.get(subject.ref)
        if vm is None:
            return 0
        if subject.choice.chosen in API_SOURCES and subject.ref in self._watched:
            every = max(every, self._watched_by_api / self._pace.api_samples_per_s)
        subject.due = now + max(every, self._grain_s(subject.choice.chosen) / _ASKED_IN_A_STEP)
        subject.running = True
        self._budget.begin()
        self._spawn(self._read(subject, vm))
        return 1

    async def _read(self, subject: Subject, vm: Vm) -> None:
        found: Reading | None = None
        try:
            found = await self._first_answer(subject.choice, vm)
        except _Later:
            subject.queued = self._steady() + _LATER_S * (1 + self._chance.random())
            heapq.heappush(self._queue, (subject.queued, subject.ref))
            return
        except Exception:
            _log.exception("measuring failed", extra={"vm": vm.id})
        finally:
            subject.running = False
            self._budget.end(self._steady(), gave=found is not None)
        if self._subjects.get(subject.ref) is not subject:
            return  # it is gone meanwhile
        if found is None:
            # The last reading stays: how long the gap is tells whether rates go over it.
            self._heard(vm, None, subject.choice)
            return
        before = subject.before if subject.before and subject.before.source is found.source else None
        if before is not None and found.clock_s is not None and found.clock_s == before.clock_s:
            return  # its source has no newer values yet
        subject.before = found
        longest_s = max(self.gap_s, _ROUNDS * self._grain_s(found.source))
        self._heard(vm, sample(before, found, longest_s=longest_s), subject.choice)

    async def _first_answer(self, choice: SourceChoice, vm: Vm) -> Reading | None:
        """Ask one source after the other until one answers or none is left."""
        target = self._target(vm)
        offered = [source for source in self._offered(target.entry) if source in self.probes]
        for source in choice.candidates(offered, self._steady()):
            if why := self._refusal(target.entry, source):
                choice.refused(source, why)
                continue
            if (
                source in API_SOURCES
                and vm.ref not in self._watched
                and not self._calls.take(self._steady(), self.probes[source].calls)
            ):
                raise _Later
            try:
                async with asyncio.timeout(self._pace.read_s):
                    reading = await self.probes[source].read(target)
            except (ProbeError, GuestError) as error:
                self._note_refusal(target.entry, source, error)
                if not choice.failed(source, error, self._steady()):
                    return None
            except TimeoutError:
                choice.failed(source, ProbeFailed("no answer"), self._steady())
            except Exception as error:
                _log.exception("a source failed", extra={"source": source.value, "vm": vm.id})
                choice.failed(source, ProbeFailed(f"internal error ({type(error).__name__})"), self._steady())
            else:
                choice.worked(source)
                return reading
        return None

    def _refusal(self, entry: str, source: Source) -> str:
        until, why = self._refused.get((entry, source), (0.0, ""))
        return why if until > self._steady() else ""

    def _note_refusal(self, entry: str, source: Source, error: OsvmError) -> None:
        # A guest's refusal is its own; a cloud's is the same for every VM of it.
        if isinstance(error, ProbeNotPermitted) and source is not Source.SSH:
            self._refused[entry, source] = self._steady() + REFUSED_S, reason(error)

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def settled(self) -> None:
        """Return when no reading is under way."""
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def close(self) -> None:
        """Stop reading and let go of every source."""
        await end(self._tasks)
        for probe in self.probes.values():
            await probe.close()


def _waits(subject: Subject, now: float) -> bool:
    return subject.due <= now and not subject.running


def runs(vm: Vm) -> bool:
    """Return whether a VM can be measured."""
    return vm.vm_state == "active" and vm.status not in ("DELETED", "SOFT_DELETED")
