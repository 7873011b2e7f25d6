"""GET /servers/{id}/diagnostics as the libvirt driver answers it: counters of what the guest does since it booted."""

from __future__ import annotations

from typing import Any

import msgspec

from osvm_tui.cloud.mock.fleet import Entry
from osvm_tui.cloud.mock.guests import load_of
from osvm_tui.cloud.mock.load import PACKET, READ, WRITE, Load
from osvm_tui.cloud.mock.nova_call import NovaCall, Refused
from osvm_tui.cloud.mock.power import RUNNING, runs
from osvm_tui.cloud.mock.request import SimReply
from osvm_tui.cloud.mock.rules import RULES


def diagnostics(call: NovaCall, server_id: str) -> SimReply:
    """Show counters of a running guest (admin); 409 without a host or while it does not run."""
    entry = call.server(server_id)
    call.allow_rule(RULES["diagnostics"])
    if entry.moment.host is None:
        raise Refused(409, f"Instance {server_id} is not ready")
    if entry.moment.power_state != RUNNING or entry.moment.launched_at is None:
        raise Refused(409, "Cannot get diagnostics: the guest is not running")
    return call.reply(200, _modern(call, entry) if call.minor >= 48 else _flat(call, entry))


class Told(msgspec.Struct, frozen=True):
    """What the hypervisor has counted since the guest booted, as whole numbers, evenly over its interfaces."""

    load: Load
    uptime: int
    core_ns: int
    rx: int
    tx: int
    read: int
    write: int


def _told(call: NovaCall, entry: Entry) -> Told:
    ran = runs(entry.server, call.world.history(entry.server.id), call.now)
    load = load_of(entry.server, call.world.seed, call.now)
    counts = load.counts(call.now, ran[-1].boot)
    nics = max(1, sum(nic.held_at(call.now) for nic in entry.server.nics))
    up = max(0.0, call.now - (entry.moment.launched_at or call.now))
    return Told(
        load, int(up), int(counts.cpu_s * 1e9 / load.vcpus), int(counts.net_in / nics), int(counts.net_out / nics),
        int(counts.read), int(counts.write),
    )  # fmt: skip


def _modern(call: NovaCall, entry: Entry) -> dict[str, Any]:
    count, flavor = _told(call, entry), entry.moment.flavor
    nics = [
        {
            "mac_address": nic.mac,
            "rx_octets": count.rx,
            "rx_packets": count.rx // PACKET,
            "rx_drop": 0,
            "rx_errors": 0,
            "rx_rate": None,
            "tx_octets": count.tx,
            "tx_packets": count.tx // PACKET,
            "tx_drop": 0,
            "tx_errors": 0,
            "tx_rate": None,
        }
        for nic in entry.server.nics
        if nic.held_at(call.now)
    ]
    disk = {
        "read_bytes": count.read,
        "read_requests": count.read // READ,
        "write_bytes": count.write,
        "write_requests": count.write // WRITE,
        "errors_count": 0,
    }
    return {
        "state": "running",
        "driver": "libvirt",
        "hypervisor": "kvm",
        "hypervisor_os": "linux",
        "uptime": count.uptime,
        "config_drive": entry.server.config_drive,
        "num_cpus": flavor.vcpus,
        "num_nics": len(nics),
        "num_disks": (1 if entry.moment.image else 0) + sum(disk.held_at(call.now) for disk in entry.server.disks),
        "cpu_details": [{"id": n, "time": count.core_ns, "utilisation": None} for n in range(flavor.vcpus)],
        "nic_details": nics,
        "disk_details": [disk],
        "memory_details": {"maximum": flavor.ram // 1024, "used": flavor.ram // 1024},
    }


def _flat(call: NovaCall, entry: Entry) -> dict[str, Any]:
    count, flavor = _told(call, entry), entry.moment.flavor
    view: dict[str, Any] = {f"cpu{n}_time": count.core_ns for n in range(flavor.vcpus)}
    view |= {"vda_read": count.read, "vda_read_req": count.read // READ}
    view |= {"vda_write": count.write, "vda_write_req": count.write // WRITE, "vda_errors": -1}
    used = count.load.memory(call.now) // 1024
    view |= {"memory": flavor.ram * 1024, "memory-actual": flavor.ram * 1024, "memory-rss": used}
    view |= {"memory-unused": count.load.ram // 1024 - used, "memory-available": count.load.ram // 1024}
    for nic in entry.server.nics:
        tap = "tap" + nic.port[:11]
        view |= {f"{tap}_rx": count.rx, f"{tap}_tx": count.tx}
        view |= {f"{tap}_rx_packets": count.rx // PACKET, f"{tap}_tx_packets": count.tx // PACKET}
        view |= {f"{tap}_{way}_{bad}": 0 for way in ("rx", "tx") for bad in ("drop", "errors")}
    return view
