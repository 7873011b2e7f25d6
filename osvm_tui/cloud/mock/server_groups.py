"""Nova's server groups: list, show, create, delete. Members are the servers that name the group."""

from __future__ import annotations

from typing import Any

from osvm_tui.cloud.mock import quotas
from osvm_tui.cloud.mock.action_bodies import invalid, is_uuid, need, only, text
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused
from osvm_tui.cloud.mock.request import SimReply

Thing = dict[str, Any]
HARD = ["anti-affinity", "affinity"]
SOFT = ["soft-anti-affinity", "soft-affinity"]
RULE = "max_server_per_host"


def index(call: NovaCall) -> SimReply:
    """List the project's groups; with all_projects those of all (admin). Pages by limit and offset."""
    every = call.request.first("all_projects") is not None and call.caller.is_admin
    rows = call.world.things("server_group").values()
    own = [row for row in rows if every or row["project_id"] == call.caller.project_id]
    first, limit = int(call.request.first("offset") or 0), int(call.request.first("limit") or 1000)
    members = _members(call)
    page = own[first : first + limit]
    return call.reply(200, {"server_groups": [_view(call, row, members.get(row["id"], [])) for row in page]})


def one(call: NovaCall, key: str) -> SimReply:
    """Show or delete one group; its servers stay where they are."""
    removes = call.request.method == "DELETE"
    found = call.world.things("server_group").get(key)
    if found is None or not (call.caller.is_admin or found["project_id"] == call.caller.project_id):
        raise Refused(404, f"Instance group {key} could not be found.")
    call.allow("member" if removes else "reader", f"os-server-groups:{'delete' if removes else 'show'}")
    if removes:
        call.world.drop("server_group", key)
        return call.reply(204)
    return call.reply(200, {"server_group": _view(call, found, _members(call).get(key, []))})


def create(call: NovaCall) -> SimReply:
    """Make a group with one policy: `policies` before 2.64, `policy` and `rules` from then on."""
    body = call.body("server_group")
    policy, rules = _policy(call, body)
    call.allow("member", "os-server-groups:create")
    project = call.caller.project_id
    if 0 <= quotas.limits_of(call, project)["server_groups"] <= quotas.groups_used(call, project):
        raise Refused(403, "Quota exceeded, too many server groups.")
    key = call.world.new_id("server_group")
    made: Thing = {"id": key, "name": body["name"], "policy": policy, "rules": rules}
    made |= {"project_id": project, "user_id": call.caller.user_id}
    call.world.put("server_group", key, made)
    return call.reply(200, {"server_group": _view(call, made, [])})


def _policy(call: NovaCall, body: Any) -> tuple[str, Thing]:
    field = "policy" if call.minor >= 64 else "policies"
    need(body, "server_group", "name", field)
    only(body, "server_group", {"name", field} | ({"rules"} if call.minor >= 64 else set()))
    text(body["name"], "name", empty=False)
    if call.minor < 64 and (not isinstance(body[field], list) or len(body[field]) != 1):
        raise invalid(field, body[field], f"{body[field]!r} is not a list of one policy")
    policy = body[field] if call.minor >= 64 else body[field][0]
    known = HARD + (SOFT if call.minor >= 15 else [])
    if policy not in known:
        raise invalid("policy" if call.minor >= 64 else "0", policy, f"{policy!r} is not one of {known}")
    rules = body.get("rules") or {}
    if rules and policy != "anti-affinity":
        raise Refused(400, "Only anti-affinity policy supports rules.")
    only(rules, "rules", {RULE})
    return policy, {RULE: int(rules[RULE])} if RULE in rules else {}


def _members(call: NovaCall) -> dict[str, list[str]]:
    """Return the servers of every group that has some, newest first."""
    found: dict[str, list[str]] = {}
    for entry in call.world.fleet.of(None, call.now):
        if entry.server.group and not entry.moment.deleted:
            found.setdefault(entry.server.group, []).append(entry.server.id)
    return found


def _view(call: NovaCall, row: Thing, members: list[str]) -> Thing:
    view: Thing = {"id": row["id"], "name": row["name"], "members": members}
    if call.minor >= 13:
        view |= {"project_id": row["project_id"], "user_id": row["user_id"]}
    if call.minor >= 64:
        return view | {"policy": row["policy"], "rules": row["rules"]}
    return view | {"policies": [row["policy"]], "metadata": {}}


def hinted(call: NovaCall) -> str | None:
    """Return the group that a create request's scheduler hints name; refuse one that is unknown or full."""
    body = call.request.json() or {}
    hints = body.get("os:scheduler_hints") or body.get("OS-SCH-HNT:scheduler_hints") or {}
    need(hints, "os:scheduler_hints")
    key = hints.get("group")
    if key is None:
        return None
    if not is_uuid(key):
        raise invalid("group", key, f"{key!r} is not a 'uuid'")
    found = call.world.things("server_group").get(key)
    if found is None or not (call.caller.is_admin or found["project_id"] == call.caller.project_id):
        raise Refused(400, f"Instance group {key} could not be found.")
    most = quotas.limits_of(call, call.caller.project_id)["server_group_members"]
    if 0 <= most <= len(_members(call).get(key, [])):
        raise Refused(403, "Quota exceeded, too many servers in group")
    return str(key)
