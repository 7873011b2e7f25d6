"""GET /servers/{id}/diagnostics as the libvirt driver answers it: counters that grow with the time since launch."""

from __future__ import annotations

from random import Random
from typing import Any

from osvm_tui.cloud.mock.fleet import Entry
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.rules import RULES

RUNNING = 1


def diagnostics(call: NovaCall, server_id: str) -> SimReply:
    """Show counters of a running guest (admin); 409 without a host or while it does not run."""
    entry = call.server(server_id)
    call.allow_rule(RULES["diagnostics"])
    if entry.moment.host is None:
        raise Refused(409, f"Instance {server_id} is not ready")
    if entry.moment.power_state != RUNNING or entry.moment.launched_at is None:
        raise Refused(409, "Cannot get diagnostics: the guest is not running")
    return call.reply(200, _modern(call, entry) if call.minor >= 48 else _flat(call, entry))


def _counters(call: NovaCall, entry: Entry) -> dict[str, int]:
    launched = entry.moment.launched_at
    up = max(0.0, call.now - (launched if launched is not None else call.now))
    rng = Random(f"{call.world.seed}:{entry.server.id}:counters")
    names = ("cpu", "rx", "tx", "read", "write")
    rates = (rng.uniform(0.01, 0.9) * 1e9, *(rng.uniform(1e3, 2e6) for _ in range(4)))
    return {"uptime": int(up)} | {name: int(rate * up) for name, rate in zip(names, rates, strict=True)}


def _modern(call: NovaCall, entry: Entry) -> dict[str, Any]:
    count, flavor = _counters(call, entry), entry.moment.flavor
    nics = [
        {
            "mac_address": nic.mac,
            "rx_octets": count["rx"],
            "rx_packets": count["rx"] // 700,
            "rx_drop": 0,
            "rx_errors": 0,
            "rx_rate": None,
            "tx_octets": count["tx"],
            "tx_packets": count["tx"] // 700,
            "tx_drop": 0,
            "tx_errors": 0,
            "tx_rate": None,
        }
        for nic in entry.server.nics
        if nic.held_at(call.now)
    ]
    disk = {
        "read_bytes": count["read"],
        "read_requests": count["read"] // 32768,
        "write_bytes": count["write"],
        "write_requests": count["write"] // 16384,
        "errors_count": 0,
    }
    return {
        "state": "running",
        "driver": "libvirt",
        "hypervisor": "kvm",
        "hypervisor_os": "linux",
        "uptime": count["uptime"],
        "config_drive": entry.server.config_drive,
        "num_cpus": flavor.vcpus,
        "num_nics": len(nics),
        "num_disks": (1 if entry.moment.image else 0) + sum(disk.held_at(call.now) for disk in entry.server.disks),
        "cpu_details": [{"id": n, "time": count["cpu"], "utilisation": None} for n in range(flavor.vcpus)],
        "nic_details": nics,
        "disk_details": [disk],
        "memory_details": {"maximum": flavor.ram // 1024, "used": flavor.ram // 1024},
    }


def _flat(call: NovaCall, entry: Entry) -> dict[str, Any]:
    count, flavor = _counters(call, entry), entry.moment.flavor
    view: dict[str, Any] = {f"cpu{n}_time": count["cpu"] for n in range(flavor.vcpus)}
    view |= {"vda_read": count["read"], "vda_read_req": count["read"] // 32768}
    view |= {"vda_write": count["write"], "vda_write_req": count["write"] // 16384, "vda_errors": -1}
    used = flavor.ram * 1024 * 6 // 10
    view |= {"memory": flavor.ram * 1024, "memory-actual": flavor.ram * 1024, "memory-rss": used}
    view |= {"memory-unused": flavor.ram * 1024 - used, "memory-available": flavor.ram * 1024}
    for nic in entry.server.nics:
        tap = "tap" + nic.port[:11]
        view |= {f"{tap}_rx": count["rx"], f"{tap}_tx": count["tx"]}
        view |= {f"{tap}_rx_packets": count["rx"] // 700, f"{tap}_tx_packets": count["tx"] // 700}
        view |= {f"{tap}_{way}_{bad}": 0 for way in ("rx", "tx") for bad in ("drop", "errors")}
    return view
