"""What else a seeded cloud with VMs has: server groups, free floating IPs, an open security group, moves, a dead host.

From chance of its own, after everything else, so that it moves nothing that was there before it.
"""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec

from osvm_tui.cloud.mock import floating_ips
from osvm_tui.cloud.mock.accounts import PROJECTS, USERS
from osvm_tui.cloud.mock.neutron_groups import group_record, rule_record
from osvm_tui.cloud.mock.neutron_routers import interface_record
from osvm_tui.cloud.mock.port_records import lowest_free
from osvm_tui.cloud.mock.seed_ids import uuid_of
from osvm_tui.cloud.mock.server import Server

Thing = dict[str, Any]
Things = dict[str, dict[str, Thing]]
DAY_S = 86400.0
GROUPS = (
    ("demo", "db-apart", "anti-affinity", "db"),
    ("demo", "k8s-workers", "soft-anti-affinity", "k8s-worker"),
    ("web", "frontends", "soft-anti-affinity", "web"),
    ("ops", "ci-together", "soft-affinity", "ci-runner"),
    ("demo", "reserved", "affinity", ""),
)
"""Project, name, policy, and the role of the members."""
MOST_MEMBERS = 10
FREE_ADDRESSES = ("demo", "demo", "web", "ops")
DEAD_HOST = "compute-09"
FOR_A_DEAD_HOST = 40
"""Clouds with fewer VMs have no dead host."""


def extras(rng: Random, things: Things, servers: list[Server], start: float) -> None:
    """Add to `things` and `servers`; an empty cloud only gets the ports of its routers."""
    things["server_group"] = {}
    _router_ports(rng, things, start)
    if not servers:
        return
    for project, name, policy, role in GROUPS:
        _server_group(rng, things, servers, (project, name, policy, role))
    for project in FREE_ADDRESSES:
        _free_address(rng, things, project, start)
    _open_group(rng, things, start)
    _migrations(rng, things, servers)
    if len(servers) >= FOR_A_DEAD_HOST:
        _dead_host(rng, things, servers, start)


def _router_ports(rng: Random, things: Things, start: float) -> None:
    """Put every project's router into the subnet of its network."""
    for router in things["router"].values():
        inside = (row for row in things["network"].values() if not row["router:external"])
        network = next(row for row in inside if row["project_id"] == router["project_id"])
        subnet = things["subnet"][network["subnets"][0]]
        port = interface_record(uuid_of(rng), router, subnet, start - 2 * 365 * DAY_S)
        things["port"][port["id"]] = port


def _server_group(rng: Random, things: Things, servers: list[Server], row: tuple[str, str, str, str]) -> None:
    project, name, policy, role = row
    owner, user = PROJECTS[project].id, USERS["demo" if project == "demo" else "operator"].id
    key, hosts = uuid_of(rng), set[str | None]()
    things["server_group"][key] = {"id": key, "name": name, "policy": policy, "rules": {}} | {
        "project_id": owner,
        "user_id": user,
    }
    members = 0
    for server in servers:
        last, wanted = server.line[-1], server.metadata.get("role") == role and server.project == owner
        apart = policy != "anti-affinity" or (last.host is not None and last.host not in hosts)
        if wanted and apart and not last.deleted and members < MOST_MEMBERS:
            server.group = key
            hosts.add(last.host)
            members += 1


def _free_address(rng: Random, things: Things, project: str, start: float) -> None:
    public = next(row for row in things["network"].values() if row["router:external"])
    subnet = things["subnet"][public["subnets"][0]]
    address = lowest_free(subnet, {row["floating_ip_address"] for row in things["floatingip"].values()})
    if address is not None:
        key = uuid_of(rng)
        at = start - rng.uniform(1, 200) * DAY_S
        things["floatingip"][key] = floating_ips.record(key, PROJECTS[project].id, public["id"], address, at)


def _open_group(rng: Random, things: Things, start: float) -> None:
    key, at = uuid_of(rng), start - 300 * DAY_S
    group = group_record(key, PROJECTS["demo"].id, "legacy-open", "from before the move, nobody dares", at)
    rules = [rule_record(uuid_of(rng), group, at, direction="egress", ethertype=kind) for kind in ("IPv4", "IPv6")]
    rules.append(rule_record(uuid_of(rng), group, at, remote_ip_prefix="0.0.0.0/0", protocol="tcp"))
    rules.append(rule_record(uuid_of(rng), group, at, remote_ip_prefix="::/0", ethertype="IPv6"))
    things["security_group"][key] = group | {"security_group_rules": rules}


def _migrations(rng: Random, things: Things, servers: list[Server]) -> None:
    """Add the records of moves that are under way, or done and not yet confirmed."""
    things["migration"] = {}
    for server in servers:
        first, last = server.line[0], server.line[-1]
        if first.task_state == "migrating":
            kind, source, line = "live-migration", first.host, [[first.at, "running"], [last.at, "completed"]]
        elif last.vm_state == "resized" and server.was is not None:
            begun = first.at if first is not last else last.at - 15
            kind, source, line = "resize", server.was.host, [[begun, "migrating"], [last.at, "finished"]]
        else:
            continue
        number = len(things["migration"]) + 1
        record = {"id": number, "uuid": uuid_of(rng), "server": server.id, "kind": kind, "source": source}
        record |= {"target": last.host, "user": USERS["admin"].id, "project": server.project, "line": line}
        things["migration"][str(number)] = record


def _dead_host(rng: Random, things: Things, servers: list[Server], start: float) -> None:
    """Add a host that died yesterday, with the last VM in error on it: the one to evacuate."""
    key = uuid_of(rng)
    things["service"][key] = {
        "id": key,
        "binary": "nova-compute",
        "host": DEAD_HOST,
        "zone": "nova",
        "state": "down",
        "seen": start - DAY_S,
        "forced_down": False,
        "node": uuid_of(rng),
        "address": "10.0.0.40",
        "status": "enabled",
        "disabled_reason": None,
    }
    for server in reversed(servers):
        last = server.line[-1]
        if last.vm_state == "error" and last.launched_at is not None:
            server.line = [msgspec.structs.replace(moment, host=DEAD_HOST) for moment in server.line]
            return
