"""Neutron's security groups and their rules: lists, create, delete, and the rules that a new group starts with."""

from __future__ import annotations

from collections.abc import Iterator

from osvm_tui.cloud.mock.clock import zulu
from osvm_tui.cloud.mock.neutron_call import NeutronCall, Refused, Thing
from osvm_tui.cloud.mock.request import SimReply

_SAME = (
    "direction",
    "ethertype",
    "protocol",
    "port_range_min",
    "port_range_max",
    "remote_ip_prefix",
    "remote_group_id",
)


def groups(call: NeutronCall) -> Iterator[Thing]:
    """Iterate the groups that the caller sees, rules inside."""
    for group in call.world.things("security_group").values():
        if call.caller.is_admin or group["project_id"] == call.caller.project_id:
            yield group


def group_record(key: str, project: str, name: str, description: str, at: float) -> Thing:
    """Return a group as Neutron keeps it, without rules, made at cloud time `at`."""
    return {
        "id": key,
        "name": name,
        "description": description,
        "project_id": project,
        "tenant_id": project,
        "stateful": True,
        "shared": False,
        "tags": [],
        "revision_number": 1,
        "created_at": zulu(at),
        "updated_at": zulu(at),
        "security_group_rules": [],
    }


def rule_record(key: str, group: Thing, at: float, **fields: object) -> Thing:
    """Return a rule of `group`; unnamed fields are null."""
    return {
        "id": key,
        "security_group_id": group["id"],
        "project_id": group["project_id"],
        "tenant_id": group["project_id"],
        "direction": "ingress",
        "ethertype": "IPv4",
        "protocol": None,
        "port_range_min": None,
        "port_range_max": None,
        "remote_ip_prefix": None,
        "remote_group_id": None,
        "remote_address_group_id": None,
        "normalized_cidr": fields.get("remote_ip_prefix"),
        "description": "",
        "tags": [],
        "revision_number": 0,
        "created_at": zulu(at),
        "updated_at": zulu(at),
        **fields,
    }


def create(call: NeutronCall) -> SimReply:
    """Make a group with the two egress rules that every new one has."""
    body = call.body("security_group")
    if 0 <= call.limit("security_group", 10) <= call.count("security_group", call.caller.project_id):
        raise Refused(409, "OverQuota", "Quota exceeded for resources: ['security_group'].")
    if body.get("name") == "default":
        raise Refused(409, "SecurityGroupDefaultAlreadyExists", "Default security group already exists.")
    key = call.world.new_id("security_group")
    name, description = str(body.get("name", "")), str(body.get("description", ""))
    group = group_record(key, call.caller.project_id, name, description, call.now)
    group["security_group_rules"] = [
        rule_record(call.world.new_id("rule"), group, call.now, direction="egress", ethertype=kind)
        for kind in ("IPv4", "IPv6")
    ]
    call.world.put("security_group", key, group)
    return call.reply(201, {"security_group": group})


def update(call: NeutronCall, key: str) -> SimReply:
    """Rename or describe a group."""
    group, body = _own(call, key), call.body("security_group")
    changes = {name: body[name] for name in ("name", "description") if name in body}
    group = group | changes | {"updated_at": zulu(call.now), "revision_number": group["revision_number"] + 1}
    call.world.put("security_group", key, group)
    return call.reply(200, {"security_group": group})


def delete(call: NeutronCall, key: str) -> SimReply:
    """Delete a group that no port uses."""
    group = _own(call, key)
    if group["name"] == "default" and not call.caller.is_admin:
        raise Refused(
            409, "SecurityGroupCannotRemoveDefault", "Insufficient rights for removing default security group."
        )
    alive = (port for port in call.world.things("port").values() if port.get("_gone", call.now + 1) > call.now)
    if any(key in port["security_groups"] for port in alive):
        raise Refused(409, "SecurityGroupInUse", f"Security Group {key} in use.")
    call.world.drop("security_group", key)
    return call.reply(204)


def create_rule(call: NeutronCall) -> SimReply:
    """Add a rule; the same rule again is 409 with the id of the one that is there."""
    body = call.body("security_group_rule")
    group = _own(call, str(body.get("security_group_id")))
    if body.get("port_range_min") is not None and body.get("protocol") is None:
        raise Refused(
            400, "SecurityGroupProtocolRequiredWithPorts", "Must also specify protocol if port range is given."
        )
    fields = {name: body[name] for name in (*_SAME, "description") if name in body}
    rule = rule_record(call.world.new_id("rule"), group, call.now, **fields)
    for other in group["security_group_rules"]:
        if all(other[name] == rule[name] for name in _SAME):
            text = f"Security group rule already exists. Rule id is {other['id']}."
            raise Refused(409, "SecurityGroupRuleExists", text)
    _rewrite(call, group, [*group["security_group_rules"], rule])
    return call.reply(201, {"security_group_rule": rule})


def delete_rule(call: NeutronCall, key: str) -> SimReply:
    """Remove a rule; it stops working at once."""
    for group in list(groups(call)):
        kept = [rule for rule in group["security_group_rules"] if rule["id"] != key]
        if len(kept) < len(group["security_group_rules"]):
            _rewrite(call, group, kept)
            return call.reply(204)
    raise Refused(404, "SecurityGroupRuleNotFound", f"Security group rule {key} does not exist")


def _rewrite(call: NeutronCall, group: Thing, rules: list[Thing]) -> None:
    changed = {"security_group_rules": rules, "revision_number": group["revision_number"] + 1}
    call.world.put("security_group", group["id"], group | changed | {"updated_at": zulu(call.now)})


def _own(call: NeutronCall, key: str) -> Thing:
    group = call.own("security_group", key)
    if group is None:
        raise Refused(404, "SecurityGroupNotFound", f"Security group {key} does not exist")
    return group
