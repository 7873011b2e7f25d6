"""What Neutron keeps beside networks: ports, routers and floating IPs; knows no wire."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class Port(Struct, frozen=True, kw_only=True):
    """A plug in a network. `device_id` is the VM or router that it belongs to, empty when none."""

    id: str
    name: str = ""
    status: str = ""
    network_id: str = ""
    device_id: str = ""
    device_owner: str = ""
    """`compute:ZONE` for a VM, `network:router_interface` and the like for Neutron's own."""
    mac: str = ""
    fixed_ips: tuple[tuple[str, str], ...] = ()
    """(subnet id, address)."""
    security_group_ids: tuple[str, ...] = ()
    admin_state_up: bool = True
    project_id: str = ""

    @property
    def address(self) -> str:
        """Its first address, empty while it has none."""
        return self.fixed_ips[0][1] if self.fixed_ips else ""


class Router(Struct, frozen=True, kw_only=True):
    """A router between a project's networks and an external one."""

    id: str
    name: str
    status: str = ""
    admin_state_up: bool = True
    external_network_id: str = ""
    external_ips: tuple[str, ...] = ()
    project_id: str = ""


class FloatingIp(Struct, frozen=True, kw_only=True):
    """An outside address of a project; `port_id` is empty while it leads nowhere."""

    id: str
    address: str
    status: str = ""
    fixed_address: str = ""
    port_id: str = ""
    vm_id: str = ""
    """The VM of its port, as far as the ports are known."""
    network_id: str = ""
    """The external network that it is from."""
    router_id: str = ""
    project_id: str = ""
    description: str = ""
    created_at: datetime | None = None
    """None where Neutron does not tell (without the extension standard-attr-timestamp)."""
