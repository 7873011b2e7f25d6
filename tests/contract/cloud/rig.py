"""`Rig`: a cloud as three clients (member, reader, admin), with what contract tests do on it. Knows no kind of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping
from contextlib import ExitStack, asynccontextmanager, suppress
from typing import TypeVar
from uuid import uuid4

import msgspec

from osvm_tui.cloud.base import Accepted
from osvm_tui.cloud.listing import PageSize
from osvm_tui.cloud.rest import RestCloud
from osvm_tui.cloud.transport import Call
from osvm_tui.domain.catalog import InstanceAction
from osvm_tui.domain.errors import AnswerLost, BadRequest, CloudError, Conflict, NotFound
from osvm_tui.domain.operations import CreateVm
from osvm_tui.domain.progress import LogWord, log_word
from osvm_tui.domain.roles import Actor, ConsoleRole
from osvm_tui.domain.vm import Vm

T = TypeVar("T")
UNDO = {
    "floating-ip.allocate": "floating-ip.release",
    "security-group.create": "security-group.delete",
    "volume.create": "volume.delete",
    "volume.snapshot": "volume-snapshot.delete",
    "keypair.create": "keypair.delete",
    "keypair.import": "keypair.delete",
    "server-group.create": "server-group.delete",
}
"""What takes away what a change made."""
ACTORS = ("member", "reader", "admin")
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
        self.made: list[tuple[str, str]] = []
        """What the run made beside VMs: the change that takes it away, and its id."""
        self.asked: set[str] = set()
        """Changes of resources that were asked for."""
        self.copies = False
        """Whether VMs were copied into images."""
        self.builds = asyncio.Semaphore(100)
        """How many VMs are built at the same time."""
        self.floating = asyncio.Semaphore(100)
        """How many changes of floating IPs are asked for at the same time."""
        self._built: list[str] = []
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
        """Delete every VM and everything else of this run and close the clients."""
        try:
            try:
                await self._sweep()
            finally:
                await self._take_away()
        finally:
            for client in self.clients.values():
                await client.close()
            self._closing.close()

    has_rare_states = False
    """Whether `rare_state` works here."""
    can_kill_a_host = False
    """Whether `dead_host` works here."""

    @asynccontextmanager
    async def rare_state(self, *states: str) -> AsyncIterator[None]:
        """Keep shelved VMs on their hosts (SHELVED), or defer deletes (SOFT_DELETED) inside."""
        raise NotImplementedError
        yield

    @asynccontextmanager
    async def dead_host(self, host: str) -> AsyncIterator[None]:
        """Let a host be down inside: declared dead, as an operator does it before an evacuation."""
        await self._force_down(host, True)
        try:
            yield
        finally:
            await self._revive(host)

    async def _revive(self, host: str) -> None:
        await self._force_down(host, False)

    async def _force_down(self, host: str, down: bool) -> None:
        services = await self.admin.compute_services()
        found = next(one for one in services if (one.binary, one.host) == ("nova-compute", host))
        body = msgspec.json.encode({"forced_down": down})
        call = Call(service="compute", method="PUT", path=f"/os-services/{found.id}", body=body, microversion=(2, 53))
        await self.admin._exchange.send(call)

    def can_slow(self, step: str) -> bool:
        """Whether `slow(step)` works here."""
        return step in SLOW

    @asynccontextmanager
    async def slow(self, *steps: str, seconds: int = 90) -> AsyncIterator[None]:
        """Make these steps last in every transition that begins inside: for ever, or `seconds` where that cannot be."""
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
        self._built.append(accepted.vm_id)
        return accepted.vm_id

    async def send(self, who: str, action_id: str, vm_id: str, params: Mapping[str, object]) -> Accepted:
        """Send a verb. A floating IP waits for its turn, and is asked for again when a busy Neutron gave no answer."""
        client = self.clients[who]
        if action_id not in ("add-floating-ip", "remove-floating-ip"):
            return await client.act(action_id, vm_id, params)
        async with self.floating:
            for _ in range(3):
                with suppress(AnswerLost):
                    return await client.act(action_id, vm_id, params)
            return await client.act(action_id, vm_id, params)

    async def read(self, vm_id: str, *, leaving: bool = False) -> Vm:
        """Read one VM's state as an admin sees it; the reading begins after the call. `leaving`: it is to go away."""
        return await self.admin.get_vm(vm_id)

    async def until(self, vm_id: str, fits: Callable[[Vm], bool]) -> Vm:
        """Read a VM's state again and again until it fits; fail with what it was when patience ends."""
        vm: Vm | None = None
        with suppress(TimeoutError):
            async with asyncio.timeout(self.patience_s):
                while True:
                    vm = await self.read(vm_id)
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

    async def addressed(self, vm_id: str) -> Vm:
        """Wait until a VM shows an address; they come without any other change of the VM."""

        async def reading() -> Vm | None:
            vm = await self.admin.get_vm(vm_id)
            return vm if vm.fixed_ip else None

        return await self.poll(reading, f"an address of {vm_id}")

    async def change(self, action_id: str, resource_id: str, params: Mapping[str, object], who: str = "member") -> str:
        """Change a resource and return its id; what is made is taken away at the end."""
        self.asked.add(action_id)
        changed = await self.clients[who].change(action_id, resource_id, params)
        if action_id in UNDO:
            self.made.append((UNDO[action_id], changed.resource_id))
        return changed.resource_id

    async def poll(self, reading: Callable[[], Awaitable[T | None]], wanted: str) -> T:
        """Read again and again until there is something to return; fail when patience ends."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self.patience_s):
                while True:
                    found = await reading()
                    if found is not None:
                        return found
                    await asyncio.sleep(self.pause_s)
        raise AssertionError(f"not reached within {self.patience_s:g} s: {wanted}")

    async def logged(self, vm_id: str, request_id: str) -> InstanceAction:
        """Wait until Nova's log has every event of a request finished, as the VM's owner sees it."""

        async def reading() -> InstanceAction | None:
            found = await self.member.instance_action(vm_id, request_id)
            return found if log_word(found) in (LogWord.DONE, LogWord.FAILED) else None

        return await self.poll(reading, f"{request_id} of {vm_id} in the log")

    async def gone(self, vm_id: str) -> None:
        """Wait until the cloud says 404."""

        async def reading() -> bool | None:
            try:
                await self.read(vm_id, leaving=True)
            except NotFound:
                return True
            return None

        await self.poll(reading, f"{vm_id} is gone")

    def leap(self, seconds: float) -> None:
        """Move the cloud's clock, where that can be done."""

    async def settled(self, vm_id: str) -> None:
        """Wait until a host has ended what a reset of the state has made Nova forget."""

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
        await together(self._take_port(port.id) for port in await self.admin.ports() if port.device_id in self._built)

    async def _take_port(self, port_id: str) -> None:
        """Take away a port that outlived its VM: Nova forgets those of one that has no host."""
        with suppress(NotFound):
            call = Call(service="network", method="DELETE", path=f"/v2.0/ports/{port_id}")
            await self.admin._exchange.send(call, ok=frozenset({204}))

    async def _take_away(self) -> None:
        if self.copies:
            self.made += [("image.delete", i.id) for i in await self.admin.images() if i.name.startswith(self.prefix)]
        await together(self._take(*one) for one in reversed(self.made))

    async def _take(self, action_id: str, resource_id: str) -> None:
        """Take one thing away; a volume is busy a while after its VM or its snapshot is gone."""
        client = self.member if action_id.startswith("keypair.") else self.admin

        async def taken() -> bool | None:
            try:
                await client.change(action_id, resource_id, {})
            except NotFound:
                return True
            except (Conflict, BadRequest):
                return None
            return True

        await self.poll(taken, f"{action_id} {resource_id}")

    async def _delete(self, vm_id: str) -> None:
        with suppress(CloudError):
            await self.admin.act("delete", vm_id, {})
