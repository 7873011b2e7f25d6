"""`CloudClient`: the one face of a cloud. Its neighbours `MockCloud` and `OpenStackCloud` look the same from outside.

Every method may raise the errors of `domain/errors.py` under CloudError and nothing else. No method blocks the loop,
none waits longer than its time-out, and none sends a changing request twice.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime

from msgspec import Struct

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
from osvm_tui.domain.host import ComputeService, Hypervisor, Migration, ServerGroup
from osvm_tui.domain.measure import Measure, Past
from osvm_tui.domain.network import FloatingIp, Port, Router
from osvm_tui.domain.operations import CreateVm
from osvm_tui.domain.roles import Scope
from osvm_tui.domain.usage import VmUsage
from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.domain.volume import AttachedVolume, Volume, VolumeSnapshot, VolumeType


class CloudEntry(Struct, frozen=True):
    """One cloud that could be opened, as configured; nothing was asked over the network."""

    name: str
    auth_url: str = ""
    region: str = ""
    user_name: str = ""
    project_name: str = ""


class Prompt(Struct, frozen=True):
    """A secret that is not written down and must be asked for before connecting: a password, a one-time code."""

    name: str
    """The option of the login plugin, for example `password` or `passcode`."""
    label: str
    one_time: bool = False
    """Whether it is good for one login only, so that an expired token asks again."""


class VmPage(Struct, frozen=True):
    """One page of a VM list."""

    vms: tuple[Vm, ...]
    gone: tuple[str, ...] = ()
    """Ids that a delta list reports as DELETED or SOFT_DELETED."""
    server_time: datetime | None = None
    """The reply's Date header: the only clock to ask the next delta with."""
    last: bool = True


class Accepted(Struct, frozen=True):
    """The cloud took a changing request. `vm_id` is set for a creation."""

    status: int
    request_id: str = ""
    vm_id: str = ""


class Changed(Struct, frozen=True):
    """The cloud made a change of a resource. `resource_id` is that of what was made, else of what was changed."""

    status: int
    request_id: str = ""
    resource_id: str = ""
    secret: str = ""
    """A private key that the cloud made: shown once, never logged or kept."""

    def __repr__(self) -> str:
        """Leave the secret out: representations end in logs."""
        return f"Changed({self.status}, {self.request_id!r}, {self.resource_id!r})"


class ApiCall(Struct, frozen=True):
    """One request as the health page and the API log show it; `path` carries no query, no body, no token."""

    entry: str
    service: str
    method: str
    path: str
    status: int
    """0 when there was no answer."""
    seconds: float
    at: datetime
    request_id: str = ""
    error: str = ""


class CloudClient(ABC):
    """A cloud as seen through one clouds.yaml entry."""

    entry: str
    on_call: Callable[[ApiCall], None] | None = None
    """Called on the loop's thread after every request."""

    @property
    @abstractmethod
    def scope(self) -> Scope:
        """What the token sees; only after `connect`."""

    @property
    def token_expires_at(self) -> datetime | None:
        """When the present token ends, None when that is not known; it is renewed by itself."""
        return None

    @abstractmethod
    async def connect(self) -> Scope:
        """Authenticate, discover services and the compute microversion; safe to call again after a failure."""

    @abstractmethod
    def list_vms(self, since: datetime | None = None) -> AsyncIterator[VmPage]:
        """Yield every page of VMs with details, or only what changed since `since` (deletions in `gone`).

        The caller subtracts its own overlap from `since`. Addresses are Nova's cached copy.
        """

    @abstractmethod
    def list_vm_ids(self) -> AsyncIterator[tuple[str, ...]]:
        """Yield the ids of all VMs page by page: a fifth of the cost of details."""

    @abstractmethod
    async def list_addresses(self) -> tuple[PortAddress, ...]:
        """Return the live addresses of all VMs from Neutron: two requests per project's reach."""

    @abstractmethod
    async def get_vm(self, vm_id: str) -> Vm:
        """Return one VM with details; NotFound when the cloud says 404."""

    @abstractmethod
    async def raw_vm(self, vm_id: str) -> bytes:
        """Return the JSON of one VM as the cloud sent it."""

    @abstractmethod
    async def act(self, action_id: str, vm_id: str, params: Mapping[str, object]) -> Accepted:
        """Send one action of the table. Sent once; AnswerLost when the outcome is unknown."""

    @abstractmethod
    async def create_vm(self, order: CreateVm) -> Accepted:
        """Send one creation; `order.vm_uuid` goes into the VM's metadata under `osvm_uuid`."""

    @abstractmethod
    async def find_created(self, vm_uuid: str, name: str) -> Vm | None:
        """Return the VM whose metadata carries our `vm_uuid`, None when the cloud has none."""

    @abstractmethod
    async def change(self, action_id: str, resource_id: str, params: Mapping[str, object]) -> Changed:
        """Send one change of `RESOURCE_ACTIONS`; `resource_id` is empty for a creation. Sent once, as `act` is."""

    @abstractmethod
    async def console_output(self, vm_id: str, lines: int | None) -> str:
        """Return the last `lines` lines of the serial console, all of it for None."""

    @abstractmethod
    async def remote_console(self, vm_id: str, protocol: str = "vnc", kind: str = "novnc") -> RemoteConsole:
        """Ask for a console URL."""

    @abstractmethod
    async def instance_actions(self, vm_id: str) -> tuple[InstanceAction, ...]:
        """Return Nova's action log of a VM, newest first, also of a deleted one."""

    @abstractmethod
    async def instance_action(self, vm_id: str, request_id: str) -> InstanceAction | None:
        """Return one entry of the action log with its events, None when there is none."""

    @abstractmethod
    async def diagnostics(self, vm_id: str) -> str:
        """Return the hypervisor's counters of a VM as JSON text."""

    @abstractmethod
    async def measures(self, vm_id: str, past: Past | None = None) -> tuple[Measure, ...]:
        """Return what the cloud's telemetry keeps of a VM's last half hour, or of `past` and one span before it.

        Oldest first or not. NotFound where there is no such service, or where it knows no such VM.
        """

    @abstractmethod
    async def migrations(self, vm_id: str) -> tuple[Migration, ...]:
        """Return the live migrations of a VM that are in progress."""

    @abstractmethod
    async def volume_attachments(self, vm_id: str) -> tuple[AttachedVolume, ...]:
        """Return the volumes in a VM as Nova keeps them."""

    @abstractmethod
    async def flavors(self) -> tuple[Flavor, ...]: ...

    @abstractmethod
    async def images(self) -> tuple[Image, ...]: ...

    @abstractmethod
    async def networks(self) -> tuple[Network, ...]: ...

    @abstractmethod
    async def ports(self, vm_id: str = "") -> tuple[Port, ...]:
        """Return the ports of the project (of all, where the token reaches them), or of one VM."""

    @abstractmethod
    async def routers(self) -> tuple[Router, ...]: ...

    @abstractmethod
    async def floating_ips(self) -> tuple[FloatingIp, ...]: ...

    @abstractmethod
    async def volumes(self) -> tuple[Volume, ...]: ...

    @abstractmethod
    async def volume_snapshots(self) -> tuple[VolumeSnapshot, ...]: ...

    @abstractmethod
    async def volume_types(self) -> tuple[VolumeType, ...]: ...

    @abstractmethod
    async def server_groups(self) -> tuple[ServerGroup, ...]: ...

    @abstractmethod
    async def hypervisors(self) -> tuple[Hypervisor, ...]:
        """Return the hosts with their use; Forbidden for all but admins by default."""

    @abstractmethod
    async def compute_services(self) -> tuple[ComputeService, ...]:
        """Return Nova's daemons; Forbidden for all but admins by default."""

    @abstractmethod
    async def zones(self) -> tuple[Zone, ...]: ...

    @abstractmethod
    async def projects(self) -> tuple[Project, ...]:
        """Return the projects that this token may see: its own at least."""

    @abstractmethod
    async def keypairs(self) -> tuple[KeyPair, ...]: ...

    @abstractmethod
    async def security_groups(self) -> tuple[SecurityGroup, ...]: ...

    @abstractmethod
    async def quota(self) -> tuple[QuotaItem, ...]: ...

    @abstractmethod
    async def usage(self, start: datetime, end: datetime) -> tuple[VmUsage, ...]:
        """Return how long each launched VM was held in a window, deleted ones too; of all projects where the token
        reaches them. A start after the end is a BadRequest."""

    @abstractmethod
    async def project_names(self) -> dict[str, str]:
        """Return project names by id as far as this token may see them (its own at least)."""

    @abstractmethod
    async def user_names(self) -> dict[str, str]:
        """Return user names by id as far as this token may see them (its own at least)."""

    @abstractmethod
    async def close(self) -> None: ...
