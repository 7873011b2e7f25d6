"""Alerts and a reading of this machine for tests and pictures: one of each state, the same at every start."""

from __future__ import annotations

from datetime import datetime, timedelta

from osvm_tui.domain.alerts import AlertSeverity, AlertState, AlertView
from osvm_tui.domain.metrics import DiskRates, Memory, Mount, NicRates, Sample, Source
from osvm_tui.domain.vm import Vm
from osvm_tui.services.monitor_api import HostView
from tests.pilot.fake_console import FakeConsole

GIB = 1 << 30


def alerts_of(api: FakeConsole) -> list[AlertView]:
    """Return an alert in each state, on VMs that run; the worst first, the ended one last."""
    vms = [vm for vm in api.fleet.values() if vm.vm_state == "active"]
    now, minute = api.now, timedelta(minutes=1)
    critical = AlertSeverity.CRITICAL
    return [
        _alert("a-1", "disk", vms[0], now - 12 * minute, "disk 97 % (over 95 % for 1 min)", critical, value=97.0),
        _alert("a-2", "cpu", vms[1], now - 26 * minute, "cpu 96 % for 26 min (over 90 % for 10 min)", value=96.0),
        AlertView(
            id="a-3", rule="memory", ref=vms[2].ref, vm_name=vms[2].name, entry="mock", value=98.0,
            words="memory 98 % for 2 h (over 95 % for 5 min)", state=AlertState.ACKNOWLEDGED,
            since=now - 120 * minute, who="ops-2", note="cache is warming, INC-4711",
        ),
        AlertView(
            id="a-4", rule="no-data", ref=vms[3].ref, vm_name=vms[3].name, entry="mock",
            words="no data for 40 min: not permitted", state=AlertState.SILENCED, since=now - 40 * minute,
            who="ops-1", note="firewall change", silent_until=now + 20 * minute,
        ),
        AlertView(
            id="a-5", rule="cpu", ref=vms[4].ref, vm_name=vms[4].name, entry="mock", value=91.0,
            words="cpu 91 % for 11 min (over 90 % for 10 min)", state=AlertState.ENDED,
            since=now - 300 * minute, ended_at=now - 280 * minute,
        ),
    ]  # fmt: skip


def _alert(
    alert_id: str, rule: str, vm: Vm, since: datetime, words: str,
    severity: AlertSeverity = AlertSeverity.WARNING, *, value: float | None = None,
) -> AlertView:  # fmt: skip
    return AlertView(
        id=alert_id, rule=rule, ref=vm.ref, vm_name=vm.name, entry="mock", severity=severity, words=words,
        state=AlertState.FIRING, since=since, value=value,
    )  # fmt: skip


def machine(at: datetime) -> HostView:
    """Return a reading of a machine with two cores."""
    sample = Sample(
        at=at, source=Source.HOST, span_s=5.0, cpu=37.0, cores=(52.0, 22.0), load=(0.61, 0.74, 0.52),
        memory=Memory(8 * GIB, used=3 * GIB), mounts=(Mount("/", 100 * GIB, 42 * GIB), Mount("/srv", 400 * GIB, GIB)),
        disks=(DiskRates("nvme0n1", 120_000.0, 2_400_000.0, 4.0, 61.0),),
        nics=(NicRates("eth0", 64_000.0, 21_000.0, 88.0, 71.0),), uptime_s=9 * 86_400.0 + 7200,
    )  # fmt: skip
    return HostView(
        sample=sample, name="ops-desk", own_cpu_percent=2.4, own_rss_mib=92.0, own_threads=11, own_files=48,
        api_calls_per_minute=(("mock", 24), ("lab", 7)),
    )  # fmt: skip
