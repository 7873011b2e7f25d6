"""Nova's hypervisors, services, zones, migrations and server groups: wire rows -> domain values."""

from __future__ import annotations

from datetime import datetime

import msgspec
from msgspec import Struct, field

from osvm_tui.cloud.wire.times import utc
from osvm_tui.domain.catalog import Zone
from osvm_tui.domain.host import ComputeService, Hypervisor, Migration, ServerGroup


class HypervisorService(Struct, gc=False):
    """The nova-compute of a hypervisor."""

    host: str | None = None
    disabled_reason: str | None = None


class HypervisorRow(Struct, gc=False):
    """One entry of `GET /os-hypervisors/detail`; a uuid from 2.53 on, no resources from 2.88 on."""

    id: str | int = ""
    hypervisor_hostname: str | None = None
    hypervisor_type: str | None = None
    state: str | None = None
    status: str | None = None
    service: HypervisorService | None = None
    vcpus: int | None = None
    vcpus_used: int | None = None
    memory_mb: int | None = None
    memory_mb_used: int | None = None
    local_gb: int | None = None
    local_gb_used: int | None = None
    running_vms: int | None = None
    uptime: str | None = None

    def value(self) -> Hypervisor:
        """Return it as the domain's hypervisor."""
        service = self.service or HypervisorService()
        return Hypervisor(
            id=str(self.id),
            hostname=self.hypervisor_hostname or "",
            host=service.host or "",
            type=self.hypervisor_type or "",
            state=self.state or "",
            status=self.status or "",
            disabled_reason=service.disabled_reason or "",
            vcpus=self.vcpus,
            vcpus_used=self.vcpus_used,
            memory_mib=self.memory_mb,
            memory_used_mib=self.memory_mb_used,
            disk_gib=self.local_gb,
            disk_used_gib=self.local_gb_used,
            running_vms=self.running_vms,
            uptime=self.uptime or "",
        )


class ServiceRow(Struct, gc=False):
    """One entry of `GET /os-services`; a uuid from 2.53 on, `forced_down` from 2.11 on."""

    id: str | int = ""
    binary: str | None = None
    host: str | None = None
    zone: str | None = None
    status: str | None = None
    state: str | None = None
    disabled_reason: str | None = None
    forced_down: bool | None = None
    updated_at: datetime | None = None

    def value(self) -> ComputeService:
        """Return it as the domain's service."""
        return ComputeService(
            id=str(self.id),
            binary=self.binary or "",
            host=self.host or "",
            zone=self.zone or "",
            status=self.status or "",
            state=self.state or "",
            disabled_reason=self.disabled_reason or "",
            forced_down=bool(self.forced_down),
            updated_at=utc(self.updated_at),
        )


class ZoneState(Struct, gc=False):
    """Whether anything of a zone answers."""

    available: bool | None = None


class ZoneRow(Struct, gc=False):
    """One entry of `GET /os-availability-zone`."""

    name: str = field(default="", name="zoneName")
    state: ZoneState | None = field(default=None, name="zoneState")

    def value(self) -> Zone:
        """Return it as the domain's zone."""
        return Zone(self.name, self.state is None or self.state.available is not False)


class MigrationRow(Struct, gc=False):
    """One entry of `GET /servers/{id}/migrations`: live migrations in progress, with what they have copied."""

    id: str | int = ""
    migration_type: str | None = None
    status: str | None = None
    source_compute: str | None = None
    dest_compute: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    memory_total_bytes: int | None = None
    memory_processed_bytes: int | None = None
    memory_remaining_bytes: int | None = None
    disk_total_bytes: int | None = None
    disk_processed_bytes: int | None = None
    disk_remaining_bytes: int | None = None

    def value(self, vm_id: str) -> Migration:
        """Return it as the domain's migration of that VM."""
        return Migration(
            id=str(self.id),
            vm_id=vm_id,
            type=self.migration_type or "live-migration",
            status=self.status or "",
            source=self.source_compute or "",
            destination=self.dest_compute or "",
            created_at=utc(self.created_at),
            updated_at=utc(self.updated_at),
            memory_total=self.memory_total_bytes,
            memory_processed=self.memory_processed_bytes,
            memory_remaining=self.memory_remaining_bytes,
            disk_total=self.disk_total_bytes,
            disk_processed=self.disk_processed_bytes,
            disk_remaining=self.disk_remaining_bytes,
        )


class GroupRules(Struct, gc=False):
    """The rules of an anti-affinity group."""

    max_server_per_host: int | None = None


class ServerGroupRow(Struct, gc=False):
    """One entry of `GET /os-server-groups`; one `policy` with rules from 2.64 on, a list of policies before."""

    id: str = ""
    name: str | None = None
    policy: str | None = None
    policies: list[str] | None = None
    rules: GroupRules | None = None
    members: list[str] | None = None
    project_id: str | None = None
    user_id: str | None = None

    def value(self) -> ServerGroup:
        """Return it as the domain's server group."""
        return ServerGroup(
            id=self.id,
            name=self.name or self.id,
            policy=self.policy or next(iter(self.policies or ()), ""),
            members=tuple(self.members or ()),
            project_id=self.project_id or "",
            user_id=self.user_id or "",
            max_per_host=self.rules.max_server_per_host if self.rules else None,
        )


def json_text(body: bytes) -> str:
    """Return a JSON answer as text, as it came; raise DecodeError when it is none."""
    return bytes(msgspec.json.decode(body, type=msgspec.Raw)).decode("utf-8", "replace")
