"""The simulated cloud beside a real one: for each verb the answer's code and the states that are seen on the way.

One VM is walked through every verb on both, its states read as fast as the cloud answers. What a reading cannot catch
(the lab's hypervisor has nothing to do, so most of its steps take no time) is told apart from what is different.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from msgspec import Struct

from osvm_tui.cloud.mock.releases import RELEASES
from osvm_tui.domain.actions import ACTIONS, offered
from osvm_tui.domain.errors import NotFound
from osvm_tui.domain.vm import Vm
from tests.bench.fidelity_causes import CANNOT, MOMENTS, UNSEEN
from tests.bench.fidelity_route import ROUTE, Leg
from tests.contract.cloud import states, things
from tests.contract.cloud.asking import arrived
from tests.contract.cloud.rig import Rig
from tests.contract.cloud.rigs import MockRig, RealRig
from tests.contract.cloud.things import Kit, Shared

Seen = tuple[str, str, str]
"""(vm_state, task_state, status); what is gone is ("gone", "", "")."""
GONE: Seen = ("gone", "", "")
_SETTLED_S = 0.25
_KNOBS = ("spawn_seconds", "power_seconds", "migrate_seconds", "snapshot_seconds")
_SLOW_S = 1.5


class Trace(Struct):
    """What one verb did on one cloud."""

    code: int
    path: tuple[Seen, ...]


class Watch:
    """Reads one VM again and again and keeps each state that differs from the one before."""

    def __init__(self, rig: Rig, vm_id: str) -> None:
        self._rig, self._vm_id = rig, vm_id
        self.path: list[Seen] = []
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Watch:
        await self._read()
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.sleep(_SETTLED_S)
        assert self._task is not None
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    async def _watch(self) -> None:
        while True:
            await self._read()
            await asyncio.sleep(0.002)

    async def _read(self) -> None:
        try:
            vm = await self._rig.admin.get_vm(self._vm_id)
            seen: Seen = (vm.vm_state, vm.task_state or "", vm.status)
        except NotFound:
            seen = GONE
        if not self.path or self.path[-1] != seen:
            self.path.append(seen)


class Walk:
    """One VM on one cloud, taken through the route."""

    def __init__(self, rig: Rig, shared: Shared) -> None:
        self.rig, self.shared = rig, shared
        self.traces: dict[str, Trace] = {}

    async def whole(self) -> dict[str, Trace]:
        """Walk the route and return what each verb did."""
        vm_id = await self._created("fidelity")
        kit = Kit(await things.port_of(self.rig, vm_id), await things.floating_ip(self.rig, self.shared))
        volume_id = await things.volume(self.rig, "walk")
        kit = Kit(kit.port, kit.floating_ip, inside=volume_id, free=volume_id)
        for leg in ROUTE:
            await self._go(leg, vm_id, kit)
        await self._evacuated(vm_id, kit)
        for verb in ("delete", "force-delete"):
            one = vm_id if verb == "delete" else await states.active(self.rig, "fidelity-second")
            await self._go(Leg(verb), one, kit)
        return self.traces

    async def _created(self, name: str) -> str:
        order = {"network_ids": (self.shared.network,), "metadata": ((things.KEY, "set"),)}
        vm_id = await self.rig.build(name, **order)
        async with Watch(self.rig, vm_id) as watch:
            await self.rig.idle(vm_id, "active")
        # The first reading comes when the answer has: what the build had passed by then nobody could have seen.
        self.traces["create-server"] = Trace(202, tuple(watch.path))
        return vm_id

    async def _go(self, leg: Leg, vm_id: str, kit: Kit) -> None:
        rig, spec = self.rig, ACTIONS[leg.verb]
        before = await rig.admin.get_vm(vm_id)
        params = dict(things.params_of(rig, self.shared, await self._kit(leg, vm_id, kit), leg.verb)) | leg.given
        async with Watch(rig, vm_id) as watch:
            sent = await rig.clients[leg.actor].act(leg.verb, vm_id, params)
            await self._end(leg, before, sent.request_id)
        if not leg.only_leads:
            self.traces[leg.verb] = Trace(sent.status, tuple(watch.path))
        if spec.service == "volume":
            await self._volume_at_rest(str(params["volume_id"]))

    async def _end(self, leg: Leg, before: Vm, request_id: str) -> None:
        if ACTIONS[leg.verb].expect.gone:
            await self.rig.gone(before.id)
        elif leg.leaves:
            await self.rig.until(before.id, lambda vm: vm.task_state == leg.leaves)
        else:
            await arrived(self.rig, ACTIONS[leg.verb], before, request_id)

    async def _kit(self, leg: Leg, vm_id: str, kit: Kit) -> Kit:
        if leg.verb == "detach-interface":
            newest = next(port.id for port in await self.rig.member.ports(vm_id) if port.id != kit.port)
            return Kit(newest)
        if leg.verb.startswith("live-migrate-"):
            return Kit(migration=(await things.running_migration(self.rig, vm_id)).id)
        return kit

    async def _volume_at_rest(self, volume_id: str) -> None:
        async def at_rest() -> bool | None:
            found = next(one for one in await self.rig.member.volumes() if one.id == volume_id)
            return True if found.status in ("available", "in-use") else None

        await self.rig.poll(at_rest, f"volume {volume_id} at rest")

    async def _evacuated(self, vm_id: str, kit: Kit) -> None:
        if self.rig.can_kill_a_host:
            host = (await self.rig.admin.get_vm(vm_id)).host
            async with self.rig.dead_host(host):
                await self._go(Leg("evacuate", "admin"), vm_id, kit)


class Round(Struct):
    """One walk: the cloud's highest microversion and what each verb did."""

    maximum: tuple[int, int]
    traces: dict[str, Trace]


async def walked(rig: Rig) -> Round:
    """Open a cloud, walk it, leave nothing behind."""
    try:
        await rig.open()
        traces = await Walk(rig, await things.share(rig)).whole()
        return Round(rig.admin.scope.profile.max_microversion, traces)
    finally:
        await rig.close()


class SlowedMock(MockRig):
    """The simulated cloud, slow enough that each step is read."""

    scale = 0.1


class SlowedLab(RealRig):
    """The lab with the knobs turned that let its steps take time."""

    pause_s = 0.1

    async def open(self) -> None:
        for knob in _KNOBS:
            (self._knobs / knob).write_text(str(_SLOW_S))
        await super().open()

    async def close(self) -> None:
        for knob in _KNOBS:
            (self._knobs / knob).unlink(missing_ok=True)
        await super().close()


class Verdict(Struct, frozen=True):
    """How one verb compares: in `words` the differences with their cause, in `wrong` those that nobody explains."""

    verb: str
    words: str = ""
    wrong: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """The verdict in one word."""
        return "DIFFERENT" if self.wrong else "explained" if self.words else "equal"


def compared(verb: str, mock: Trace | None, lab: Trace | None) -> Verdict:
    """Compare a verb's traces; the lab may have missed steps that take it no time."""
    if verb in CANNOT:
        return Verdict(verb, f"not comparable: {CANNOT[verb]}")
    if mock is None or lab is None:
        return Verdict(verb, "", ("not walked on both",))
    if lab.code != mock.code:
        return Verdict(verb, "", (f"answered {mock.code} by the simulated cloud, {lab.code} by the lab",))
    places = _places([step for step in lab.path if step not in MOMENTS], mock.path)
    if places is None:
        return Verdict(verb, "", (f"the lab shows {_shown(lab.path)}",))
    missed = [step for n, step in enumerate(mock.path) if n not in places]
    wrong = tuple(f"never seen on the lab: {_shown([step])}" for step in missed if step[1] not in UNSEEN)
    words = [f"{step[1]}: {UNSEEN[step[1]]}" for step in missed if step[1] in UNSEEN]
    words += [f"{_shown([step])}: {MOMENTS[step]}" for step in lab.path if step in MOMENTS and step not in mock.path]
    return Verdict(verb, "; ".join(words), wrong)


def _places(path: Sequence[Seen], within: tuple[Seen, ...]) -> set[int] | None:
    """Return where the steps of `path` stand in `within`, in its order; None when they do not.

    Who misses all steps of a way that ends where it began reads one state, which is both its ends.
    """
    places: set[int] = set()
    at = 0
    for step in path:
        try:
            at = within.index(step, at)
        except ValueError:
            return None
        places.add(at)
    return places | {len(within) - 1} if path[-1] == within[-1] else None


def _shown(path: Iterable[Seen]) -> str:
    return " > ".join("/".join(part for part in step if part) for step in path)


def report(mock: Mapping[str, Trace], lab: Mapping[str, Trace]) -> int:
    """Print the table and what differs; return how many differences nobody explains."""
    verbs = ["create-server", *(spec.id for spec in offered())]
    verdicts = [compared(verb, mock.get(verb), lab.get(verb)) for verb in verbs]
    for verdict in verdicts:
        trace = mock.get(verdict.verb)
        code, way = (trace.code, _shown(trace.path)) if trace else ("-", "")
        print(f"{verdict.verb:28} {code:>4}  {verdict.mark:10} {way}")
        for line in (verdict.words, *verdict.wrong):
            if line:
                print(f"{'':35}  {line}")
    marks = Counter(verdict.mark for verdict in verdicts)
    print(f"{len(verbs)} verbs: {', '.join(f'{count} {mark}' for mark, count in sorted(marks.items()))}")
    return marks["DIFFERENT"]


def main() -> None:
    """Walk both clouds and print how they compare; exit 1 for a difference that nobody explains."""
    if not os.environ.get("OSVM_TEST_CLOUD"):
        sys.exit("no real cloud to compare with: set OSVM_TEST_CLOUD (and OS_CLIENT_CONFIG_FILE)")
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="osvm-fidelity-") as folder:
        lab = asyncio.run(walked(SlowedLab(Path(folder))))
        release = next(one.name for one in RELEASES.values() if one.maximum >= lab.maximum)
        os.environ["OSVM_TEST_MOCK_RELEASE"] = release
        mock = asyncio.run(walked(SlowedMock(Path(folder))))
    print(f"simulated release {release}, the lab's highest microversion {lab.maximum[0]}.{lab.maximum[1]}")
    wrong = report(mock.traces, lab.traces)
    print(f"{time.perf_counter() - began:.0f} s")
    sys.exit(1 if wrong else 0)
