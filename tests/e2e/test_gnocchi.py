"""A real Gnocchi, filled as Ceilometer fills it: what the probe reads of it through the SDK's session, now and past."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from itertools import pairwise
from os import environ
from pathlib import Path

import pytest

from osvm_tui.cloud.base import ApiCall
from osvm_tui.cloud.openstack.client import OpenStackCloud
from osvm_tui.domain.errors import ProbeNotPermitted, ProbeUnfit
from osvm_tui.domain.metrics import Memory, Metric, Sample
from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.probe.gnocchi import GnocchiProbe
from osvm_tui.probe.probe import Target
from tests.e2e.telemetry import DISK, NIC, Ceilometer, Curves, keystone

URL = environ.get("OSVM_TEST_GNOCCHI", "")
pytestmark = pytest.mark.skipif(not URL, reason="no Gnocchi: OSVM_TEST_GNOCCHI is not set")
NOW = time.time()
BEGIN = NOW - 86_400
TOLD: Curves = {
    "cpu": lambda at: (at - BEGIN) * 2 * 0.25 * 1e9, "memory": lambda _: 2048, "memory.usage": lambda _: 512,
    "vcpus": lambda _: 2, **{name: lambda at: (at - BEGIN) * 1000 for name in (*DISK, *NIC)},
}  # fmt: skip
"""Two cores at 25 %, a quarter of 2 GiB taken, 1000 of everything else each second."""
CLOUDS = """
clouds:
  lab:
    auth: {{auth_url: "{url}/v3", username: alice, password: x, project_name: p1,
            user_domain_name: Default, project_domain_name: Default}}
    region_name: R
"""


@pytest.fixture(scope="module")
def ceilometer() -> Ceilometer:
    made = Ceilometer(URL)
    made.prepare()
    return made


@pytest.fixture
async def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OpenStackCloud]:
    with keystone(URL) as address:
        (tmp_path / "clouds.yaml").write_text(CLOUDS.format(url=address))
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
        own = OpenStackCloud("lab")
        await own.connect()
        yield own
        await own.close()


def polls(every_s: int, back_s: float = 86_400, gap: tuple[float, float] = (0, 0)) -> list[float]:
    found = (NOW - back_s + every_s * n for n in range(int(back_s) // every_s))
    return [at for at in found if not gap[0] <= NOW - at <= gap[1]]


def target(vm_id: str) -> Target:
    flavor = Flavor("m1.small", 2, 2048, 20)
    return Target(
        vm=Vm(endpoint="e", id=vm_id, name="web", status="ACTIVE", vm_state="active", flavor=flavor), entry="lab"
    )


def probe(cloud: OpenStackCloud, calls: list[ApiCall] | None = None) -> GnocchiProbe:
    cloud.on_call = calls.append if calls is not None else None
    return GnocchiProbe(lambda entry, vm_id, past: cloud.measures(vm_id, past))


async def past(probe: GnocchiProbe, vm_id: str, span_s: int, step_s: int) -> tuple[Sample, ...]:
    until = int(NOW) // step_s * step_s + step_s
    since = datetime.fromtimestamp(until - span_s, UTC)
    return await probe.history(target(vm_id), since, datetime.fromtimestamp(until, UTC), step_s)


async def test_a_vm_is_read_and_its_past_too(ceilometer: Ceilometer, cloud: OpenStackCloud) -> None:
    vm_id = ceilometer.vm("p1", polls(300, gap=(6 * 3600, 7 * 3600)), TOLD)
    calls: list[ApiCall] = []
    own = probe(cloud, calls)
    reading = await own.read(target(vm_id))
    assert 0 <= NOW - reading.at.timestamp() < 900
    assert (reading.vcpus, reading.memory) == (2, Memory(2048 * 2**20, used=512 * 2**20))
    assert reading.cpu_busy_s == pytest.approx((reading.at.timestamp() - BEGIN) / 2, abs=160)
    assert [disk.device for disk in reading.disks or ()] == ["vda"]
    assert [nic.device for nic in reading.nics or ()] == ["tap1"]
    calls.clear()
    found = await past(own, vm_id, 12 * 3600, 60)
    assert {call.status for call in calls} == {200}
    assert len(calls) in (4, 6), "what archives there are, and one request for all metrics; three before Gnocchi 4.7"
    assert {round(one.cpu) for one in found if one.cpu is not None} == {25}
    for metric in (Metric.DISK_READ, Metric.NET_OUT):
        assert {round(rate) for one in found if (rate := one.value(metric)) is not None} == {1000}
    assert {one.value(Metric.MEMORY) for one in found} == {25.0}
    apart = [(after.at - before.at).total_seconds() for before, after in pairwise(found)]
    assert sorted(apart)[-2] == min(apart) == 300
    assert max(apart) >= 3600, "a gap stays a gap"
    assert [n for n, one in enumerate(found) if one.cpu is None] == [apart.index(max(apart)) + 1], "no rate over a gap"


async def test_a_poll_that_has_reached_some_metrics_only(ceilometer: Ceilometer, cloud: OpenStackCloud) -> None:
    """Where one metric has a value and another none, Gnocchi itself would say NaN, which is no JSON."""
    late = {name: curve for name, curve in TOLD.items() if name != "memory.usage"}
    vm_id = ceilometer.vm("p1", polls(300, 7200), late)
    own = probe(cloud)
    reading = await own.read(target(vm_id))
    assert reading.memory == Memory(2048 * 2**20)
    assert reading.disks
    assert len(await past(own, vm_id, 3600, 10)) >= 9


async def test_archives_of_several_grains(ceilometer: Ceilometer, cloud: OpenStackCloud) -> None:
    """Gnocchi puts only metrics of one granularity side by side: each of them is asked for in its own."""
    vm_id = ceilometer.vm("p1", polls(60, 7200), TOLD, cpu_policy="own-high")
    own = probe(cloud)
    reading = await own.read(target(vm_id))
    assert reading.cpu_busy_s
    assert reading.disks
    assert reading.memory == Memory(2048 * 2**20, used=512 * 2**20)
    found = await past(own, vm_id, 6 * 3600, 60)
    assert sum(one.cpu is not None for one in found) > 100, "a minute each"
    assert 15 < sum(one.value(Metric.DISK_READ) is not None for one in found) < 25, "five minutes each"
    assert {round(one.cpu) for one in found if one.cpu is not None} == {25}


async def test_whom_it_does_not_know_and_whose_it_may_not_tell(ceilometer: Ceilometer, cloud: OpenStackCloud) -> None:
    own, foreign = probe(cloud), ceilometer.vm("p2", polls(300, 3600), TOLD)
    with pytest.raises(ProbeUnfit, match="not known to Gnocchi"):
        await own.read(target("11111111-2222-3333-4444-555555555555"))
    for ask in (own.read(target(foreign)), past(own, foreign, 3600, 60)):
        with pytest.raises(ProbeNotPermitted, match="not permitted"):
            await ask
