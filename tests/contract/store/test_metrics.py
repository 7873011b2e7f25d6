"""What is kept of measurements: merged slots of three steps, the newest of each VM, retention, a file that breaks."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from osvm_tui.domain.errors import SchemaMismatch, StoreError
from osvm_tui.domain.measured import Measured
from osvm_tui.domain.metrics import Metric, Sample, Source
from osvm_tui.domain.slots import KEPT_S, STEPS, Cell, Slot
from osvm_tui.domain.vm import VmRef
from osvm_tui.store.metric_sql import SqlMetricStore
from tests.contract.store.backends import Backend

NOON = 1_780_000_200 // 600 * 600
ONE, TWO = VmRef("http://cloud|r", "vm-1"), VmRef("http://cloud|r", "vm-2")
CPU, IN = Metric.CPU, Metric.NET_IN


@pytest.fixture
async def metrics(backend: Backend) -> AsyncIterator[SqlMetricStore]:
    """Give the measurements beside a store."""
    store = await opened(backend)
    yield store
    await store.close()


async def opened(backend: Backend) -> SqlMetricStore:
    store = SqlMetricStore(backend.url, now=backend.clock)
    await store.open()
    return store


def a_slot(at: int, cpu: float, **devices: float) -> Slot:
    cells = {("", CPU): Cell(cpu, cpu, cpu)}
    return Slot(10, at, cells | {(name, IN): Cell(value, value, value) for name, value in devices.items()})


async def test_slots_are_rolled_up_and_told_apart_by_vm_device_and_step(metrics: SqlMetricStore) -> None:
    await metrics.append([(ONE, a_slot(NOON + 10 * n, float(n), eth0=8.0)) for n in range(61)])
    await metrics.append([(TWO, a_slot(NOON, 99.0))])
    (fine,) = await metrics.read(ONE, 10, NOON, NOON + 600)
    assert (len(fine.at), fine.cells[3]) == (60, Cell(3.0, 3.0, 3.0))
    (minutes,) = await metrics.read(ONE, 60, NOON, NOON + 600, metrics=[CPU])
    assert minutes.at == [NOON + 60 * n for n in range(10)]
    assert minutes.cells[1] == Cell(8.5, 6.0, 11.0, 6)
    (tens,) = await metrics.read(ONE, 600, NOON, NOON + 3600)
    assert [cell.samples for cell in tens.cells] == [60, 1]
    (nic,) = await metrics.read(ONE, 600, NOON, NOON + 600, devices=True)
    assert (nic.device, nic.metric, nic.cells) == ("eth0", IN, [Cell(8.0, 8.0, 8.0, 60)])
    assert await metrics.read(ONE, 10, NOON, NOON + 600, metrics=[IN]) == ()
    assert await metrics.read(VmRef("http://cloud|r", "nobody"), 10, NOON, NOON + 600) == ()


async def test_a_gap_stays_a_gap(metrics: SqlMetricStore) -> None:
    await metrics.append([(ONE, a_slot(NOON, 1.0)), (ONE, a_slot(NOON + 180, 2.0))])
    (minutes,) = await metrics.read(ONE, 60, NOON, NOON + 600)
    assert minutes.at == [NOON, NOON + 180]


async def test_two_consoles_that_tell_of_one_slot_are_merged(backend: Backend, metrics: SqlMetricStore) -> None:
    other = await opened(backend)
    told = [(store, cpu, ref) for store, cpu in ((metrics, 10.0), (other, 30.0)) for ref in (ONE, TWO)]
    await asyncio.gather(*(store.append([(ref, a_slot(NOON, cpu, eth0=cpu))]) for store, cpu, ref in told))
    for ref in (ONE, TWO):
        for step in STEPS:
            (track,) = await other.read(ref, step, NOON, NOON + 600)
            assert track.cells == [Cell(20.0, 10.0, 30.0, 2)]
    assert await other.newest() == (4, ())
    await other.close()


async def test_the_newest_is_followed_by_change(backend: Backend, metrics: SqlMetricStore) -> None:
    sample = Sample(at=datetime.fromtimestamp(NOON, UTC), source=Source.SSH, cpu=12.5)
    first = Measured(ref=ONE, sample=sample)
    refused = Measured(ref=TWO, trouble="not permitted", tried=((Source.DIAGNOSTICS, "not permitted"),))
    await metrics.append([(ONE, a_slot(NOON, 12.5))], [first, refused])
    other = await opened(backend)
    change, found = await other.newest()
    assert set(found) == {first, refused}
    assert await other.newest(change) == (change, ())
    again = Measured(ref=TWO, sample=sample)
    await metrics.append([], [again])
    assert await other.newest(change) == (change + 1, (again,))
    await other.close()


async def test_each_step_is_kept_for_its_time_and_a_vm_without_any_is_forgotten(metrics: SqlMetricStore) -> None:
    await metrics.append([(ONE, a_slot(NOON, 1.0)), (TWO, a_slot(NOON + 3600, 1.0))])
    counts = []
    for step in STEPS:
        await metrics.tidy(NOON + KEPT_S[step] + step + 3600)
        counts.append((await metrics.info()).slots)
    assert counts == [4, 2, 0]
    assert (await metrics.info()).vms == 0
    await metrics.append([(ONE, a_slot(NOON, 2.0))])
    (track,) = await metrics.read(ONE, 10, NOON, NOON + 10)
    assert track.cells == [Cell(2.0, 2.0, 2.0)]


async def test_what_failed_leaves_nothing_behind(metrics: SqlMetricStore) -> None:
    wrong = Slot(10, 1 << 40, {("", CPU): Cell(1.0, 1.0, 1.0, -1)})
    with pytest.raises(Exception, match=r"."):
        await metrics.append([(ONE, a_slot(NOON, 1.0)), (TWO, wrong)])
    assert (await metrics.info()).slots == 0
    await metrics.append([(TWO, a_slot(NOON, 3.0))])
    (track,) = await metrics.read(TWO, 600, NOON, NOON + 600)
    assert track.cells == [Cell(3.0, 3.0, 3.0)]


async def test_a_damaged_file_is_set_aside_and_a_later_version_left_alone(backend: Backend) -> None:
    if backend.kind != "sqlite":
        pytest.skip("a file's trouble")
    file = backend.folder / "metrics.db"
    file.write_bytes(b"no database" * 1000)
    store = await opened(backend)
    assert "set aside" in store.notices[0]
    await store.append([(ONE, a_slot(NOON, 1.0))])
    await store.close()
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("UPDATE marks SET value = 99 WHERE name = 'version'")
        connection.commit()
    with pytest.raises(SchemaMismatch):
        await store.open()
    with pytest.raises(StoreError):
        await store.append([])


async def test_an_earlier_version_begins_anew(backend: Backend) -> None:
    store = await opened(backend)
    await store.append([(ONE, a_slot(NOON, 1.0))])
    async with store._database.write() as connection:
        from osvm_tui.store.metric_tables import marks

        await connection.execute(marks.update().where(marks.c.name == "version").values(value=-1))
    await store.open()
    assert (await store.info()).slots == 0
    await store.close()
