"""`RestNetwork`: networks, ports, routers, floating IPs and security groups of Neutron. Knows no other service."""

from __future__ import annotations

from osvm_tui.cloud.rest_base import RestBase
from osvm_tui.cloud.wire import network, rows
from osvm_tui.domain.catalog import Network, PortAddress, SecurityGroup
from osvm_tui.domain.network import FloatingIp, Port, Router


class RestNetwork(RestBase):
    """What VMs are plugged into."""

    async def list_addresses(self) -> tuple[PortAddress, ...]:
        ports = await self._members("ports", *_fields(network.PORT_FIELDS), *self._own())
        floating = await self._members("floatingips", *_fields(network.FLOATING_FIELDS), *self._own())
        return await self._exchange.off_loop(lambda: self._addresses.read(ports, floating))

    async def networks(self) -> tuple[Network, ...]:
        found = await self._neutron("networks", network.NetworkRow)
        return network.networks(found, await self._neutron("subnets", network.SubnetRow))

    async def ports(self, vm_id: str = "") -> tuple[Port, ...]:
        query = (("device_id", vm_id),) if vm_id else self._own()
        return tuple(row.value() for row in await self._neutron("ports", network.FullPortRow, *query) if row.id)

    async def routers(self) -> tuple[Router, ...]:
        found = await self._neutron("routers", network.RouterRow, *self._own())
        return tuple(row.value() for row in found if row.id)

    async def floating_ips(self) -> tuple[FloatingIp, ...]:
        found = await self._neutron("floatingips", network.FullFloatingIpRow, *self._own())
        return tuple(row.value() for row in found if row.id)

    async def security_groups(self) -> tuple[SecurityGroup, ...]:
        own = ("project_id", self.scope.project_id)
        found = await self._neutron("security_groups", network.SecurityGroupRow, own, path="security-groups")
        return tuple(row.value() for row in found)


def _fields(names: tuple[str, ...]) -> rows.Query:
    return tuple(("fields", name) for name in names)
