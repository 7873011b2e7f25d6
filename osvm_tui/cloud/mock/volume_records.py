"""Cinder's records of volumes and snapshots, their time lines, and how the API shows them.

A volume's `_line` holds [cloud time, changes] pairs, evaluated when read. While somebody holds the volume, what
it is attached to decides about its status: an "available" volume shows reserved, in-use or detaching.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from osvm_tui.cloud.mock.clock import plain
from osvm_tui.cloud.mock.world import Thing, World

ZONE = "nova"
FINAL = "deleted"


def volume_record(key: str, project: str, user: str, at: float, size: int, type_: str, **more: Any) -> Thing:
    """Return a volume as Cinder keeps it, made at cloud time `at`; `size` in GiB."""
    return {
        "id": key,
        "project": project,
        "user": user,
        "created": at,
        "touched": None,
        "name": "",
        "description": None,
        "status": "available",
        "size": size,
        "type": type_,
        "snapshot": None,
        "bootable": False,
        "encrypted": False,
        "image": None,
        "holds": [],
        "_line": [],
        **more,
    }


def hold(server: str, device: str, attachment: str, reserved: float, attached: float | None) -> Thing:
    """Return that a server holds a volume from `reserved` on, attached at `attached` (None: never)."""
    held: Thing = {"server": server, "device": device, "attachment": attachment, "reserved": reserved}
    return held | {"attached": attached, "detaching": None, "until": None}


def snapshot_record(key: str, volume: Thing, name: str, at: float, **more: Any) -> Thing:
    """Return a snapshot of `volume` as Cinder keeps it, made at cloud time `at`."""
    return {
        "id": key,
        "project": volume["project"],
        "user": volume["user"],
        "created": at,
        "touched": None,
        "name": name,
        "description": None,
        "status": "available",
        "size": volume["size"],
        "volume": volume["id"],
        "_line": [],
        **more,
    }


_MOVES = ("reserved", "attached", "detaching", "until")
"""What Cinder writes a volume anew for, beside what was asked of itself."""


def present(thing: Thing, now: float) -> Thing:
    """Return a volume or snapshot as it is at cloud time `now`, with `updated`; FINAL when it is gone."""
    shown, moved = dict(thing), thing["touched"]
    for at, changes in thing["_line"]:
        if at <= now:
            shown |= changes
            moved = max(at, moved or 0.0)
    held = thing.get("holds", ())
    turned = max((at for one in held for at in map(one.get, _MOVES) if at is not None and at <= now), default=0.0)
    holds = [one for one in held if one["until"] is None or now < one["until"]]
    shown |= {"updated": max(moved or 0.0, turned) or None, "holds": holds}
    if holds and shown["status"] == "available":
        shown["status"] = _held(holds[-1], now)
    return shown


def _held(one: Thing, now: float) -> str:
    if one["detaching"] is not None and now >= one["detaching"]:
        return "detaching"
    return "in-use" if one["attached"] is not None and now >= one["attached"] else "reserved"


def alive(world: World, kind: str, now: float) -> Iterator[Thing]:
    """Iterate the volumes or snapshots that are there at `now`, as they are then."""
    for thing in world.things(kind).values():
        shown = present(thing, now)
        if shown["status"] != FINAL and shown["created"] <= now:
            yield shown


def found(world: World, kind: str, key: str, now: float) -> Thing | None:
    """Return a volume or snapshot as it is at `now`, or None if it is not there."""
    thing = world.things(kind).get(key)
    if thing is None:
        return None
    shown = present(thing, now)
    return shown if shown["status"] != FINAL and shown["created"] <= now else None


def volume_view(volume: Thing, root: str, url_project: str, minor: int, *, fresh: bool = False) -> Thing:
    """Return a present volume as show and detail give it; `fresh` leaves out what create and update do not tell."""
    path = f"{url_project}/volumes/{volume['id']}"
    view: Thing = {
        "id": volume["id"],
        "status": volume["status"],
        "size": volume["size"],
        "availability_zone": ZONE,
        "created_at": plain(volume["created"]),
        "updated_at": plain(volume["updated"]),
        "name": volume["name"],
        "description": volume["description"],
        "volume_type": volume["type"],
        "snapshot_id": volume["snapshot"],
        "source_volid": None,
        "metadata": {},
        "links": [{"rel": "self", "href": f"{root}/v3/{path}"}, {"rel": "bookmark", "href": f"{root}/{path}"}],
        "user_id": volume["user"],
        "bootable": str(volume["bootable"]).lower(),
        "encrypted": volume["encrypted"],
        "replication_status": None,
        "consistencygroup_id": None,
        "multiattach": False,
        "attachments": [_attachment(volume, one) for one in volume["holds"] if volume["status"] != "reserved"],
    }
    if minor >= 13:
        view["group_id"] = None
    if fresh:
        return view
    view["os-vol-tenant-attr:tenant_id"] = volume["project"]
    return view | {"volume_image_metadata": volume["image"]} if volume["image"] else view


def _attachment(volume: Thing, one: Thing) -> Thing:
    return {
        "id": volume["id"],
        "attachment_id": one["attachment"],
        "volume_id": volume["id"],
        "server_id": one["server"],
        "host_name": None,
        "device": one["device"],
        "attached_at": plain(one["attached"]),
    }


def snapshot_view(snapshot: Thing, *, fresh: bool = False) -> Thing:
    """Return a present snapshot as the API shows it; `fresh` as create and update give it."""
    view: Thing = {
        "id": snapshot["id"],
        "created_at": plain(snapshot["created"]),
        "updated_at": plain(snapshot["updated"]),
        "name": snapshot["name"],
        "description": snapshot["description"],
        "volume_id": snapshot["volume"],
        "status": snapshot["status"],
        "size": snapshot["size"],
        "metadata": {},
    }
    if fresh:
        return view
    prefix = "os-extended-snapshot-attributes:"
    done = "0%" if snapshot["status"] in ("creating", "error") else "100%"
    return view | {prefix + "project_id": snapshot["project"], prefix + "progress": done}
