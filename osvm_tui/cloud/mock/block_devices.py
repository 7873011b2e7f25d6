"""What a create request's block_device_mapping_v2 asks of Cinder: checks, and the volumes of a new server.

Local disks need nothing here. A volume is made while the server's devices are mapped and attached before it spawns.
"""

from __future__ import annotations

from typing import Any

import msgspec

from osvm_tui.cloud.mock import disks, volumes
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused
from osvm_tui.cloud.mock.server import Server
from osvm_tui.cloud.mock.volume_records import found, volume_record


class Device(msgspec.Struct, frozen=True):
    """One wanted volume: an existing one, or a new one of `size` GiB, empty or copied from image or snapshot."""

    boot: bool
    dies: bool
    size: int = 0
    volume: str = ""
    image: str = ""
    snapshot: str = ""


def devices(call: NovaCall, body: dict[str, Any]) -> list[Device]:
    """Return the volumes that a create body asks for, the boot volume first; raise Refused (400)."""
    wanted = body.get("block_device_mapping_v2") or []
    made = [_device(call, one, body) for one in wanted if _is_volume(one)]
    return sorted(made, key=lambda device: not device.boot)


def _is_volume(one: dict[str, Any]) -> bool:
    return "volume" in (one.get("destination_type"), one.get("source_type"))


def _device(call: NovaCall, one: dict[str, Any], body: dict[str, Any]) -> Device:
    source, ref = one.get("source_type"), str(one.get("uuid") or "")
    size, dies = int(one.get("volume_size") or 0), bool(one.get("delete_on_termination"))
    boot = str(one.get("boot_index")) == "0"
    if source == "volume":
        return Device(boot, dies, volume=_existing(call, ref))
    if source == "snapshot":
        snapshot = found(call.world, "volume_snapshot", ref, call.now)
        if snapshot is None or snapshot["project"] != call.caller.project_id:
            raise Refused(400, f"Block Device Mapping is Invalid: failed to get snapshot {ref}.")
        return Device(boot, dies, max(size, snapshot["size"]), snapshot=ref)
    if not size:
        what = "Images with destination_type 'volume'" if source == "image" else "Blank volumes"
        raise Refused(400, f"Block Device Mapping is Invalid: {what} need to have a non-zero size specified")
    image = ref or str(body.get("imageRef") or "") if source == "image" else ""
    return Device(boot, dies, size, image=image)


def _existing(call: NovaCall, ref: str) -> str:
    volume = found(call.world, "volume", ref, call.now)
    if volume is None or not (call.caller.is_admin or volume["project"] == call.caller.project_id):
        raise Refused(400, f"Block Device Mapping is Invalid: failed to get volume {ref}.")
    if volume["status"] != "available":
        text = f"Invalid volume: status must be 'available', but volume {ref} is {volume['status']}."
        raise Refused(400, text)
    return ref


def attach(call: NovaCall, server: Server, wanted: list[Device], begun: float, done: float) -> None:
    """Make (or take) every wanted volume from cloud time `begun` on, attached at `done`, and note it in the server."""
    for device in wanted:
        key = device.volume or _made(call, server, device, begun, done)
        reserved = call.now if device.volume else begun
        name = server.root_device if device.boot else None
        name = name or disks.next_device(server, call.now)
        disks.attach(call.world, server, key, name, reserved, done, dies=device.dies, boot=device.boot)


def _made(call: NovaCall, server: Server, device: Device, begun: float, done: float) -> str:
    world, key = call.world, call.world.new_id("volume")
    volume = volume_record(key, server.project, server.user, begun, device.size, volumes.DEFAULT_TYPE)
    volume |= {"snapshot": device.snapshot or None}
    image = world.images().get(device.image)
    volumes.written(world, volume, image, begun, copied=bool(device.image or device.snapshot), ready=done)
    return key
