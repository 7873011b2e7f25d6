"""Neutron's ports: create, update, delete. Nova's own ports are made in ports.py; this is what users do to them."""

from __future__ import annotations

from typing import Any

from osvm_tui.cloud.mock import port_records
from osvm_tui.cloud.mock.clock import zulu
from osvm_tui.cloud.mock.neutron_call import NeutronCall, Refused, Thing
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.security_groups import name_groups

CHANGEABLE = frozenset({"name", "description", "admin_state_up", "security_groups", "device_id", "device_owner"}) | {
    "port_security_enabled",
    "allowed_address_pairs",
    "extra_dhcp_opts",
    "binding:vnic_type",
}
CREATABLE = CHANGEABLE | {"network_id", "fixed_ips", "tenant_id", "project_id", "mac_address"}


def create(call: NeutronCall) -> SimReply:
    """Make a free port on a network, with a free address unless one is named."""
    body = call.body("port")
    call.known(body, CREATABLE)
    network = _network(call, body)
    call.within("port", 500)
    project = str(body.get("project_id") or body.get("tenant_id") or call.caller.project_id)
    key = call.world.new_id("port")
    groups = _groups(call, body, project)
    mac = str(body.get("mac_address") or port_records.mac_of(key))
    fixed = _addresses(call, network, body.get("fixed_ips"))
    port = port_records.port_record(key, project, {"id": "", "network_id": network["id"]}, "", mac, groups, call.now)
    kept = {name: value for name, value in body.items() if name in CHANGEABLE}
    port |= kept | {"fixed_ips": fixed, "security_groups": groups, "revision_number": 1, "_kept": True}
    call.world.put("port", key, port)
    return call.reply(201, {"port": call.public(port)})


def _network(call: NeutronCall, body: Thing) -> Thing:
    network = call.required_network(body)
    foreign = network["project_id"] != call.caller.project_id and not network["shared"]
    if foreign and not call.caller.is_admin:
        if network["router:external"]:
            text = f"Tenant {call.caller.project_id} not allowed to create port on this network"
            raise Refused(403, "HTTPForbidden", text)
        raise Refused(404, "NetworkNotFound", f"Network {network['id']} could not be found.")
    return network


def _groups(call: NeutronCall, body: Thing, project: str) -> list[str]:
    rows = call.world.things("security_group")
    if body.get("security_groups") is None:
        return [key for key, row in rows.items() if row["project_id"] == project and row["name"] == "default"]
    wanted: list[str] = list(body["security_groups"])
    for key in wanted:
        if key not in rows or not (call.caller.is_admin or rows[key]["project_id"] == call.caller.project_id):
            raise Refused(404, "SecurityGroupNotFound", f"Security group {key} does not exist")
        if wanted.count(key) > 1:
            text = f"Invalid input for security_groups. Reason: Duplicate items in the list: '{key}'."
            raise Refused(400, "HTTPBadRequest", text)
    return wanted


def _addresses(call: NeutronCall, network: Thing, wanted: Any) -> list[Thing]:
    """Return the fixed IPs that a body asks for; none named means any free one, an empty list means none."""
    subnets = [row for row in call.world.things("subnet").values() if row["network_id"] == network["id"]]
    if wanted is None:
        wanted = [{"subnet_id": subnets[0]["id"]}] if subnets else []
    return [_address(call, network, subnets, one) for one in wanted]


def _address(call: NeutronCall, network: Thing, subnets: list[Thing], wanted: Thing) -> Thing:
    address = wanted.get("ip_address")
    for subnet in subnets:
        if wanted.get("subnet_id") not in (None, subnet["id"]):
            continue
        taken = port_records.taken(call.world, subnet["id"])
        if address is None and (free := port_records.lowest_free(subnet, taken)):
            return {"subnet_id": subnet["id"], "ip_address": free}
        if address in taken:
            text = f"IP address {address} already allocated in subnet {subnet['id']}"
            raise Refused(409, "IpAddressAlreadyAllocated", text)
        if address is not None and port_records.within(address, subnet["cidr"]):
            return {"subnet_id": subnet["id"], "ip_address": address}
    if address is None:
        text = f"No more IP addresses available on network {network['id']}."
        raise Refused(409, "IpAddressGenerationFailure", text)
    text = f"IP address {address} is not a valid IP for any of the subnets on the specified network."
    raise Refused(400, "InvalidIpForNetwork", text)


def update(call: NeutronCall, key: str) -> SimReply:
    """Change a port; its groups take effect at once."""
    port = _owned(call, key)
    body = call.body("port")
    call.known(body, CHANGEABLE | {"fixed_ips"})
    changes = {name: value for name, value in body.items() if name in CHANGEABLE}
    if "security_groups" in changes:
        changes["security_groups"] = _groups(call, body, port["project_id"])
    port = port | changes | {"updated_at": zulu(call.now), "revision_number": port["revision_number"] + 1}
    call.world.put("port", key, port)
    name_groups(call.world, port["device_id"], call.now)
    return call.reply(200, {"port": call.public(port)})


def delete(call: NeutronCall, key: str) -> SimReply:
    """Delete a port; a server that had it loses it at once. A router's goes only by way of the router."""
    port = _owned(call, key)
    if port["device_owner"] == port_records.ROUTER_OWNER:
        text = f"Port {key} cannot be deleted directly via the port API: has device owner {port_records.ROUTER_OWNER}."
        raise Refused(409, "ServicePortInUse", text)
    port_records.loosen(call.world, key, call.now)
    call.world.drop("port", key)
    if port["device_id"] in call.world.fleet:
        server = call.world.checkout(port["device_id"])
        server.nics = [nic for nic in server.nics if nic.port != key]
        call.world.save(server)
    return call.reply(204)


def _owned(call: NeutronCall, key: str) -> Thing:
    port = call.own("port", key)
    if port is None:
        raise Refused(404, "PortNotFound", f"Port {key} could not be found.")
    return port
