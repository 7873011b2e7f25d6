"""Ports of servers: which ones a request asks for, and how Nova makes or takes them. Written with the server."""

from __future__ import annotations

from typing import Any

import msgspec

from osvm_tui.cloud.mock.nova_call import NovaCall, Refused
from osvm_tui.cloud.mock.port_records import free_address, mac_of, port_record, present, taken, within
from osvm_tui.cloud.mock.security_groups import group_named
from osvm_tui.cloud.mock.server import Nic, Server
from osvm_tui.cloud.mock.world import World

Thing = dict[str, Any]


class Attachment(msgspec.Struct, frozen=True):
    """One wanted interface: a network and perhaps a fixed address, or an existing port."""

    network: str
    address: str | None = None
    port: str | None = None


def attachments(call: NovaCall, networks: Any) -> list[Attachment]:
    """Return the interfaces that `networks` of a create body asks for; raise Refused (400, 409)."""
    if networks == "none":
        return []
    if networks == "auto" or not networks:
        return _auto(call)
    if not isinstance(networks, list):
        raise Refused(400, f"Invalid input for field/attribute networks. Value: {networks}.")
    return [_one(call, wanted) for wanted in networks]


def _auto(call: NovaCall) -> list[Attachment]:
    own = [
        net
        for net in call.world.things("network").values()
        if net["project_id"] == call.caller.project_id and not net["router:external"]
    ]
    if len(own) > 1:
        raise Refused(409, "Multiple possible networks found, use a Network ID to be more specific.")
    if not own:
        raise Refused(400, "Unable to automatically allocate a network")
    return [Attachment(own[0]["id"])]


def _one(call: NovaCall, wanted: dict[str, Any]) -> Attachment:
    if wanted.get("port"):
        stored = call.world.things("port").get(wanted["port"])
        port = None if stored is None else present(stored, call.now)
        if port is None or port["project_id"] != call.caller.project_id:
            raise Refused(400, f"Port id {wanted['port']} could not be found.")
        if port["device_id"]:
            raise Refused(409, f"Port {port['id']} is still in use.")
        return Attachment(port["network_id"], port=port["id"])
    network = call.world.things("network").get(str(wanted.get("uuid")))
    open_to_all = network is not None and (network["shared"] or network["router:external"])
    own = network is not None and network["project_id"] == call.caller.project_id
    if network is None or not (open_to_all or own or call.caller.is_admin):
        raise Refused(400, f"Network {wanted.get('uuid')} could not be found.")
    if network["router:external"] and not call.caller.is_admin:
        raise Refused(403, f"It is not allowed to create an interface on external network {network['id']}")
    return Attachment(network["id"], wanted.get("fixed_ip"))


def attach(call: NovaCall, server: Server, wanted: list[Attachment], at: float) -> list[Thing]:
    """Make (or take) a port for every attachment, from cloud time `at` on, and note it in the server."""
    made = []
    for one in wanted:
        port = call.world.things("port")[one.port] if one.port else _new_port(call, server, one, at)
        port = {name: value for name, value in port.items() if name != "_unbound"}
        port |= {"device_id": server.id, "device_owner": "compute:nova", "status": "ACTIVE"}
        call.world.put("port", port["id"], port)
        network = call.world.things("network")[one.network]
        fixed = port["fixed_ips"][0]["ip_address"]
        nic = Nic(port["id"], network["id"], network["name"], port["mac_address"], fixed)
        server.nics = [*server.nics, nic]
        made.append(port)
    return made


def _new_port(call: NovaCall, server: Server, wanted: Attachment, at: float) -> Thing:
    world = call.world
    subnet = subnet_of(world, wanted.network)
    address = wanted.address or free_address(world, subnet)
    if address is None:
        raise Refused(400, f"No more IP addresses available on network {wanted.network}.")
    if wanted.address and wanted.address in taken(world, subnet["id"]):
        raise Refused(409, f"Fixed IP {address} is already in use.")
    if wanted.address and not within(wanted.address, subnet["cidr"]):
        raise Refused(400, f"Fixed IP address {address} is not a valid IP of network {wanted.network}.")
    groups = [group_named(call, name, server.project, 400)["id"] for name in server.security_groups]
    key = world.new_id("port")
    return port_record(key, server.project, subnet, address, mac_of(key), groups, at) | {"_from": at}


def subnet_of(world: World, network: str) -> Thing:
    """Return the first subnet of a network; raise Refused (400) if it has none."""
    for subnet in world.things("subnet").values():
        if subnet["network_id"] == network:
            return subnet
    raise Refused(400, f"Network {network} requires a subnet in order to boot instances on.")
