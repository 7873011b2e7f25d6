"""`Vm` and what it is made of: frozen values as the rest of the house sees a machine; knows no wire format.

Raw strings are kept for states and statuses, so that a value no release of ours has heard of stays visible.
Times are aware datetimes in UTC. Sizes carry their unit in the name. None of these values can be part of a cycle, so
the garbage collector need not walk tens of thousands of them (`gc=False`).
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class VmRef(Struct, frozen=True, order=True, gc=False):
    """Which machine: the compute endpoint with its region, and the server id. Equal for every clouds.yaml entry."""

    endpoint: str
    """Compute endpoint and region as one text, for example `http://10.0.0.5:8774/v2.1|RegionOne`."""
    id: str

    @property
    def short(self) -> str:
        """The first 8 characters of the id, as shown in tables and typed in dialogs."""
        return self.id[:8]


class Address(Struct, frozen=True, gc=False):
    """One address of a VM."""

    network: str
    """The network's name, as Nova keys it."""
    addr: str
    version: int = 4
    floating: bool = False
    mac: str = ""
    port_id: str = ""


class Flavor(Struct, frozen=True, gc=False):
    """The flavor a VM carries (embedded from 2.47 on, so `id` may be empty) or one of the catalog."""

    name: str
    vcpus: int = 0
    memory_mib: int = 0
    disk_gib: int = 0
    ephemeral_gib: int = 0
    swap_mib: int = 0
    id: str = ""
    is_public: bool = True
    description: str = ""
    extra_specs: tuple[tuple[str, str], ...] = ()


class Fault(Struct, frozen=True, gc=False):
    """Why a VM is in ERROR, in Nova's words. `details` (a traceback) is shown to admins only."""

    code: int
    message: str
    created_at: datetime | None = None
    details: str = ""


class Vm(Struct, frozen=True, kw_only=True, gc=False):
    """One machine as last read. Two equal values look the same on every screen: ages are not part of it."""

    endpoint: str
    id: str
    name: str
    status: str
    vm_state: str
    task_state: str | None = None
    power_state: int = 0
    project_id: str = ""
    user_id: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    launched_at: datetime | None = None
    terminated_at: datetime | None = None
    flavor: Flavor | None = None
    image_id: str | None = None
    """None for a VM booted from a volume, and in some of Nova's partial answers."""
    volume_ids: tuple[str, ...] = ()
    dying_volume_ids: tuple[str, ...] = ()
    """Those of `volume_ids` that Nova deletes together with it; told from 2.3 on."""
    addresses: tuple[Address, ...] = ()
    key_name: str = ""
    locked: bool = False
    locked_reason: str = ""
    availability_zone: str = ""
    host: str = ""
    """Admins only; empty for everybody else."""
    hypervisor_hostname: str = ""
    host_id: str = ""
    """A hash of project and host: visible to all, empty when unscheduled or offloaded."""
    host_status: str = ""
    instance_name: str = ""
    security_groups: tuple[str, ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()
    tags: tuple[str, ...] = ()
    description: str = ""
    fault: Fault | None = None
    progress: int | None = None
    config_drive: bool = False

    @property
    def ref(self) -> VmRef:
        """This machine's identity."""
        return VmRef(self.endpoint, self.id)

    @property
    def launched(self) -> bool:
        """Whether it ever ran: Nova's `launched_at` is set."""
        return self.launched_at is not None

    @property
    def root_disk(self) -> bool:
        """Whether it has a disk of its own: without an image and with volumes it boots from one of these."""
        return self.image_id is not None or not self.volume_ids

    @property
    def has_host(self) -> bool:
        """Whether it sits on a compute host; judged by host_id, which members may see."""
        return bool(self.host_id or self.host)

    @property
    def busy(self) -> bool:
        """Whether Nova is doing something to it, or has not finished building it."""
        return self.task_state is not None or self.vm_state == "building"

    @property
    def fixed_ip(self) -> str:
        """The primary fixed address, IPv4 first; empty while there is none."""
        return _first(self.addresses, floating=False)

    @property
    def floating_ip(self) -> str:
        """The first floating address; empty when there is none."""
        return _first(self.addresses, floating=True)


def _first(addresses: tuple[Address, ...], *, floating: bool) -> str:
    found = [a for a in addresses if a.floating is floating]
    found.sort(key=lambda a: a.version)
    return found[0].addr if found else ""
