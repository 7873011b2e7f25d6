"""Actions that change a server's flavor, image or host: resize, migrations, rebuild, evacuate."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec

from osvm_tui.cloud.mock import execution, migrations, scheduler, transitions
from osvm_tui.cloud.mock.fleet import Entry
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused, host_statuses
from osvm_tui.cloud.mock.quotas import check_flavor_change
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.rules import IDLE, RULES
from osvm_tui.cloud.mock.server import Flavor, Server
from osvm_tui.cloud.mock.server_view import detail

IDLE_EVACUATION = msgspec.structs.replace(RULES["evacuate"], task_states=IDLE)


def flavor_named(call: NovaCall, ref: str) -> Flavor:
    """Return the flavor with this id; refuse with 400."""
    found = call.world.things("flavor").get(str(ref).rpartition("/")[2])
    if found is None:
        raise Refused(400, f"Flavor {ref} could not be found.")
    return msgspec.convert(found, Flavor, strict=False)


def resize(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    """Resize to another flavor; ends in VERIFY_RESIZE."""
    flavor = flavor_named(call, value["flavorRef"])
    if flavor.id == entry.moment.flavor.id:
        raise Refused(400, "When resizing, instances must change flavor!")
    if entry.moment.image and flavor.disk == 0 and entry.moment.flavor.disk:
        raise Refused(400, "Resize to zero disk flavor is not allowed.")
    image = call.world.images().get(entry.moment.image)
    if image is not None and flavor.ram < image["min_ram"]:
        raise Refused(400, "Flavor's memory is too small for requested image.")
    if image is not None and flavor.disk < image["min_disk"]:
        raise Refused(
            400,
            "Flavor's disk is smaller than the minimum size specified in image metadata. Flavor disk is"
            f" {flavor.disk << 30} bytes, minimum size is {image['min_disk'] << 30} bytes.",
        )
    _refuse_host_down(call, entry)
    check_flavor_change(call, entry, flavor)
    _move(call, entry, "resize", flavor, _elsewhere(call, entry))
    return call.reply(202)


def _elsewhere(call: NovaCall, entry: Entry) -> str | None:
    server = entry.server
    return scheduler.pick_host(call, entry.moment.host, group=server.group, server=server.id)


def migrate(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    """Cold-migrate: the same as a resize with the same flavor."""
    wanted = (value or {}).get("host") if call.minor >= 56 else None
    if wanted is not None:
        _known_host(call, wanted)
        if wanted == entry.moment.host:
            raise Refused(400, "The target host can't be the same one.")
    _refuse_host_down(call, entry)
    host = wanted or _elsewhere(call, entry)
    _move(call, entry, "migrate", entry.moment.flavor, host)
    return call.reply(202)


def _move(call: NovaCall, entry: Entry, action: str, flavor: Flavor, host: str | None) -> None:
    server = call.world.checkout(entry.server.id)
    server.was = entry.moment
    steps = transitions.resize(execution.course(call, server), flavor, host)
    failure = execution.NO_VALID_HOST if host is None else ""
    if failure:
        steps = execution.with_fault(steps, failure)
    kind = "resize" if action == "resize" else "migration"
    steps = execution.accept(call, server, action, steps, result=failure)
    if host is not None:
        migrations.begin(call, server, kind, entry.moment.host, host, steps)


def confirm(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    """Confirm a resize or migration: 204 and no task state; a second confirm meanwhile is 400."""
    server = call.world.checkout(entry.server.id)
    if len(server.line) > 1 and server.line[-1].at > call.now:
        raise Refused(400, "Instance has not been resized.")
    steps = transitions.confirm_resize(execution.course(call, server))
    steps = execution.accept(call, server, "confirmResize", steps)
    migrations.finish(call, server, "confirmed", steps[-1].at)
    return call.reply(204)


def revert(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    """Go back to the flavor and host of before."""
    server = call.world.checkout(entry.server.id)
    if server.was is None:
        raise Refused(400, "Instance has not been resized.")
    steps = transitions.revert_resize(execution.course(call, server), server.was)
    steps = execution.accept(call, server, "revertResize", steps)
    migrations.finish(call, server, "reverted", steps[-1].at)
    return call.reply(202)


def live_migrate(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    """Live-migrate; without a valid host the server stays where it is, with an action in error."""
    wanted = value.get("host")
    if wanted is not None:
        _known_host(call, wanted)
    server = call.world.checkout(entry.server.id)
    host = wanted or _elsewhere(call, entry)
    steps = transitions.live_migrate(execution.course(call, server), host)
    failure = execution.NO_VALID_HOST if host is None else ""
    steps = execution.accept(call, server, "os-migrateLive", steps, result=failure)
    if host is not None:
        migrations.begin(call, server, "live-migration", entry.moment.host, host, steps)
    return call.reply(202)


def rebuild(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    """Rebuild from an image; keeps id, addresses and flavor."""
    image = call.world.images().get(value["imageRef"])
    if image is None:
        raise Refused(400, "Cannot find image for rebuild")
    if image["status"] != "active":
        raise Refused(400, f"Image {image['id']} is not active.")
    if not entry.moment.image and call.minor < 93:
        raise Refused(400, "Unable to rebuild with a different image for a volume-backed server.")
    server = call.world.checkout(entry.server.id)
    _rewrite(server, value, call.minor)
    stopped = entry.moment.vm_state == "stopped"
    kept = image["id"] if entry.moment.image else ""
    steps = transitions.rebuild(execution.course(call, server), kept, stopped)
    execution.accept(call, server, "rebuild", steps)
    now_entry = call.world.fleet.get(server.id, call.now)
    assert now_entry is not None
    password = value.get("adminPass") or secrets.token_urlsafe(9)
    view = detail(now_entry, call.viewer(), call.now) | {"adminPass": password}
    return call.reply(202, {"server": view}, {"location": f"{call.root}/v2.1/servers/{server.id}"})


def _rewrite(server: Server, value: dict[str, Any], minor: int) -> None:
    if value.get("name"):
        server.name = value["name"]
    if "metadata" in value:
        server.metadata = dict(value["metadata"])
    if minor >= 19 and "description" in value:
        server.description = value["description"]
    if minor >= 54 and "key_name" in value:
        server.key_name = value["key_name"]
    if minor >= 57 and "user_data" in value:
        server.user_data = value["user_data"]


def evacuate(call: NovaCall, entry: Entry, value: Any) -> SimReply:
    """Bring a server of a dead host up elsewhere: 200, and stopped from 2.95 on unless it was in error."""
    moment = entry.moment
    if host_statuses(call.world).get(moment.host or "") == "UP":
        raise Refused(400, f"Compute service of {moment.host} is still in use.")
    wanted = value.get("host")
    server = call.world.checkout(entry.server.id)
    host = wanted or _elsewhere(call, entry)
    stopped = moment.vm_state == "stopped" or (call.minor >= 95 and moment.vm_state != "error")
    steps = transitions.rebuild(execution.course(call, server), moment.image, stopped, host)
    steps = execution.accept(call, server, "evacuate", steps)
    if host is not None:
        migrations.begin(call, server, "evacuation", moment.host, host, steps)
    return call.reply(200, {"adminPass": secrets.token_urlsafe(9)} if call.minor < 14 else None)


def refuse_target(call: NovaCall, entry: Entry, value: Any) -> None:
    """Refuse an evacuation to an unknown host (404) or to where the server is, before its state is looked at.

    A server without a host and a body without one are "the same" to Nova.
    """
    wanted = value.get("host")
    if wanted is not None and wanted not in host_statuses(call.world):
        raise Refused(404, f"Compute host {wanted} not found.")
    if wanted == entry.moment.host:
        raise Refused(400, "The target host can't be the same one.")


def refuse_named_host(call: NovaCall, entry: Entry, value: Any) -> None:
    """Refuse a target host named by someone who is not an admin (403)."""
    if value and value.get("host") is not None and not call.caller.is_admin:
        action = "migrate_live:host" if "block_migration" in value else "migrate:host"
        raise Refused(403, f"Policy doesn't allow os_compute_api:os-migrate-server:{action} to be performed.")


def _refuse_host_down(call: NovaCall, entry: Entry) -> None:
    if host_statuses(call.world).get(entry.moment.host or "") == "DOWN":
        raise Refused(409, "Service is unavailable at this time.")


def _known_host(call: NovaCall, host: str) -> None:
    if host not in host_statuses(call.world):
        raise Refused(400, f"Compute host {host} could not be found.")
