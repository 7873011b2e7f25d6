"""What only admins see of Nova: services (with disable and force-down), hypervisors, aggregates."""

from __future__ import annotations

from typing import Any

from osvm_tui.cloud.mock.clock import plain
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
    """Enable, disable, or force down a service (2.53)."""
    call.since((2, 53))
    body = call.request.json() or {}
    call.allow("admin", "os-services:update")
    row = call.world.things("service").get(key)
    if row is None:
        raise Refused(404, f"Service {key} could not be found.")
    changes: Thing = {}
    if "status" in body:
        reason = body.get("disabled_reason") if body["status"] == "disabled" else None
        changes |= {"status": body["status"], "disabled_reason": reason}
    if "forced_down" in body:
        changes |= {"forced_down": body["forced_down"], "state": "down" if body["forced_down"] else "up"}
        changes |= {"seen": call.now}
    call.world.put("service", key, row | changes)
    return call.reply(200, {"service": _service(call, row | changes)})


def hypervisors(call: NovaCall, detailed: bool) -> SimReply:
    """List hypervisors; from 2.88 without the figures of use."""
    call.allow("admin", "os-hypervisors:list-detail" if detailed else "os-hypervisors:list")
    rows = [
        row
        for row in sorted(call.world.things("service").values(), key=lambda row: str(row["host"]))
        if row["binary"] == "nova-compute"
    ]
    show = _hypervisor if detailed else _hypervisor_brief
    return call.reply(200, {"hypervisors": [show(call, row, n) for n, row in enumerate(rows, 1)]})


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
    if call.minor >= 88:
        wanted = call.request.first("with_servers", "false") == "true"
        return view | {"uptime": None} | ({"servers": _servers(call, row["host"])} if wanted else {})
    return view | _use(call, row["host"]) | {"cpu_info": CPU_INFO}


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
