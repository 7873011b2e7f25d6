"""`EntryPlan`: an entry to open, and `LateClient`: its client, made off the loop when first used.

Making a client imports the SDK; the first paint must not wait for it, and a broken entry must not stop the others.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime

from msgspec import Struct

from osvm_tui.cloud.base import Accepted, ApiCall, Changed, CloudClient, VmPage
from osvm_tui.domain.catalog import (
    Image,
    InstanceAction,
    KeyPair,
    Network,
    PortAddress,
    Project,
    QuotaItem,
    RemoteConsole,
    SecurityGroup,
    Zone,
)
from osvm_tui.domain.errors import Unreachable
from osvm_tui.domain.host import ComputeService, Hypervisor, Migration, ServerGroup
from osvm_tui.domain.measure import Measure, Past
from osvm_tui.domain.network import FloatingIp, Port, Router
from osvm_tui.domain.operations import CreateVm
from osvm_tui.domain.roles import Scope
from osvm_tui.domain.usage import VmUsage
from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.domain.volume import AttachedVolume, Volume, VolumeSnapshot, VolumeType


class EntryPlan(Struct, frozen=True):
    """An entry that was asked for; `make` may take its time and raise ConfigError."""

    entry: str
    make: Callable[[], CloudClient]
    simulated: bool = False
    read_only: str = ""
    """The sentence that refuses every change through this entry; empty where changes are let through."""
    project: str = ""
    """Id or name of the project that the settings want instead of the entry's own; empty where they want none."""
    of_project: Callable[[str], CloudClient] | None = None
    """Make a client of another project (id or name) of the same user; None where that is not possible."""


class LateClient(CloudClient):
    """A client that comes into being at `connect`; until then every other call says that it is not connected."""

    def __init__(self, entry: str, make: Callable[[], CloudClient], on_call: Callable[[ApiCall], None]) -> None:
        self.entry = entry
        self.on_call = on_call
        self._make = make
        self._real: CloudClient | None = None

    async def connect(self) -> Scope:
        if self._real is None:
            self._real = await asyncio.to_thread(self._make)
            self._real.on_call = self.on_call
        return await self._real.connect()

    @property
    def _client(self) -> CloudClient:
        if self._real is None:
            raise Unreachable(f"{self.entry} is not connected yet", entry=self.entry)
        return self._real

    @property
    def token_expires_at(self) -> datetime | None:
        return self._real.token_expires_at if self._real is not None else None

    @property
    def scope(self) -> Scope:
        return self._client.scope

    def list_vms(self, since: datetime | None = None) -> AsyncIterator[VmPage]:
        return self._client.list_vms(since)

    def list_vm_ids(self) -> AsyncIterator[tuple[str, ...]]:
        return self._client.list_vm_ids()

    async def list_addresses(self) -> tuple[PortAddress, ...]:
        return await self._client.list_addresses()

    async def get_vm(self, vm_id: str) -> Vm:
        return await self._client.get_vm(vm_id)

    async def raw_vm(self, vm_id: str) -> bytes:
        return await self._client.raw_vm(vm_id)

    async def act(self, action_id: str, vm_id: str, params: Mapping[str, object]) -> Accepted:
        return await self._client.act(action_id, vm_id, params)

    async def create_vm(self, order: CreateVm) -> Accepted:
        return await self._client.create_vm(order)

    async def find_created(self, vm_uuid: str, name: str) -> Vm | None:
        return await self._client.find_created(vm_uuid, name)

    async def change(self, action_id: str, resource_id: str, params: Mapping[str, object]) -> Changed:
        return await self._client.change(action_id, resource_id, params)

    async def console_output(self, vm_id: str, lines: int | None) -> str:
        return await self._client.console_output(vm_id, lines)

    async def remote_console(self, vm_id: str, protocol: str = "vnc", kind: str = "novnc") -> RemoteConsole:
        return await self._client.remote_console(vm_id, protocol, kind)

    async def instance_actions(self, vm_id: str) -> tuple[InstanceAction, ...]:
        return await self._client.instance_actions(vm_id)

    async def instance_action(self, vm_id: str, request_id: str) -> InstanceAction | None:
        return await self._client.instance_action(vm_id, request_id)

    async def diagnostics(self, vm_id: str) -> str:
        return await self._client.diagnostics(vm_id)

    async def measures(self, vm_id: str, past: Past | None = None) -> tuple[Measure, ...]:
        return await self._client.measures(vm_id, past)

    async def migrations(self, vm_id: str) -> tuple[Migration, ...]:
        return await self._client.migrations(vm_id)

    async def volume_attachments(self, vm_id: str) -> tuple[AttachedVolume, ...]:
        return await self._client.volume_attachments(vm_id)

    async def flavors(self) -> tuple[Flavor, ...]:
        return await self._client.flavors()

    async def images(self) -> tuple[Image, ...]:
        return await self._client.images()

    async def networks(self) -> tuple[Network, ...]:
        return await self._client.networks()

    async def ports(self, vm_id: str = "") -> tuple[Port, ...]:
        return await self._client.ports(vm_id)

    async def routers(self) -> tuple[Router, ...]:
        return await self._client.routers()

    async def floating_ips(self) -> tuple[FloatingIp, ...]:
        return await self._client.floating_ips()

    async def volumes(self) -> tuple[Volume, ...]:
        return await self._client.volumes()

    async def volume_snapshots(self) -> tuple[VolumeSnapshot, ...]:
        return await self._client.volume_snapshots()

    async def volume_types(self) -> tuple[VolumeType, ...]:
        return await self._client.volume_types()

    async def server_groups(self) -> tuple[ServerGroup, ...]:
        return await self._client.server_groups()

    async def hypervisors(self) -> tuple[Hypervisor, ...]:
        return await self._client.hypervisors()

    async def compute_services(self) -> tuple[ComputeService, ...]:
        return await self._client.compute_services()

    async def zones(self) -> tuple[Zone, ...]:
        return await self._client.zones()

    async def projects(self) -> tuple[Project, ...]:
        return await self._client.projects()

    async def keypairs(self) -> tuple[KeyPair, ...]:
        return await self._client.keypairs()

    async def security_groups(self) -> tuple[SecurityGroup, ...]:
        return await self._client.security_groups()

    async def quota(self) -> tuple[QuotaItem, ...]:
        return await self._client.quota()

    async def usage(self, start: datetime, end: datetime) -> tuple[VmUsage, ...]:
        return await self._client.usage(start, end)

    async def project_names(self) -> dict[str, str]:
        return await self._client.project_names()

    async def user_names(self) -> dict[str, str]:
        return await self._client.user_names()

    async def close(self) -> None:
        if self._real is not None:
            await self._real.close()
