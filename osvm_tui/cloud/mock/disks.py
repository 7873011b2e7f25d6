"""What a server holds of Cinder's volumes: mappings of Nova and holds of Cinder, written together.

Knows both records and their times; no rule, no request body and no HTTP status.
"""

from __future__ import annotations

import msgspec

from osvm_tui.cloud.mock import volumes
from osvm_tui.cloud.mock.server import Disk, Server
from osvm_tui.cloud.mock.volume_records import hold
from osvm_tui.cloud.mock.world import Thing, World

_LETTERS = "abcdefghijklmnopqrstuvwxyz"


def next_device(server: Server, now: float) -> str:
    """Return the first free device name of a server, named like its root disk."""
    root = server.root_device or "/dev/vda"
    taken = {root} | {disk.device for disk in server.disks if disk.held_at(now)}
    return next(name for letter in _LETTERS if (name := root[:-1] + letter) not in taken)


def attach(
    world: World,
    server: Server,
    volume: str,
    device: str,
    reserved: float,
    attached: float | None,
    *,
    dies: bool = False,
    boot: bool = False,
) -> Disk:
    """Let `server` hold a volume from `reserved` on and use it from `attached` (None: never); save the volume only."""
    attachment, mapping = world.new_id("attachment"), world.new_id("mapping")
    disk = Disk(volume, device, attachment, mapping, dies, boot)
    server.disks = [*server.disks, disk]
    thing = world.things("volume")[volume]
    held = hold(server.id, device, attachment, reserved, attached)
    world.put("volume", volume, thing | {"holds": [*_kept(thing, reserved), held]})
    return disk


def _kept(thing: Thing, now: float) -> list[Thing]:
    """Leave out what was detached long ago."""
    return [one for one in thing["holds"] if one["until"] is None or one["until"] > now]


def release(world: World, server: Server, disk: Disk, begun: float, until: float) -> None:
    """Let a disk go: detaching from `begun` on, away at `until`; the volume is saved, the server is not."""
    gone = msgspec.structs.replace(disk, until=until)
    server.disks = [gone if one.attachment == disk.attachment else one for one in server.disks]
    thing = world.things("volume").get(disk.volume)
    if thing is None:
        return
    holds = [
        one | {"detaching": begun, "until": until} if one["attachment"] == disk.attachment else one
        for one in thing["holds"]
    ]
    world.put("volume", disk.volume, thing | {"holds": holds})


def release_all(world: World, server: Server, now: float, until: float) -> None:
    """Let all disks go with their server at `until`; those that die with it are deleted then."""
    for disk in list(server.disks):
        if not disk.held_at(now):
            continue
        release(world, server, disk, until, until)
        if disk.dies and disk.volume in world.things("volume"):
            volumes.gone_at(world, disk.volume, until)
