"""Nova's quotas: what a project uses, its limits, and the refusal of what goes over them (403, not 413)."""

from __future__ import annotations

from typing import Any

from osvm_tui.cloud.mock.fleet import Entry
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.server import Flavor

DEFAULTS = {
    "instances": 10,
    "cores": 20,
    "ram": 51200,
    "metadata_items": 128,
    "key_pairs": 100,
    "server_groups": 10,
    "server_group_members": 10,
}


def limits_of(call: NovaCall, project: str) -> dict[str, int]:
    """Return the limits of a project; -1 is unlimited."""
    return DEFAULTS | call.world.things("quota").get(project, {})


def used(call: NovaCall, project: str) -> dict[str, int]:
    """Return what a project uses: every server that is not deleted counts, whatever its state."""
    use = {"instances": 0, "cores": 0, "ram": 0}
    for entry in call.world.fleet.of(project, call.now):
        if not entry.moment.deleted:
            use["instances"] += 1
            use["cores"] += entry.moment.flavor.vcpus
            use["ram"] += entry.moment.flavor.ram
    return use


def check(call: NovaCall, project: str, wanted: dict[str, int]) -> None:
    """Refuse with 403 what would go over the project's limits."""
    limits, use = limits_of(call, project), used(call, project)
    over = sorted(name for name, n in wanted.items() if n > 0 and 0 <= limits[name] < use[name] + n)
    if over:
        asked = ", ".join(str(wanted[name]) for name in over)
        already = ", ".join(str(use[name]) for name in over)
        allowed = ", ".join(str(limits[name]) for name in over)
        names = ", ".join(over)
        raise Refused(
            403,
            f"Quota exceeded for {names}: Requested {asked}, but already used {already} of {allowed} {names}",
        )


def check_flavor_change(call: NovaCall, entry: Entry, flavor: Flavor) -> None:
    """Refuse a resize that needs more cores or memory than the project has left."""
    old = entry.moment.flavor
    check(call, entry.server.project, {"cores": flavor.vcpus - old.vcpus, "ram": flavor.ram - old.ram})


def limits(call: NovaCall) -> SimReply:
    """Show limits and use of the caller's project (tenant_id: admin)."""
    project = call.request.first("tenant_id") or call.caller.project_id
    if project != call.caller.project_id:
        call.allow("admin", "limits:other_project")
    limit, use = limits_of(call, project), used(call, project)
    absolute = {
        "maxTotalInstances": limit["instances"],
        "maxTotalCores": limit["cores"],
        "maxTotalRAMSize": limit["ram"],
        "maxTotalKeypairs": limit["key_pairs"],
        "maxServerMeta": limit["metadata_items"],
        "maxServerGroups": limit["server_groups"],
        "maxServerGroupMembers": limit["server_group_members"],
        "totalInstancesUsed": use["instances"],
        "totalCoresUsed": use["cores"],
        "totalRAMUsed": use["ram"],
        "totalServerGroupsUsed": groups_used(call, project),
    }
    if call.minor < 57:
        absolute |= {"maxPersonality": 5, "maxPersonalitySize": 10240, "maxImageMeta": 128}
    if call.minor < 36:
        absolute |= {"maxSecurityGroups": 10, "maxSecurityGroupRules": 20, "totalSecurityGroupsUsed": 0}
        absolute |= {"maxTotalFloatingIps": 10, "totalFloatingIpsUsed": 0}
    return call.reply(200, {"limits": {"rate": [], "absolute": absolute}})


def groups_used(call: NovaCall, project: str) -> int:
    """Return how many server groups a project has."""
    return sum(1 for group in call.world.things("server_group").values() if group["project_id"] == project)


def show(call: NovaCall, project: str, detailed: bool = False) -> SimReply:
    """Show a project's quota set; with `detailed` also what is in use."""
    policy = "detail" if detailed else "show"
    call.allow("reader" if project == call.caller.project_id else "admin", f"os-quota-sets:{policy}")
    limit = limits_of(call, project)
    if not detailed:
        return call.reply(200, {"quota_set": {"id": project, **limit}})
    use = used(call, project) | {"server_groups": groups_used(call, project)}
    rows: dict[str, Any] = {
        name: {"in_use": use.get(name, 0), "limit": value, "reserved": 0} for name, value in limit.items()
    }
    return call.reply(200, {"quota_set": {"id": project, **rows}})


def defaults(call: NovaCall, project: str) -> SimReply:
    """Show the quotas that a project has without any of its own."""
    return call.reply(200, {"quota_set": {"id": project, **DEFAULTS}})
