"""Nova's small catalogues: flavors, availability zones, extensions."""

from __future__ import annotations

from typing import Any

from osvm_tui.cloud.mock.clock import plain
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused, host_statuses
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.server_view import links

Thing = dict[str, Any]


def flavors(call: NovaCall, detailed: bool) -> SimReply:
    """List flavors, smallest id first; `detailed` with all fields."""
    rows = sorted(call.world.things("flavor").values(), key=lambda flavor: flavor["id"])
    least_ram, least_disk = int(call.request.first("minRam") or 0), int(call.request.first("minDisk") or 0)
    rows = [row for row in rows if row["ram"] >= least_ram and row["disk"] >= least_disk]
    marker = call.request.first("marker")
    if marker:
        keys = [row["id"] for row in rows]
        if marker not in keys:
            raise Refused(400, f"marker [{marker}] not found")
        rows = rows[keys.index(marker) + 1 :]
    limit = int(call.request.first("limit") or 1000)
    show = _flavor if detailed else _flavor_brief
    body: Thing = {"flavors": [show(call, row) for row in rows[:limit]]}
    if rows and len(rows[:limit]) == limit:
        path = "/flavors/detail" if detailed else "/flavors"
        href = f"{call.root}/v2.1{path}?limit={limit}&marker={rows[limit - 1]['id']}"
        body["flavors_links"] = [{"rel": "next", "href": href}]
    return call.reply(200, body)


def flavor(call: NovaCall, key: str) -> SimReply:
    """Show one flavor."""
    found = call.world.things("flavor").get(key)
    if found is None:
        raise Refused(404, f"Flavor {key} could not be found.")
    return call.reply(200, {"flavor": _flavor(call, found)})


def extra_specs(call: NovaCall, key: str) -> SimReply:
    """Show the extra specs of one flavor."""
    found = call.world.things("flavor").get(key)
    if found is None:
        raise Refused(404, f"Flavor {key} could not be found.")
    return call.reply(200, {"extra_specs": found["extra_specs"]})


def _flavor_brief(call: NovaCall, row: Thing) -> Thing:
    view = {"id": row["id"], "name": row["name"], "links": links(call.root, "flavors", row["id"])}
    return view | {"description": None} if call.minor >= 55 else view


def _flavor(call: NovaCall, row: Thing) -> Thing:
    view = _flavor_brief(call, row) | {
        "vcpus": row["vcpus"],
        "ram": row["ram"],
        "disk": row["disk"],
        "swap": row["swap"] if call.minor >= 75 else row["swap"] or "",
        "OS-FLV-EXT-DATA:ephemeral": row["ephemeral"],
        "os-flavor-access:is_public": True,
    }
    if call.minor < 102:
        view |= {"OS-FLV-DISABLED:disabled": False, "rxtx_factor": 1.0}
    if call.minor >= 61:
        view["extra_specs"] = row["extra_specs"]
    return view


def zones(call: NovaCall, detailed: bool) -> SimReply:
    """List availability zones; hosts only in the detailed form, for admins."""
    zone: Thing = {"zoneName": "nova", "zoneState": {"available": True}, "hosts": None}
    internal: Thing = {"zoneName": "internal", "zoneState": {"available": True}}
    if not detailed:
        return call.reply(200, {"availabilityZoneInfo": [zone]})
    call.allow("admin", "os-availability-zone:detail")
    seen = plain(call.now)
    zone["hosts"] = {
        host: {"nova-compute": {"active": status != "MAINTENANCE", "available": status != "DOWN", "updated_at": seen}}
        for host, status in sorted(host_statuses(call.world).items())
    }
    alive = {"active": True, "available": True, "updated_at": seen}
    internal["hosts"] = {"controller-01": {"nova-conductor": alive, "nova-scheduler": alive}}
    return call.reply(200, {"availabilityZoneInfo": [internal, zone]})


def extensions(call: NovaCall) -> SimReply:
    """List extensions: none worth naming, the microversion says it all."""
    return call.reply(200, {"extensions": []})
