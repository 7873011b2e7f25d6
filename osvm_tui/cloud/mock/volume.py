"""The simulated Cinder v3: which handler answers which path, version documents, types, services and zones.

Paths begin with /v3/{project_id} as in the catalogue; /v3 alone is taken, too, as by every Cinder since 3.67.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from osvm_tui.cloud.mock import volume_quotas, volume_snapshots, volumes
from osvm_tui.cloud.mock.accounts import Caller
from osvm_tui.cloud.mock.cinder_call import CinderCall, Refused, microversion, version_text
from osvm_tui.cloud.mock.clock import plain
from osvm_tui.cloud.mock.replies import cinder_fault, cinder_reply, nova_unknown_path
from osvm_tui.cloud.mock.request import SimReply, SimRequest
from osvm_tui.cloud.mock.volume_records import ZONE
from osvm_tui.cloud.mock.world import Thing, World

_ROOT = re.compile(r"/v3(?:/([0-9a-f]{32}))?(/.*)")


def _types(call: CinderCall) -> SimReply:
    call.allow("reader", "volume_extension:type_get_all")
    return call.reply(200, {"volume_types": [_type(row) for row in call.world.things("volume_type").values()]})


def _one_type(call: CinderCall, key: str) -> SimReply:
    found = call.world.things("volume_type").get(key)
    if key == "default":
        rows = call.world.things("volume_type").values()
        found = next((row for row in rows if row["name"] == volumes.DEFAULT_TYPE), None)
    if found is None:
        raise Refused(404, f"Volume type {key} could not be found.")
    return call.reply(200, {"volume_type": _type(found)})


def _type(row: Thing) -> Thing:
    view = {"id": row["id"], "name": row["name"], "is_public": True, "description": row["description"]}
    return view | {"extra_specs": {}, "os-volume-type-access:is_public": True}


def _services(call: CinderCall) -> SimReply:
    call.allow("admin", "volume_extension:services:index")
    rows = [("cinder-scheduler", "controller-01"), ("cinder-volume", "storage-01@rbd")]
    shown = [
        {"binary": binary, "host": host, "zone": ZONE, "status": "enabled", "state": "up", "disabled_reason": None}
        | {"updated_at": plain(call.now)}
        for binary, host in rows
    ]
    return call.reply(200, {"services": shown})


def _zones(call: CinderCall) -> SimReply:
    return call.reply(200, {"availabilityZoneInfo": [{"zoneName": ZONE, "zoneState": {"available": True}}]})


_ROUTES: list[tuple[str, str, Callable[..., SimReply]]] = [
    ("GET", "/volumes", lambda call: volumes.index(call, False)),
    ("GET", "/volumes/detail", lambda call: volumes.index(call, True)),
    ("POST", "/volumes", volumes.create),
    ("GET", "/volumes/{}", volumes.one),
    ("PUT", "/volumes/{}", volumes.update),
    ("DELETE", "/volumes/{}", volumes.delete),
    ("POST", "/volumes/{}/action", volumes.act),
    ("GET", "/snapshots", lambda call: volume_snapshots.index(call, False)),
    ("GET", "/snapshots/detail", lambda call: volume_snapshots.index(call, True)),
    ("POST", "/snapshots", volume_snapshots.create),
    ("GET", "/snapshots/{}", volume_snapshots.one),
    ("PUT", "/snapshots/{}", volume_snapshots.update),
    ("DELETE", "/snapshots/{}", volume_snapshots.delete),
    ("GET", "/types", _types),
    ("GET", "/types/{}", _one_type),
    ("GET", "/limits", volume_quotas.limits),
    ("GET", "/os-quota-sets/{}", volume_quotas.show),
    ("GET", "/os-services", _services),
    ("GET", "/os-availability-zone", _zones),
    ("GET", "/extensions", lambda call: call.reply(200, {"extensions": []})),
    ("GET", "/backups", lambda call: call.reply(200, {"backups": []})),
    ("GET", "/backups/detail", lambda call: call.reply(200, {"backups": []})),
]
_COMPILED = [(method, re.compile(path.replace("{}", "([^/]+)")), handler) for method, path, handler in _ROUTES]


def handle(world: World, caller: Caller, request: SimRequest) -> SimReply:
    """Answer one request to Cinder; everything that is not a read runs inside one transaction."""
    root = _ROOT.fullmatch(request.path)
    method = "GET" if request.method == "HEAD" else request.method
    path = root[2].removesuffix(".json").rstrip("/") if root else ""
    for allowed, pattern, handler in _COMPILED:
        match = pattern.fullmatch(path) if allowed == method else None
        if match is not None and root is not None:
            return _answer(world, caller, request, handler, root[1], match.groups())
    return nova_unknown_path(request)


def _answer(
    world: World,
    caller: Caller,
    request: SimRequest,
    handler: Callable[..., SimReply],
    project: str | None,
    parts: tuple[str, ...],
) -> SimReply:
    try:
        version = microversion(world, request)
    except Refused as refused:
        return cinder_fault(request, refused.status, refused.message)
    call = CinderCall(world, caller, request, version)
    try:
        if project not in (None, caller.project_id):
            raise Refused(400, "Malformed request url")
        call.allow("reader", "volume:get_all")
        if request.method in ("GET", "HEAD"):
            return handler(call, *parts)
        with world.transaction():
            return handler(call, *parts)
    except Refused as refused:
        return call.fault(refused)


def document(world: World, request: SimRequest) -> SimReply:
    """Return Cinder's version document, which needs no token."""
    media: dict[str, Any] = {"base": "application/json", "type": "application/vnd.openstack.volume+json;version=3"}
    links = [
        {"rel": "describedby", "type": "text/html", "href": "https://docs.openstack.org/"},
        {"rel": "self", "href": f"{request.base_url}/volume/v3/"},
    ]
    version = {
        "id": "v3.0",
        "status": "CURRENT",
        "version": version_text(world.release.volume_maximum),
        "min_version": "3.0",
        "updated": "2022-08-31T00:00:00Z",
        "links": links,
        "media-types": [media],
    }
    at_root = request.path.rstrip("/") in ("", "/volume")
    return cinder_reply(request, 300 if at_root else 200, {"versions": [version]})
