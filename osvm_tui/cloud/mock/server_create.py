"""POST /servers: checks of the body, quota, and a new server as a build request with its whole time line."""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import Any

import msgspec

from osvm_tui.cloud.mock import block_devices, execution, ports, quotas, scheduler, server_groups, transitions
from osvm_tui.cloud.mock.action_bodies import invalid, need, only, text
from osvm_tui.cloud.mock.move_actions import flavor_named
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.security_groups import group_named
from osvm_tui.cloud.mock.server import Fault, Flavor, Moment, Server
from osvm_tui.cloud.mock.server_view import links

ALLOWED = {
    "name",
    "flavorRef",
    "imageRef",
    "networks",
    "security_groups",
    "key_name",
    "metadata",
    "user_data",
    "availability_zone",
    "config_drive",
    "min_count",
    "max_count",
    "return_reservation_id",
    "adminPass",
    "block_device_mapping",
    "block_device_mapping_v2",
    "OS-DCF:diskConfig",
    "accessIPv4",
    "accessIPv6",
    "description",
    "tags",
    "hostname",
    "host",
    "hypervisor_hostname",
    "trusted_image_certificates",
    "personality",
}
SINCE = {"description": 19, "tags": 52, "trusted_image_certificates": 63, "host": 74, "hypervisor_hostname": 74}
LATER = SINCE | {"hostname": 90}
MAX_USER_DATA = 65535


class Plan(msgspec.Struct, frozen=True):
    """What a create request comes to once everything in it has been looked up."""

    body: dict[str, Any]
    flavor: Flavor
    image: str
    networks: list[ports.Attachment]
    groups: list[str]
    count: int
    volumes: list[block_devices.Device]
    group: str | None


def create(call: NovaCall) -> SimReply:
    """Accept one or several new servers and answer with the first one's id; all the rest comes later."""
    body = call.body("server")
    _check_body(call, body)
    call.allow("member", "servers:create")
    plan = _plan(call, body)
    _check_quota(call, plan)
    password = body.get("adminPass") or secrets.token_urlsafe(9)
    servers = [_new_server(call, plan, number) for number in range(plan.count)]
    if body.get("return_reservation_id"):
        return call.reply(202, {"reservation_id": servers[0].reservation})
    first = servers[0]
    view = {
        "id": first.id,
        "links": links(call.root, "servers", first.id),
        "OS-DCF:diskConfig": "MANUAL",
        "security_groups": [{"name": name} for name in first.security_groups],
        "adminPass": password,
    }
    return call.reply(202, {"server": view}, {"location": f"{call.root}/v2.1/servers/{first.id}"})


def _check_body(call: NovaCall, body: Any) -> None:
    need(body, "server", "name", "flavorRef")
    only(body, "server", ALLOWED - {name for name, minor in LATER.items() if call.minor < minor})
    text(body["name"], "name", empty=False)
    if call.minor >= 37:
        need(body, "server", "networks")
    image = body.get("imageRef")
    if image and len(str(image).rpartition("/")[2]) not in (32, 36):
        raise invalid("imageRef", image, f"{image!r} is not valid under any of the given schemas")
    for name, value in (body.get("metadata") or {}).items():
        text(name, "metadata")
        text(value, name)
    _check_user_data(body.get("user_data"))


def _check_user_data(data: Any) -> None:
    if data is None:
        return
    text(data, "user_data", MAX_USER_DATA)
    try:
        base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("user_data", data, f"{data!r} is not a 'base64'") from None


def _plan(call: NovaCall, body: dict[str, Any]) -> Plan:
    image, volume = _image(call, body)
    flavor = flavor_named(call, body["flavorRef"])
    _check_fit(flavor, image)
    key_name = body.get("key_name")
    if key_name and f"{call.caller.user_id}:{key_name}" not in call.world.things("keypair"):
        raise Refused(400, "Invalid key_name provided.")
    groups = [group["name"] for group in body.get("security_groups", [])] or ["default"]
    for group in groups:
        group_named(call, group, call.caller.project_id, 400)
    networks = ports.attachments(call, body.get("networks", "auto"))
    count = max(int(body.get("min_count") or 1), int(body.get("max_count") or 1))
    local = "" if image is None or volume else image["id"]
    disks, group = block_devices.devices(call, body), server_groups.hinted(call)
    return Plan(body, flavor, local, networks, groups, count, disks, group)


def _image(call: NovaCall, body: dict[str, Any]) -> tuple[dict[str, Any] | None, bool]:
    devices = body.get("block_device_mapping_v2") or []
    root = next((device for device in devices if device.get("boot_index") == 0), None)
    ref = body.get("imageRef") or (root or {}).get("uuid" if (root or {}).get("source_type") == "image" else "-")
    volume = root is not None and root.get("destination_type") == "volume"
    if not ref:
        if volume:
            return None, True
        raise Refused(400, "Missing imageRef attribute")
    image = call.world.images().get(str(ref).rpartition("/")[2])
    if image is None or (image["visibility"] == "private" and image["owner"] != call.caller.project_id):
        raise Refused(400, "Can not find requested image")
    if image["status"] != "active":
        raise Refused(400, f"Image {image['id']} is not active.")
    return image, volume


def _check_fit(flavor: Flavor, image: dict[str, Any] | None) -> None:
    if image is None:
        return
    if flavor.ram < image["min_ram"]:
        raise Refused(400, "Flavor's memory is too small for requested image.")
    if 0 < flavor.disk < image["min_disk"]:
        raise Refused(
            400,
            "Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is"
            f" {flavor.disk << 30} bytes, minimum size is {image['min_disk'] << 30} bytes.",
        )


def _check_quota(call: NovaCall, plan: Plan) -> None:
    wanted = {"instances": 1, "cores": plan.flavor.vcpus, "ram": plan.flavor.ram}
    quotas.check(call, call.caller.project_id, {name: n * plan.count for name, n in wanted.items()})
    if len(plan.body.get("metadata") or {}) > quotas.DEFAULTS["metadata_items"]:
        raise Refused(403, "Maximum number of metadata items exceeds 128")


def _new_server(call: NovaCall, plan: Plan, number: int) -> Server:
    world, body = call.world, plan.body
    key = world.new_id("server")
    name = body["name"] if plan.count == 1 else f"{body['name']}-{number + 1}"
    request = Moment(at=call.now, flavor=plan.flavor, task_state="scheduling", image=plan.image, request=True)
    server = Server(
        id=key,
        number=world.next_number(),
        name=name,
        project=call.caller.project_id,
        user=call.caller.user_id,
        created=call.now,
        line=[request],
        hostname=body.get("hostname") or name.lower().replace("_", "-").replace(" ", "-"),
        reservation="r-" + f"{world.chance('reservation').getrandbits(40):08x}"[:8],
        description=body.get("description"),
        key_name=body.get("key_name"),
        metadata=dict(body.get("metadata") or {}),
        tags=sorted(body.get("tags") or []),
        security_groups=plan.groups,
        user_data=body.get("user_data"),
        config_drive=bool(body.get("config_drive")),
        group=plan.group,
    )
    _build(call, plan, server)
    return server


def _build(call: NovaCall, plan: Plan, server: Server) -> None:
    world = call.world
    host = plan.body.get("host") or scheduler.pick_host(call, group=server.group, server=server.id)
    if any(spec.startswith("resources:VGPU") for spec in plan.flavor.extra_specs):
        host = None  # no host of this cloud has one: the plain way to see "No valid host"
    fault = None
    if host is None:
        fault = Fault(500, execution.NO_VALID_HOST, call.now)
        server.root_device = None
    elif world.chance("build").random() < world.knobs.late_error:
        text_ = f"Build of instance {server.id} aborted: Failed to allocate the network(s), not rescheduling."
        fault = Fault(500, text_, call.now)
    steps = transitions.build(execution.course(call, server), host, fault)
    if fault is not None:
        steps[-1] = msgspec.structs.replace(steps[-1], fault=msgspec.structs.replace(fault, created=steps[-1].at))
    if world.chance("stuck").random() < world.knobs.stuck_task and len(steps) > 1:
        steps = steps[:-1]
    server.line = [*server.line, *steps]
    if host is not None and fault is None:
        networking = next(step.at for step in steps if step.task_state == "networking")
        ports.attach(call, server, plan.networks, networking)
        mapping, spawning = (
            next(step.at for step in steps if step.task_state == task) for task in ("block_device_mapping", "spawning")
        )
        block_devices.attach(call, server, plan.volumes, mapping, spawning)
    world.save(server)
    end = steps[-1].at if steps[-1].task_state is None else None
    execution.record(call, server, "create", end, host, fault.message if fault else "")
