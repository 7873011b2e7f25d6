"""Charts of what is kept and what sources tell: who wins, who waits for whom, and how often anybody is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime, timedelta

from osvm_tui.domain.errors import ProbeError, ProbeFailed, ProbeUnfit
from osvm_tui.domain.measured import Measured
from osvm_tui.domain.metrics import Metric, Sample, Source
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.chart_reader import ChartReader
from osvm_tui.services.metric_keeper import MetricKeeper
from osvm_tui.services.monitor_api import Range, Series
from tests.unit.services.scripted_probe import NOON, Time

REF = VmRef("e", "v1")


class Teller:
    """A source that tells CPU every `every_s`, or fails; it may hang until it is let go."""

    def __init__(self, cpu: float = 5.0, every_s: int = 10) -> None:
        self.cpu, self.every_s = cpu, every_s
        self.error: ProbeError | Exception | None = None
        self.go = asyncio.Event()
        self.go.set()
        self.asked: list[tuple[datetime, datetime, int]] = []

    async def __call__(self, since: datetime, until: datetime, step: int) -> Sequence[Sample]:
        self.asked.append((since, until, step))
        await self.go.wait()
        if self.error is not None:
            raise self.error
        count = int((until - since).total_seconds()) // self.every_s
        moments = (since + timedelta(seconds=n * self.every_s) for n in range(count))
        return [Sample(at=at, source=Source.PROMETHEUS, cpu=self.cpu) for at in moments]


class Desk:
    """A reader over these sources; it waits for them as long as a loaded machine takes, unless told otherwise."""

    def __init__(self, *tellers: Teller, patience_s: float = 30.0) -> None:
        self.time = Time()
        self.keeper = MetricKeeper(None)
        self.reader = ChartReader(
            self.keeper, lambda _: tellers, self.time.now, lambda _: 210.0, self.time, patience_s=patience_s
        )

    def keep(self, cpu: float, *, before_s: float) -> None:
        sample = Sample(at=NOON - timedelta(seconds=before_s), source=Source.PROMETHEUS, cpu=cpu)
        self.keeper.put(Measured(ref=REF, sample=sample), sample)

    async def cpu(self, over: Range = Range.MIN_15) -> Series:
        (series,) = await self.reader.charts(REF, [Metric.CPU], over)
        return series


async def test_what_is_kept_wins_and_a_source_is_asked_once_a_range() -> None:
    teller = Teller()
    desk = Desk(teller)
    desk.keep(50.0, before_s=300)
    for minutes in range(3):
        points = (await desk.cpu()).points
        assert len({point.at for point in points}) == len(points) == 90 - 6 * minutes
        assert [point.mean for point in points if point.mean != 5.0] == [50.0]
        assert {point.samples for point in points} == {1}, "a slot that both know is told once"
        desk.time.pass_by(60)
    assert len((await desk.cpu(Range.HOUR_1)).points) > 300, "a longer range of the same step is another question"
    assert [int((until - since).total_seconds()) for since, until, _ in teller.asked] == [900, 3600]
    desk.time.pass_by(301)
    await desk.cpu()
    assert len(teller.asked) == 3, "after thirty steps it may know more"


async def test_a_source_that_hangs_holds_up_nothing_that_is_kept() -> None:
    teller = Teller()
    teller.go.clear()
    desk = Desk(teller, patience_s=0.01)
    desk.keep(50.0, before_s=300)
    assert [point.mean for point in (await desk.cpu()).points] == [50.0]
    assert len((await desk.cpu()).points) == 1
    teller.go.set()
    desk.reader._patience_s = 30.0
    assert len((await desk.cpu()).points) == 90
    assert len(teller.asked) == 1
    await desk.reader.close()


async def test_closing_asks_nobody_any_more() -> None:
    teller = Teller()
    teller.go.clear()
    desk = Desk(teller, patience_s=0.01)
    desk.keep(50.0, before_s=300)
    await desk.cpu()
    await desk.reader.close()
    assert desk.reader._asking == {}


async def test_sources_that_fail_leave_the_chart_alone_and_are_tried_again() -> None:
    unfit, broken = Teller(), Teller()
    unfit.error, broken.error = ProbeUnfit("not known"), ProbeFailed("no answer")
    desk = Desk(unfit, broken)
    desk.keep(50.0, before_s=300)
    for error in (broken.error, ValueError("a fault of its own")):
        broken.error = error
        for _ in range(2):
            assert [point.mean for point in (await desk.cpu()).points] == [50.0]
        desk.time.pass_by(61)
    assert len(broken.asked) == 2
    broken.error = None
    assert len((await desk.cpu()).points) == 90
    never = Desk(unfit)
    unfit.asked.clear()
    for _ in range(3):
        assert (await never.cpu()).points == ()
        never.time.pass_by(61)
    assert len(unfit.asked) == 1, "a source that can never tell is not asked again and again"


async def test_points_of_a_coarse_archive_are_no_gaps() -> None:
    desk = Desk(Teller(every_s=3600))
    series = await desk.cpu(Range.DAYS_7)
    assert len(series.points) == 168
    assert series.step_s == 5400
    assert series.gap_s == 5400
