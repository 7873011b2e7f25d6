"""The clouds that the contract runs on, each as three clients (member, reader, admin) and a few knobs.

`mock` is MockCloud in this process, `face` is OpenStackCloud over the simulator's HTTP face, `real` is the cloud that
OSVM_TEST_CLOUD names. Knows nothing of what is tested.
"""

from __future__ import annotations

import asyncio
import os
import time
from asyncio.subprocess import DEVNULL
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import ExitStack, asynccontextmanager, suppress
from datetime import datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from osvm_tui.cloud.exchange import Timing
from osvm_tui.cloud.listing import PageSize
from osvm_tui.cloud.mock import accounts, clock, clouds_yaml, faults, seed
from osvm_tui.cloud.mock.client import MockCloud, SimTransport
from osvm_tui.cloud.mock.face import served
from osvm_tui.cloud.mock.world import World
from osvm_tui.cloud.openstack.client import OpenStackCloud
from osvm_tui.cloud.openstack.session import SdkTransport
from osvm_tui.cloud.rest import RestCloud
from osvm_tui.cloud.transport import Transport
from osvm_tui.domain.errors import BadRequest
from osvm_tui.domain.vm import Vm
from tests.contract.cloud.lookout import Lookout
from tests.contract.cloud.rig import ACTORS, SLOW, Rig, together

_ENTRIES = {"member": "demo", "reader": "reader", "admin": "admin"}


class SimulatedRig(Rig):
    """A fresh simulated cloud of its own, with transitions 250 times as fast."""

    scale = 0.004
    has_rare_states = True
    can_kill_a_host = True

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.path = folder / "cloud.db"
        self.path.write_bytes(_seeded(os.environ.get("OSVM_TEST_MOCK_RELEASE", "2025.2"), self.scale))

    def transport(self) -> Transport:
        """Return a new way to this cloud as the member, not opened; the caller closes it."""
        raise NotImplementedError

    def leap(self, seconds: float) -> None:
        real = time.time()
        clock.set_offset(self.path, clock.clock(self.path).at(real) - real + seconds)

    @asynccontextmanager
    async def slow(self, *steps: str, seconds: int = 90) -> AsyncIterator[None]:
        faults.set_knobs(self.path, scales=dict.fromkeys(steps, 1e6))
        try:
            yield
        finally:
            faults.set_knobs(self.path, scales={})

    @asynccontextmanager
    async def rare_state(self, *states: str) -> AsyncIterator[None]:
        faults.set_knobs(self.path, reclaim="SOFT_DELETED" in states, offload="SHELVED" not in states)
        try:
            yield
        finally:
            faults.set_knobs(self.path, reclaim=False, offload=True)

    @asynccontextmanager
    async def no_host(self) -> AsyncIterator[str]:
        faults.set_knobs(self.path, no_valid_host=1.0)
        try:
            yield ""
        finally:
            faults.set_knobs(self.path, no_valid_host=0.0)


class MockRig(SimulatedRig):
    """MockCloud in this process."""

    kind = "mock"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.clients = {who: self.client(who) for who in ACTORS}

    def client(self, who: str, page: PageSize | None = None) -> RestCloud:
        user, project = clouds_yaml.ENTRIES[_ENTRIES[who]]
        return MockCloud(self.path, user=user, project=project, entry=who, page=page)

    def transport(self) -> Transport:
        return SimTransport(self.path, "demo", "demo", accounts.PASSWORD, Timing())


class FaceRig(SimulatedRig):
    """OpenStackCloud over the simulator's HTTP face."""

    kind = "face"

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._serving = ExitStack()
        self._closing.push(self._serving)
        base_url = self._serving.enter_context(served(self.path))
        self._port = int(base_url.rpartition(":")[2])
        file = folder / "clouds.yaml"
        file.write_text(clouds_yaml.text(base_url))
        self._closing.enter_context(_environment("OS_CLIENT_CONFIG_FILE", str(file)))
        self.clients = {who: self.client(who) for who in ACTORS}

    def client(self, who: str, page: PageSize | None = None) -> RestCloud:
        return OpenStackCloud(_ENTRIES[who], rate=500.0, page=page)

    def transport(self) -> Transport:
        return SdkTransport(_ENTRIES["member"], workers=2)

    def stop_serving(self) -> int:
        """Stop the HTTP face and return its port."""
        self._serving.close()
        return self._port

    def serve_again(self, port: int) -> None:
        """Start the HTTP face again where it was."""
        self._serving.enter_context(served(self.path, port=port))


_RARE = {
    "SHELVED": ("OS_DEFAULT__SHELVED_OFFLOAD_TIME", "-1"),
    "SOFT_DELETED": ("OS_DEFAULT__RECLAIM_INSTANCE_INTERVAL", "86400"),
}
"""The setting of Nova that makes a state last: its daemons take settings from the environment, too."""
_RESTART = Path(os.environ.get("OSVM_LAB", Path(__file__).parents[4] / "shared" / "lab")) / "openstack-restart"


class RealRig(Rig):
    """The cloud that OSVM_TEST_CLOUD names (a member's entry), with its companions for reader and admin."""

    kind = "real"
    pause_s = 0.3
    patience_s = 300.0

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self._entries = {
            "member": os.environ["OSVM_TEST_CLOUD"],
            "reader": os.environ.get("OSVM_TEST_CLOUD_READER", "reader"),
            "admin": os.environ.get("OSVM_TEST_CLOUD_ADMIN", "admin"),
        }
        self._lookout = Lookout()
        # Neutron gets slower the more ports it is asked for at once, until Nova gives up waiting.
        self.builds = asyncio.Semaphore(4)
        # One change of a floating IP is a second of Neutron's CPU: a crowd of them outlasts what a client waits.
        self.floating = asyncio.Semaphore(1)
        self._knobs = Path(os.environ.get("OS_CLIENT_CONFIG_FILE", "")).parent / "knobs"
        self.clients = {who: self.client(who) for who in ACTORS}

    def client(self, who: str, page: PageSize | None = None) -> RestCloud:
        return OpenStackCloud(self._entries[who], rate=100.0, page=page)

    async def read(self, vm_id: str, *, leaving: bool = False) -> Vm:
        # Dozens of VMs are waited for at the same time: asking for each by itself would be most of the lab's work.
        return await self._lookout.read(self.admin, vm_id, leaving=leaving)

    async def settled(self, vm_id: str) -> None:
        async def still() -> bool | None:
            return None if await self.admin.migrations(vm_id) else True

        await self.poll(still, f"no migration of {vm_id}")

    def can_slow(self, step: str) -> bool:
        return bool(SLOW.get(step)) and self._knobs.is_dir()

    @asynccontextmanager
    async def slow(self, *steps: str, seconds: int = 90) -> AsyncIterator[None]:
        knobs = [self._knobs / SLOW[step] for step in steps]
        for knob in knobs:
            knob.write_text(str(seconds))
        try:
            yield
        finally:
            for knob in knobs:
                knob.unlink(missing_ok=True)

    @property
    def can_kill_a_host(self) -> bool:  # type: ignore[override]
        """Only where the programs that run the lab are at hand: its host must be restarted afterwards."""
        return _RESTART.exists() and self._knobs.is_dir()

    @property
    def has_rare_states(self) -> bool:  # type: ignore[override]
        """Only where the lab's daemons can be restarted with another setting."""
        return self.can_kill_a_host

    @asynccontextmanager
    async def rare_state(self, *states: str) -> AsyncIterator[None]:
        hosts = [f"nova-{host.host}" for host in await self.admin.hypervisors()]
        daemons = [*hosts, "nova-api"] if "SOFT_DELETED" in states else hosts
        since = (await anext(aiter(self.admin.list_vms()))).server_time
        await _restarted(daemons, dict(_RARE[state] for state in states))
        try:
            yield
            await self._reclaim(since)
        finally:
            await _restarted(daemons, {})

    async def _reclaim(self, since: datetime | None) -> None:
        """Delete for good what was kept for an undo: only lists of changes show it."""
        kept = [vm async for page in self.admin.list_vms(since) for vm in page.vms if vm.vm_state == "soft-delete"]
        ours = [vm.id for vm in kept if vm.name.startswith(self.prefix)]
        await together(self.admin.act("force-delete", vm_id, {}) for vm_id in ours)
        await together(self.gone(vm_id) for vm_id in ours)

    async def _revive(self, host: str) -> None:
        # Nova lets a host come back only after its nova-compute has looked for what was evacuated from it.
        await _restarted([f"nova-{host}"], {})

        async def up() -> bool | None:
            with suppress(BadRequest):
                await self._force_down(host, False)
                return True
            return None

        await self.poll(up, f"{host} up again")

    @asynccontextmanager
    async def no_host(self) -> AsyncIterator[str]:
        # The lab's driver gives up on this name; the VM is left without a host, as when no host has room.
        yield "-lab-fail"


async def _restarted(daemons: Iterable[str], settings: Mapping[str, str]) -> None:
    """Restart daemons of the lab with `settings` in their environment, and wait until all of the lab answers."""
    restart = await asyncio.create_subprocess_exec(
        str(_RESTART), *daemons, env={**os.environ, **settings}, stdout=DEVNULL, stderr=DEVNULL, stdin=DEVNULL
    )
    assert await restart.wait() == 0, f"{', '.join(daemons)}: not started again"


RIGS = {"mock": MockRig, "face": FaceRig, "real": RealRig}


@cache
def _seeded(release: str, scale: float) -> bytes:
    """Return the file of a cloud without VMs and with room for many: each test has a copy."""
    with TemporaryDirectory(prefix="osvm-seed-") as folder:
        path = Path(folder) / "cloud.db"
        seed.reset(path, vms=0, release=release)
        faults.set_knobs(path, scale=scale)
        _give_room(path, "demo")
        return path.read_bytes()


def _give_room(path: Path, project: str) -> None:
    world = World(path)
    with world.transaction():
        world.put("quota", accounts.PROJECTS[project].id, {"instances": 1000, "cores": 4000, "ram": 8192000})
        world.put("volume_quota", accounts.PROJECTS[project].id, {"volumes": 1000, "gigabytes": 100_000})
    world.close()


class _environment:
    """Set one environment variable for a while."""

    def __init__(self, name: str, value: str) -> None:
        self._name, self._value, self._old = name, value, os.environ.get(name)

    def __enter__(self) -> None:
        os.environ[self._name] = self._value

    def __exit__(self, *_: object) -> None:
        if self._old is None:
            os.environ.pop(self._name, None)
        else:
            os.environ[self._name] = self._old
