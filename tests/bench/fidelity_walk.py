"""One VM walked through every verb on one cloud, its states read as fast as the cloud answers. Compares nothing."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from msgspec import Struct

from osvm_tui.cloud.mock import faults
from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.errors import NotFound
from osvm_tui.domain.vm import Vm
from tests.bench.fidelity_hold import held
from tests.bench.fidelity_route import KEPT, RARE, ROUTE, Leg
from tests.contract.cloud import states, things
from tests.contract.cloud.asking import arrived
from tests.contract.cloud.rig import Rig
from tests.contract.cloud.rigs import MockRig, RealRig
from tests.contract.cloud.things import Kit, Shared

Seen = tuple[str, str, str]
"""(vm_state, task_state, status); what is gone is ("gone", "", "")."""
GONE: Seen = ("gone", "", "")
_SETTLED_S = 0.25
_HELD_S = 1.2
_MIGRATING_S = 5


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
        self._leave = False

    async def __aenter__(self) -> Watch:
        await self._read()
        self._task = asyncio.create_task(self._watch())
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.sleep(_SETTLED_S)
        self._leave = True
        assert self._task is not None
        await self._task
        await self._read()

    async def _watch(self) -> None:
        while not self._leave:
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
    """One VM on one cloud, taken through the route; a few more for what ends a VM."""

    def __init__(self, rig: Rig, shared: Shared) -> None:
        self.rig, self.shared = rig, shared
        self.traces: dict[str, Trace] = {}

    async def whole(self) -> dict[str, Trace]:
        """Walk the route and return what each verb did."""
        vm_id = await self._created("fidelity")
        volume_id = await things.volume(self.rig, "walk")
        kit = Kit(await things.port_of(self.rig, vm_id), inside=volume_id, free=volume_id)
        for leg in ROUTE:
            await self._go(leg, vm_id, kit)
        await self._evacuated(vm_id, kit)
        await self._go(Leg("delete"), vm_id, kit)
        await self._rare()
        return self.traces

    async def _rare(self) -> None:
        """Walk what a cloud does that is set up otherwise: no offloading, deletes that are deferred."""
        vm_id = await states.active(self.rig, "fidelity-second")
        if self.rig.has_rare_states:
            async with self.rig.rare_state(*RARE):
                for leg in KEPT:
                    await self._go(leg, vm_id, Kit())
        else:
            await self._go(Leg("force-delete"), vm_id, Kit())

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
            assert leg.name not in self.traces, f"walked twice: {leg.name}"
            self.traces[leg.name] = Trace(sent.status, tuple(watch.path))
        if spec.service == "volume":
            await self._volume_at_rest(str(params["volume_id"]))

    async def _end(self, leg: Leg, before: Vm, request_id: str) -> None:
        if leg.rests:
            await self.rig.idle(before.id, leg.rests)
        elif ACTIONS[leg.verb].expect.gone:
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

    scale = 0.2

    async def open(self) -> None:
        faults.set_knobs(self.path, scales={"between_writes": 50})
        await super().open()


class SlowedLab(RealRig):
    """The lab with each state held in its database and migrations that can be ended; one VM is read by itself."""

    pause_s = 0.1

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._held = AsyncExitStack()

    async def open(self) -> None:
        await super().open()
        await self._held.enter_async_context(held(self._knobs.parent, f"{self.prefix}-fidelity", _HELD_S))
        await self._held.enter_async_context(self.slow("migrating", seconds=_MIGRATING_S))

    async def close(self) -> None:
        await self._held.aclose()
        await super().close()

    async def read(self, vm_id: str, *, leaving: bool = False) -> Vm:
        return await self.admin.get_vm(vm_id)
