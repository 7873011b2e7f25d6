"""Neutron's networks and subnets: create, update, delete, with its checks of use and overlap."""

from __future__ import annotations

import ipaddress
from typing import Any

from osvm_tui.cloud.mock import port_records
from osvm_tui.cloud.mock.clock import zulu
from osvm_tui.cloud.mock.neutron_call import NeutronCall, Refused, Thing
from osvm_tui.cloud.mock.request import SimReply

NETWORK = frozenset({"name", "description", "admin_state_up", "shared", "router:external", "mtu"}) | {
    "port_security_enabled",
    "project_id",
    "tenant_id",
}
SUBNET = frozenset({"name", "description", "gateway_ip", "dns_nameservers", "enable_dhcp", "allocation_pools"}) | {
    "host_routes"
}
NEW_SUBNET = SUBNET | {"network_id", "cidr", "ip_version", "project_id", "tenant_id"}


def stamps(at: float) -> Thing:
    """Return what every row of Neutron carries about its making."""
    return {"created_at": zulu(at), "updated_at": zulu(at), "revision_number": 1, "tags": []}


def changed(call: NeutronCall, kind: str, row: Thing, changes: Thing) -> SimReply:
    """Write a changed row and answer with it."""
    row = row | changes | {"updated_at": zulu(call.now), "revision_number": row["revision_number"] + 1}
    call.world.put(kind, row["id"], row)
    return call.reply(200, {kind: call.public(row)})


def _in_use(call: NeutronCall, network: str) -> list[str]:
    return [port["id"] for port in port_records.alive(call.world, call.now) if port["network_id"] == network]


# networks


def create_network(call: NeutronCall) -> SimReply:
    """Make a network without subnets; shared and external ones are for admins."""
    body = call.body("network")
    call.known(body, NETWORK)
    for name in ("shared", "router:external"):
        if body.get(name):
            call.must_be_admin(f"create_network and rule:create_network:{name}")
    call.within("network", 100)
    key, owner = call.world.new_id("network"), str(body.get("project_id") or call.caller.project_id)
    network: Thing = {"id": key, "name": "", "project_id": owner, "tenant_id": owner, "admin_state_up": True}
    network |= {"status": "ACTIVE", "shared": False, "router:external": False, "subnets": [], "mtu": 1450}
    network |= {"port_security_enabled": True, "is_default": False, "description": ""}
    network |= {"availability_zone_hints": [], "availability_zones": []}
    network |= {"ipv4_address_scope": None, "ipv6_address_scope": None, **stamps(call.now), **body}
    call.world.put("network", key, network)
    return call.reply(201, {"network": network})


def update_network(call: NeutronCall, key: str) -> SimReply:
    """Rename, describe or switch a network."""
    network, body = _network(call, key), call.body("network")
    call.known(body, NETWORK)
    for name in ("shared", "router:external"):
        if name in body:
            call.must_be_admin(f"update_network and rule:update_network:{name}")
    return changed(call, "network", network, body)


def delete_network(call: NeutronCall, key: str) -> SimReply:
    """Delete a network with its subnets, unless a port is on it."""
    network = _network(call, key)
    used = _in_use(call, key)
    if used:
        text = f"Unable to complete operation on network {key}. There are one or more ports still in use on the network"
        raise Refused(409, "NetworkInUse", f"{text}, id for these ports is: {','.join(used)}.")
    for subnet in network["subnets"]:
        call.world.drop("subnet", subnet)
    call.world.drop("network", key)
    return call.reply(204)


def _network(call: NeutronCall, key: str) -> Thing:
    network = call.own("network", key)
    if network is None:
        raise Refused(404, "NetworkNotFound", f"Network {key} could not be found.")
    return network


# subnets


def create_subnet(call: NeutronCall) -> SimReply:
    """Make a subnet that overlaps no other of its network."""
    body = call.body("subnet")
    call.known(body, NEW_SUBNET)
    network = call.required_network(body)
    if call.own("network", network["id"]) is None:
        raise Refused(404, "NetworkNotFound", f"Network {network['id']} could not be found.")
    net = _range(call, network, body)
    call.within("subnet", 100)
    key, owner = call.world.new_id("subnet"), network["project_id"]
    gateway = str(net.network_address + 1)
    pool = {"start": str(net.network_address + 2), "end": str(net.broadcast_address - 1)}
    subnet: Thing = {"id": key, "name": "", "network_id": network["id"], "project_id": owner, "tenant_id": owner}
    subnet |= {"cidr": str(net), "ip_version": net.version, "gateway_ip": gateway, "allocation_pools": [pool]}
    subnet |= {"enable_dhcp": True, "dns_nameservers": [], "host_routes": [], "service_types": [], "description": ""}
    subnet |= {"ipv6_address_mode": None, "ipv6_ra_mode": None, "subnetpool_id": None, **stamps(call.now)}
    subnet |= {name: value for name, value in body.items() if name in SUBNET and value is not None}
    call.world.put("subnet", key, subnet)
    call.world.put("network", network["id"], network | {"subnets": [*network["subnets"], key]})
    return call.reply(201, {"subnet": subnet})


def _range(call: NeutronCall, network: Thing, body: Thing) -> Any:
    cidr = body.get("cidr")
    if cidr is None:
        text = "Bad subnets request: a subnetpool must be specified in the absence of a cidr."
        raise Refused(400, "BadRequest", text)
    try:
        net = ipaddress.ip_network(cidr, strict=False)
    except ValueError:
        text = f"Invalid input for operation: {cidr} is not in a CIDR format."
        raise Refused(400, "InvalidInput", text) from None
    others = (call.world.things("subnet")[key]["cidr"] for key in network["subnets"])
    for other in map(ipaddress.ip_network, others):
        if other.version == net.version and net.overlaps(other):
            text = f"Requested subnet with cidr: {cidr} for network: {network['id']} overlaps with another subnet."
            raise Refused(400, "InvalidInput", f"Invalid input for operation: {text}")
    return net


def update_subnet(call: NeutronCall, key: str) -> SimReply:
    """Change name, description, gateway, name servers or DHCP of a subnet."""
    subnet, body = _subnet(call, key), call.body("subnet")
    call.known(body, SUBNET)
    return changed(call, "subnet", subnet, body)


def delete_subnet(call: NeutronCall, key: str) -> SimReply:
    """Delete a subnet from which no port has an address."""
    subnet = _subnet(call, key)
    alive = port_records.alive(call.world, call.now)
    if any(fixed["subnet_id"] == key for port in alive for fixed in port["fixed_ips"]):
        text = (
            f"Unable to complete operation on subnet {key}: One or more ports have an IP allocation from this subnet."
        )
        raise Refused(409, "SubnetInUse", text)
    network = call.world.things("network")[subnet["network_id"]]
    kept = [one for one in network["subnets"] if one != key]
    call.world.put("network", network["id"], network | {"subnets": kept})
    call.world.drop("subnet", key)
    return call.reply(204)


def _subnet(call: NeutronCall, key: str) -> Thing:
    subnet = call.own("subnet", key)
    if subnet is None:
        raise Refused(404, "SubnetNotFound", f"Subnet {key} could not be found.")
    return subnet
