"""Gnocchi behind a scripted endpoint: one request for all metrics, more where it is refused, the past, absence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from osvm_tui.cloud.rest import RestCloud
from osvm_tui.cloud.wire.measures import Archive, grain_of
from osvm_tui.domain.errors import ProbeFailed, ProbeNotPermitted, ProbeUnfit
from osvm_tui.domain.measure import Past
from osvm_tui.domain.metrics import DiskCounters, Memory, Metric, NicCounters, Sample
from osvm_tui.domain.sampling import sample
from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.probe.gnocchi import GnocchiProbe
from osvm_tui.probe.probe import Target
from tests.unit.cloud.gnocchi import HIGH, LOW, NOON, POLLS, VM_ID, Gnocchi, refusal
from tests.unit.cloud.scripted import Hourglass, ScriptedTransport, login

VM = Vm(endpoint="e", id=VM_ID, name="web", status="ACTIVE", vm_state="active", flavor=Flavor("m1.small", 2, 2048, 20))
TARGET = Target(vm=VM, entry="lab")
DAY = 86_400


async def cloud(gnocchi: Gnocchi, *services: str) -> RestCloud:
    transport = ScriptedTransport(gnocchi.answer, login(services=frozenset({"compute", *services})))
    own = RestCloud("lab", transport, timing=Hourglass().timing(), all_projects=False)
    await own.connect()
    return own


async def probe(gnocchi: Gnocchi, service: str = "metric") -> GnocchiProbe:
    own = await cloud(gnocchi, service)
    return GnocchiProbe(lambda entry, vm_id, past: own.measures(vm_id, past))


async def past(own: GnocchiProbe, span_s: int, step_s: int) -> tuple[Sample, ...]:
    until = NOON + timedelta(seconds=step_s)
    return await own.history(TARGET, until - timedelta(seconds=span_s), until, step_s)


@pytest.mark.parametrize(
    ("refuse", "requests"), [({}, 1), ({"ids": 403}, 3), ({"ids": 404, "kind": 404}, 11)], ids=["4.7", "4.4", "4.2"]
)
async def test_the_newest_moment_that_all_metrics_tell_of(refuse: dict[str, int], requests: int) -> None:
    gnocchi = Gnocchi(dict.fromkeys(("memory", "memory.usage"), POLLS[:-1]), refuse)
    own = await probe(gnocchi)
    reading = await own.read(TARGET)
    assert reading.at == datetime(2026, 3, 1, 11, 50, tzinfo=UTC), "the last poll has reached some only"
    assert reading.cpu_busy_s == pytest.approx(1000 + 0.2 * 110 * 60)
    assert reading.vcpus == 2
    assert reading.memory == Memory(2048 * 2**20, used=512 * 2**20)
    count = 10**12 + 110 * 60 * 10
    assert reading.disks == (DiskCounters("vda", count, count, count, count),)
    assert reading.nics == (NicCounters("tap1", count, count, count, count),)
    before = msgspec.structs.replace(
        reading, cpu_busy_s=(reading.cpu_busy_s or 0) - 60, clock_s=(reading.clock_s or 0) - 300
    )
    assert sample(before, reading, longest_s=3.5 * own.grain_s).value(Metric.CPU) == pytest.approx(10)
    asked = len(gnocchi.calls)
    await own.read(TARGET)
    assert len(gnocchi.calls) - asked == requests, "what the VM has, and how to ask, is known by now"
    assert not any(call.changes for call in gnocchi.calls)


@pytest.mark.parametrize("refuse", [{}, {"ids": 403}, {"ids": 404, "kind": 404}], ids=["4.7", "4.4", "4.2"])
async def test_the_past_has_rates_and_gaps_and_leaves_the_present_alone(refuse: dict[str, int]) -> None:
    silent = POLLS[6:12]
    gnocchi = Gnocchi({"cpu": [at for at in (*POLLS, NOON) if at not in silent], "memory.usage": POLLS[3:]}, refuse)
    found = await past(await probe(gnocchi), 7260, 60)
    assert [one.at for one in found] == [*POLLS], "none of a stretch that is not over"
    assert [n for n, one in enumerate(found) if one.cpu is None] == [0, *range(6, 13)], "no rate over a gap"
    assert {round(one.cpu, 6) for one in found if one.cpu is not None} == {10.0}
    assert [one.value(Metric.MEMORY) for one in found] == [None] * 3 + [25.0] * 21
    assert {one.value(Metric.NET_IN) for one in found[1:]} == {10.0}
    assert {one.value(Metric.DISK_READ) for one in found[1:]} == {10.0}
    assert {dict(call.query).get("granularity") for call in gnocchi.calls if "start" in dict(call.query)} == {"300"}


async def test_archives_that_cannot_be_put_side_by_side_are_asked_for_apart() -> None:
    gnocchi = Gnocchi(archives={"cpu": HIGH})
    own = await probe(gnocchi)
    reading = await own.read(TARGET)
    assert reading.at == POLLS[-1]
    assert reading.cpu_busy_s
    assert reading.disks
    asked = len(gnocchi.calls)
    await own.read(TARGET)
    assert len(gnocchi.calls) - asked == 2, "one request a granularity"
    found = await past(own, 6 * 3600, 60)
    assert {round(one.cpu, 6) for one in found if one.cpu is not None} == {10.0}
    assert {one.value(Metric.NET_IN) for one in found} == {10.0, None}
    grains = {dict(call.query).get("granularity") for call in gnocchi.calls[asked + 2 :]}
    assert grains == {"60", "300"}


@pytest.mark.parametrize(
    ("kept", "step", "span", "grain"),
    [
        (LOW, 10, 900, 300), (LOW, 600, 30 * DAY, 300), (HIGH, 10, 900, 60), (HIGH, 1, 1800, 1), (HIGH, 60, DAY, 60),
        (HIGH, 600, 7 * DAY, 3600), (HIGH, 7200, 30 * DAY, 3600), (HIGH, 1, 400 * DAY, 3600), ((), 60, DAY, None),
        (((1, "", 365 * DAY),), 600, 30 * DAY, 1),
    ],
)  # fmt: skip
def test_the_granularity_that_reaches_back_and_is_no_finer_than_a_step(
    kept: tuple[tuple[int, str, str | int], ...], step: int, span: int, grain: float | None
) -> None:
    spans = {"30 days, 0:00:00": 30 * DAY, "1:00:00": 3600, "1 day, 0:00:00": DAY, "365 days, 0:00:00": 365 * DAY}
    archives = [Archive(one, spans.get(str(long), 0) or float(long)) for one, _, long in kept]
    assert grain_of(archives, step, span, span) == grain


async def test_a_cloud_without_it_and_a_vm_that_it_does_not_know() -> None:
    gnocchi = Gnocchi()
    without, own = await probe(gnocchi, "network"), await probe(gnocchi)
    for ask in (without.read(TARGET), past(without, 3600, 60)):
        with pytest.raises(ProbeUnfit, match="not known to Gnocchi") as raised:
            await ask
        assert "no metric service" in raised.value.hint
    assert not gnocchi.calls
    stranger = msgspec.structs.replace(TARGET, vm=msgspec.structs.replace(VM, id="v2"))
    with pytest.raises(ProbeUnfit):
        await own.read(stranger)


async def test_refusals_and_silence() -> None:
    refusing = Gnocchi()
    refusing.answer = lambda call: refusal(403, "Insufficient privileges")  # type: ignore[method-assign]
    with pytest.raises(ProbeNotPermitted, match="not permitted"):
        await (await probe(refusing)).read(TARGET)
    nowhere = Gnocchi(refuse={"ids": 403, "kind": 403, "one": 403})
    with pytest.raises(ProbeNotPermitted):
        await (await probe(nowhere)).read(TARGET)

    async def nothing(entry: str, vm_id: str, past: Past | None) -> tuple[()]:
        return ()

    with pytest.raises(ProbeFailed, match="nothing of the last half hour"):
        await GnocchiProbe(nothing).read(TARGET)
    assert await past(GnocchiProbe(nothing), 3600, 60) == ()
