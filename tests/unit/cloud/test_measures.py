"""Gnocchi behind a scripted endpoint: one request for all metrics, one each where that is refused, and absence."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from osvm_tui.cloud.rest import RestCloud
from osvm_tui.cloud.transport import Call, Reply
from osvm_tui.domain.errors import ProbeFailed, ProbeNotPermitted, ProbeUnfit
from osvm_tui.domain.metrics import DiskCounters, Memory, Metric, NicCounters
from osvm_tui.domain.sampling import sample
from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.probe.gnocchi import GnocchiProbe
from osvm_tui.probe.probe import Target
from tests.unit.cloud.scripted import Hourglass, ScriptedTransport, login

VM = Vm(endpoint="e", id="v1", name="web", status="ACTIVE", vm_state="active", flavor=Flavor("m1.small", 2, 2048, 20))
TARGET = Target(vm=VM, entry="lab")
DISK = ("disk.device.read.bytes", "disk.device.write.bytes", "disk.device.read.requests", "disk.device.write.requests")
NIC = ("network.incoming.bytes", "network.outgoing.bytes", "network.incoming.packets", "network.outgoing.packets")
BEGIN, NEXT, LAST = (f"2026-03-01T11:{minute}:00+00:00" for minute in ("45", "50", "55"))


class Gnocchi:
    """Three polls of one VM; the last one has reached the CPU only."""

    def __init__(self, *, together: int = 200) -> None:
        self.together = together
        self.calls: list[Call] = []

    def values(self, metric: str) -> list[Any]:
        rates = {"cpu": 60e9, "memory.usage": 0, "memory": 0} | dict.fromkeys((*DISK, *NIC), 3000)
        base = {"memory.usage": 512, "memory": 2048}.get(metric, 1e12)
        points = [[at, 300.0, base + rates[metric] * number] for number, at in enumerate((BEGIN, NEXT, LAST))]
        return points if metric == "cpu" else points[:2]

    def answer(self, call: Call) -> Reply:
        self.calls.append(call)
        if call.path == "/v1/resource/instance/v1":
            names = ("cpu", "memory", "memory.usage", "compute.instance.booting.time")
            return _reply({"id": "v1", "metrics": {name: name for name in names}, "ended_at": None})
        if call.path.startswith("/v1/search/resource/"):
            assert msgspec.json.decode(call.body) == {"=": {"instance_id": "v1"}}
            names, device = (DISK, "vda") if call.path.endswith("disk") else (NIC, "tap1")
            ended = {"name": "old", "metrics": {"cpu": "x"}, "ended_at": BEGIN}
            return _reply([{"name": device, "metrics": {name: name for name in names}, "ended_at": None}, ended])
        if call.path == "/v1/aggregates":
            asked = msgspec.json.decode(call.body)["operations"][1:]
            told = {metric: {"mean": self.values(metric)} for metric, _ in asked}
            return _reply({"measures": told}, self.together)
        if call.path.startswith("/v1/metric/"):
            return _reply(self.values(call.path.split("/")[3]))
        return _reply({"title": "Resource does not exist", "code": 404}, 404)


def _reply(body: Any, status: int = 200) -> Reply:
    return Reply(status, {}, msgspec.json.encode(body))


async def cloud(gnocchi: Gnocchi, *services: str) -> RestCloud:
    transport = ScriptedTransport(gnocchi.answer, login(services=frozenset({"compute", *services})))
    own = RestCloud("lab", transport, timing=Hourglass().timing(), all_projects=False)
    await own.connect()
    return own


@pytest.mark.parametrize("together", [200, 400, 404])
async def test_the_newest_moment_that_all_metrics_tell_of(together: int) -> None:
    gnocchi = Gnocchi(together=together)
    own = await cloud(gnocchi, "metric")
    probe = GnocchiProbe(lambda entry, vm_id: own.measures(vm_id))
    reading = await probe.read(TARGET)
    assert reading.at == datetime(2026, 3, 1, 11, 50, tzinfo=UTC)
    assert (reading.cpu_busy_s, reading.vcpus) == (1060.0, 2)
    assert reading.memory == Memory(2048 * 2**20, used=512 * 2**20)
    count = 10**12 + 3000
    assert reading.disks == (DiskCounters("vda", count, count, count, count),)
    assert reading.nics == (NicCounters("tap1", count, count, count, count),)
    before = msgspec.structs.replace(reading, cpu_busy_s=1000.0, clock_s=(reading.clock_s or 0) - 300)
    found = sample(before, reading, longest_s=3.5 * probe.grain_s)
    assert found.value(Metric.CPU) == pytest.approx(10)
    asked = len(gnocchi.calls)
    await probe.read(TARGET)
    assert len(gnocchi.calls) - asked == (1 if together == 200 else 11), "what the VM has is known by now"
    assert not any(call.changes for call in gnocchi.calls)


async def test_a_cloud_without_it_and_a_vm_that_it_does_not_know() -> None:
    gnocchi = Gnocchi()
    without, own = await cloud(gnocchi, "network"), await cloud(gnocchi, "metric")
    with pytest.raises(ProbeUnfit, match="not known to Gnocchi") as raised:
        await GnocchiProbe(lambda entry, vm_id: without.measures(vm_id)).read(TARGET)
    assert "no metric service" in raised.value.hint
    assert not gnocchi.calls
    stranger = msgspec.structs.replace(TARGET, vm=msgspec.structs.replace(VM, id="v2"))
    with pytest.raises(ProbeUnfit):
        await GnocchiProbe(lambda entry, vm_id: own.measures(vm_id)).read(stranger)


async def test_refusals_and_silence() -> None:
    transport = ScriptedTransport(
        lambda call: _reply({"title": "Forbidden", "code": 403}, 403), login(services=frozenset({"compute", "metric"}))
    )
    own = RestCloud("lab", transport, timing=Hourglass().timing(), all_projects=False)
    await own.connect()
    with pytest.raises(ProbeNotPermitted, match="not permitted"):
        await GnocchiProbe(lambda entry, vm_id: own.measures(vm_id)).read(TARGET)

    async def nothing(entry: str, vm_id: str) -> tuple[()]:
        return ()

    with pytest.raises(ProbeFailed, match="nothing of the last half hour"):
        await GnocchiProbe(nothing).read(TARGET)
