"""Cinder's quotas: what a project uses, its limits, and the refusal of what goes over them (413)."""

from __future__ import annotations

from osvm_tui.cloud.mock.cinder_call import CinderCall, Refused
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.volume_records import alive
from osvm_tui.cloud.mock.world import Thing, World

DEFAULTS = {"volumes": 10, "snapshots": 10, "gigabytes": 1000, "per_volume_gigabytes": -1} | {
    "backups": 10,
    "backup_gigabytes": 1000,
    "groups": 10,
}


def limits_of(world: World, project: str) -> dict[str, int]:
    """Return the limits of a project; -1 is unlimited."""
    return DEFAULTS | world.things("volume_quota").get(project, {})


def used(world: World, project: str, now: float) -> dict[str, int]:
    """Return what a project uses; the space of snapshots counts, too."""
    volumes = [one["size"] for one in alive(world, "volume", now) if one["project"] == project]
    copies = [one["size"] for one in alive(world, "volume_snapshot", now) if one["project"] == project]
    return {"volumes": len(volumes), "snapshots": len(copies), "gigabytes": sum(volumes) + sum(copies)}


def check(call: CinderCall, kind: str, gigabytes: int) -> None:
    """Refuse with 413 what would go over; `kind` is volumes, snapshots, or "" for more space alone."""
    project = call.caller.project_id
    limit, use = limits_of(call.world, project), used(call.world, project, call.now)
    if 0 <= limit["gigabytes"] < use["gigabytes"] + gigabytes:
        text = (
            "VolumeSizeExceedsAvailableQuota: Requested volume or snapshot exceeds allowed gigabytes quota."
            f" Requested {gigabytes}G, quota is {limit['gigabytes']}G and {use['gigabytes']}G has been consumed."
        )
        raise Refused(413, text)
    if kind and 0 <= limit[kind] <= use[kind]:
        tail = " for quota 'volumes'" if kind == "volumes" else ""
        name = "VolumeLimitExceeded" if kind == "volumes" else "SnapshotLimitExceeded"
        raise Refused(413, f"{name}: Maximum number of {kind} allowed ({limit[kind]}) exceeded{tail}.")


def limits(call: CinderCall) -> SimReply:
    """Show limits and use of the caller's project."""
    project = call.caller.project_id
    limit, use = limits_of(call.world, project), used(call.world, project, call.now)
    absolute = {
        "maxTotalVolumes": limit["volumes"],
        "maxTotalSnapshots": limit["snapshots"],
        "maxTotalVolumeGigabytes": limit["gigabytes"],
        "maxTotalBackups": limit["backups"],
        "maxTotalBackupGigabytes": limit["backup_gigabytes"],
        "totalVolumesUsed": use["volumes"],
        "totalGigabytesUsed": use["gigabytes"],
        "totalSnapshotsUsed": use["snapshots"],
        "totalBackupsUsed": 0,
        "totalBackupGigabytesUsed": 0,
    }
    return call.reply(200, {"limits": {"rate": [], "absolute": absolute}})


def show(call: CinderCall, project: str) -> SimReply:
    """Show a project's quota set; with usage=True also what is in use."""
    call.allow("reader" if project == call.caller.project_id else "admin", "volume_extension:quotas:show")
    limit = limits_of(call.world, project)
    if (call.request.first("usage") or "").lower() != "true":
        return call.reply(200, {"quota_set": {**limit, "id": project}})
    use = used(call.world, project, call.now)
    rows: Thing = {name: {"limit": n, "in_use": use.get(name, 0), "reserved": 0} for name, n in limit.items()}
    return call.reply(200, {"quota_set": rows | {"id": project}})
