"""The simulated Neutron v2.0: which collection answers, who sees which row, filters and fields.

What changes a row is in floating_ips.py and the neutron_*.py of its kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from osvm_tui.cloud.mock import (
    floating_ips,
    neutron_groups,
    neutron_nets,
    neutron_ports,
    neutron_routers,
    neutron_rules,
    port_records,
)
from osvm_tui.cloud.mock.accounts import Caller
from osvm_tui.cloud.mock.neutron_call import NeutronCall, Refused, Thing
from osvm_tui.cloud.mock.replies import neutron_fault
from osvm_tui.cloud.mock.request import SimReply, SimRequest
from osvm_tui.cloud.mock.world import World

EXTENSIONS = [
    "router",
    "security-group",
    "quotas",
    "quota_details",
    "external-net",
    "binding",
    "port-security",
    "standard-attr-tag",
    "provider",
    "subnet_allocation",
    "project-id",
    "standard-attr-timestamp",
    "standard-attr-revisions",
    "filter-validation",
    "fip-port-details",
]
QUOTAS = {
    "floatingip": 50,
    "network": 100,
    "port": 500,
    "rbac_policy": 10,
    "router": 10,
    "security_group": 10,
    "security_group_rule": 100,
    "subnet": 100,
    "subnetpool": -1,
}
_PAGING = frozenset({"limit", "marker", "sort_key", "sort_dir", "fields", "page_reverse"})
_ONE = {
    "networks": "network",
    "subnets": "subnet",
    "ports": "port",
    "routers": "router",
    "floatingips": "floatingip",
    "security-groups": "security_group",
    "security-group-rules": "security_group_rule",
}
_NAMES = {
    "network": "Network",
    "subnet": "Subnet",
    "port": "Port",
    "router": "Router",
    "floatingip": "FloatingIP",
    "security_group": "SecurityGroup",
    "security_group_rule": "SecurityGroupRule",
}
_PATH = re.compile(r"/v2\.0/([a-z-]+)(?:/([^/]+))?(?:/([^/]+))?")


def handle(world: World, caller: Caller, request: SimRequest) -> SimReply:
    """Answer one request to Neutron; a change runs inside one transaction."""
    call = NeutronCall(world, caller, request)
    try:
        if request.method in ("GET", "HEAD"):
            return _read(call)
        with world.transaction():
            return _write(call)
    except Refused as refused:
        return neutron_fault(request, refused.status, refused.kind, refused.message)


def _parts(call: NeutronCall) -> tuple[str, str | None, str | None]:
    match = _PATH.fullmatch(call.request.path.removesuffix(".json").rstrip("/"))
    if match is None:
        raise Refused(404, "HTTPNotFound", "The resource could not be found.")
    return match[1], match[2], match[3]


def _read(call: NeutronCall) -> SimReply:
    collection, key, below = _parts(call)
    if collection == "extensions":
        return _extensions(call, key)
    if collection == "quotas":
        return _quotas(call, key, below)
    if collection == "agents":
        return call.reply(200, {"agents": []})
    if collection == "availability_zones":
        return call.reply(200, {"availability_zones": []})
    kind = _ONE.get(collection)
    if kind is None:
        raise Refused(404, "HTTPNotFound", "The resource could not be found.")
    if key is None:
        return _list(call, collection, kind)
    row = next((row for row in _rows(call, kind) if row["id"] == key), None)
    if row is None:
        raise not_found(kind, key)
    return call.reply(200, {kind: _picked(call, row)})


def not_found(kind: str, key: str) -> Refused:
    """Return Neutron's 404 for a row that is not there, or not the caller's."""
    name = _NAMES[kind]
    text = {
        "floatingip": f"Floating IP {key} could not be found",
        "router": f"Router {key} could not be found",
        "security_group": f"Security group {key} does not exist",
        "security_group_rule": f"Security group rule {key} does not exist",
    }
    return Refused(404, f"{name}NotFound", text.get(kind, f"{name} {key} could not be found."))


def _write(call: NeutronCall) -> SimReply:
    collection, key, below = _parts(call)
    if below is not None and key is not None and (call.request.method, collection) == ("PUT", "routers"):
        call.must_be_member()
        return neutron_routers.act(call, key, below)
    verb = (call.request.method, collection, key is not None)
    handler = _WRITES.get(verb) if below is None else None
    if handler is None:
        raise Refused(404, "HTTPNotFound", "The resource could not be found.")
    call.must_be_member()
    return handler(call, key) if key is not None else handler(call)


_WRITES: dict[tuple[str, str, bool], Callable[..., SimReply]] = {
    ("POST", "floatingips", False): floating_ips.create,
    ("PUT", "floatingips", True): floating_ips.update,
    ("DELETE", "floatingips", True): floating_ips.delete,
    ("POST", "security-groups", False): neutron_groups.create,
    ("PUT", "security-groups", True): neutron_groups.update,
    ("DELETE", "security-groups", True): neutron_groups.delete,
    ("POST", "security-group-rules", False): neutron_rules.create,
    ("DELETE", "security-group-rules", True): neutron_rules.delete,
    ("POST", "ports", False): neutron_ports.create,
    ("PUT", "ports", True): neutron_ports.update,
    ("DELETE", "ports", True): neutron_ports.delete,
    ("POST", "networks", False): neutron_nets.create_network,
    ("PUT", "networks", True): neutron_nets.update_network,
    ("DELETE", "networks", True): neutron_nets.delete_network,
    ("POST", "subnets", False): neutron_nets.create_subnet,
    ("PUT", "subnets", True): neutron_nets.update_subnet,
    ("DELETE", "subnets", True): neutron_nets.delete_subnet,
    ("POST", "routers", False): neutron_routers.create,
    ("PUT", "routers", True): neutron_routers.update,
    ("DELETE", "routers", True): neutron_routers.delete,
}


def _rows(call: NeutronCall, kind: str) -> Iterable[Thing]:
    world, caller = call.world, call.caller
    if kind == "security_group_rule":
        rows: Iterable[Thing] = (
            rule for group in neutron_groups.groups(call) for rule in group["security_group_rules"]
        )
    elif kind == "security_group":
        rows = neutron_groups.groups(call)
    elif kind == "floatingip":
        rows = (floating_ips.view(call, row) for row in world.things("floatingip").values())
    elif kind == "port":
        rows = port_records.alive(world, call.now)
    else:
        rows = world.things(kind).values()
    for row in rows:
        if row.get("_from", 0) > call.now:
            continue
        if caller.is_admin or row["project_id"] == caller.project_id or row.get("shared") or _external(call, row):
            yield row


def _external(call: NeutronCall, row: Thing) -> bool:
    return bool(row.get("router:external"))


def _list(call: NeutronCall, collection: str, kind: str) -> SimReply:
    rows = [row for row in _rows(call, kind) if _matches(call, row)]
    keys = call.request.every("sort_key")
    if keys:
        backwards = call.request.first("sort_dir") == "desc"
        rows.sort(key=lambda row: str(row.get(keys[0]) or ""), reverse=backwards)
    body: Thing = {}
    limit = call.request.first("limit")
    if limit and limit.isdigit() and int(limit):
        rows = _after_marker(call, rows)
        more = len(rows) > int(limit)
        rows = rows[: int(limit)]
        if more:
            base = f"{call.request.base_url}/network{call.request.path}"
            link = {"rel": "next", "href": f"{base}?limit={limit}&marker={rows[-1]['id']}"}
            body[f"{collection.replace('-', '_')}_links"] = [link]
    name = collection.replace("-", "_")
    return call.reply(200, msgspec.json.encode({name: [_picked(call, row) for row in rows]} | body))


def _after_marker(call: NeutronCall, rows: list[Thing]) -> list[Thing]:
    marker = call.request.first("marker")
    if marker is None:
        return rows
    places = [place for place, row in enumerate(rows) if row["id"] == marker]
    return rows[places[0] + 1 :] if places else []


def _matches(call: NeutronCall, row: Thing) -> bool:
    names = {name for name, _ in call.request.query} - _PAGING
    return all(_has(row, name, call.request.every(name)) for name in names)


def _has(row: Thing, name: str, wanted: list[str]) -> bool:
    if name == "fixed_ips":
        terms = [term.split("=", 1) for term in wanted if "=" in term]
        return any(any(str(ip.get(key)) == value for key, value in terms) for ip in row.get("fixed_ips", ()))
    if name in ("tags", "tags-any"):
        asked = {tag for text in wanted for tag in text.split(",")}
        return bool(asked & set(row.get("tags", ())))
    if name == "changed_since":
        return str(row.get("updated_at", "")) >= wanted[0]
    if name not in row:
        return name not in ("id", "name", "status")
    return _word(row[name]) in {text.lower() if text in ("True", "False") else text for text in wanted}


def _word(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)


def _picked(call: NeutronCall, row: Thing) -> Thing:
    fields = set(call.request.every("fields"))
    return {name: value for name, value in row.items() if name[0] != "_" and (not fields or name in fields)}


def _extensions(call: NeutronCall, alias: str | None) -> SimReply:
    rows = [
        {
            "alias": name,
            "name": name.replace("-", " ").capitalize(),
            "description": name,
            "links": [],
            "updated": "2020-01-01T00:00:00-00:00",
        }
        for name in EXTENSIONS
    ]
    if alias is None:
        return call.reply(200, {"extensions": rows})
    for row in rows:
        if row["alias"] == alias:
            return call.reply(200, {"extension": row})
    raise Refused(404, "ExtensionNotFound", f"Extension with alias {alias} does not exist")


def _quotas(call: NeutronCall, project: str | None, detail: str | None) -> SimReply:
    if project is None:
        call.must_be_admin("get_quota")
        return call.reply(200, {"quotas": []})
    if project != call.caller.project_id:
        call.must_be_admin("get_quota")
    limits = QUOTAS | call.world.things("network_quota").get(project, {})
    if detail is None or detail == "default":
        return call.reply(200, {"quota": limits})
    used = {kind: call.count(kind, project) for kind in _ONE.values()}
    groups = (row for row in call.world.things("security_group").values() if row["project_id"] == project)
    used["security_group_rule"] = sum(len(group["security_group_rules"]) for group in groups)
    rows = {name: {"limit": n, "used": used.get(name, 0), "reserved": 0} for name, n in limits.items()}
    return call.reply(200, {"quota": rows})
