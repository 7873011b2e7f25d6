"""Nova's os-volume_attachments: list, attach, detach, and whether a volume dies with its server.

Attaching and detaching end on the compute host, seconds later: the volume's status tells, the server's does not.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from osvm_tui.cloud.mock import disks, execution, gate
from osvm_tui.cloud.mock.action_bodies import invalid, is_uuid, need, only
from osvm_tui.cloud.mock.fleet import Entry
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused, host_statuses
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.rules import RULES, Rule
from osvm_tui.cloud.mock.server import Disk
from osvm_tui.cloud.mock.volume_records import found
from osvm_tui.cloud.mock.world import Thing

_DEVICE = re.compile(r"/dev/x{0,1}[a-z]{0,1}d{0,1}[a-z]+[0-9]*")
SHELVED = frozenset({"shelved", "shelved_offloaded"})


def attachments(call: NovaCall, server_id: str) -> SimReply:
    """List the attached volumes of a server, or attach one (POST)."""
    if call.request.method == "POST":
        return _attach(call, server_id)
    entry = call.server(server_id)
    call.allow("reader", "os-volumes-attachments:index")
    shown = [_view(call, server_id, disk) for disk in _held(call, entry)]
    return call.reply(200, {"volumeAttachments": shown})


def attachment(call: NovaCall, server_id: str, volume_id: str) -> SimReply:
    """Show, update (PUT) or detach (DELETE) one attached volume."""
    if call.request.method == "PUT":
        return _update(call, server_id, volume_id)
    entry = call.server(server_id)
    if call.request.method == "DELETE":
        return _detach(call, entry, volume_id)
    call.allow("reader", "os-volumes-attachments:show")
    return call.reply(200, {"volumeAttachment": _view(call, server_id, _disk(call, entry, volume_id))})


def _held(call: NovaCall, entry: Entry) -> list[Disk]:
    return [disk for disk in entry.server.disks if disk.held_at(call.now)]


def _disk(call: NovaCall, entry: Entry, volume_id: str) -> Disk:
    for disk in _held(call, entry):
        if disk.volume == volume_id:
            return disk
    raise Refused(404, f"Instance {entry.server.id} is not attached to volume {volume_id}")


def _view(call: NovaCall, server_id: str, disk: Disk) -> Thing:
    view: Thing = {"id": disk.volume} if call.minor < 89 else {}
    view |= {"volumeId": disk.volume, "serverId": server_id, "device": disk.device}
    if call.minor >= 70:
        view["tag"] = None
    if call.minor >= 79:
        view["delete_on_termination"] = disk.dies
    if call.minor >= 89:
        view |= {"attachment_id": disk.attachment, "bdm_uuid": disk.mapping}
    return view


def _volume(call: NovaCall, key: str) -> Thing:
    volume = found(call.world, "volume", key, call.now)
    if volume is None or not (call.caller.is_admin or volume["project"] == call.caller.project_id):
        raise Refused(404, f"Volume {key} could not be found.")
    return volume


def _check_state(call: NovaCall, entry: Entry, rule: Rule) -> None:
    if entry.moment.vm_state in SHELVED and call.minor < 20:
        raise Refused(409, f"Cannot '{rule.word}' instance {entry.server.id} while it is in vm_state shelved")
    if entry.moment.vm_state == "shelved_offloaded":
        rule = msgspec.structs.replace(rule, host=False)
    gate.check(call, entry, rule)


# attach


def _attach(call: NovaCall, server_id: str) -> SimReply:
    body = call.body("volumeAttachment")
    _check_body(call, body)
    entry = call.server(server_id)
    call.allow_rule(RULES["attach-volume"])
    _check_state(call, entry, RULES["attach-volume"])
    volume = _volume(call, body["volumeId"])
    _refuse_volume(call, entry, volume)
    server = call.world.checkout(server_id)
    device = body.get("device") or disks.next_device(server, call.now)
    if any(disk.device == device for disk in _held(call, entry)):
        raise Refused(409, f"The supplied device path ({device}) is in use.")
    disk = _carry_out(call, entry, volume, device, dies=bool(body.get("delete_on_termination")))
    if call.minor >= 101:
        return call.reply(202)
    view: Thing = {"id": volume["id"], "serverId": server_id, "volumeId": volume["id"], "device": disk.device}
    view |= {"tag": None} if call.minor >= 70 else {}
    return call.reply(
        200, {"volumeAttachment": view | ({"delete_on_termination": disk.dies} if call.minor >= 79 else {})}
    )


def _check_body(call: NovaCall, body: Any) -> None:
    need(body, "volumeAttachment", "volumeId")
    allowed = {"volumeId", "device"} | ({"tag"} if call.minor >= 49 else set())
    only(body, "volumeAttachment", allowed | ({"delete_on_termination"} if call.minor >= 79 else set()))
    if not is_uuid(body["volumeId"]):
        raise invalid("volumeId", body["volumeId"], f"{body['volumeId']!r} is not a 'uuid'")
    device = body.get("device")
    if device is not None and not _DEVICE.fullmatch(str(device)):
        why = f"{device!r} does not match '(^/dev/x{{0,1}}[a-z]{{0,1}}d{{0,1}})([a-z]+)[0-9]*$'"
        raise invalid("device", device, why)


def _refuse_volume(call: NovaCall, entry: Entry, volume: Thing) -> None:
    key, status = volume["id"], volume["status"]
    if volume["holds"]:
        holders = ", ".join(one["server"] for one in volume["holds"])
        raise Refused(400, f"Invalid volume: volume {key} is already attached to instances: {holders}")
    if status == "available":
        return
    why = f"Volume {key} status must be available or downloading to reserve, but the current status is {status}."
    if status == "error":
        why = "Volume attachments can not be created if the volume is in an error state."
        why += f" The Volume {key} currently has a status of: error "
    tail = f"(HTTP 400) (Request-ID: {call.request.request_id})"
    raise Refused(400, f"Invalid input received: Invalid volume: {why} {tail}")


def _carry_out(call: NovaCall, entry: Entry, volume: Thing, device: str, *, dies: bool) -> Disk:
    """Reserve the volume now; the host takes it a little later, fails to, or never answers."""
    world = call.world
    server = world.checkout(entry.server.id)
    takes = world.durations("attach:" + volume["id"]).draw("volume_attaching")
    lost = host_statuses(world).get(entry.moment.host or "") == "DOWN"
    broken = world.chance("fate:attach").random() < world.knobs.late_error
    end = None if lost else call.now + takes
    disk = disks.attach(world, server, volume["id"], device, call.now, None if broken else end, dies=dies)
    if broken and end is not None:
        disks.release(world, server, disk, end, end)
    world.save(server)
    failure = execution.HOST_FAULT if broken and end is not None else ""
    execution.record(call, server, "attach-volume", end, entry.moment.host, failure)
    return disk


# detach and update


def _detach(call: NovaCall, entry: Entry, volume_id: str) -> SimReply:
    call.allow_rule(RULES["detach-volume"])
    volume = _volume(call, volume_id)
    disk = _disk(call, entry, volume_id)
    if disk.boot:
        raise Refused(400, "Cannot detach a root device volume")
    _check_state(call, entry, RULES["detach-volume"])
    if host_statuses(call.world).get(entry.moment.host or "") == "DOWN":
        raise Refused(409, "Service is unavailable at this time.")
    if volume["status"] != "in-use":
        why = "Unable to detach volume. Volume status must be 'in-use' and attach_status must be 'attached' to detach."
        raise Refused(400, f"Invalid volume: {why}")
    server = call.world.checkout(entry.server.id)
    end = call.now + call.world.durations("detach:" + volume_id).draw("volume_detaching")
    disks.release(call.world, server, disk, call.now, end)
    call.world.save(server)
    execution.record(call, server, "detach-volume", end, entry.moment.host)
    return call.reply(202)


def _update(call: NovaCall, server_id: str, volume_id: str) -> SimReply:
    body = call.body("volumeAttachment")
    need(body, "volumeAttachment", "volumeId")
    more = {"delete_on_termination", "serverId", "device", "tag", "id"} if call.minor >= 85 else set()
    only(body, "volumeAttachment", {"volumeId"} | more)
    entry = call.server(server_id)
    if body["volumeId"] != volume_id:  # swap: Cinder's own, while it migrates a volume, which this one never does
        call.allow("admin", "os-volumes-attachments:swap")
        raise Refused(409, f"The volume {volume_id} is not in a migrating state.")
    call.allow_rule(RULES["update-attachment"])
    held = {disk.volume: disk for disk in _held(call, entry)}
    if volume_id not in held:
        raise Refused(404, f"No volume Block Device Mapping with id {volume_id}.")
    disk = held[volume_id]
    if body.get("device", disk.device) != disk.device or body.get("serverId", server_id) != server_id:
        raise Refused(400, "The properties id, serverId, device and tag are not updateable.")
    server = call.world.checkout(server_id)
    changed = msgspec.structs.replace(disk, dies=bool(body.get("delete_on_termination", disk.dies)))
    server.disks = [changed if one.attachment == disk.attachment else one for one in server.disks]
    call.world.save(server)
    return call.reply(202)
