"""What is kept of measurements: merged slots of three steps, the newest of each VM, retention, a file that breaks."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import UTC, datetime

import pytest

from osvm_tui.domain.errors import SchemaMismatch, StoreError
from osvm_tui.domain.measured import Measured
from osvm_tui.domain.metrics import Metric, Sample, Source
from osvm_tui.domain.slots import STEPS, Cell, Slot
from osvm_tui.domain.vm import VmRef
from osvm_tui.store.metric_sql import SqlMetricStore
from osvm_tui.store.metric_tables import devices, marks, newest, slots
from tests.contract.store.backends import Backend

NOON = 1_780_000_200 // 600 * 600
TODAY = int(time.time()) // 600 * 600
HOUR_S, DAY_S = 3600, 86_400
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
    for age_s in (0, 2 * HOUR_S, 2 * DAY_S, 31 * DAY_S):
        await metrics.append([(ONE, a_slot(TODAY - age_s, 1.0)), (TWO, a_slot(TODAY - 31 * DAY_S, 1.0))])
    await metrics.tidy(TODAY)
    kept = [await metrics.read(ONE, step, TODAY - 40 * DAY_S, TODAY + 600) for step in STEPS]
    assert [len(track.at) for (track,) in kept] == [1, 2, 3]
    assert (await metrics.info()).vms == 1


async def test_a_server_goes_by_its_own_clock(backend: Backend, metrics: SqlMetricStore) -> None:
    await metrics.append([(ONE, a_slot(TODAY, 1.0))])
    await metrics.tidy(TODAY + 40 * DAY_S)
    assert (await metrics.info()).slots == (3 if backend.kind == "postgresql" else 0)


async def test_a_number_is_given_once_so_no_vm_is_written_to_another_s_rows(
    backend: Backend, metrics: SqlMetricStore
) -> None:
    other = await opened(backend)
    await metrics.append([(ONE, a_slot(TODAY - 40 * DAY_S, 10.0))])
    await other.tidy(TODAY)
    await other.append([(TWO, a_slot(TODAY, 20.0))])
    assert await metrics.read(ONE, 600, TODAY, TODAY + 600) == ()
    await metrics.append([(ONE, a_slot(TODAY, 90.0))])
    for store in (metrics, other):
        for ref, cpu in ((ONE, 90.0), (TWO, 20.0)):
            (track,) = await store.read(ref, 600, TODAY - 50 * DAY_S, TODAY + 600)
            assert [cell.high for cell in track.cells] == [cpu]
    await other.close()


async def test_names_that_nobody_uses_any_more_make_room(
    backend: Backend, metrics: SqlMetricStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    backend.clock.now = datetime.fromtimestamp(TODAY, UTC)
    monkeypatch.setattr("osvm_tui.store.metric_numbers._MOST_NAMES", 4)
    other = await opened(backend)
    await metrics.append([(ONE, a_slot(TODAY, 1.0, eth0=1.0, eth1=2.0, eth2=3.0))])
    late = [(TWO, a_slot(TODAY, 1.0, late=4.0, **{"no\0name": 5.0}))]
    await other.append(late)
    assert await other.read(TWO, 10, TODAY, TODAY + 10, devices=True) == ()
    async with metrics._database.write() as connection:
        await connection.execute(devices.update().where(devices.c.name != "eth0").values(used=devices.c.used - 40))
    await metrics.append([(ONE, a_slot(TODAY, 1.0, eth0=1.0))])
    await metrics.tidy(TODAY)
    await other.append(late)
    for store in (metrics, other):
        (track,) = await store.read(TWO, 10, TODAY, TODAY + 10, devices=True)
        assert (track.device, track.cells) == ("late", [Cell(4.0, 4.0, 4.0)])
        (track,) = await store.read(ONE, 10, TODAY, TODAY + 10, devices=True)
        assert track.device == "eth0", "a name that is gone takes nothing else with it"
    await other.close()


async def test_a_device_that_another_console_was_the_first_to_see_is_merged(
    backend: Backend, metrics: SqlMetricStore
) -> None:
    other = await opened(backend)
    await metrics.append([(ONE, a_slot(NOON, 1.0, eth0=1.0))])
    await other.append([(ONE, a_slot(NOON, 1.0, eth0=1.0, eth1=7.0))])
    await metrics.append([(ONE, a_slot(NOON, 1.0, eth0=1.0))])
    found = {track.device: track.cells for track in await metrics.read(ONE, 60, NOON, NOON + 60, devices=True)}
    assert found == {"eth0": [Cell(1.0, 1.0, 1.0, 3)], "eth1": [Cell(7.0, 7.0, 7.0)]}
    await other.close()


async def test_what_cannot_be_read_is_a_gap_until_it_is_written_over(
    backend: Backend, metrics: SqlMetricStore, caplog: pytest.LogCaptureFixture
) -> None:
    both = [Measured(ref=ref, trouble="no answer") for ref in (ONE, TWO)]
    await metrics.append([(ref, a_slot(NOON + at, 5.0)) for ref in (ONE, TWO) for at in (0, 600)], both)
    async with metrics._database.write() as connection:
        broken = slots.update().where(slots.c.machine == 1, slots.c.step == 600, slots.c.at == NOON // 600)
        await connection.execute(broken.values(body=b"\1\2"))
        await connection.execute(newest.update().where(newest.c.machine == 1).values(body=b"\xc1"))
    (track,) = await metrics.read(ONE, 600, NOON, NOON + 1200)
    assert (track.at, track.cells) == ([NOON + 600], [Cell(5.0, 5.0, 5.0)])
    other = await opened(backend)
    assert (await other.newest())[1] == (both[1],)
    await metrics.append([(ref, a_slot(NOON, 7.0)) for ref in (ONE, TWO)], both)
    found = [(await metrics.read(ref, 600, NOON, NOON + 600))[0].cells for ref in (ONE, TWO)]
    assert found == [[Cell(7.0, 7.0, 7.0)], [Cell(6.0, 5.0, 7.0, 2)]]
    assert set((await other.newest())[1]) == set(both)
    assert [record.getMessage() for record in caplog.records] == ["left out", "left out", "written over"]
    await other.close()


async def test_of_the_newest_the_later_sample_stays_and_what_one_wrote_itself_is_no_news(
    backend: Backend, metrics: SqlMetricStore
) -> None:
    other = await opened(backend)
    backend.clock.now = datetime.fromtimestamp(TODAY, UTC)
    fresh, old = (
        Measured(ref=ONE, sample=Sample(at=datetime.fromtimestamp(at, UTC), source=Source.SSH, cpu=1.0))
        for at in (TODAY, TODAY - 60)
    )
    change = await metrics.append([], [fresh])
    assert await metrics.newest() == (change, ())
    for late in (old, Measured(ref=ONE, trouble="no login rule")):
        await other.append([], [late])
        assert (await other.newest())[1] == (fresh,)
    known = Measured(ref=ONE, sample=fresh.sample, trouble="no login rule")
    await other.append([], [known])
    assert (await metrics.newest(change))[1] == (known,)
    ahead, right = (
        Measured(ref=TWO, sample=Sample(at=datetime.fromtimestamp(at, UTC), source=Source.SSH, cpu=1.0))
        for at in (TODAY + 900 * DAY_S, time.time() + 60)
    )
    await other.append([], [ahead])
    backend.clock.advance(1000)
    await metrics.append([], [right])
    assert right in (await other.newest())[1], "a clock that is ahead has not the last word"
    await other.close()


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
        await connection.execute(marks.update().where(marks.c.name == "version").values(value=-1))
    other = await opened(backend)
    await store.open()
    assert (await store.info()).slots == 0
    told = Measured(ref=TWO, trouble="no answer")
    await other.append([], [told])
    assert await store.newest(7) == (1, (told,)), "who followed the earlier one follows on"
    for each in (store, other):
        await each.close()
