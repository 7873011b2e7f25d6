"""Neutron's networks, subnets, security groups, ports and floating IPs: wire rows -> domain values."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from msgspec import Raw, Struct, field

from osvm_tui.cloud.wire import rows
from osvm_tui.cloud.wire.times import utc
from osvm_tui.domain.catalog import Network, PortAddress, SecurityGroup, SecurityRule, Subnet
from osvm_tui.domain.network import FloatingIp, Port, Router

PORT_FIELDS = ("id", "device_id", "device_owner", "fixed_ips", "mac_address", "network_id")
FLOATING_FIELDS = ("id", "floating_ip_address", "port_id", "floating_network_id")


class FixedIp(Struct, gc=False):
    """One address of a port or of a router's gateway."""

    ip_address: str = ""
    subnet_id: str | None = None


class PortRow(Struct, gc=False):
    """A port with the fields that were asked for."""

    id: str = ""
    device_id: str | None = None
    device_owner: str | None = None
    fixed_ips: list[FixedIp] | None = None
    mac_address: str | None = None
    network_id: str = ""


class FloatingIpRow(Struct, gc=False):
    """A floating IP with the fields that were asked for."""

    id: str = ""
    floating_ip_address: str = ""
    port_id: str | None = None
    floating_network_id: str = ""


class FullPortRow(PortRow, gc=False):
    """One entry of `GET /v2.0/ports` with all its fields."""

    name: str | None = None
    status: str | None = None
    security_groups: list[str] | None = None
    admin_state_up: bool | None = None
    project_id: str | None = None

    def value(self) -> Port:
        """Return it as the domain's port."""
        return Port(
            id=self.id,
            name=self.name or "",
            status=self.status or "",
            network_id=self.network_id,
            device_id=self.device_id or "",
            device_owner=self.device_owner or "",
            mac=self.mac_address or "",
            fixed_ips=tuple((ip.subnet_id or "", ip.ip_address) for ip in self.fixed_ips or ()),
            security_group_ids=tuple(self.security_groups or ()),
            admin_state_up=self.admin_state_up is not False,
            project_id=self.project_id or "",
        )


class PortDetails(Struct, gc=False):
    """What a floating IP tells about its port, with the extension fip-port-details."""

    device_id: str | None = None
    device_owner: str | None = None


class FullFloatingIpRow(FloatingIpRow, gc=False):
    """One entry of `GET /v2.0/floatingips` with all its fields."""

    status: str | None = None
    fixed_ip_address: str | None = None
    router_id: str | None = None
    project_id: str | None = None
    description: str | None = None
    port_details: PortDetails | None = None
    created_at: datetime | None = None

    def value(self) -> FloatingIp:
        """Return it as the domain's floating IP."""
        port = self.port_details or PortDetails()
        return FloatingIp(
            id=self.id,
            address=self.floating_ip_address,
            status=self.status or "",
            fixed_address=self.fixed_ip_address or "",
            port_id=self.port_id or "",
            vm_id=(port.device_id or "") if _of_a_vm(port) else "",
            network_id=self.floating_network_id,
            router_id=self.router_id or "",
            project_id=self.project_id or "",
            description=self.description or "",
            created_at=utc(self.created_at),
        )


class GatewayRow(Struct, gc=False):
    """Where a router leads out."""

    network_id: str | None = None
    external_fixed_ips: list[FixedIp] | None = None


class RouterRow(Struct, gc=False):
    """One entry of `GET /v2.0/routers`."""

    id: str = ""
    name: str | None = None
    status: str | None = None
    admin_state_up: bool | None = None
    external_gateway_info: GatewayRow | None = None
    project_id: str | None = None

    def value(self) -> Router:
        """Return it as the domain's router."""
        gateway = self.external_gateway_info or GatewayRow()
        return Router(
            id=self.id,
            name=self.name or self.id,
            status=self.status or "",
            admin_state_up=self.admin_state_up is not False,
            external_network_id=gateway.network_id or "",
            external_ips=tuple(ip.ip_address for ip in gateway.external_fixed_ips or ()),
            project_id=self.project_id or "",
        )


class SubnetRow(Struct, gc=False):
    """One entry of `GET /v2.0/subnets`."""

    id: str = ""
    name: str | None = None
    cidr: str | None = None
    ip_version: int = 4
    gateway_ip: str | None = None
    network_id: str = ""

    def value(self) -> Subnet:
        """Return it as the domain's subnet."""
        return Subnet(
            self.id, self.name or "", self.cidr or "", self.ip_version, self.gateway_ip or "", self.network_id
        )


class NetworkRow(Struct, gc=False):
    """One entry of `GET /v2.0/networks`."""

    id: str = ""
    name: str | None = None
    status: str | None = None
    shared: bool = False
    admin_state_up: bool = True
    mtu: int | None = None
    project_id: str | None = None
    external: bool = field(default=False, name="router:external")

    def value(self, subnets: tuple[Subnet, ...]) -> Network:
        """Return it as the domain's network with its subnets."""
        return Network(
            id=self.id,
            name=self.name or self.id,
            status=self.status or "",
            external=self.external,
            shared=self.shared,
            admin_state_up=self.admin_state_up,
            mtu=self.mtu or 0,
            project_id=self.project_id or "",
            subnets=subnets,
        )


class SecurityRuleRow(Struct, gc=False):
    """One entry of a group's `security_group_rules`."""

    id: str = ""
    direction: str = "ingress"
    ethertype: str = "IPv4"
    protocol: str | int | None = None
    port_range_min: int | None = None
    port_range_max: int | None = None
    remote_ip_prefix: str | None = None
    remote_group_id: str | None = None
    description: str | None = None

    def value(self) -> SecurityRule:
        """Return it as the domain's rule."""
        return SecurityRule(
            id=self.id,
            direction=self.direction,
            ethertype=self.ethertype,
            protocol="" if self.protocol is None else str(self.protocol),
            port_min=self.port_range_min,
            port_max=self.port_range_max,
            remote_cidr=self.remote_ip_prefix or "",
            remote_group_id=self.remote_group_id or "",
            description=self.description or "",
        )


class SecurityGroupRow(Struct, gc=False):
    """One entry of `GET /v2.0/security-groups`."""

    id: str = ""
    name: str | None = None
    description: str | None = None
    project_id: str | None = None
    security_group_rules: list[SecurityRuleRow] | None = None

    def value(self) -> SecurityGroup:
        """Return it as the domain's security group."""
        rules = tuple(row.value() for row in self.security_group_rules or ())
        return SecurityGroup(self.id, self.name or self.id, self.description or "", self.project_id or "", rules)


def networks(found: Iterable[NetworkRow], subnets: Iterable[SubnetRow]) -> tuple[Network, ...]:
    """Join networks with their subnets."""
    by_network: dict[str, list[Subnet]] = {}
    for row in subnets:
        by_network.setdefault(row.network_id, []).append(row.value())
    return tuple(row.value(tuple(by_network.get(row.id, ()))) for row in found)


def addresses(ports: Iterable[PortRow], floating: Iterable[FloatingIpRow]) -> tuple[PortAddress, ...]:
    """Join the ports of VMs with the floating IPs that point at them."""
    of_vms = {port.id: port for port in ports if port.device_id and _of_a_vm(port)}
    return (*_fixed(of_vms.values()), *_floating(of_vms, floating))


class AddressReader:
    """Reads the addresses of a whole scope again and again; an answer that has not changed is not decoded."""

    def __init__(self) -> None:
        self._mark = b""
        self._addresses: tuple[PortAddress, ...] = ()

    def read(self, ports: Sequence[Raw], floating: Sequence[Raw]) -> tuple[PortAddress, ...]:
        """Join pages of ports and floating IPs; the same object as before when they are the same."""
        digest = hashlib.blake2b()
        for page in (*ports, Raw(b"|"), *floating):
            digest.update(page)
        if digest.digest() != self._mark:
            rows_of_ports = [row for page in ports for row in rows.many_in_turns(page, PortRow)]
            rows_of_ips = [row for page in floating for row in rows.many_in_turns(page, FloatingIpRow)]
            self._addresses = addresses(rows_of_ports, rows_of_ips)
            self._mark = digest.digest()
        return self._addresses


def _of_a_vm(port: PortRow | PortDetails) -> bool:
    # Nova marks its ports `compute:<zone>`, with the zone empty or the word None in some releases.
    return (port.device_owner or "").startswith(("compute:", "baremetal:"))


def _fixed(ports: Iterable[PortRow]) -> Iterator[PortAddress]:
    for port in ports:
        for ip in port.fixed_ips or ():
            yield _address(port, ip.ip_address, floating=False, network_id=port.network_id)


def _floating(ports: dict[str, PortRow], found: Iterable[FloatingIpRow]) -> Iterator[PortAddress]:
    for row in found:
        port = ports.get(row.port_id or "")
        if port is not None and row.floating_ip_address:
            yield _address(port, row.floating_ip_address, floating=True, network_id=row.floating_network_id)


def _address(port: PortRow, addr: str, *, floating: bool, network_id: str) -> PortAddress:
    return PortAddress(
        vm_id=port.device_id or "",
        addr=addr,
        version=6 if ":" in addr else 4,
        floating=floating,
        network_id=network_id,
        mac=port.mac_address or "",
        port_id=port.id,
    )
