"""Neutron's floating IPs: create, associate, disassociate, delete. No check of any server's state or lock.

Nova hears of a change by a network-changed event a little later; a server's `updated` never moves.
"""

from __future__ import annotations

import msgspec

from osvm_tui.cloud.mock import port_records
from osvm_tui.cloud.mock.clock import zulu
from osvm_tui.cloud.mock.durations import Durations
from osvm_tui.cloud.mock.neutron_call import NeutronCall, Refused, Thing
from osvm_tui.cloud.mock.request import SimReply

WIRING_S = 2.0
"""Seconds until the L3 agent has wired an address: DOWN until then."""


def view(call: NeutronCall, row: Thing) -> Thing:
    """Return a floating IP as it is now: loosened by a deleted server, ACTIVE once wired."""
    if row.get("_loose", call.now + 1) <= call.now:
        row = row | {"port_id": None, "fixed_ip_address": None, "router_id": None, "port_details": None}
    wired = row["port_id"] is not None and row.get("_wired", 0) <= call.now
    return row | {"status": "ACTIVE" if wired else "DOWN"}


def record(key: str, project: str, network: str, address: str, at: float) -> Thing:
    """Return a floating IP as Neutron keeps it, free, made at cloud time `at`."""
    return {
        "id": key,
        "floating_ip_address": address,
        "floating_network_id": network,
        "project_id": project,
        "tenant_id": project,
        "description": "",
        "port_id": None,
        "fixed_ip_address": None,
        "router_id": None,
        "port_details": None,
        "status": "DOWN",
        "tags": [],
        "revision_number": 0,
        "created_at": zulu(at),
        "updated_at": zulu(at),
    }


def create(call: NeutronCall) -> SimReply:
    """Allocate an address, and associate it if a port is named."""
    body = call.body("floatingip")
    network = call.world.things("network").get(str(body.get("floating_network_id")))
    if "floating_network_id" not in body:
        text = "Failed to parse request. Required attribute 'floating_network_id' not specified"
        raise Refused(400, "HTTPBadRequest", text)
    if network is None:
        text = f"Network {body.get('floating_network_id')} could not be found."
        raise Refused(404, "NetworkNotFound", text)
    if not network["router:external"]:
        raise Refused(
            400, "BadRequest", f"Bad floatingip request: Network {network['id']} is not a valid external network."
        )
    project = str(body.get("project_id") or call.caller.project_id)
    call.within("floatingip", 50)
    address = free_address(call, network["id"])
    row = record(call.world.new_id("floatingip"), project, network["id"], address, call.now)
    row |= {"description": body.get("description", "")}
    if body.get("port_id"):
        row = _associate(call, row, body)
    call.world.put("floatingip", row["id"], row)
    return call.reply(201, {"floatingip": _public(view(call, row))})


def update(call: NeutronCall, key: str) -> SimReply:
    """Associate with a port, or with null take it off; re-pointing a used one steals it silently."""
    row = call.own("floatingip", key)
    if row is None:
        raise Refused(404, "FloatingIPNotFound", f"Floating IP {key} could not be found")
    body = call.body("floatingip")
    row = _public(view(call, row))
    if "port_id" in body or not body:  # Neutron takes an empty change as the wish to be free
        _tell_nova(call, row["port_id"], None)
        free = {"port_id": None, "fixed_ip_address": None, "router_id": None, "port_details": None}
        row = _associate(call, row, body) if body.get("port_id") else row | free
    row |= {"description": body.get("description", row["description"]), "updated_at": zulu(call.now)}
    row |= {"revision_number": row["revision_number"] + 1}
    call.world.put("floatingip", key, row)
    return call.reply(200, {"floatingip": _public(view(call, row))})


def delete(call: NeutronCall, key: str) -> SimReply:
    """Give an address back."""
    row = call.own("floatingip", key)
    if row is None:
        raise Refused(404, "FloatingIPNotFound", f"Floating IP {key} could not be found")
    _tell_nova(call, view(call, row)["port_id"], None)
    call.world.drop("floatingip", key)
    return call.reply(204)


def _public(row: Thing) -> Thing:
    return {name: value for name, value in row.items() if name[0] != "_"}


def _associate(call: NeutronCall, row: Thing, body: Thing) -> Thing:
    port = call.own("port", str(body["port_id"]))
    if port is None:
        raise Refused(404, "PortNotFound", f"Port {body['port_id']} could not be found.")
    if not port["fixed_ips"]:
        text = f"Bad floatingip request: Cannot add floating IP to port {port['id']} that has no fixed IPv4 addresses"
        raise Refused(400, "BadRequest", text)
    if port["project_id"] != row["project_id"]:
        raise Refused(400, "BadRequest", f"Bad floatingip request: Port {port['id']} is of another project.")
    router = _router(call, port, row["floating_network_id"])
    fixed = body.get("fixed_ip_address") or port["fixed_ips"][0]["ip_address"]
    for other in call.world.things("floatingip").values():
        seen = view(call, other)
        if other["id"] != row["id"] and (seen["port_id"], seen["fixed_ip_address"]) == (port["id"], fixed):
            text = (
                f"Cannot associate floating IP {row['floating_ip_address']} ({row['id']}) with port {port['id']}"
                f" using fixed IP {fixed}, as that fixed IP already has a floating IP on external network"
                f" {row['floating_network_id']}."
            )
            raise Refused(409, "FloatingIPPortAlreadyAssociated", text)
    _tell_nova(call, port["id"], row["floating_ip_address"])
    details = {name: port[name] for name in ("name", "network_id", "mac_address", "admin_state_up", "status")}
    details |= {"device_id": port["device_id"], "device_owner": port["device_owner"]}
    linked = {"port_id": port["id"], "fixed_ip_address": fixed, "router_id": router, "port_details": details}
    return row | linked | {"_wired": call.now + WIRING_S}


def _router(call: NeutronCall, port: Thing, external: str) -> str:
    subnet = port["fixed_ips"][0]["subnet_id"]
    for one in port_records.alive(call.world, call.now):
        if one["device_owner"] == port_records.ROUTER_OWNER and one["fixed_ips"][0]["subnet_id"] == subnet:
            gateway = call.world.things("router")[one["device_id"]]["external_gateway_info"]
            if gateway and gateway["network_id"] == external:
                return str(one["device_id"])
    text = (
        f"External network {external} is not reachable from subnet {subnet}."
        f"  Therefore, cannot associate Port {port['id']} with a Floating IP."
    )
    raise Refused(404, "ExternalGatewayForFloatingIPNotFound", text)


def _tell_nova(call: NeutronCall, port_id: str | None, address: str | None) -> None:
    """Let Nova's address cache learn of the change a little later, unless the event is lost."""
    world = call.world
    port = world.things("port").get(port_id or "")
    if port is None or world.knobs.lose_network_changed:
        return
    port = port_records.present(port, call.now)
    if port["device_id"] not in world.fleet:
        return
    server = world.checkout(port["device_id"])
    wait = Durations(world.chance("floating"), world.knobs.time_scale, world.knobs.scales).draw("floating")
    server.nics = [
        msgspec.structs.replace(nic, floating=nic.floating_at(call.now), next_floating=address, next_at=call.now + wait)
        if nic.port == port_id
        else nic
        for nic in server.nics
    ]
    world.save(server)


def free_address(call: NeutronCall, network: str) -> str:
    """Return the lowest free address of an external network; refuse with 409 if there is none."""
    used = {row["floating_ip_address"] for row in call.world.things("floatingip").values()}
    used |= {
        fixed["ip_address"]
        for router in call.world.things("router").values()
        for fixed in (router["external_gateway_info"] or {}).get("external_fixed_ips", ())
    }
    for subnet in call.world.things("subnet").values():
        if subnet["network_id"] == network and (address := port_records.lowest_free(subnet, used)):
            return address
    raise Refused(409, "IpAddressGenerationFailure", f"No more IP addresses available on network {network}.")
