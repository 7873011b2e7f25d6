"""Neutron's routers: create, update, delete, gateway, and the ports by which they are in subnets."""

from __future__ import annotations

from osvm_tui.cloud.mock import floating_ips, port_records
from osvm_tui.cloud.mock.neutron_call import NeutronCall, Refused, Thing
from osvm_tui.cloud.mock.neutron_nets import changed, stamps
from osvm_tui.cloud.mock.port_records import ROUTER_OWNER
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.world import World

ATTRIBUTES = frozenset({"name", "description", "admin_state_up", "external_gateway_info", "routes"})


def interface_record(key: str, router: Thing, subnet: Thing, at: float) -> Thing:
    """Return the port by which a router has the gateway address of a subnet."""
    port = port_records.port_record(
        key, router["project_id"], subnet, subnet["gateway_ip"], port_records.mac_of(key), [], at
    )
    port |= {"device_id": router["id"], "device_owner": ROUTER_OWNER, "status": "ACTIVE"}
    return port | {"port_security_enabled": False}


def interfaces(world: World, router: str, now: float) -> list[Thing]:
    """Return the ports of a router."""
    return [port for port in port_records.alive(world, now) if port["device_id"] == router]


def create(call: NeutronCall) -> SimReply:
    """Make a router, with a gateway if an external network is named."""
    body = call.body("router")
    call.known(body, ATTRIBUTES | {"project_id", "tenant_id"})
    call.within("router", 10)
    key, owner = call.world.new_id("router"), str(body.get("project_id") or call.caller.project_id)
    router: Thing = {"id": key, "name": "", "project_id": owner, "tenant_id": owner, "status": "ACTIVE"}
    router |= {"admin_state_up": True, "routes": [], "flavor_id": None, "description": ""}
    router |= {"availability_zone_hints": [], "availability_zones": [], **stamps(call.now), **body}
    router["external_gateway_info"] = _gateway(call, body.get("external_gateway_info"))
    call.world.put("router", key, router)
    return call.reply(201, {"router": router})


def _gateway(call: NeutronCall, wanted: Thing | None) -> Thing | None:
    if not wanted:
        return None
    network = call.world.things("network").get(str(wanted.get("network_id")))
    if network is None:
        raise Refused(404, "NetworkNotFound", f"Network {wanted.get('network_id')} could not be found.")
    if not network["router:external"]:
        text = f"Bad router request: Network {network['id']} is not an external network."
        raise Refused(400, "BadRequest", text)
    address = floating_ips.free_address(call, network["id"])
    fixed = [{"subnet_id": network["subnets"][0], "ip_address": address}]
    return {"network_id": network["id"], "enable_snat": True, "external_fixed_ips": fixed}


def update(call: NeutronCall, key: str) -> SimReply:
    """Rename a router, or give it another gateway or (null) none."""
    router, body = _owned(call, key), call.body("router")
    call.known(body, ATTRIBUTES)
    changes = dict(body)
    if "external_gateway_info" in body:
        _refuse_floating(call, router)
        changes["external_gateway_info"] = _gateway(call, body["external_gateway_info"])
    return changed(call, "router", router, changes)


def _refuse_floating(call: NeutronCall, router: Thing) -> None:
    rows = (floating_ips.view(call, row) for row in call.world.things("floatingip").values())
    if any(row["router_id"] == router["id"] for row in rows):
        network = (router["external_gateway_info"] or {}).get("network_id")
        text = f"Gateway cannot be updated for router {router['id']}, since a gateway to external network {network}"
        raise Refused(409, "RouterExternalGatewayInUseByFloatingIp", f"{text} is required by one or more floating IPs.")


def delete(call: NeutronCall, key: str) -> SimReply:
    """Delete a router that is in no subnet."""
    _owned(call, key)
    used = [port["id"] for port in interfaces(call.world, key, call.now)]
    if used:
        raise Refused(409, "RouterInUse", f"Router {key} has ports still attached: {', '.join(used)}")
    call.world.drop("router", key)
    return call.reply(204)


def act(call: NeutronCall, key: str, action: str) -> SimReply:
    """Put a router into a subnet, or take it out of one."""
    router, body = _owned(call, key), call.request.json() or {}
    if action == "add_router_interface":
        return _add(call, router, body)
    if action == "remove_router_interface":
        return _remove(call, router, body)
    raise Refused(404, "HTTPNotFound", "The resource could not be found.")


def _add(call: NeutronCall, router: Thing, body: Thing) -> SimReply:
    subnet = _subnet(call, body)
    held = interfaces(call.world, router["id"], call.now)
    if any(port["fixed_ips"][0]["subnet_id"] == subnet["id"] for port in held):
        text = f"Bad router request: Router already has a port on subnet {subnet['id']}."
        raise Refused(400, "BadRequest", text)
    if subnet["gateway_ip"] in port_records.taken(call.world, subnet["id"]):
        text = f"IP address {subnet['gateway_ip']} already allocated in subnet {subnet['id']}"
        raise Refused(409, "IpAddressAlreadyAllocated", text)
    port = interface_record(call.world.new_id("port"), router, subnet, call.now)
    call.world.put("port", port["id"], port)
    return _told(call, router, port, subnet)


def _remove(call: NeutronCall, router: Thing, body: Thing) -> SimReply:
    held = interfaces(call.world, router["id"], call.now)
    if "port_id" in body:
        found = [port for port in held if port["id"] == body["port_id"]]
        subnet_id = found[0]["fixed_ips"][0]["subnet_id"] if found else ""
    else:
        subnet_id = _subnet(call, body)["id"]
        found = [port for port in held if port["fixed_ips"][0]["subnet_id"] == subnet_id]
    if not found:
        what = f"interface with id {body['port_id']}" if "port_id" in body else f"interface on subnet {subnet_id}"
        raise Refused(404, "RouterInterfaceNotFound", f"Router {router['id']} does not have an {what}")
    rows = (floating_ips.view(call, row) for row in call.world.things("floatingip").values())
    linked = {row["port_id"] for row in rows if row["router_id"] == router["id"]}
    inside = (port for port in port_records.alive(call.world, call.now) if port["id"] in linked)
    if any(fixed["subnet_id"] == subnet_id for port in inside for fixed in port["fixed_ips"]):
        text = f"Router interface for subnet {subnet_id} on router {router['id']} cannot be deleted, as it is required"
        raise Refused(409, "RouterInterfaceInUseByFloatingIP", f"{text} by one or more floating IPs.")
    call.world.drop("port", found[0]["id"])
    return _told(call, router, found[0], call.world.things("subnet")[subnet_id])


def _subnet(call: NeutronCall, body: Thing) -> Thing:
    if "subnet_id" not in body:
        raise Refused(400, "BadRequest", "Bad router request: Either subnet_id or port_id must be specified.")
    subnet = call.own("subnet", str(body["subnet_id"]))
    if subnet is None:
        raise Refused(404, "SubnetNotFound", f"Subnet {body['subnet_id']} could not be found.")
    return subnet


def _told(call: NeutronCall, router: Thing, port: Thing, subnet: Thing) -> SimReply:
    view: Thing = {"id": router["id"], "tenant_id": router["project_id"], "port_id": port["id"]}
    view |= {"network_id": subnet["network_id"], "subnet_id": subnet["id"], "subnet_ids": [subnet["id"]]}
    return call.reply(200, view)


def _owned(call: NeutronCall, key: str) -> Thing:
    router = call.own("router", key)
    if router is None:
        raise Refused(404, "RouterNotFound", f"Router {key} could not be found")
    return router
