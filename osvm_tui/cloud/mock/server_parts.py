"""What hangs on a server: show, update, addresses, metadata, tags, consoles."""

from __future__ import annotations

import secrets
from typing import Any

from osvm_tui.cloud.mock import execution, gate
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


# consoles


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
