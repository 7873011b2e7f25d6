"""Neutron's security groups: create, change, delete, and the rules that a new group starts with."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from osvm_tui.cloud.mock import port_records
from osvm_tui.cloud.mock.clock import zulu
from osvm_tui.cloud.mock.neutron_call import NeutronCall, Refused, Thing
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.security_groups import name_groups


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
        "normalized_cidr": normal_cidr(fields.get("remote_ip_prefix")),
        "description": "",
        "tags": [],
        "revision_number": 0,
        "created_at": zulu(at),
        "updated_at": zulu(at),
        **fields,
    }


def normal_cidr(prefix: object) -> str | None:
    """Return a range without host bits, as Neutron normalises it."""
    return None if prefix is None else str(ipaddress.ip_network(str(prefix), strict=False))


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
    group, body = owned(call, key), call.body("security_group")
    if "name" in body and body["name"] != group["name"]:
        if group["name"] == "default":
            text = "Updating default security group not allowed."
            raise Refused(409, "SecurityGroupCannotUpdateDefault", text)
        if body["name"] == "default":
            raise Refused(409, "SecurityGroupDefaultAlreadyExists", "Default security group already exists.")
    changes = {name: body[name] for name in ("name", "description") if name in body}
    group = group | changes | {"updated_at": zulu(call.now), "revision_number": group["revision_number"] + 1}
    call.world.put("security_group", key, group)
    holders = {port["device_id"] for port in port_records.alive(call.world, call.now) if key in port["security_groups"]}
    for server in holders:
        name_groups(call.world, server, call.now)
    return call.reply(200, {"security_group": group})


def delete(call: NeutronCall, key: str) -> SimReply:
    """Delete a group that no port uses."""
    group = owned(call, key)
    if group["name"] == "default" and not call.caller.is_admin:
        raise Refused(
            409, "SecurityGroupCannotRemoveDefault", "Insufficient rights for removing default security group."
        )
    if any(key in port["security_groups"] for port in port_records.alive(call.world, call.now)):
        raise Refused(409, "SecurityGroupInUse", f"Security Group {key} in use.")
    call.world.drop("security_group", key)
    for other in list(call.world.things("security_group").values()):
        kept = [rule for rule in other["security_group_rules"] if rule["remote_group_id"] != key]
        if len(kept) < len(other["security_group_rules"]):
            rewrite(call, other, kept)
    return call.reply(204)


def rewrite(call: NeutronCall, group: Thing, rules: list[Thing]) -> None:
    """Write a group with other rules."""
    changed = {"security_group_rules": rules, "revision_number": group["revision_number"] + 1}
    call.world.put("security_group", group["id"], group | changed | {"updated_at": zulu(call.now)})


def owned(call: NeutronCall, key: str) -> Thing:
    """Return the caller's group, or refuse with 404."""
    group = call.own("security_group", key)
    if group is None:
        raise Refused(404, "SecurityGroupNotFound", f"Security group {key} does not exist")
    return group
