"""Cinder's snapshots of volumes: list, show, create, update, delete."""

from __future__ import annotations

from osvm_tui.cloud.mock import volume_lists, volume_quotas
from osvm_tui.cloud.mock.cinder_call import CinderCall, Refused, invalid
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.volume_records import FINAL, alive, found, present, snapshot_record, snapshot_view
from osvm_tui.cloud.mock.volumes import owned
from osvm_tui.cloud.mock.world import Thing

TAKES_IN_USE = 66
"""The minor microversion from which an attached volume is copied without `force`."""
UNDELETABLE = "Invalid snapshot: Snapshot status must be available or error and must not be part of a group."


def index(call: CinderCall, detailed: bool) -> SimReply:
    """List snapshots; without `detailed` as create tells them."""
    call.allow("reader", "volume:get_all_snapshots")
    rows = alive(call.world, "volume_snapshot", call.now)
    return volume_lists.answer(call, "snapshots", rows, lambda row: snapshot_view(row, fresh=not detailed))


def one(call: CinderCall, key: str) -> SimReply:
    """Show one snapshot."""
    snapshot = _owned(call, key)
    call.allow("reader", "volume:get_snapshot")
    return call.reply(200, {"snapshot": snapshot_view(snapshot)})


def _owned(call: CinderCall, key: str) -> Thing:
    snapshot = found(call.world, "volume_snapshot", key, call.now)
    if snapshot is None or not call.own(snapshot):
        raise Refused(404, f"Snapshot {key} could not be found.")
    return snapshot


def create(call: CinderCall) -> SimReply:
    """Copy a volume as it is; one in use only with `force`, or from 3.66 on."""
    body = call.body("snapshot")
    if "volume_id" not in body:
        raise invalid("snapshot", body, "'volume_id' is a required property")
    volume = owned(call, str(body["volume_id"]))
    call.allow("member", "volume:create_snapshot")
    _refuse_state(call, volume, forced=str(body.get("force", "")).lower() in ("true", "1"))
    volume_quotas.check(call, "snapshots", volume["size"])
    key = call.world.new_id("volume_snapshot")
    ready = call.now + call.world.durations("snapshot:" + key).draw("snapshot_creating")
    more = {"description": body.get("description"), "status": "creating", "user": call.caller.user_id}
    snapshot = snapshot_record(key, volume, body.get("name") or "", call.now, **more)
    snapshot["_line"] = [[ready, {"status": "available"}]]
    call.world.put("volume_snapshot", key, snapshot)
    return call.reply(202, {"snapshot": snapshot_view(present(snapshot, call.now), fresh=True)})


def _refuse_state(call: CinderCall, volume: Thing, *, forced: bool) -> None:
    status = volume["status"]
    if status == "available" or (status == "in-use" and (forced or call.minor >= TAKES_IN_USE)):
        return
    if status == "in-use":
        text = f"Volume {volume['id']} status must be available, but current status is: in-use."
        raise Refused(400, f"Invalid volume: {text}")
    text = f"The snapshot cannot be created when the volume is in {status} status."
    raise Refused(400, f"Invalid volume: {text}")


def update(call: CinderCall, key: str) -> SimReply:
    """Rename or describe a snapshot."""
    body = call.body("snapshot")
    if not body:
        raise invalid("snapshot", body, "{} is not valid under any of the given schemas")
    snapshot = _owned(call, key)
    call.allow("member", "volume:update_snapshot")
    changes = {name: body[name] for name in ("name", "description") if name in body}
    stored = call.world.things("volume_snapshot")[key]
    call.world.put("volume_snapshot", key, stored | changes | {"touched": call.now})
    return call.reply(200, {"snapshot": snapshot_view(snapshot | changes, fresh=True)})


def delete(call: CinderCall, key: str) -> SimReply:
    """Delete a snapshot that is finished."""
    snapshot = _owned(call, key)
    call.allow("member", "volume:delete_snapshot")
    if snapshot["status"] not in ("available", "error"):
        raise Refused(400, UNDELETABLE)
    stored = call.world.things("volume_snapshot")[key]
    end = call.now + call.world.durations("delete:" + key).draw("snapshot_deleting")
    line = [[call.now, {"status": "deleting"}], [end, {"status": FINAL}]]
    call.world.put("volume_snapshot", key, stored | {"_line": [*stored["_line"], *line]})
    return call.reply(202)
