"""Nova's diagnostics: both forms of the body, nulls, other drivers, and what refusals mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from osvm_tui.domain.errors import (
    CloudError,
    CloudFault,
    Conflict,
    Forbidden,
    NotFound,
    ProbeError,
    ProbeFailed,
    ProbeNotPermitted,
    ProbeUnfit,
)
from osvm_tui.domain.metrics import DiskCounters, Memory, Metric, NicCounters, Source
from osvm_tui.domain.sampling import sample
from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.probe.diagnostics import DiagnosticsProbe, parse_diagnostics
from osvm_tui.probe.probe import Target

AT = datetime(2026, 11, 22, 9, tzinfo=UTC)
VM = Vm(
    endpoint="e", id="v1", name="web", status="ACTIVE", vm_state="active", flavor=Flavor("m1.small", 2, 2048, 20),
    launched_at=AT - timedelta(days=1), host_id="h1",
)  # fmt: skip


def modern(**changes: Any) -> dict[str, Any]:
    """Return a body as 2.48 documents it, of libvirt: what it does not measure is null."""
    nic = {"mac_address": "fa:16:3e:aa:bb:cc", "rx_octets": 2000, "tx_octets": 3000, "rx_packets": 20, "tx_packets": 30}
    nic |= {"rx_drop": 0, "rx_errors": 0, "rx_rate": None, "tx_drop": 0, "tx_errors": 0, "tx_rate": None}
    disk = {"read_bytes": 4096, "read_requests": 4, "write_bytes": 8192, "write_requests": 8, "errors_count": -1}
    return {
        "state": "running", "driver": "libvirt", "hypervisor": "kvm", "hypervisor_os": "linux", "uptime": 86400,
        "config_drive": False, "num_cpus": 2, "num_nics": 1, "num_disks": 1, "nic_details": [nic],
        "disk_details": [disk], "memory_details": {"maximum": 2, "used": 2},
        "cpu_details": [{"id": n, "time": (n + 1) * 10**9, "utilisation": None} for n in range(2)],
    } | changes  # fmt: skip


FLAT = {
    "cpu0_time": 17_300_000_000, "cpu1_time": 700_000_000, "memory": 524288, "memory-actual": 524288,
    "memory-available": 500000, "memory-unused": 100000, "memory-usable": 300000, "memory-rss": 243188,
    "vda_errors": -1, "vda_read": 262144, "vda_read_req": 112, "vda_write": 5778432, "vda_write_req": 488,
    "vnet1_rx": 2070139, "vnet1_rx_drop": 0, "vnet1_rx_errors": 0, "vnet1_rx_packets": 26701, "vnet1_tx": 140208,
    "vnet1_tx_drop": 0, "vnet1_tx_errors": 0, "vnet1_tx_packets": 662,
}  # fmt: skip


def test_the_form_of_2_48() -> None:
    reading = parse_diagnostics(json.dumps(modern()), VM, AT)
    assert (reading.source, reading.vcpus, reading.cpu_busy_s) == (Source.DIAGNOSTICS, 2, 3.0)
    assert reading.core_busy_s == (1.0, 2.0)
    assert reading.memory == Memory(2048 * 2**20), "what libvirt calls used is not the guest's use"
    assert reading.disks == (DiskCounters("disk 0", 4096, 8192, 4, 8),)
    assert reading.nics == (NicCounters("fa:16:3e:aa:bb:cc", 2000, 3000, 20, 30),)


def test_the_flat_form_of_libvirt() -> None:
    reading = parse_diagnostics(json.dumps(FLAT), VM, AT)
    assert reading.vcpus == 2
    assert reading.cpu_busy_s == pytest.approx(18.0)
    assert reading.memory == Memory(500000 * 1024, available=300000 * 1024, used=200000 * 1024)
    assert reading.disks == (DiskCounters("vda", 262144, 5778432, 112, 488),)
    assert reading.nics == (NicCounters("vnet1", 2070139, 140208, 26701, 662),)


def test_two_bodies_become_rates_and_another_launch_none() -> None:
    cores = [{"id": 0, "time": 4 * 10**9, "utilisation": None}, {"id": 1, "time": 2 * 10**9, "utilisation": None}]
    before = parse_diagnostics(json.dumps(modern()), VM, AT)
    later = parse_diagnostics(json.dumps(modern(cpu_details=cores)), VM, AT + timedelta(seconds=6))
    found = sample(before, later)
    assert found.value(Metric.CPU) == pytest.approx(25.0)
    assert found.value(Metric.NET_IN) == 0.0
    moved = replace(VM, host_id="h2")
    elsewhere = parse_diagnostics(json.dumps(modern()), moved, AT + timedelta(seconds=6))
    assert sample(before, elsewhere).value(Metric.NET_IN) is None


def test_nulls_are_not_told_and_a_finished_percentage_is_taken() -> None:
    nothing = [{"id": 0, "time": None, "utilisation": 20}, {"id": 1, "time": None, "utilisation": 40}]
    reading = parse_diagnostics(
        json.dumps(modern(cpu_details=nothing, disk_details=None, nic_details=[{"mac_address": None}])), VM, AT
    )
    assert (reading.cpu_busy_s, reading.core_busy_s, reading.cpu_percent) == (None, (), 30.0)
    assert (reading.disks, reading.nics) == (None, None)


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (json.dumps(modern(state="paused")), ProbeFailed),
        (json.dumps({"hypervisor-own": 1}), ProbeUnfit),
        ("[]", ProbeFailed),
        ("<html>", ProbeFailed),
    ],
)
def test_bodies_that_tell_nothing(body: str, kind: type[ProbeError]) -> None:
    with pytest.raises(kind):
        parse_diagnostics(body, VM, AT)


@pytest.mark.parametrize(
    ("error", "kind", "words"),
    [
        (Forbidden("Policy doesn't allow it", status=403), ProbeNotPermitted, "not permitted"),
        (NotFound("gone", status=404), ProbeUnfit, "no diagnostics"),
        (Conflict("Cannot get it in state stopped", status=409), ProbeFailed, "not running"),
        (CloudFault("unable to", status=501), ProbeUnfit, "tells no diagnostics"),
        (CloudFault("the host does not answer", status=500), ProbeFailed, "does not answer"),
    ],
)
async def test_refusals(error: CloudError, kind: type[ProbeError], words: str) -> None:
    async def fetch(entry: str, vm_id: str) -> str:
        raise error

    with pytest.raises(kind, match=words) as raised:
        await DiagnosticsProbe(fetch).read(Target(vm=VM, entry="e"))
    assert type(raised.value) is kind
