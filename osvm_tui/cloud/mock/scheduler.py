"""Which host Nova's scheduler chooses: an enabled one that is up, as the server's group wants it.

Hosts are never full here. A hard policy that no host meets is "no valid host"; a soft one is kept as well as can be.
"""

from __future__ import annotations

from collections import Counter

from osvm_tui.cloud.mock.nova_call import NovaCall
from osvm_tui.cloud.mock.server_groups import RULE


def pick_host(
    call: NovaCall, besides: str | None = None, *, group: str | None = None, server: str | None = None
) -> str | None:
    """Return the host that the scheduler chooses, or None: no valid host.

    `besides` is left out. `group` is the server group of `server`, which itself does not count as a member.
    """
    world = call.world
    rng = world.chance("host")
    if rng.random() < world.knobs.no_valid_host:
        return None
    hosts = sorted(
        service["host"]
        for service in world.things("service").values()
        if service["binary"] == "nova-compute"
        and service["state"] == "up"
        and service["status"] == "enabled"
        and service["host"] != besides
    )
    hosts = _as_wanted(call, hosts, group, server)
    return rng.choice(hosts) if hosts else None


def _as_wanted(call: NovaCall, hosts: list[str], group: str | None, server: str | None) -> list[str]:
    found = call.world.things("server_group").get(group or "")
    if found is None:
        return hosts
    there = _members_by_host(call, found["id"], server)
    policy = found["policy"]
    if policy == "affinity":
        return [host for host in hosts if host in there] if there else hosts
    if policy == "anti-affinity":
        return [host for host in hosts if there[host] < found["rules"].get(RULE, 1)]
    counts = [there[host] for host in hosts]
    best = (max if policy == "soft-affinity" else min)(counts, default=0)
    return [host for host in hosts if there[host] == best]


def _members_by_host(call: NovaCall, group: str, server: str | None) -> Counter[str]:
    """Count the group's members by the host that they are on, or are on their way to."""
    entries = call.world.fleet.of(None, call.now)
    last = [e.server.line[-1] for e in entries if e.server.group == group and e.server.id != server]
    return Counter(moment.host for moment in last if moment.host is not None and not moment.deleted)
