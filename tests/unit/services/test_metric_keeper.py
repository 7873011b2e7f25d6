"""The way of measurements into their store: opened once, and nothing piles up without one."""

from __future__ import annotations

import asyncio
from pathlib import Path

from osvm_tui.domain.measured import Measured
from osvm_tui.domain.metrics import Metric, Sample, Source
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.metric_keeper import MetricKeeper
from osvm_tui.store.metric_sql import SqlMetricStore
from osvm_tui.store.sql import default_url
from tests.unit.services.scripted_probe import NOON, Time

REF = VmRef("e", "v1")


async def test_a_store_is_opened_once_by_all_who_need_it_at_once(tmp_path: Path) -> None:
    opened: list[object] = []

    class Store(SqlMetricStore):
        async def open(self) -> None:
            await super().open()
            opened.append(self._opened)

    time, made = Time(), list[Store]()

    def make() -> Store:
        made.append(Store(default_url(tmp_path / "osvm.db"), now=time.now))
        return made[-1]

    keeper = MetricKeeper(make, time)
    second = int(NOON.timestamp())
    await asyncio.gather(
        keeper.flush(), keeper.news(), keeper.open(), keeper.tracks(REF, [Metric.CPU], 10, second, second + 60)
    )
    assert (len(made), len(opened)) == (1, 1)
    await keeper.close()


async def test_without_a_store_nothing_waits_to_be_told_to_others() -> None:
    keeper = MetricKeeper(None)
    sample = Sample(at=NOON, source=Source.SSH, cpu=5.0)
    keeper.put(Measured(ref=REF, sample=sample), sample)
    assert keeper._news == {}
    second = int(NOON.timestamp())
    (track,) = await keeper.tracks(REF, [Metric.CPU], 10, second, second + 10)
    assert [cell.mean for cell in track.cells] == [5.0]
