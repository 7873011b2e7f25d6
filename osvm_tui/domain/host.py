"""What VMs run on: hypervisors, compute services, migrations between them, and server groups; knows no wire."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Hypervisor(Struct, frozen=True, kw_only=True):
    """A compute host as Nova reports it. Resources are None where the cloud does not tell them (2.88 on)."""

    id: str
    hostname: str
    host: str = ""
    """The name of its nova-compute, as `Vm.host` has it."""
    type: str = ""
    state: str = ""
    """up or down."""
    status: str = ""
    """enabled or disabled."""
    disabled_reason: str = ""
    vcpus: int | None = None
    vcpus_used: int | None = None
    memory_mib: int | None = None
    memory_used_mib: int | None = None
    disk_gib: int | None = None
    disk_used_gib: int | None = None
    running_vms: int | None = None
    uptime: str = ""


class ComputeService(Struct, frozen=True, kw_only=True):
    """One of Nova's daemons."""

    id: str
    binary: str
    host: str
    zone: str = ""
    status: str = ""
    """enabled or disabled."""
    state: str = ""
    """up or down."""
    disabled_reason: str = ""
    forced_down: bool = False
    updated_at: datetime | None = None


class Migration(Struct, frozen=True, kw_only=True):
    """One move of a VM, live or cold. Bytes are None where the cloud does not tell them."""

    id: str
    vm_id: str = ""
    type: str = ""
    """live-migration, migration, resize or evacuation."""
    status: str = ""
    source: str = ""
    destination: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    memory_total: int | None = None
    memory_processed: int | None = None
    memory_remaining: int | None = None
    disk_total: int | None = None
    disk_processed: int | None = None
    disk_remaining: int | None = None

    @property
    def running(self) -> bool:
        """Whether it may still be aborted or forced."""
        return self.status in ("queued", "preparing", "running", "post-migrating")


class ServerGroup(Struct, frozen=True, kw_only=True):
    """VMs that the scheduler keeps together or apart."""

    id: str
    name: str
    policy: str = ""
    """affinity, anti-affinity, soft-affinity or soft-anti-affinity."""
    members: tuple[str, ...] = ()
    project_id: str = ""
    user_id: str = ""
    max_per_host: int | None = None
