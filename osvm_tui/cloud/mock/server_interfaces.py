"""Nova's os-interface: list, show, attach (the call waits for the host) and detach (accepted, done a little later)."""

from __future__ import annotations

from typing import Any

import msgspec

from osvm_tui.cloud.mock import execution, gate, port_records, ports
from osvm_tui.cloud.mock.action_bodies import invalid, is_uuid, only
from osvm_tui.cloud.mock.fleet import Entry
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.rules import RULES
from osvm_tui.cloud.mock.security_groups import name_groups
from osvm_tui.cloud.mock.world import Thing


def interfaces(call: NovaCall, server_id: str) -> SimReply:
    """List the ports of a server, or attach one (POST)."""
    if call.request.method == "POST":
        return _attach(call, server_id)
    call.server(server_id)
    call.allow("reader", "os-attach-interfaces:list")
    return call.reply(200, {"interfaceAttachments": [_view(call, port) for port in _held(call, server_id)]})


def interface(call: NovaCall, server_id: str, port_id: str) -> SimReply:
    """Show or detach one port of a server."""
    entry = call.server(server_id)
    port = next((port for port in _held(call, server_id) if port["id"] == port_id), None)
    if call.request.method == "DELETE":
        return _detach(call, entry, port_id, port)
    call.allow("reader", "os-attach-interfaces:show")
    if port is None:
        raise Refused(404, f"Port id {port_id} could not be found.")
    return call.reply(200, {"interfaceAttachment": _view(call, port)})


def _held(call: NovaCall, server_id: str) -> list[Thing]:
    found = port_records.of_server(call.world, server_id, call.now)
    return [port for port in found if port.get("_from", 0) <= call.now]


def _view(call: NovaCall, port: Thing) -> Thing:
    view = {
        "port_id": port["id"],
        "net_id": port["network_id"],
        "mac_addr": port["mac_address"],
        "port_state": port["status"],
        "fixed_ips": port["fixed_ips"],
    }
    return view | {"tag": None} if call.minor >= 70 else view


def _attach(call: NovaCall, server_id: str) -> SimReply:
    wanted = _wanted(call)
    entry = call.server(server_id)
    call.allow_rule(RULES["attach-interface"])
    gate.check(call, entry, RULES["attach-interface"])
    server = call.world.checkout(server_id)
    made = ports.attach(call, server, [_attachment(call, wanted)], call.now)
    call.world.save(server)
    name_groups(call.world, server_id, call.now)
    execution.record(call, server, "attach-interface", call.now, entry.moment.host)
    return call.reply(200, {"interfaceAttachment": _view(call, made[0])})


def _wanted(call: NovaCall) -> dict[str, Any]:
    body = (call.request.json() or {}).get("interfaceAttachment") or {}
    only(body, "interfaceAttachment", {"net_id", "port_id", "fixed_ips"} | ({"tag"} if call.minor >= 49 else set()))
    for name in ("net_id", "port_id"):
        if body.get(name) is not None and not is_uuid(body[name]):
            raise invalid(name, body[name], f"{body[name]!r} is not a 'uuid'")
    if body.get("net_id") and body.get("port_id"):
        raise Refused(400, "Must not input both network_id and port_id")
    if body.get("fixed_ips") and not body.get("net_id"):
        raise Refused(400, "Must input network_id when request IP address")
    wanted: dict[str, Any] = body
    return wanted


def _attachment(call: NovaCall, wanted: dict[str, Any]) -> ports.Attachment:
    fixed = (wanted.get("fixed_ips") or [{}])[0].get("ip_address")
    networks: Any = "auto"
    if wanted.get("net_id") or wanted.get("port_id"):
        networks = [{"uuid": wanted.get("net_id"), "port": wanted.get("port_id"), "fixed_ip": fixed}]
    try:
        return ports.attachments(call, networks)[0]
    except Refused as refused:
        if "could not be found" in refused.message:  # what is 400 while a server is created is 404 here
            raise Refused(404, refused.message) from None
        if networks == "auto":
            raise Refused(400, refused.message) from None
        raise


def _detach(call: NovaCall, entry: Entry, port_id: str, port: Thing | None) -> SimReply:
    call.allow_rule(RULES["detach-interface"])
    gate.check(call, entry, RULES["detach-interface"])
    world, server = call.world, call.world.checkout(entry.server.id)
    end = call.now + world.durations("detach:" + port_id).draw("detaching_port")
    nic = next((nic for nic in server.nics if nic.port == port_id and nic.held_at(call.now)), None)
    if port is None or nic is None or nic.until is not None:  # accepted: only the compute host finds out
        failure = f"Port {port_id} could not be found."
        execution.record(call, server, "detach-interface", end, entry.moment.host, failure)
        return call.reply(202)
    gone = msgspec.structs.replace(nic, until=end)
    server.nics = [gone if one.port == port_id else one for one in server.nics]
    world.save(server)
    port_records.release(world, world.things("port")[port_id], end)
    execution.record(call, server, "detach-interface", end, entry.moment.host)
    return call.reply(202)
