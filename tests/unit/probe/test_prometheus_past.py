"""The past that a Prometheus server keeps, over HTTP on loopback: rates, gaps, resets, steps, bounds and selectors."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from osvm_tui.domain.errors import ProbeFailed, ProbeUnfit
from osvm_tui.domain.metrics import Metric, Sample
from osvm_tui.domain.vm import Address
from osvm_tui.probe.prometheus_names import NAMES, families, narrowed
from tests.unit.probe.prometheus_server import Curve, Scripted, serving
from tests.unit.probe.test_prometheus import DOMAIN, NODE, libvirt, node, probe, vm

TARGET = vm(addresses=(Address("n", "10.0.0.5"),))
BEGIN = 1_795_300_200
"""A multiple of 600."""
NARROWED = narrowed(NAMES["node.time"], ("job", "instance"), (NODE["job"], NODE["instance"]))
CPUS = [{**NODE, "cpu": each} for each in "01"]


def scraped(at: int, every: int = 30, *, gap: range = range(0)) -> int | None:
    """Return when the last scrape before a moment was; a server repeats it for five minutes."""
    last = at - at % every
    while last in gap:
        last -= every
    return last if at - last < 300 else None


def curves(every: int = 30, gap: range = range(0)) -> dict[str, list[Curve]]:
    """Return two cores at 25 %, a disk whose counters begin anew, and memory that is taken."""

    def of(value: float, per_second: float = 0.0, reset: int = 0) -> object:
        def at(moment: int) -> float | None:
            told = scraped(moment, every, gap=gap)
            if told is None:
                return None
            return value + per_second * (told - (reset if told >= reset else BEGIN - 86_400))

        return at

    disk = {**NODE, "device": "vda"}
    told = {
        "time": [({**CPUS[0], "mode": "idle"}, lambda moment: scraped(moment, every, gap=gap))],
        "cpu": [(core, of(0, 0.25)) for core in CPUS],
        "memory": [(NODE, of(1000))], "memory_available": [(NODE, of(250))],
        **{name: [(disk, of(0, 2048, reset=BEGIN + 1200))] for name in ("read", "write", "read_ops", "write_ops")},
    }  # fmt: skip
    own = (NODE["job"], NODE["instance"])
    return {narrowed(NAMES[f"node.{name}"], ("job", "instance"), own): rows for name, rows in told.items()}  # type: ignore[misc]


@pytest.fixture
def scripted() -> Iterator[Scripted]:
    with serving(Scripted(node() | libvirt())) as one:
        yield one


async def past(scripted: Scripted, seconds: int, step: int) -> tuple[Sample, ...]:
    since, until = (datetime.fromtimestamp(moment, UTC) for moment in (BEGIN, BEGIN + seconds))
    return await probe(scripted).history(TARGET, since, until, step)


def seconds(samples: tuple[Sample, ...]) -> list[float]:
    return [one.at.timestamp() - BEGIN for one in samples]


async def test_counters_become_rates_and_a_reset_is_not_known(scripted: Scripted) -> None:
    scripted.curves = curves()
    found = await past(scripted, 2400, 60)
    assert seconds(found) == [60 * n for n in range(40)], "each at the begin of its step"
    assert {one.cpu for one in found} == {25.0}
    assert {one.cores for one in found} == {(25.0, 25.0)}
    assert {one.value(Metric.MEMORY) for one in found} == {75.0}
    read = [one.value(Metric.DISK_READ) for one in found]
    assert [n for n, rate in enumerate(read) if rate is None] == [19], "it began anew in this step"
    assert set(read) == {2048.0, None}
    assert all(one.disks is None or len(one.disks) == 1 for one in found)
    assert {one.value(Metric.NET_IN) for one in found} == {None}, "what is not told is not zero"
    asked = [query for query, *_ in scripted.ranges]
    assert len(asked) == len(families({})[0].queries) - 1, "one query a name, but for the info"
    assert all('job="node",instance="10.0.0.5:9100"' in query for query in asked)
    levels = [query for query in asked if query.startswith("avg_over_time(")]
    assert all(query.endswith("[60s:15s])") for query in levels)
    assert {name for name in ("Mem", "load", "filesystem") if any(name in query for query in levels)} == {
        "Mem", "load", "filesystem",
    }  # fmt: skip


async def test_a_gap_stays_a_gap_though_the_server_repeats_the_last_value(scripted: Scripted) -> None:
    scripted.curves = curves(gap=range(BEGIN + 600, BEGIN + 1800))
    found = await past(scripted, 2400, 60)
    assert seconds(found) == [*(60 * n for n in range(10)), *(60 * n for n in range(29, 40))]
    back = next(one for one in found if one.at.timestamp() == BEGIN + 29 * 60)
    assert (back.cpu, back.value(Metric.MEMORY)) == (None, 75.0), "no rate over a gap"


@pytest.mark.parametrize(("every", "step", "wanted"), [(30, 10, 30), (15, 10, 20), (40, 60, 60), (60, 600, 600)])
async def test_no_step_is_finer_than_the_scrapes(scripted: Scripted, every: int, step: int, wanted: int) -> None:
    scripted.curves = curves(every)
    found = await past(scripted, 3600, step)
    assert {asked for query, *_, asked in scripted.ranges if "timestamp" not in query} == {wanted}
    assert len(found) in (3600 // wanted, 3600 // wanted - 1)
    assert {one.cpu for one in found} == {25.0}


async def test_a_server_is_never_asked_for_more_points_than_it_gives(scripted: Scripted) -> None:
    scripted.curves = {}
    assert await past(scripted, 30 * 86_400, 60) == ()
    assert {query for query, *_ in scripted.ranges} == {NARROWED}, "nothing more of a machine that was never scraped"
    steps = {step for *_, step in scripted.ranges}
    assert len(steps) == 1
    assert 30 * 86_400 / max(steps) <= 11_000
    assert max(steps) % 60 == 0
    moments = [moment for _, begin, end, step in scripted.ranges for moment in range(begin, end + 1, step)]
    assert len(moments) == len(set(moments)) == 30 * 86_400 // max(steps) + 1
    assert max((end - begin) // step for _, begin, end, step in scripted.ranges) < 300, "times of scrapes are dear"


async def test_a_vm_that_is_not_there_and_a_server_that_refuses(scripted: Scripted) -> None:
    scripted.curves = curves()
    since, until = datetime.fromtimestamp(BEGIN, UTC), datetime.fromtimestamp(BEGIN + 600, UTC)
    with pytest.raises(ProbeUnfit, match="not known to Prometheus"):
        await probe(scripted).history(vm("v9"), since, until, 60)
    own = probe(scripted)
    await own.read(TARGET)
    scripted.status = 422
    scripted.body = b'{"status":"error","errorType":"execution","error":"query processing would load too many samples"}'
    with pytest.raises(ProbeFailed, match="too many samples"):
        await own.history(TARGET, since, until, 60)
    scripted.status, scripted.body = 200, b'{"status":"success","data":{"resultType":"vector","result":[]}}'
    with pytest.raises(ProbeFailed, match="no matrix"):
        await own.history(TARGET, since, until, 60)


async def test_of_a_domain_memory_and_cores_come_from_its_flavor_where_nobody_tells(scripted: Scripted) -> None:
    labels = ("job", "instance", "domain")
    own = tuple(DOMAIN[label] for label in labels)

    def seconds_since(moment: int) -> float:
        return moment - BEGIN + 1000.0

    scripted.curves = {
        narrowed(NAMES["libvirt.time"], labels, own): [(DOMAIN, lambda moment: moment)],
        narrowed(NAMES["libvirt.cpu"], labels, own): [(DOMAIN, seconds_since)],
        narrowed(NAMES["libvirt.vcpus"], labels, own): [(DOMAIN, lambda _: 4)],
    }
    stranger = replace(TARGET, vm=replace(TARGET.vm, addresses=()))
    since, until = datetime.fromtimestamp(BEGIN, UTC), datetime.fromtimestamp(BEGIN + 600, UTC)
    found = await probe(scripted).history(stranger, since, until, 60)
    assert {one.cpu for one in found} == {25.0}
    assert len(found) == 10


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("up", 'up{a="1"}'),
        ('x{y=~"b{2}|}"}', 'x{y=~"b{2}|}",a="1"}'),
        ("x{}", 'x{a="1"}'),
        ("rate(x_total{z='q',}[5m:30s] offset 1h) / 1e3", "rate(x_total{z='q',a=\"1\"}[5m:30s] offset 1h) / 1e3"),
        ("max by (m) (x) * on (b) group_left (c) y", 'max by (m) (x{a="1"}) * on (b) group_left (c) y{a="1"}'),
        ('label_replace(ns:x, "d", "$1", "e", "(.*)") or vector(0)',
         'label_replace(ns:x{a="1"}, "d", "$1", "e", "(.*)") or vector(0)'),
        ('{__name__="x"} unless bool_x', '{__name__="x",a="1"} unless bool_x{a="1"}'),
    ],
)  # fmt: skip
def test_every_selector_of_a_query_is_narrowed_and_nothing_else(query: str, found: str) -> None:
    assert narrowed(query, ("a",), ("1",)) == found
    assert narrowed("up", ("a", "b"), ('q"\\', "")) == 'up{a="q\\"\\\\",b=""}'
