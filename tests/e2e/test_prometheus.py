"""A real Prometheus server with real exporters: it tells of this machine what psutil says, under a known load."""

from __future__ import annotations

import asyncio
import os
import time
from datetime import UTC, datetime
from itertools import pairwise
from math import ceil
from pathlib import Path

import psutil
import pytest

from osvm_tui.domain.errors import ProbeUnfit
from osvm_tui.domain.metrics import Memory, Metric, Reading, Sample, Source
from osvm_tui.domain.sampling import sample
from osvm_tui.domain.vm import Address, Flavor, Vm
from osvm_tui.probe.host import PsutilHost
from osvm_tui.probe.probe import Target
from osvm_tui.probe.prometheus import PrometheusProbe
from osvm_tui.probe.prometheus_http import PrometheusHttp, Server
from osvm_tui.probe.prometheus_names import families

URL = os.environ.get("OSVM_TEST_PROMETHEUS", "")
DOMAIN = "6695eb01-f6a4-8304-79aa-97f2502e193f"
"""The one of libvirt's test driver."""
pytestmark = pytest.mark.skipif(not URL, reason="no Prometheus: OSVM_TEST_PROMETHEUS is not set")


def this_machine(address: str = "127.0.0.1") -> Target:
    addresses = (Address("n", address),)
    return Target(
        vm=Vm(endpoint="e", id="v", name="v", status="ACTIVE", vm_state="active", addresses=addresses), entry="e"
    )


async def newer(probe: PrometheusProbe, than: Reading | None) -> Reading:
    """Wait for a scrape that is newer than a reading."""
    for _ in range(100):
        found = await probe.read(this_machine())
        if than is None or found.clock_s != than.clock_s:
            return found
        await asyncio.sleep(0.05)
    raise AssertionError("no newer scrape in 5 s")


def work(folder: Path, seconds: float) -> None:
    """Keep one core busy and write to the disk."""
    end = time.monotonic() + seconds
    with open(folder / "written", "wb", buffering=0) as file:
        while time.monotonic() < end:
            sum(range(200_000))
            file.write(os.urandom(256 * 1024))
        os.fsync(file.fileno())


async def test_it_tells_what_psutil_tells(tmp_path: Path) -> None:
    probe = PrometheusProbe(PrometheusHttp(Server(url=URL)), families({}), fresh_s=0.0)
    host = PsutilHost()
    before, own_before = await newer(probe, await newer(probe, None)), (await host.look()).reading
    await asyncio.to_thread(work, tmp_path, 4.0)
    last = await probe.read(this_machine())
    after, own_after = await newer(probe, last), (await host.look()).reading
    told, own = sample(before, after), sample(own_before, own_after)
    assert told.source is Source.PROMETHEUS
    assert len(told.cores) == psutil.cpu_count()
    assert told.cpu == pytest.approx(own.cpu, abs=12), "percent; scrapes are up to a second off"
    assert told.value(Metric.MEMORY) == pytest.approx(own.value(Metric.MEMORY), abs=3)
    written, own_written = (told.value(Metric.DISK_WRITE) or 0), (own.value(Metric.DISK_WRITE) or 0)
    assert written == pytest.approx(own_written, rel=0.5, abs=4 * 2**20)
    roots = [mount for mount in own.mounts if mount.path == "/"]
    for root, own_root in zip([mount for mount in told.mounts if mount.path == "/"], roots, strict=False):
        assert root.size == own_root.size
        assert root.used == pytest.approx(own_root.used, rel=0.02)
    assert told.uptime_s == pytest.approx(time.time() - psutil.boot_time(), abs=5)
    nics = {nic.device for nic in own.nics or ()} & {nic.device for nic in told.nics or ()}
    assert nics
    await probe.close()


async def test_a_libvirt_exporter_tells_of_a_domain_by_its_uuid() -> None:
    domain = Vm(
        endpoint="e", id=DOMAIN, name="v", status="ACTIVE", vm_state="active",
        flavor=Flavor("m1", 2, 2048, 20),
    )  # fmt: skip
    probe = PrometheusProbe(PrometheusHttp(Server(url=URL)), families({}))
    reading = await probe.read(Target(vm=domain, entry="e"))
    assert reading.boot_id.startswith("libvirt ")
    assert reading.vcpus == 2
    assert reading.cpu_busy_s
    assert [disk.device for disk in reading.disks or ()] == ["vda"]
    assert [nic.device for nic in reading.nics or ()] == ["testnet0"]
    assert reading.memory == Memory(2048 * 2**20), "this exporter tells nothing of the guest's memory"
    assert 0 <= (datetime.now(UTC) - reading.at).total_seconds() < 10
    await probe.close()


async def past(probe: PrometheusProbe, target: Target, span_s: int, step_s: int) -> tuple[Sample, ...]:
    until = ceil(time.time() / step_s) * step_s
    since = datetime.fromtimestamp(until - span_s, UTC)
    return await probe.history(target, since, datetime.fromtimestamp(until, UTC), step_s)


async def test_its_past_is_what_readings_told_scrape_by_scrape(tmp_path: Path) -> None:
    probe = PrometheusProbe(PrometheusHttp(Server(url=URL)), families({}), fresh_s=0.0)
    before = await newer(probe, await newer(probe, None))
    await asyncio.to_thread(work, tmp_path, 3.0)
    after = await newer(probe, await probe.read(this_machine()))
    told, found = sample(before, after), await past(probe, this_machine(), 60, 1)
    assert {one.source for one in found} == {Source.PROMETHEUS}
    first, last = ceil(before.clock_s or 0), ceil(after.clock_s or 0)
    meanwhile = [one for one in found if first <= one.at.timestamp() < last]
    spans = [one.span_s or 0 for one in meanwhile]
    assert sum(spans) == pytest.approx(told.span_s, abs=0.01)
    for metric in (Metric.CPU, Metric.DISK_WRITE, Metric.DISK_READ_OPS, Metric.NET_IN):
        mean = sum((one.value(metric) or 0) * span for one, span in zip(meanwhile, spans, strict=True)) / sum(spans)
        assert mean == pytest.approx(told.value(metric), rel=0.05, abs=1), metric
    assert all(one.memory and one.load and one.mounts for one in meanwhile)
    assert meanwhile[-1].value(Metric.MEMORY) == pytest.approx(told.value(Metric.MEMORY), abs=3)
    await probe.close()


async def test_a_domain_s_past_begins_where_the_server_began() -> None:
    domain = Vm(endpoint="e", id=DOMAIN, name="v", status="ACTIVE", vm_state="active", flavor=Flavor("m1", 2, 2048, 20))
    probe = PrometheusProbe(PrometheusHttp(Server(url=URL)), families({}))
    target = Target(vm=domain, entry="e")
    for span_s, step_s in ((900, 1), (6000, 2)):
        found = await past(probe, target, span_s, step_s)
        assert found
        for metric, mean in ((Metric.CPU, 50), (Metric.DISK_READ, 50_000)):
            told = [(rate, one.span_s or 0) for one in found if (rate := one.value(metric)) is not None]
            # One by one they are as uneven as the scrapes of a busy machine.
            over = sum(span for _, span in told)
            assert sum(rate * span for rate, span in told) / over == pytest.approx(mean, rel=0.05), (metric, step_s)
        apart = [(later.at - one.at).total_seconds() for one, later in pairwise(found)]
        assert all(gap >= step_s for gap in apart)
    month = await past(probe, target, 30 * 86_400, 10)
    assert all(time.time() - one.at.timestamp() < 86_400 for one in month), "nothing is made up before it began"
    await probe.close()


async def test_a_vm_that_it_does_not_know() -> None:
    probe = PrometheusProbe(PrometheusHttp(Server(url=URL)), families({}))
    with pytest.raises(ProbeUnfit, match="not known to Prometheus"):
        await probe.read(this_machine("10.255.255.1"))
    await probe.close()
