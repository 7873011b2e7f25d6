"""The clouds that the contract runs on, each as three clients (member, reader, admin) and a few knobs.

`mock` is MockCloud in this process, `face` is OpenStackCloud over the simulator's HTTP face, `real` is the cloud that
OSVM_TEST_CLOUD names. Knows nothing of what is tested.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable
from contextlib import ExitStack, asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar
from uuid import uuid4

from osvm_tui.cloud.exchange import Timing
from osvm_tui.cloud.listing import PageSize
from osvm_tui.cloud.mock import accounts, clouds_yaml, faults, seed
from osvm_tui.cloud.mock.client import MockCloud, SimTransport
from osvm_tui.cloud.mock.face import served
from osvm_tui.cloud.mock.world import World
from osvm_tui.cloud.openstack.client import OpenStackCloud
from osvm_tui.cloud.openstack.session import SdkTransport
from osvm_tui.cloud.rest import RestCloud
from osvm_tui.cloud.transport import Transport
from osvm_tui.domain.errors import CloudError, NotFound
from osvm_tui.domain.operations import CreateVm
from osvm_tui.domain.roles import Actor, ConsoleRole
from osvm_tui.domain.vm import Vm

T = TypeVar("T")
ACTORS = ("member", "reader", "admin")
_ENTRIES = {"member": "demo", "reader": "reader", "admin": "admin"}
SLOW = {
    "powering-off": "power_seconds",
    "spawning": "spawn_seconds",
    "migrating": "migrate_seconds",
    "reboot_started": "",
}
"""Steps that can be made long, with the lab's knob for each (empty: the lab cannot)."""


async def together(work: Iterable[Coroutine[None, None, T]]) -> list[T]:
    """Run all at the same time and return their results in order; the first failure ends the others."""
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(one) for one in work]
    return [task.result() for task in tasks]


class Rig:
    """One cloud with its clients. `tiny`, `small` and `image` are ids of things to make VMs from."""

    kind = ""
    pause_s = 0.02
    patience_s = 30.0

    def __init__(self) -> None:
        self.clients: dict[str, RestCloud] = {}
        self.prefix = f"contract-{uuid4().hex[:6]}"
        self.tiny = self.small = self.image = ""
        self._closing = ExitStack()

    def client(self, who: str, page: PageSize | None = None) -> RestCloud:
        """Return a new client, not connected; the caller closes it."""
        raise NotImplementedError

    @property
    def member(self) -> RestCloud:
        """The owner of the VMs: an ordinary member of a project."""
        return self.clients["member"]

    @property
    def reader(self) -> RestCloud:
        """Somebody who may only look into the member's project."""
        return self.clients["reader"]

    @property
    def admin(self) -> RestCloud:
        """An admin whose token is of another project."""
        return self.clients["admin"]

    def actor(self, who: str) -> Actor:
        """Return who a client is; the console's own policy stays out of the way."""
        return self.clients[who].scope.actor("contract", ConsoleRole.ADMIN)

    async def open(self) -> None:
        """Connect all three and find what VMs are made from."""
        for client in self.clients.values():
            await client.connect()
        flavors = {flavor.name: flavor.id for flavor in await self.member.flavors()}
        self.tiny, self.small = flavors["m1.tiny"], flavors["m1.small"]
        images = await self.member.images()
        self.image = next(image.id for image in images if image.name.startswith("cirros") and image.bootable)

    async def close(self) -> None:
        """Delete every VM of this run and close the clients."""
        try:
            await self._sweep()
        finally:
            for client in self.clients.values():
                await client.close()
            self._closing.close()

    def can_slow(self, step: str) -> bool:
        """Whether `slow(step)` works here."""
        return step in SLOW

    @asynccontextmanager
    async def slow(self, *steps: str) -> AsyncIterator[None]:
        """Make these steps last long in every transition that begins inside."""
        raise NotImplementedError
        yield

    @asynccontextmanager
    async def no_host(self) -> AsyncIterator[str]:
        """Let builds fail before they reach a host; gives a piece that the VM's name must have."""
        raise NotImplementedError
        yield

    async def build(self, name: str, **more: object) -> str:
        """Order a VM as the member, without a network unless told, and return its id."""
        order = {"flavor_id": self.tiny, "image_id": self.image, "network_ids": ("none",), **more}
        accepted = await self.member.create_vm(CreateVm(name=f"{self.prefix}-{name}", **order))  # type: ignore[arg-type]
        return accepted.vm_id

    async def until(self, vm_id: str, fits: Callable[[Vm], bool]) -> Vm:
        """Read a VM again and again until it fits; fail with what it was when patience ends."""
        vm: Vm | None = None
        with suppress(TimeoutError):
            async with asyncio.timeout(self.patience_s):
                while True:
                    vm = await self.admin.get_vm(vm_id)
                    if fits(vm):
                        return vm
                    await asyncio.sleep(self.pause_s)
        words = f"{vm.name} stays {vm.vm_state}/{vm.task_state} {vm.fault}" if vm else f"{vm_id} was never read"
        raise AssertionError(f"not reached within {self.patience_s:g} s: {words}")

    async def idle(self, vm_id: str, vm_state: str) -> Vm:
        """Wait until a VM rests in a state; Nova calls a VM offloaded a moment before it has left its host."""
        return await self.until(
            vm_id,
            lambda vm: (
                vm.vm_state == vm_state
                and vm.task_state is None
                and not (vm_state == "shelved_offloaded" and vm.has_host)
            ),
        )

    async def gone(self, vm_id: str) -> None:
        """Wait until the cloud says 404."""
        with suppress(NotFound):
            await self.until(vm_id, lambda vm: vm.vm_state == "deleted" and False)

    async def booted(self, vm_id: str) -> str:
        """Wait until the guest has written some lines to its console and return all of them."""
        async with asyncio.timeout(self.patience_s):
            while True:
                text = await self.member.console_output(vm_id, None)
                if len(text.splitlines()) > 3:
                    return text
                await asyncio.sleep(self.pause_s)

    async def _sweep(self) -> None:
        found = [vm async for page in self.admin.list_vms() for vm in page.vms if vm.name.startswith(self.prefix)]
        await together(self._delete(vm.id) for vm in found)
        await together(self.gone(vm.id) for vm in found)

    async def _delete(self, vm_id: str) -> None:
        with suppress(CloudError):
            await self.admin.act("delete", vm_id, {})


class SimulatedRig(Rig):
    """A fresh simulated cloud of its own, with transitions fifty times as fast."""

    scale = 0.02

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.path = folder / "cloud.db"
        seed.reset(self.path, vms=0, release=os.environ.get("OSVM_TEST_MOCK_RELEASE", "2025.2"))
        faults.set_knobs(self.path, scale=self.scale)
        _give_room(self.path, "demo")

    def transport(self) -> Transport:
        """Return a new way to this cloud as the member, not opened; the caller closes it."""
        raise NotImplementedError

    @asynccontextmanager
    async def slow(self, *steps: str) -> AsyncIterator[None]:
        faults.set_knobs(self.path, scales=dict.fromkeys(steps, 1e6))
        try:
            yield
        finally:
            faults.set_knobs(self.path, scales={})

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
        self._knobs = Path(os.environ.get("OS_CLIENT_CONFIG_FILE", "")).parent / "knobs"
        self.clients = {who: self.client(who) for who in ACTORS}

    def client(self, who: str, page: PageSize | None = None) -> RestCloud:
        return OpenStackCloud(self._entries[who], rate=100.0, page=page)

    def can_slow(self, step: str) -> bool:
        return bool(SLOW.get(step)) and self._knobs.is_dir()

    @asynccontextmanager
    async def slow(self, *steps: str) -> AsyncIterator[None]:
        knobs = [self._knobs / SLOW[step] for step in steps]
        for knob in knobs:
            knob.write_text("30")
        try:
            yield
        finally:
            for knob in knobs:
                knob.unlink(missing_ok=True)

    @asynccontextmanager
    async def no_host(self) -> AsyncIterator[str]:
        # The lab's driver gives up on this name; the VM is left without a host, as when no host has room.
        yield "-lab-fail"


RIGS = {"mock": MockRig, "face": FaceRig, "real": RealRig}


def _give_room(path: Path, project: str) -> None:
    world = World(path)
    with world.transaction():
        world.put("quota", accounts.PROJECTS[project].id, {"instances": 1000, "cores": 4000, "ram": 8192000})
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
