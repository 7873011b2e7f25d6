"""What hangs on a server: show, update, metadata, tags, interfaces, consoles, diagnostics."""

from __future__ import annotations

import secrets
from typing import Any

from osvm_tui.cloud.mock import execution, gate, ports
from osvm_tui.cloud.mock.action_bodies import invalid, need, only, text
from osvm_tui.cloud.mock.fleet import Entry
from osvm_tui.cloud.mock.nova_call import UNEXPECTED, NovaCall, Refused
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.rules import RULES
from osvm_tui.cloud.mock.server import Server
from osvm_tui.cloud.mock.server_view import addresses, detail

CONSOLES = {"vnc": "novnc", "spice": "spice-html5", "serial": "serial", "rdp": "rdp-html5", "mks": "webmks"}
MAX_TAGS, MAX_TAG = 50, 60


def show(call: NovaCall, server_id: str) -> SimReply:
    """Show one server; unlike lists also its server groups (2.71)."""
    entry = call.server(server_id)
    call.allow("reader", "servers:show")
    return call.reply(200, {"server": full_view(call, entry)})


def full_view(call: NovaCall, entry: Entry) -> dict[str, Any]:
    """Return a server as show and update give it."""
    view = detail(entry, call.viewer(), call.now)
    if call.minor >= 71:
        group = entry.server.group
        view["server_groups"] = [group] if group in call.world.things("server_group") else []
    return view


def update(call: NovaCall, server_id: str) -> SimReply:
    """Rename or describe a server; looks at no state and no lock."""
    body = call.body("server")
    allowed = {"name", "accessIPv4", "accessIPv6", "OS-DCF:diskConfig"}
    allowed |= {"description"} if call.minor >= 19 else set()
    allowed |= {"hostname"} if call.minor >= 90 else set()
    need(body, "server")
    only(body, "server", allowed)
    if "name" in body:
        text(body["name"], "name", empty=False)
    if body.get("description") is not None:
        text(body["description"], "description")
    entry = call.server(server_id)
    call.allow_rule(RULES["update"])
    server = call.world.checkout(server_id)
    server.name = body.get("name", server.name)
    server.description = body.get("description", server.description)
    server.hostname = body.get("hostname", server.hostname)
    execution.touch(call, server)
    entry = call.server(server_id)
    if call.minor >= 75:
        return call.reply(200, {"server": full_view(call, entry)})
    kept = "id name status tenant_id user_id metadata hostId image flavor created updated addresses accessIPv4"
    kept += " accessIPv6 links OS-DCF:diskConfig progress fault description locked tags"
    view = full_view(call, entry)
    return call.reply(200, {"server": {name: view[name] for name in kept.split() if name in view}})


def ips(call: NovaCall, server_id: str) -> SimReply:
    """List a server's cached addresses."""
    entry = call.server(server_id)
    call.allow("reader", "ips:index")
    found = addresses(entry.server, entry.moment, call.now)
    plain = {net: [{"addr": one["addr"], "version": one["version"]} for one in rows] for net, rows in found.items()}
    return call.reply(200, {"addresses": plain})


# metadata


def metadata(call: NovaCall, server_id: str) -> SimReply:
    """Show, merge (POST) or replace (PUT) a server's metadata."""
    if call.request.method == "GET":
        entry = call.server(server_id)
        call.allow("reader", "server-metadata:index")
        return call.reply(200, {"metadata": entry.server.metadata})
    given = call.body("metadata")
    need(given, "metadata")
    server = _for_metadata(call, server_id, "set-metadata")
    kept = server.metadata if call.request.method == "POST" else {}
    return call.reply(200, {"metadata": _set_metadata(call, server, kept | given)})


def metadata_item(call: NovaCall, server_id: str, key: str) -> SimReply:
    """Show, set or delete one metadata item."""
    if call.request.method == "GET":
        entry = call.server(server_id)
        call.allow("reader", "server-metadata:show")
        if key not in entry.server.metadata:
            raise Refused(404, "Metadata item was not found")
        return call.reply(200, {"meta": {key: entry.server.metadata[key]}})
    if call.request.method == "PUT":
        given = call.body("meta")
        if set(given) != {key}:
            raise Refused(400, "Request body and URI mismatch")
        server = _for_metadata(call, server_id, "set-metadata")
        _set_metadata(call, server, server.metadata | given)
        return call.reply(200, {"meta": given})
    server = _for_metadata(call, server_id, "delete-metadata")
    if key not in server.metadata:
        raise Refused(404, "Metadata item was not found")
    _set_metadata(call, server, {name: value for name, value in server.metadata.items() if name != key})
    return call.reply(204)


def _for_metadata(call: NovaCall, server_id: str, action: str) -> Server:
    entry = call.server(server_id)
    call.allow_rule(RULES[action])
    gate.check(call, entry, RULES[action])
    return call.world.checkout(server_id)


def _set_metadata(call: NovaCall, server: Server, wanted: dict[str, str]) -> dict[str, str]:
    for name, value in wanted.items():
        text(name, "metadata")
        text(value, name)
    if len(wanted) > 128:
        raise Refused(403, "Maximum number of metadata items exceeds 128")
    server.metadata = wanted
    execution.touch(call, server)
    return wanted


# tags: their own table, so `updated` does not move


def tags(call: NovaCall, server_id: str) -> SimReply:
    """Show, replace or delete all tags of a server."""
    call.since((2, 26))
    if call.request.method == "GET":
        entry = call.server(server_id)
        call.allow("reader", "os-server-tags:index")
        return call.reply(200, {"tags": sorted(entry.server.tags)})
    if call.request.method == "DELETE":
        server = _for_tags(call, server_id, "delete-tags")
        _set_tags(call, server, [])
        return call.reply(204)
    wanted = call.body("tags")
    server = _for_tags(call, server_id, "set-tags")
    _set_tags(call, server, wanted)
    return call.reply(200, {"tags": sorted(set(wanted))})


def tag(call: NovaCall, server_id: str, name: str) -> SimReply:
    """Ask for, add or delete one tag."""
    call.since((2, 26))
    if call.request.method == "GET":
        entry = call.server(server_id)
        call.allow("reader", "os-server-tags:show")
        if name not in entry.server.tags:
            raise Refused(404, f"Server {server_id} has no tag '{name}'")
        return call.reply(204)
    if call.request.method == "DELETE":
        server = _for_tags(call, server_id, "delete-tags")
        if name not in server.tags:
            raise Refused(404, f"Instance {server_id} has no tag '{name}'")
        _set_tags(call, server, [one for one in server.tags if one != name])
        return call.reply(204)
    server = _for_tags(call, server_id, "set-tags")
    if name in server.tags:
        return call.reply(204)
    _set_tags(call, server, [*server.tags, name])
    return call.reply(201, headers={"location": f"{call.root}/v2.1/servers/{server_id}/tags/{name}"})


def _for_tags(call: NovaCall, server_id: str, action: str) -> Server:
    entry = call.world.fleet.get(server_id, call.now)
    if entry is not None and not entry.moment.deleted and not call.may_see(entry):
        call.allow("admin", RULES[action].policy.removeprefix("os_compute_api:"))
    entry = call.server(server_id)
    call.allow_rule(RULES[action])
    gate.check(call, entry, RULES[action])
    return call.world.checkout(server_id)


def _set_tags(call: NovaCall, server: Server, wanted: list[str]) -> None:
    unique = sorted(set(wanted))
    if len(unique) > MAX_TAGS:
        raise Refused(400, f"The number of tags exceeded the per-server limit {MAX_TAGS}")
    for one in unique:
        text(one, "0", MAX_TAG, empty=False)
        if set(one) & set("/,"):
            raise invalid("0", one, f"{one!r} does not match '^[^,/]*$'")
    server.tags = unique
    call.world.save(server)


# interfaces


def interfaces(call: NovaCall, server_id: str) -> SimReply:
    """List the ports of a server, or attach a new one (POST)."""
    entry = call.server(server_id)
    if call.request.method == "GET":
        call.allow("reader", "os-attach-interfaces:list")
        shown = [_interface(call, port) for port in _ports(call, server_id)]
        return call.reply(200, {"interfaceAttachments": shown})
    return _attach(call, entry)


def interface(call: NovaCall, server_id: str, port_id: str) -> SimReply:
    """Show or detach one port of a server."""
    entry = call.server(server_id)
    port = next((port for port in _ports(call, server_id) if port["id"] == port_id), None)
    if call.request.method == "GET":
        call.allow("reader", "os-attach-interfaces:show")
        if port is None:
            raise Refused(404, f"Port id {port_id} could not be found.")
        return call.reply(200, {"interfaceAttachment": _interface(call, port)})
    call.allow_rule(RULES["detach-interface"])
    gate.check(call, entry, RULES["detach-interface"])
    server = call.world.checkout(server_id)
    if port is None:  # accepted: only the compute host finds out
        failure = f"Port {port_id} could not be found."
        execution.record(call, server, "detach-interface", call.now, entry.moment.host, failure)
        return call.reply(202)
    server.nics = [nic for nic in server.nics if nic.port != port_id]
    call.world.save(server)
    call.world.drop("port", port_id)
    execution.record(call, server, "detach-interface", call.now, entry.moment.host)
    return call.reply(202)


def _attach(call: NovaCall, entry: Entry) -> SimReply:
    wanted = call.body("interfaceAttachment") or {}
    call.allow_rule(RULES["attach-interface"])
    gate.check(call, entry, RULES["attach-interface"])
    if wanted.get("net_id") and wanted.get("port_id"):
        raise Refused(400, "Must not input both network_id and port_id")
    server = call.world.checkout(entry.server.id)
    fixed = (wanted.get("fixed_ips") or [{}])[0].get("ip_address")
    networks: Any = "auto"
    if wanted.get("net_id") or wanted.get("port_id"):
        networks = [{"uuid": wanted.get("net_id"), "port": wanted.get("port_id"), "fixed_ip": fixed}]
    made = ports.attach(call, server, ports.attachments(call, networks), call.now)
    call.world.save(server)
    execution.record(call, server, "attach-interface", call.now, entry.moment.host)
    return call.reply(200, {"interfaceAttachment": _interface(call, made[0])})


def _ports(call: NovaCall, server_id: str) -> list[dict[str, Any]]:
    found = (port for port in call.world.things("port").values() if port["device_id"] == server_id)
    return [port for port in found if port.get("_from", 0) <= call.now < port.get("_gone", call.now + 1)]


def _interface(call: NovaCall, port: dict[str, Any]) -> dict[str, Any]:
    view = {
        "port_id": port["id"],
        "net_id": port["network_id"],
        "mac_addr": port["mac_address"],
        "port_state": port["status"],
        "fixed_ips": port["fixed_ips"],
    }
    return view | {"tag": None} if call.minor >= 70 else view


# consoles and diagnostics


def remote_console(call: NovaCall, server_id: str) -> SimReply:
    """Return the address of a console; only novnc is enabled here, as on most clouds."""
    call.since((2, 6))
    wanted = call.body("remote_console")
    need(wanted, "remote_console", "protocol", "type")
    if CONSOLES.get(wanted["protocol"]) != wanted["type"]:
        raise Refused(400, f"Invalid console type {wanted['type']}")
    entry = call.server(server_id)
    call.allow_rule(RULES["remote-console"])
    if wanted["type"] != "novnc":
        raise Refused(400, f"Unavailable console type {wanted['type']}.")
    moment = entry.moment
    if moment.host is None or moment.vm_state == "building":
        raise Refused(409, f"Instance {server_id} is not ready")
    if moment.task_state in ("deleting", "migrating"):
        raise Refused(500, UNEXPECTED)
    url = f"{call.request.base_url}/console/vnc_auto.html?path=%3Ftoken%3D{secrets.token_hex(16)}"
    return call.reply(200, {"remote_console": {"protocol": "vnc", "type": "novnc", "url": url}})
