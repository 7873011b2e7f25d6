"""Charts of 30 days summed up for advice, read once an hour and no more than somebody would wait for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from osvm_tui.domain.metrics import Metric
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.cost_metrics import UsedOf, summed_up
from osvm_tui.services.monitor_api import Point, Range, Series
from tests.pilot.fake_monitor import FakeMonitor

NOW = datetime(2026, 11, 22, tzinfo=UTC)
STEP = timedelta(minutes=10)


def series(metric: Metric, *points: tuple[float, float, int]) -> Series:
    """Return points of (mean, high, samples), the last ending now."""
    first = NOW - len(points) * STEP
    told = (Point(first + n * STEP, mean, 0.0, high, samples) for n, (mean, high, samples) in enumerate(points))
    return Series(metric=metric, step_s=600.0, since=first, until=NOW, points=tuple(told))


def test_averages_weigh_by_samples_and_a_peak_is_no_moment() -> None:
    found = summed_up(
        [
            series(Metric.CPU, (10.0, 100.0, 30), (40.0, 60.0, 10)),
            series(Metric.MEMORY, (50.0, 70.0, 40)),
            series(Metric.NET_IN, (100.0, 100.0, 40)),
            series(Metric.NET_OUT),
        ]
    )
    assert found is not None
    assert (found.cpu_avg, found.cpu_max) == (17.5, 40.0)
    assert (found.memory_avg, found.memory_max, found.network_avg_bps) == (50.0, 70.0, 100.0)
    assert (found.since, found.until, found.samples) == (NOW - 2 * STEP, NOW, 40)
    assert summed_up([series(Metric.CPU)]) is None


class Counting(FakeMonitor):
    """Tells one chart, and counts how often it was asked."""

    readings = 0

    async def charts(
        self, ref: VmRef, metrics: Sequence[Metric], over: Range, *, devices: bool = False
    ) -> tuple[Series, ...]:
        self.readings += 1
        return (series(Metric.CPU, (5.0, 5.0, 1)),)


async def test_a_small_fleet_is_read_at_once_and_a_big_one_ahead() -> None:
    monitor = Counting(NOW, ())
    used = UsedOf(monitor)
    few, many = [VmRef("e", str(n)) for n in range(3)], [VmRef("e", str(n)) for n in range(100)]
    for _ in range(2):
        assert set(await used.of(few, NOW)) == set(few)
    assert monitor.readings == 3
    assert set(await used.of(many, NOW)) == set(few)
    await used.read_ahead(few, NOW + timedelta(minutes=59))
    assert monitor.readings == 3
    await used.read_ahead(few[:1], NOW + timedelta(minutes=61))
    assert (monitor.readings, set(await used.of(many, NOW))) == (4, set(few[:1]))
