"""Cinder's volumes: list, show, create, update, delete, extend. Statuses pass along a time line written once."""

from __future__ import annotations

from typing import Any

from osvm_tui.cloud.mock import volume_lists, volume_quotas
from osvm_tui.cloud.mock.cinder_call import CinderCall, Refused, invalid, whole
from osvm_tui.cloud.mock.history import action_record
from osvm_tui.cloud.mock.images import GIB
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.volume_records import FINAL, alive, found, present, volume_record, volume_view
from osvm_tui.cloud.mock.world import Thing, World

DEFAULT_TYPE = "standard"
DELETABLE = frozenset({"available", "error", "error_restoring", "error_extending", "error_managing"})
UNDELETABLE = (
    "Invalid volume: Volume status must be available or error or error_restoring or error_extending or"
    " error_managing and must not be migrating, attached, belong to a group, have snapshots, awaiting a transfer,"
    " or be disassociated from snapshots after volume transfer."
)
EXTENDS_IN_USE = 42
"""The minor microversion from which an attached volume may be extended."""


def index(call: CinderCall, detailed: bool) -> SimReply:
    """List volumes; `detailed` with all fields."""
    call.allow("reader", "volume:get_all")

    def show(volume: Thing) -> Thing:
        view = _view(call, volume)
        return view if detailed else {name: view[name] for name in ("id", "name", "links")}

    return volume_lists.answer(call, "volumes", alive(call.world, "volume", call.now), show)


def one(call: CinderCall, key: str) -> SimReply:
    """Show one volume."""
    volume = owned(call, key)
    call.allow("reader", "volume:get")
    return call.reply(200, {"volume": _view(call, volume)})


def owned(call: CinderCall, key: str) -> Thing:
    """Return the volume as it is now, or refuse with 404: unknown, gone, or of another project for a non-admin."""
    volume = found(call.world, "volume", key, call.now)
    if volume is None or not call.own(volume):
        raise Refused(404, f"Volume {key} could not be found.")
    return volume


def _view(call: CinderCall, volume: Thing, *, fresh: bool = False) -> Thing:
    return volume_view(volume, call.root, call.caller.project_id, call.minor, fresh=fresh)


def create(call: CinderCall) -> SimReply:
    """Make a volume: empty, from an image or from a snapshot."""
    body = call.body("volume")
    call.allow("member", "volume:create")
    size, snapshot, image = _source(call, body)
    kind = _type_named(call, body.get("volume_type"))
    volume_quotas.check(call, "volumes", size)
    more = {"name": body.get("name") or "", "description": body.get("description"), "status": "creating"}
    caller, key = call.caller, call.world.new_id("volume")
    volume = volume_record(key, caller.project_id, caller.user_id, call.now, size, kind, **more)
    volume |= {"snapshot": snapshot}
    written(call.world, volume, image, call.now, copied=bool(snapshot or image))
    return call.reply(202, {"volume": _view(call, present(call.world.things("volume")[key], call.now), fresh=True)})


def written(
    world: World, volume: Thing, image: Thing | None, at: float, *, copied: bool, ready: float | None = None
) -> None:
    """Write a volume made from cloud time `at` on (inside a transaction) and done at `ready`; `image` makes it boot."""
    if ready is None:
        step = "volume_copying" if copied else "volume_creating"
        ready = at + world.durations("volume:" + volume["id"]).draw(step)
    done: Thing = {"status": "available"}
    if image is not None:
        kept = ("checksum", "container_format", "disk_format", "min_disk", "min_ram", "size", "os_distro", "os_version")
        facts = {"image_id": image["id"], "image_name": image["name"]}
        facts |= {name: str(image[name]) for name in kept if image.get(name) is not None}
        done |= {"bootable": True, "image": facts}
    world.put("volume", volume["id"], volume | {"status": "creating", "_line": [[ready, done]]})


def _source(call: CinderCall, body: Thing) -> tuple[int, str | None, Thing | None]:
    """Return the new volume's size in GiB and what it is copied from; refuse (400, 404) what cannot be."""
    snapshot = found(call.world, "volume_snapshot", str(body.get("snapshot_id")), call.now)
    if body.get("snapshot_id") and (snapshot is None or not call.own(snapshot)):
        raise Refused(404, f"Snapshot {body['snapshot_id']} could not be found.")
    size: int = snapshot["size"] if snapshot is not None else 0
    size = whole(body["size"], "size") if body.get("size") is not None else size
    if not size:
        text = "The server could not comply with the request since it is either malformed or otherwise incorrect."
        raise Refused(400, text)
    if snapshot is not None and snapshot["status"] != "available":
        text = f"Originating snapshot status must be one of 'available' values, {snapshot['status']} given"
        raise Refused(400, f"Invalid snapshot: {text}")
    if snapshot is not None and size < snapshot["size"]:
        text = f"Volume size '{size}'GB cannot be smaller than the snapshot size {snapshot['size']}GB."
        raise Refused(400, f"Invalid input received: {text} They must be >= original snapshot size.")
    image = _image(call, body.get("imageRef"), size)
    return size, snapshot["id"] if snapshot is not None else None, image


def _image(call: CinderCall, ref: Any, size: int) -> Thing | None:
    if not ref:
        return None
    image = call.world.images().get(str(ref).rpartition("/")[2])
    if image is None or (image["visibility"] == "private" and image["owner"] != call.caller.project_id):
        raise Refused(400, "Invalid image identifier or unable to access requested image.")
    if image["status"] != "active":
        text = f"Image {image['id']} is unacceptable: Image {image['id']} is not active."
        raise Refused(400, text)
    needed = max(image["min_disk"], -(-(image["size"] or 0) // GIB))
    if size < needed:
        text = f"Volume size {size}GB cannot be smaller than the image minDisk size {needed}GB."
        raise Refused(400, f"Invalid input received: {text}")
    return image


def _type_named(call: CinderCall, ref: str | None) -> str:
    for row in call.world.things("volume_type").values():
        if ref in (row["id"], row["name"]):
            return str(row["name"])
    if ref:
        raise Refused(404, f"Volume type with name {ref} could not be found.")
    return DEFAULT_TYPE


def update(call: CinderCall, key: str) -> SimReply:
    """Rename or describe a volume."""
    body = call.body("volume")
    allowed = ("name", "description", "display_name", "display_description", "metadata")
    for name in body:
        if name not in allowed:
            raise invalid("volume", body, f"Additional properties are not allowed ({name!r} was unexpected)")
    volume = owned(call, key)
    call.allow("member", "volume:update")
    changes: Thing = {name: body[name] for name in ("name", "description") if name in body}
    changed = call.world.things("volume")[key] | changes | {"touched": call.now}
    call.world.put("volume", key, changed)
    return call.reply(200, {"volume": _view(call, volume | changes, fresh=True)})


def delete(call: CinderCall, key: str) -> SimReply:
    """Delete a volume that nobody holds and of which there is no snapshot."""
    volume = owned(call, key)
    call.allow("member", "volume:delete")
    copies = any(one["volume"] == key for one in alive(call.world, "volume_snapshot", call.now))
    if volume["status"] not in DELETABLE or volume["holds"] or copies:
        raise Refused(400, UNDELETABLE)
    gone_at(call.world, key, call.now)
    return call.reply(202)


def gone_at(world: World, key: str, at: float) -> None:
    """Let a volume be deleted from cloud time `at` on (inside a transaction)."""
    volume = world.things("volume")[key]
    takes = world.durations("delete:" + key).draw("volume_deleting")
    line = [[at, {"status": "deleting"}], [at + takes, {"status": FINAL}]]
    world.put("volume", key, volume | {"_line": [*volume["_line"], *line]})


def act(call: CinderCall, key: str) -> SimReply:
    """Carry out the action that the body names: extend, or (admin) rewriting the recorded status."""
    body = call.request.json() or {"": None}
    name = next(iter(body))
    if name == "os-extend":
        return _extend(call, key, body[name] or {})
    if name == "os-reset_status":
        return _reset(call, key, body[name] or {})
    text = f"There is no such action: {name}. Verify the request body and Content-Type header and try again."
    raise Refused(400, text)


def _extend(call: CinderCall, key: str, wanted: Thing) -> SimReply:
    size = whole(wanted.get("new_size"), "new_size")
    volume = owned(call, key)
    call.allow("member", "volume:extend")
    attached = volume["status"] == "in-use" and call.minor >= EXTENDS_IN_USE
    if volume["status"] != "available" and not attached:
        text = f"Volume {key} status must be '{{'status': 'available'}}' to extend, currently {volume['status']}."
        raise Refused(400, f"Invalid volume: {text}")
    if size <= volume["size"]:
        text = f"(current: {volume['size']}, extended: {size})."
        raise Refused(400, f"Invalid input received: New size for extend must be greater than current size. {text}")
    volume_quotas.check(call, "", size - volume["size"])
    end = call.now + call.world.durations("extend:" + key).draw("volume_extending")
    line = [[call.now, {"status": "extending"}], [end, {"status": "available", "size": size}]]
    stored = call.world.things("volume")[key]
    call.world.put("volume", key, stored | {"_line": [*stored["_line"], *line]})
    if attached:
        _tell_nova(call, volume["holds"][-1]["server"], end)
    return call.reply(202)


def _tell_nova(call: CinderCall, server: str, end: float) -> None:
    """Let the server's log show that its host took the new size in."""
    entry = call.world.fleet.get(server, call.now)
    if entry is not None:
        request, caller = call.request.request_id, call.caller
        host = entry.moment.host
        record = action_record(request, caller.user_id, caller.project_id, "extend-volume", call.now, end, host)
        call.world.record(server, call.now, request, record)


def _reset(call: CinderCall, key: str, wanted: Thing) -> SimReply:
    owned(call, key)
    call.allow("admin", "volume_extension:volume_admin_actions:reset_status")
    stored = call.world.things("volume")[key]
    line = [step for step in stored["_line"] if step[0] <= call.now]
    call.world.put("volume", key, stored | {"_line": [*line, [call.now, {"status": str(wanted.get("status"))}]]})
    return call.reply(202)
