"""The seeded cloud's block storage: types, volumes of VMs, free and broken ones, snapshots; from chance of its own."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec

from osvm_tui.cloud.mock.accounts import PROJECTS, USERS
from osvm_tui.cloud.mock.seed_ids import uuid_of
from osvm_tui.cloud.mock.server import Disk, Server
from osvm_tui.cloud.mock.volume_records import hold, snapshot_record, volume_record

Thing = dict[str, Any]
Things = dict[str, dict[str, Thing]]
DAY_S = 86400.0
TYPES = (
    ("standard", "spinning disks, three copies"),
    ("ssd", "flash, three copies, for databases"),
    ("__DEFAULT__", "Default Volume Type"),
)
WITH_DATA = {"db": ("ssd", 200), "etl": ("standard", 500), "mail": ("standard", 100), "metrics": ("ssd", 250)}
"""Which roles have a data disk: its type and least size in GiB."""
FREE = (
    ("demo", "scratch", 20, "standard", "available"),
    ("demo", "migration-2024", 150, "standard", "available"),
    ("demo", "restore-test", 50, "ssd", "error"),
    ("web", "uploads-old", 80, "standard", "available"),
    ("web", "session-store", 10, "ssd", "error_deleting"),
    ("ops", "ci-cache", 100, "ssd", "available"),
    ("batch", "results-2025", 750, "standard", "available"),
)
"""Volumes that no VM holds: project, name, GiB, type, status."""
MOST_DATA = 400


def storage(rng: Random, things: Things, servers: list[Server], start: float) -> None:
    """Add types, volumes and snapshots to `things`, and disks to `servers`; without servers only the types."""
    things |= {"volume_type": {}, "volume": {}, "volume_snapshot": {}}
    for name, description in TYPES:
        key = uuid_of(rng)
        things["volume_type"][key] = {"id": key, "name": name, "description": description}
    if not servers:
        return
    _boot_disks(rng, things, servers)
    for server in _with_data(servers):
        _data_disk(rng, things, server, start)
    _free(rng, things, start)


def _boot_disks(rng: Random, things: Things, servers: list[Server]) -> None:
    image = next(row for row in things["image"].values() if row["name"] == "debian-12")
    facts = {"image_id": image["id"], "image_name": image["name"], "disk_format": "qcow2", "os_distro": "debian"}
    for server in servers:
        for disk in server.disks:
            more = {"bootable": True, "image": facts, "name": ""}
            size = max(10, server.line[0].flavor.disk)
            volume = volume_record(
                disk.volume, server.project, server.user, server.created + 2, size, "standard", **more
            )
            server.disks = []
            _hold(rng, things, server, volume, msgspec.structs.replace(disk, device=server.root_device or "/dev/vda"))


def _hold(rng: Random, things: Things, server: Server, volume: Thing, disk: Disk) -> None:
    disk = msgspec.structs.replace(disk, attachment=uuid_of(rng), mapping=uuid_of(rng))
    held = hold(server.id, disk.device, disk.attachment, volume["created"] + 1, volume["created"] + 4)
    things["volume"][volume["id"]] = volume | {"holds": [held], "touched": held["attached"]}
    server.disks = [*server.disks, disk]


def _with_data(servers: list[Server]) -> Iterator[Server]:
    left = MOST_DATA
    for server in servers:
        now = server.line[0]
        launched = now.launched_at is not None and not now.deleted
        if left and launched and server.metadata.get("role") in WITH_DATA:
            left -= 1
            yield server


def _data_disk(rng: Random, things: Things, server: Server, start: float) -> None:
    kind, least = WITH_DATA[server.metadata["role"]]
    root = server.root_device or "/dev/vda"
    made = server.created + rng.uniform(20, 60)
    size = least * rng.choice((1, 1, 2))
    more = {"name": f"{server.name}-data", "description": rng.choice((None, "restored every night on the standby"))}
    volume = volume_record(uuid_of(rng), server.project, server.user, made, size, kind, **more)
    _hold(rng, things, server, volume, Disk(volume["id"], root[:-1] + "b", "", ""))
    if rng.random() < 0.5:
        _copies(rng, things, volume, start)


def _copies(rng: Random, things: Things, volume: Thing, start: float) -> None:
    """Add nightly snapshots of a volume, the newest of the first volume broken."""
    first = not things["volume_snapshot"]
    for nights in range(rng.choice((1, 2, 3)), 0, -1):
        at = max(volume["created"] + 60, start - nights * DAY_S - rng.uniform(0, 900))
        status = "error" if first and nights == 1 else "available"
        more = {"status": status, "touched": at + 2, "description": "nightly"}
        snapshot = snapshot_record(uuid_of(rng), volume, f"{volume['name']}-night-{nights}", at, **more)
        things["volume_snapshot"][snapshot["id"]] = snapshot


def _free(rng: Random, things: Things, start: float) -> None:
    for project, name, size, kind, status in FREE:
        user = USERS["demo" if project == "demo" else "operator"].id
        at = start - rng.uniform(5, 500) * DAY_S
        more = {"name": name, "status": status, "touched": at + 3}
        volume = volume_record(uuid_of(rng), PROJECTS[project].id, user, at, size, kind, **more)
        things["volume"][volume["id"]] = volume
        if name == "migration-2024":
            _copies(rng, things, volume, start)


def quotas(things: Things) -> dict[str, Thing]:
    """Return the projects' storage quotas: a little more than they use."""
    found = {}
    for project in PROJECTS.values():
        sizes = [row["size"] for row in things["volume"].values() if row["project"] == project.id]
        copies = [row["size"] for row in things["volume_snapshot"].values() if row["project"] == project.id]
        space = sum(sizes) + sum(copies)
        found[project.id] = {"volumes": max(20, len(sizes) + 10), "snapshots": max(20, len(copies) + 10)} | {
            "gigabytes": max(1000, (space * 5 // 4 // 100 + 1) * 100)
        }
    return found
