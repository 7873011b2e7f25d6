"""Actions that make, use or remove an image: shelve, unshelve, createImage, createBackup."""

from __future__ import annotations

from typing import Any

from osvm_tui.cloud.mock import execution, scheduler, transitions
from osvm_tui.cloud.mock.fleet import Entry
from osvm_tui.cloud.mock.images import gone_at, snapshot
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.server import Moment, Server
from osvm_tui.cloud.mock.volume_records import found, snapshot_record


def shelve(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    """Shelve; an image-backed server leaves an image named after it."""
    server = call.world.checkout(entry.server.id)
    course = execution.course(call, server)
    steps = execution.accept(call, server, "shelve", transitions.shelve(course, call.world.knobs.offload))
    if entry.moment.image:
        _make_image(call, server, entry.moment, f"{server.name}-shelved", steps)
    return call.reply(202)


def unshelve(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    """Unshelve on a host of the scheduler's choice; without one it stays offloaded, with no ERROR and no fault."""
    wanted = (value or {}).get("host")
    if wanted is not None and not call.caller.is_admin:
        raise Refused(403, "Policy doesn't allow os_compute_api:os-shelve:unshelve_to_host to be performed.")
    if value and entry.moment.vm_state != "shelved_offloaded":
        raise Refused(409, f"Cannot 'unshelve' instance {entry.server.id} while it is in vm_state shelved")
    server = call.world.checkout(entry.server.id)
    host = wanted or scheduler.pick_host(call, group=server.group, server=server.id)
    offloaded = entry.moment.vm_state == "shelved_offloaded"
    failure = execution.NO_VALID_HOST if offloaded and host is None else ""
    course = execution.course(call, server)
    steps = execution.accept(call, server, "unshelve", transitions.unshelve(course, host), result=failure)
    if steps[-1].vm_state == "active":
        remove_shelved(call, server, steps[-1].at)
    return call.reply(202)


def create_image(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    """Make a snapshot; of a volume-backed server at once and without a task."""
    server = call.world.checkout(entry.server.id)
    steps: list[Moment] = []
    if entry.moment.image:
        course = execution.course(call, server)
        steps = execution.accept(call, server, "createImage", transitions.create_image(course))
    else:
        execution.record(call, server, "createImage", call.now, entry.moment.host)
        _copy_volumes(call, server, value["name"])
    return _image_reply(call, _make_image(call, server, entry.moment, value["name"], steps))


def _copy_volumes(call: NovaCall, server: Server, name: str) -> None:
    """Let Cinder copy every volume of a volume-backed server: the image itself only names the copies."""
    world = call.world
    for disk in server.disks:
        volume = found(world, "volume", disk.volume, call.now) if disk.held_at(call.now) else None
        if volume is None:
            continue
        key = world.new_id("volume_snapshot")
        ready = call.now + world.durations("snapshot:" + key).draw("snapshot_creating")
        copy = snapshot_record(key, volume, f"snapshot for {name}", call.now, status="creating")
        world.put("volume_snapshot", key, copy | {"_line": [[ready, {"status": "available"}]]})


def create_backup(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    """Make a snapshot and let those of the same kind beyond `rotation` go."""
    server = call.world.checkout(entry.server.id)
    course = execution.course(call, server)
    steps = execution.accept(call, server, "createBackup", transitions.create_backup(course))
    key = _make_image(call, server, entry.moment, value["name"], steps, backup_type=value["backup_type"])
    _rotate(call, server, value["backup_type"], int(value["rotation"]), steps[-1].at)
    return _image_reply(call, key)


def refuse_volume_backup(call: NovaCall, entry: Entry, value: Any) -> None:
    """Refuse a backup of a volume-backed server (400), before its state is looked at."""
    if not entry.moment.image:
        raise Refused(400, "Backup is not supported for volume-backed instances.")


def _image_reply(call: NovaCall, key: str) -> SimReply:
    if call.minor >= 45:
        return call.reply(202, {"image_id": key})
    return call.reply(202, headers={"location": f"{call.request.base_url}/image/v2/images/{key}"})


def _make_image(call: NovaCall, server: Server, moment: Moment, name: str, steps: list[Moment], **more: str) -> str:
    key = call.world.new_id("image")
    saving = next((step.at for step in steps if "uploading" in (step.task_state or "")), call.now)
    done = next((s.at for s in steps if s.at > saving and "uploading" not in (s.task_state or "")), saving)
    image = snapshot(server, moment, key, name, call.now, [saving, done]) | more
    if len(steps) == 1:  # stuck: the upload never begins
        image["_line"] = []
    elif steps and steps[-1].fault != moment.fault:  # a failed snapshot takes its image with it
        image = gone_at(image, steps[-1].at)
    call.world.put("image", key, image)
    return key


def remove_shelved(call: NovaCall, server: Server, at: float) -> None:
    """Let the image that shelving made vanish at cloud time `at`."""
    name = f"{server.name}-shelved"
    for key, image in list(call.world.things("image").items()):
        if image["name"] == name and image.get("instance_uuid") == server.id:
            call.world.put("image", key, gone_at(image, at))


def _rotate(call: NovaCall, server: Server, kind: str, rotation: int, at: float) -> None:
    own = [
        (image["created_at"], key)
        for key, image in call.world.images().items()
        if image.get("instance_uuid") == server.id and image.get("backup_type") == kind
    ]
    for _, key in sorted(own)[: max(0, len(own) - rotation)]:
        call.world.put("image", key, gone_at(call.world.things("image")[key], at))
