"""`RestHosts`: hypervisors, services, zones, migrations, counters, server groups and usage of Nova."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from msgspec.structs import replace

from osvm_tui.cloud import listing
from osvm_tui.cloud.rest_base import RestBase
from osvm_tui.cloud.transport import Call
from osvm_tui.cloud.wire import hosts, usage
from osvm_tui.domain.catalog import Zone
from osvm_tui.domain.host import ComputeService, Hypervisor, Migration, ServerGroup
from osvm_tui.domain.usage import VmUsage

_WITH_RESOURCES = (2, 87)
"""From 2.88 on Nova leaves cores, memory and disk of a hypervisor to Placement."""
_GROUP_PAGE = 1000


class RestHosts(RestBase):
    """What VMs run on. Nova's default policy shows most of it to admins only."""

    async def hypervisors(self) -> tuple[Hypervisor, ...]:
        call = replace(self._nova("/os-hypervisors/detail"), microversion=min(self._version, _WITH_RESOURCES))
        return tuple(row.value() for row in await self._catalog(call, "hypervisors", hosts.HypervisorRow))

    async def compute_services(self) -> tuple[ComputeService, ...]:
        found = await self._catalog(self._nova("/os-services"), "services", hosts.ServiceRow)
        return tuple(row.value() for row in found)

    async def zones(self) -> tuple[Zone, ...]:
        found = await self._catalog(self._nova("/os-availability-zone"), "availabilityZoneInfo", hosts.ZoneRow)
        return tuple(row.value() for row in found if row.name)

    async def migrations(self, vm_id: str) -> tuple[Migration, ...]:
        found = await self._catalog(self._nova(f"/servers/{vm_id}/migrations"), "migrations", hosts.MigrationRow)
        return tuple(row.value(vm_id) for row in found)

    async def diagnostics(self, vm_id: str) -> str:
        call, reply = await self._say("diagnostics", vm_id, {})
        return await self._exchange.decode(hosts.json_text, call, reply)

    async def usage(self, start: datetime, end: datetime) -> tuple[VmUsage, ...]:
        window = (("start", usage.usage_time(start)), ("end", usage.usage_time(end)))
        path = "/os-simple-tenant-usage"
        if self.scope.all_projects:
            call = self._nova(path, *window, ("detailed", "1"))
            pages = await listing.members_of(self._exchange, call, "tenant_usages")
            return await self._exchange.off_loop(partial(usage.of_projects, pages))
        call = self._nova(f"{path}/{self.scope.project_id}", *window)
        pages = await listing.members_of(self._exchange, call, "tenant_usage")
        return await self._exchange.off_loop(partial(usage.of_project, pages))

    async def server_groups(self) -> tuple[ServerGroup, ...]:
        found: list[hosts.ServerGroupRow] = []
        while True:
            page = await self._catalog(self._groups_from(len(found)), "server_groups", hosts.ServerGroupRow)
            found += page
            if len(page) < _GROUP_PAGE:
                return tuple(row.value() for row in found if row.id)

    def _groups_from(self, offset: int) -> Call:
        # Server groups are the one list of Nova that is paged by number and tells no next page.
        reach = (("all_projects", "True"),) if self.scope.all_projects else ()
        return self._nova("/os-server-groups", *reach, ("limit", str(_GROUP_PAGE)), ("offset", str(offset)))
