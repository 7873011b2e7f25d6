"""Charts of 30 days summed up for advice, read once an hour and no more than somebody would wait for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from osvm_tui.domain.measured import Measured
from osvm_tui.domain.metrics import Metric, Sample, Source
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.cost_metrics import UsedOf, summed_up
from osvm_tui.services.monitor_api import Point, Range, Series
from tests.pilot.fake_monitor import FakeMonitor
from tests.unit.services.scripted_cloud import a_vm

NOW = datetime(2026, 11, 22, tzinfo=UTC)
STEP, DAY = timedelta(minutes=10), timedelta(days=1)


def series(metric: Metric, *points: tuple[float, float, int]) -> Series:
    """Return points of (mean, high, samples), the last ending now."""
    first = NOW - len(points) * STEP
    told = (Point(first + n * STEP, mean, 0.0, high, samples) for n, (mean, high, samples) in enumerate(points))
    return Series(metric=metric, step_s=600.0, since=first, until=NOW, points=tuple(told))


def steady(metric: Metric, since: timedelta, until: timedelta = timedelta(0), mean: float = 10.0) -> Series:
    """Return a point for each slot from `since` to `until` ago."""
    slots = range(int((since - until) / STEP))
    points = tuple(Point(NOW - since + n * STEP, mean, 0.0, mean, 10) for n in slots)
    return Series(metric=metric, step_s=600.0, since=NOW - since, until=NOW, points=points)


def test_averages_are_over_time_and_a_peak_is_no_moment() -> None:
    found = summed_up(
        [
            series(Metric.CPU, (10.0, 100.0, 300), (40.0, 60.0, 10)),
            series(Metric.MEMORY, (50.0, 70.0, 40)),
            series(Metric.NET_IN, (100.0, 100.0, 40)),
            series(Metric.NET_OUT),
        ],
        NOW,
    )
    assert found is not None
    assert (found.cpu_avg, found.cpu_max) == (25.0, 40.0)
    assert (found.memory_avg, found.memory_max, found.network_avg_bps) == (50.0, 70.0, None)
    assert (found.since, found.until, found.network_days) == (NOW - 2 * STEP, NOW, 0.0)
    assert found.covered(found.cpu_days) == 1.0
    assert found.covered(found.cpu_days, found.memory_days) == 0.5
    assert summed_up([series(Metric.CPU)], NOW) is None


def test_gaps_are_not_covered_and_the_window_is_one_that_is() -> None:
    two = Series(metric=Metric.CPU, step_s=600.0, since=NOW - 15 * DAY, until=NOW, points=(
        Point(NOW - 15 * DAY, 1.0, 0.0, 1.0, 1), Point(NOW - STEP, 1.0, 0.0, 1.0, 1)))  # fmt: skip
    found = summed_up([two], NOW)
    assert found is not None
    assert (found.days, round(found.cpu_days * 86400)) == (15, 1200)
    # Measured for a day a month ago, and without a gap since ten days.
    again = steady(Metric.CPU, 30 * DAY, 29 * DAY, 90.0), steady(Metric.CPU, 10 * DAY)
    found = summed_up([msgspec.structs.replace(again[0], points=again[0].points + again[1].points)], NOW)
    assert found is not None
    assert (round(found.days), found.cpu_max, found.covered(found.cpu_days)) == (7, 10.0, 1.0)


def test_what_was_measured_before_a_resize_is_of_another_machine() -> None:
    busy, calm = steady(Metric.CPU, 20 * DAY, 5 * DAY, 95.0), steady(Metric.CPU, 5 * DAY, mean=1.0)
    both = msgspec.structs.replace(busy, points=busy.points + calm.points)
    found = summed_up([both], NOW, NOW - 5 * DAY)
    assert found is not None
    assert (found.since, found.cpu_max) == (NOW - 5 * DAY, 1.0)


class Counting(FakeMonitor):
    """Tells one chart, and counts how often it was asked."""

    readings = 0
    told: Series = steady(Metric.CPU, 10 * DAY)

    async def charts(
        self, ref: VmRef, metrics: Sequence[Metric], over: Range, *, devices: bool = False
    ) -> tuple[Series, ...]:
        self.readings += 1
        return (self.told,)

    def measured(self, ref: VmRef) -> Measured:
        """Tell of a login, the second VM an hour too late."""
        age = timedelta(minutes=61 if ref.id == "1" else 1)
        return Measured(ref=ref, sample=Sample(at=NOW - age, source=Source.SSH, login_at=NOW - 100 * DAY))


async def test_a_small_fleet_is_read_at_once_and_a_big_one_ahead() -> None:
    monitor = Counting(NOW, ())
    used = UsedOf(monitor)
    many = [a_vm(str(n)) for n in range(100)]
    few, refs = many[:3], {vm.ref for vm in many[:3]}
    for _ in range(2):
        assert set(await used.of(few, NOW)) == refs
    assert monitor.readings == 3
    told = await used.of(few, NOW)
    assert [told[vm.ref].login_at for vm in few] == [NOW - 100 * DAY, None, NOW - 100 * DAY]
    assert set(await used.of(many, NOW)) == refs
    await used.read_ahead(few, NOW + timedelta(minutes=359))
    assert monitor.readings == 3
    await used.read_ahead(few[:1], NOW + timedelta(minutes=361))
    assert (monitor.readings, set(await used.of(many, NOW))) == (4, {few[0].ref})
    resized = msgspec.structs.replace(few[0], launched_at=NOW - STEP)
    assert await used.of([resized, *many[1:]], NOW) == {}
    await used.of([resized], NOW)
    assert monitor.readings == 5


async def test_what_tells_nothing_yet_is_read_again_soon() -> None:
    monitor, vm = Counting(NOW, ()), a_vm("1")
    monitor.told = steady(Metric.CPU, DAY)
    used = UsedOf(monitor)
    await used.of([vm], NOW)
    assert monitor.readings == 2, "a slow source may have told more meanwhile"
    await used.read_ahead([vm], NOW + timedelta(minutes=61))
    assert monitor.readings == 4
