"""Security groups of a server: Nova's add and remove actions, which look at no state and no lock."""

from __future__ import annotations

from typing import Any

from osvm_tui.cloud.mock import port_records
from osvm_tui.cloud.mock.fleet import Entry
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.world import World

Thing = dict[str, Any]


def group_named(call: NovaCall, ref: str, project: str, status: int) -> Thing:
    """Return the project's group with this name or id; refuse if unknown (`status`) or ambiguous (409)."""
    groups = [g for g in call.world.things("security_group").values() if g["project_id"] == project]
    by_id = [group for group in groups if group["id"] == ref]
    found = by_id or [group for group in groups if group["name"] == ref]
    if len(found) > 1:
        raise Refused(409, f"Multiple security groups found matching '{ref}'. Use an ID to be more specific.")
    if not found:
        text = f"Unable to find security_group with name or id '{ref}'"
        raise Refused(status, text if status == 400 else f"Security group {ref} is not found for project {project}")
    return found[0]


def add_to_server(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    """Put a group on every port of a server; `updated` does not move."""
    group = group_named(call, value["name"], entry.server.project, 404)
    ports = port_records.of_server(call.world, entry.server.id, call.now)
    if not ports:
        raise Refused(404, f"Security group {value['name']} cannot be added: the server has no port")
    if any(group["id"] in port["security_groups"] for port in ports):
        text = f"Invalid input for security_groups. Reason: Duplicate items in the list: '{group['id']}'."
        raise Refused(400, f"{text}\nNeutron server returns request_ids: ['{call.request.request_id}']")
    for port in ports:
        _set(call, port, [*port["security_groups"], group["id"]])
    name_groups(call.world, entry.server.id, call.now)
    return call.reply(202)


def remove_from_server(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    """Take a group off every port of a server."""
    group = group_named(call, value["name"], entry.server.project, 404)
    mine = port_records.of_server(call.world, entry.server.id, call.now)
    ports = [port for port in mine if group["id"] in port["security_groups"]]
    if not ports:
        raise Refused(404, f"Security group {value['name']} not associated with the instance {entry.server.id}")
    for port in ports:
        _set(call, port, [key for key in port["security_groups"] if key != group["id"]])
    name_groups(call.world, entry.server.id, call.now)
    return call.reply(202)


def of_server(call: NovaCall, server_id: str) -> SimReply:
    """List the groups of a server in Nova's old form."""
    call.server(server_id)
    call.allow("reader", "os-security-groups:list")
    keys = {key for port in port_records.of_server(call.world, server_id, call.now) for key in port["security_groups"]}
    groups = [call.world.things("security_group")[key] for key in sorted(keys)]
    shown = [
        {
            "id": group["id"],
            "name": group["name"],
            "description": group["description"],
            "tenant_id": group["project_id"],
            "rules": [_old_rule(rule) for rule in group["security_group_rules"] if rule["direction"] == "ingress"],
        }
        for group in groups
    ]
    return call.reply(200, {"security_groups": shown})


def _old_rule(rule: Thing) -> Thing:
    """Return a rule as nova-network once wrote it; only ingress rules had a place there."""
    cidr = rule["remote_ip_prefix"]
    return {
        "id": rule["id"],
        "parent_group_id": rule["security_group_id"],
        "ip_protocol": rule["protocol"],
        "from_port": rule["port_range_min"],
        "to_port": rule["port_range_max"],
        "ip_range": {"cidr": cidr} if cidr else {},
        "group": {} if cidr else {"tenant_id": rule["project_id"]},
    }


def _set(call: NovaCall, port: Thing, groups: list[str]) -> None:
    call.world.put("port", port["id"], port | {"security_groups": groups})


def name_groups(world: World, server_id: str, now: float) -> None:
    """Let a server name the groups that its ports have now; without such a server nothing happens."""
    if server_id not in world.fleet:
        return
    server = world.checkout(server_id)
    keys = {key for port in port_records.of_server(world, server_id, now) for key in port["security_groups"]}
    server.security_groups = sorted(world.things("security_group")[key]["name"] for key in keys)
    world.save(server)
