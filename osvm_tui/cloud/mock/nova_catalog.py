"""Nova's small catalogues: flavors, key pairs, availability zones, server groups, extensions."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from osvm_tui.cloud.mock.action_bodies import need, text
from osvm_tui.cloud.mock.clock import plain
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused, host_statuses
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.server_view import links

Thing = dict[str, Any]


def flavors(call: NovaCall, detailed: bool) -> SimReply:
    """List flavors, smallest id first; `detailed` with all fields."""
    rows = sorted(call.world.things("flavor").values(), key=lambda flavor: flavor["id"])
    least_ram, least_disk = int(call.request.first("minRam") or 0), int(call.request.first("minDisk") or 0)
    rows = [row for row in rows if row["ram"] >= least_ram and row["disk"] >= least_disk]
    marker = call.request.first("marker")
    if marker:
        keys = [row["id"] for row in rows]
        if marker not in keys:
            raise Refused(400, f"marker [{marker}] not found")
        rows = rows[keys.index(marker) + 1 :]
    limit = int(call.request.first("limit") or 1000)
    show = _flavor if detailed else _flavor_brief
    body: Thing = {"flavors": [show(call, row) for row in rows[:limit]]}
    if rows and len(rows[:limit]) == limit:
        path = "/flavors/detail" if detailed else "/flavors"
        href = f"{call.root}/v2.1{path}?limit={limit}&marker={rows[limit - 1]['id']}"
        body["flavors_links"] = [{"rel": "next", "href": href}]
    return call.reply(200, body)


def flavor(call: NovaCall, key: str) -> SimReply:
    """Show one flavor."""
    found = call.world.things("flavor").get(key)
    if found is None:
        raise Refused(404, f"Flavor {key} could not be found.")
    return call.reply(200, {"flavor": _flavor(call, found)})


def extra_specs(call: NovaCall, key: str) -> SimReply:
    """Show the extra specs of one flavor."""
    found = call.world.things("flavor").get(key)
    if found is None:
        raise Refused(404, f"Flavor {key} could not be found.")
    return call.reply(200, {"extra_specs": found["extra_specs"]})


def _flavor_brief(call: NovaCall, row: Thing) -> Thing:
    view = {"id": row["id"], "name": row["name"], "links": links(call.root, "flavors", row["id"])}
    return view | {"description": None} if call.minor >= 55 else view


def _flavor(call: NovaCall, row: Thing) -> Thing:
    view = _flavor_brief(call, row) | {
        "vcpus": row["vcpus"],
        "ram": row["ram"],
        "disk": row["disk"],
        "swap": row["swap"] if call.minor >= 75 else row["swap"] or "",
        "OS-FLV-EXT-DATA:ephemeral": row["ephemeral"],
        "os-flavor-access:is_public": True,
    }
    if call.minor < 102:
        view |= {"OS-FLV-DISABLED:disabled": False, "rxtx_factor": 1.0}
    if call.minor >= 61:
        view["extra_specs"] = row["extra_specs"]
    return view


def keypairs(call: NovaCall) -> SimReply:
    """List the caller's key pairs: they belong to the user, not to the project."""
    own = [key for key in call.world.things("keypair").values() if key["user_id"] == call.caller.user_id]
    own.sort(key=lambda key: str(key["name"]))
    return call.reply(200, {"keypairs": [{"keypair": _keypair(call, key)} for key in own]})


def keypair(call: NovaCall, name: str) -> SimReply:
    """Show or delete one of the caller's key pairs."""
    key = f"{call.caller.user_id}:{name}"
    found = call.world.things("keypair").get(key)
    if found is None:
        raise Refused(404, f"Keypair {name} not found for user {call.caller.user_id}")
    if call.request.method == "DELETE":
        call.world.drop("keypair", key)
        return call.reply(204 if call.minor >= 2 else 202)
    extra = {"user_id": found["user_id"], "created_at": plain(found["created"]), "deleted": False}
    extra |= {"deleted_at": None, "updated_at": None, "id": found["number"]}
    return call.reply(200, {"keypair": _keypair(call, found) | extra})


def create_keypair(call: NovaCall) -> SimReply:
    """Import a public key; generation ended with 2.92 and is not simulated before."""
    body = call.body("keypair")
    need(body, "keypair", "name", "public_key")
    text(body["name"], "name", empty=False)
    key = f"{call.caller.user_id}:{body['name']}"
    own = [one for one in call.world.things("keypair").values() if one["user_id"] == call.caller.user_id]
    if key in call.world.things("keypair"):
        raise Refused(409, f"Key pair '{body['name']}' already exists.")
    if len(own) >= 100:
        raise Refused(403, "Quota exceeded, too many key pairs.")
    made = {
        "name": body["name"],
        "user_id": call.caller.user_id,
        "public_key": body["public_key"],
        "fingerprint": fingerprint(body["public_key"]),
        "type": body.get("type", "ssh"),
        "created": call.now,
        "number": len(call.world.things("keypair")) + 1,
    }
    call.world.put("keypair", key, made)
    view = _keypair(call, made) | {"user_id": made["user_id"]}
    return call.reply(201 if call.minor >= 2 else 200, {"keypair": view})


def fingerprint(public_key: str) -> str:
    """Return the MD5 fingerprint of an OpenSSH public key; raise Refused (400) if it is none."""
    try:
        raw = base64.b64decode(public_key.split()[1], validate=True)
    except (IndexError, ValueError):
        raise Refused(400, "Keypair data is invalid: failed to generate fingerprint") from None
    digest = hashlib.md5(raw, usedforsecurity=False).hexdigest()
    return ":".join(digest[place : place + 2] for place in range(0, 32, 2))


def _keypair(call: NovaCall, key: Thing) -> Thing:
    view = {"name": key["name"], "public_key": key["public_key"], "fingerprint": key["fingerprint"]}
    return view | {"type": key["type"]} if call.minor >= 2 else view


def zones(call: NovaCall, detailed: bool) -> SimReply:
    """List availability zones; hosts only in the detailed form, for admins."""
    zone: Thing = {"zoneName": "nova", "zoneState": {"available": True}, "hosts": None}
    internal: Thing = {"zoneName": "internal", "zoneState": {"available": True}}
    if not detailed:
        return call.reply(200, {"availabilityZoneInfo": [zone]})
    call.allow("admin", "os-availability-zone:detail")
    seen = plain(call.now)
    up = {host: status == "UP" for host, status in host_statuses(call.world).items()}
    zone["hosts"] = {
        host: {"nova-compute": {"active": True, "available": available, "updated_at": seen}}
        for host, available in sorted(up.items())
    }
    alive = {"active": True, "available": True, "updated_at": seen}
    internal["hosts"] = {"controller-01": {"nova-conductor": alive, "nova-scheduler": alive}}
    return call.reply(200, {"availabilityZoneInfo": [internal, zone]})


def server_groups(call: NovaCall) -> SimReply:
    """List the project's server groups."""
    rows = call.world.things("server_group").values()
    every = call.request.first("all_projects") is not None and call.caller.is_admin
    own = [row for row in rows if every or row["project_id"] == call.caller.project_id]
    return call.reply(200, {"server_groups": [_server_group(call, row) for row in own]})


def _server_group(call: NovaCall, row: Thing) -> Thing:
    fleet = call.world.fleet.of(row["project_id"], call.now)
    members = [e.server.id for e in fleet if e.server.group == row["id"] and not e.moment.deleted]
    view = {"id": row["id"], "name": row["name"], "members": members}
    if call.minor >= 13:
        view |= {"project_id": row["project_id"], "user_id": row["user_id"]}
    if call.minor >= 64:
        return view | {"policy": row["policy"], "rules": {}}
    return view | {"policies": [row["policy"]], "metadata": {}}


def extensions(call: NovaCall) -> SimReply:
    """List extensions: none worth naming, the microversion says it all."""
    return call.reply(200, {"extensions": []})
