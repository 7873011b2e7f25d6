"""What only admins see of Nova: services (with disable and force-down), hypervisors, aggregates."""

from __future__ import annotations

from typing import Any

import msgspec

from osvm_tui.cloud.mock.action_bodies import invalid, is_uuid, need, only, text
from osvm_tui.cloud.mock.clock import plain, zulu
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused
from osvm_tui.cloud.mock.request import SimReply

Thing = dict[str, Any]
HOST_VCPUS, HOST_RAM_MB, HOST_DISK_GB = 128, 786432, 16000


CPU_INFO = {
    "arch": "x86_64",
    "model": "EPYC",
    "vendor": "AMD",
    "features": ["aes", "avx2"],
    "topology": {"sockets": 2, "cores": 32, "threads": 2},
}


def services(call: NovaCall) -> SimReply:
    """List services."""
    call.allow("admin", "os-services:list")
    host, binary = call.request.first("host"), call.request.first("binary")
    rows = [
        _service(call, row)
        for row in call.world.things("service").values()
        if host in (None, row["host"]) and binary in (None, row["binary"])
    ]
    return call.reply(200, {"services": rows})


def _service(call: NovaCall, row: Thing) -> Thing:
    view = {
        "id": row["id"],
        "binary": row["binary"],
        "host": row["host"],
        "zone": row["zone"],
        "status": row["status"],
        "state": row["state"],
        "disabled_reason": row["disabled_reason"],
        "updated_at": plain(call.now if row["state"] == "up" else row["seen"]),
    }
    return view | {"forced_down": row["forced_down"]} if call.minor >= 11 else view


def update_service(call: NovaCall, key: str) -> SimReply:
    """Enable, disable, or force down a service: by its id from 2.53 on, by host and binary before."""
    body = call.request.json() or {}
    if call.minor < 53:
        return _update_named(call, key, body)
    wanted = _wanted(body)
    call.allow("admin", "os-services:update")
    if not is_uuid(key):
        raise Refused(400, f"Invalid uuid {key}")
    row = call.world.things("service").get(key)
    if row is None:
        raise Refused(404, f"Service {key} could not be found.")
    if row["binary"] != "nova-compute":
        text = "is not supported. Only nova-compute services can be updated."
        raise Refused(400, f"Updating a {row['binary']} service {text}")
    return call.reply(200, {"service": _service(call, _changed(call, row, wanted))})


def _wanted(body: Thing) -> Thing:
    if "status" not in body and "forced_down" not in body:
        raise Refused(400, "No updates were requested. Fields 'status' or 'forced_down' should be specified.")
    only(body, "service", {"status", "disabled_reason", "forced_down"})
    if body.get("status") not in (None, "enabled", "disabled"):
        raise invalid("status", body["status"], f"{body['status']!r} is not one of ['enabled', 'disabled']")
    if not isinstance(body.get("forced_down", False), bool):
        raise invalid("forced_down", body["forced_down"], f"{body['forced_down']!r} is not one of [True, False]")
    if "disabled_reason" in body:
        text(body["disabled_reason"], "disabled_reason", empty=False)
        if body.get("status") != "disabled":
            raise Refused(400, "Specifying 'disabled_reason' with status 'enabled' is invalid.")
    return body


def _changed(call: NovaCall, row: Thing, wanted: Thing) -> Thing:
    changes: Thing = {}
    if wanted.get("status"):
        changes |= {"status": wanted["status"], "disabled_reason": wanted.get("disabled_reason")}
    if "forced_down" in wanted:
        down = bool(wanted["forced_down"])
        changes |= {"forced_down": down, "state": "down" if down else "up", "seen": call.now}
    call.world.put("service", row["id"], row | changes)
    return row | changes


def _update_named(call: NovaCall, verb: str, body: Thing) -> SimReply:
    """Answer the old forms: enable, disable, disable-log-reason, force-down (2.11)."""
    if verb not in ("enable", "disable", "disable-log-reason", "force-down"):
        raise Refused(404, "Unknown action")
    need(body, "service", "host", "binary")
    call.allow("admin", "os-services:update")
    rows = call.world.things("service").values()
    row = next((r for r in rows if (r["host"], r["binary"]) == (body["host"], body["binary"])), None)
    if row is None:
        raise Refused(404, f"Could not find binary {body['binary']} on host {body['host']}.")
    status = {"enable": "enabled", "force-down": None}.get(verb, "disabled")
    wanted: Thing = {"status": status, "disabled_reason": body.get("disabled_reason")}
    if verb == "force-down":
        wanted["forced_down"] = bool(body.get("forced_down"))
    changed = _changed(call, row, wanted)
    view: Thing = {"host": row["host"], "binary": row["binary"]}
    view |= {"forced_down": changed["forced_down"]} if verb == "force-down" else {"status": changed["status"]}
    if verb == "disable-log-reason":
        view["disabled_reason"] = changed["disabled_reason"]
    return call.reply(200, {"service": view})


def hypervisors(call: NovaCall, detailed: bool) -> SimReply:
    """List hypervisors, from 2.33 on in pages; from 2.88 without the figures of use."""
    call.allow("admin", "os-hypervisors:list-detail" if detailed else "os-hypervisors:list")
    services = sorted(call.world.things("service").values(), key=lambda row: str(row["host"]))
    rows = list(enumerate((row for row in services if row["binary"] == "nova-compute"), 1))
    pattern = call.request.first("hypervisor_hostname_pattern") if call.minor >= 53 else None
    rows = [(n, row) for n, row in rows if (pattern or "") in row["host"]]
    limit = 1000
    if call.minor >= 33:
        limit, rows = _page(call, rows)
    show = _hypervisor if detailed else _hypervisor_brief
    body: Thing = {"hypervisors": [show(call, row, n) for n, row in rows[:limit]]}
    if call.minor >= 33 and rows and len(rows[:limit]) == limit:
        path = "/os-hypervisors/detail" if detailed else "/os-hypervisors"
        marker = body["hypervisors"][-1]["id"]
        link = {"rel": "next", "href": f"{call.root}/v2.1{path}?limit={limit}&marker={marker}"}
        body["hypervisors_links"] = [link]
    return call.reply(200, body)


def _page(call: NovaCall, rows: list[tuple[int, Thing]]) -> tuple[int, list[tuple[int, Thing]]]:
    limit, marker = min(1000, int(call.request.first("limit") or 1000)), call.request.first("marker")
    if marker is None:
        return limit, rows
    keys = [row["node"] if call.minor >= 53 else str(n) for n, row in rows]
    if marker not in keys:
        raise Refused(400, f"marker [{marker}] not found")
    return limit, rows[keys.index(marker) + 1 :]


def hypervisor(call: NovaCall, key: str) -> SimReply:
    """Show one hypervisor by its id."""
    call.allow("admin", "os-hypervisors:show")
    rows = [row for row in call.world.things("service").values() if row.get("node") == key]
    if not rows:
        raise Refused(404, f"Compute host {key} could not be found.")
    return call.reply(200, {"hypervisor": _hypervisor(call, rows[0], 1)})


def statistics(call: NovaCall) -> SimReply:
    """Show the sums over all hypervisors; gone from 2.88 on."""
    call.allow("admin", "os-hypervisors:statistics")
    if call.minor >= 88:
        raise Refused(404, "The resource could not be found.")
    rows = [row for row in call.world.things("service").values() if row["binary"] == "nova-compute"]
    uses = [_use(call, row["host"]) for row in rows]
    total = {name: sum(use[name] for use in uses) for name in uses[0]} if uses else {}
    return call.reply(200, {"hypervisor_statistics": total | {"count": len(rows)}})


def _hypervisor_brief(call: NovaCall, row: Thing, number: int) -> Thing:
    return {
        "id": row["node"] if call.minor >= 53 else number,
        "hypervisor_hostname": row["host"],
        "state": row["state"],
        "status": row["status"],
    }


def _hypervisor(call: NovaCall, row: Thing, number: int) -> Thing:
    view = _hypervisor_brief(call, row, number) | {
        "host_ip": row["address"],
        "hypervisor_type": "QEMU",
        "hypervisor_version": 8002002,
        "service": {
            "id": row["id"] if call.minor >= 53 else number,
            "host": row["host"],
            "disabled_reason": row["disabled_reason"],
        },
    }
    if call.minor >= 53 and (call.request.first("with_servers") or "").lower() in ("1", "true"):
        view["servers"] = _servers(call, row["host"])
    if call.minor >= 88:
        return view | {"uptime": _uptime(call, row)}
    cpu = CPU_INFO if call.minor >= 28 else msgspec.json.encode(CPU_INFO).decode()
    return view | _use(call, row["host"]) | {"cpu_info": cpu}


def _uptime(call: NovaCall, row: Thing) -> str | None:
    """Return what uptime(1) says on the host, or None while nobody answers there."""
    if row["state"] != "up":
        return None
    load = 0.2 + len(_servers(call, row["host"])) * 0.35
    clock = zulu(call.now)[11:19]
    return f" {clock} up 41 days,  3:07,  0 users,  load average: {load:.2f}, {load * 0.9:.2f}, {load * 0.8:.2f}\n"


def _servers(call: NovaCall, host: str) -> list[Thing]:
    return [
        {"uuid": e.server.id, "name": f"instance-{e.server.number:08x}"}
        for e in call.world.fleet.of(None, call.now)
        if e.moment.host == host and not e.moment.deleted
    ]


def _use(call: NovaCall, host: str) -> Thing:
    here = [e.moment for e in call.world.fleet.of(None, call.now) if e.moment.host == host and not e.moment.deleted]
    cores, ram = sum(m.flavor.vcpus for m in here), sum(m.flavor.ram for m in here)
    disk = sum(m.flavor.disk for m in here)
    return {
        "vcpus": HOST_VCPUS,
        "vcpus_used": cores,
        "memory_mb": HOST_RAM_MB,
        "memory_mb_used": ram,
        "free_ram_mb": HOST_RAM_MB - ram,
        "local_gb": HOST_DISK_GB,
        "local_gb_used": disk,
        "free_disk_gb": HOST_DISK_GB - disk,
        "disk_available_least": HOST_DISK_GB - disk,
        "running_vms": sum(m.power_state == 1 for m in here),
        "current_workload": sum(m.task_state is not None for m in here),
    }


def aggregates(call: NovaCall) -> SimReply:
    """List host aggregates: none."""
    call.allow("admin", "os-aggregates:index")
    return call.reply(200, {"aggregates": []})
