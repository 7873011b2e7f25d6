"""Figures of the measurements' store on SQLite: `python -m tests.bench metrics [--vms N]`.

How long an audit row waits while batches are written, what a VM costs a day, and how long a chart of 30 days takes from
a store that is full. Filled by hand with rows as the store itself writes them.
"""

from __future__ import annotations

import asyncio
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from osvm_tui.domain.measured import Measured
from osvm_tui.domain.metrics import (
    DiskRates,
    Memory,
    Metric,
    Mount,
    NicRates,
    Sample,
    Source,
)
from osvm_tui.domain.slots import KEPT_S, STEPS, Cell, Slot, slot_of
from osvm_tui.domain.vm import VmRef
from osvm_tui.store.metric_blob import halves, pack
from osvm_tui.store.metric_sql import SqlMetricStore
from osvm_tui.store.sql import SqlStore, default_url
from tests.contract.store.samples import an_entry

ENDPOINT = "http://10.0.0.5:8774/v2.1|RegionOne"
NOW_S = 1_780_000_000 // 600 * 600
CHARTED = (Metric.CPU, Metric.MEMORY, Metric.NET_IN, Metric.DISK_READ)
AUDIT_ROWS = 300


def measure_metrics(vms: int, seed: int) -> dict[str, Any]:
    """Return every figure, in milliseconds and bytes."""
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_measure(Path(folder), vms, random.Random(seed)))


async def _measure(folder: Path, vms: int, chance: random.Random) -> dict[str, Any]:
    url = default_url(folder / "osvm.db")
    store = SqlMetricStore(url, now=lambda: datetime.now(UTC))
    await store.open()
    refs = [VmRef(ENDPOINT, f"{number:08d}-aaaa-4bbb-8ccc-dddddddddddd") for number in range(vms)]
    first = [(ref, _slot(chance, NOW_S - NOW_S % 10)) for ref in refs]
    await store.append(first, [Measured(ref=ref, sample=_sample(chance, NOW_S)) for ref in refs])
    await asyncio.to_thread(_fill, folder / "metrics.db", store, vms, chance)
    info = await store.info()
    quiet = await _audit(folder, url, None, refs, chance)
    figures: dict[str, Any] = {
        "vms": vms,
        "bytes_per_vm_full": info.size_bytes // vms,
        "bytes_per_vm_and_day": await asyncio.to_thread(_day_bytes, chance),
        "audit_ms": {"quiet": quiet, "while_batches_are_written": await _audit(folder, url, store, refs, chance)},
        "batch_ms": await _batches(store, refs, chance),
    }
    figures["chart_30_days_ms"] = {
        "four_metrics": await _charts(store, refs, chance, CHARTED),
        "all_metrics": await _charts(store, refs, chance, ()),
        "each_device": await _charts(store, refs, chance, CHARTED, devices=True),
    }
    await store.close()
    return figures


def _sample(chance: random.Random, at_s: float) -> Sample:
    disk = DiskRates("vda", *(chance.random() * 1e6 for _ in range(4)))
    nic = NicRates("ens3", *(chance.random() * 1e6 for _ in range(4)))
    return Sample(
        at=datetime.fromtimestamp(at_s, UTC), source=Source.SSH, span_s=45.0, cpu=chance.random() * 100,
        cores=(chance.random() * 100, chance.random() * 100), load=(1.0, 1.0, 1.0), memory=Memory(4 << 30, 2 << 30),
        mounts=(Mount("/", 20 << 30, 9 << 30), Mount("/boot", 1 << 30, 1 << 28)), disks=(disk,), nics=(nic,),
        uptime_s=1e6,
    )  # fmt: skip


def _slot(chance: random.Random, at_s: float) -> Slot:
    slot = slot_of(_sample(chance, at_s))
    assert slot is not None
    return slot


def _bodies(store: SqlMetricStore, step: int, chance: random.Random) -> list[tuple[int, bytes]]:
    """Return the rows of a slot of this step: as many samples as fall into it with one in 45 s."""
    slot, count = _slot(chance, NOW_S), max(1, step // 45)
    cells = {
        key: Cell(cell.mean, cell.low * 0.9, cell.high * 1.1, count) if count > 1 else cell
        for key, cell in slot.cells.items()
    }
    numbers = store._numbers.devices
    return [(detail, pack(part, numbers.get, flat=bool(detail) and step >= 600)) for detail, part in halves(cells)]


def _fill(file: Path, store: SqlMetricStore, vms: int, chance: random.Random) -> None:
    variants = {step: [_bodies(store, step, chance) for _ in range(50)] for step in STEPS}

    def rows(machine: int) -> Iterator[tuple[int, int, int, int, bytes]]:
        for step in STEPS:
            every = max(1, 45 // step)
            for at in range((NOW_S - KEPT_S[step]) // step, NOW_S // step, every):
                for detail, body in chance.choice(variants[step]):
                    yield machine, detail, step, at, body

    with closing(sqlite3.connect(file)) as connection:
        for machine in range(1, vms + 1):
            connection.executemany("INSERT OR IGNORE INTO slots VALUES (?, ?, ?, ?, ?)", rows(machine))
            connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _day_bytes(chance: random.Random) -> int:
    """Return what a day of the slots that stay for 30 days takes, alone in a file."""
    with tempfile.TemporaryDirectory() as folder:

        async def grow() -> int:
            store = SqlMetricStore(default_url(Path(folder) / "osvm.db"), now=lambda: datetime.now(UTC))
            await store.open()
            ref = VmRef(ENDPOINT, "one")
            await store.append([(ref, _slot(chance, NOW_S))])
            days = 30
            bodies = [_bodies(store, 600, chance) for _ in range(50)]
            with closing(sqlite3.connect(Path(folder) / "metrics.db")) as connection:
                before = (await store.info()).size_bytes
                stretch = range(NOW_S // 600 + 1, NOW_S // 600 + 1 + days * 144)
                rows = [(1, detail, 600, at, body) for at in stretch for detail, body in chance.choice(bodies)]
                connection.executemany("INSERT INTO slots VALUES (?, ?, ?, ?, ?)", rows)
                connection.commit()
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            after = (await store.info()).size_bytes
            await store.close()
            return (after - before) // days

        return asyncio.run(grow())


async def _batches(store: SqlMetricStore, refs: list[VmRef], chance: random.Random) -> dict[str, float]:
    taken, cpu = [], []
    for number in range(10):
        batch, newest = _batch(refs, chance, NOW_S + 10 * number)
        began, worked = time.perf_counter(), time.process_time()
        await store.append(batch, newest)
        taken.append(time.perf_counter() - began)
        cpu.append(time.process_time() - worked)
    return {"vms": float(len(batch)), **_spread(taken), "cpu_p50": _spread(cpu)["p50"]}


def _batch(refs: list[VmRef], chance: random.Random, at_s: float) -> tuple[list[tuple[VmRef, Slot]], list[Measured]]:
    """Return what ten seconds give with one sample of each VM in 45 s."""
    some = chance.sample(refs, max(1, len(refs) * 10 // 45))
    samples = [(ref, _sample(chance, at_s)) for ref in some]
    slots = [(ref, slot) for ref, sample in samples if (slot := slot_of(sample)) is not None]
    return slots, [Measured(ref=ref, sample=sample) for ref, sample in samples]


async def _audit(
    folder: Path, url: str, store: SqlMetricStore | None, refs: list[VmRef], chance: random.Random
) -> dict[str, float]:
    audit = SqlStore(url, spool_dir=folder / "spool", owner=f"bench-{time.time_ns()}", now=lambda: datetime.now(UTC))
    await audit.open()
    writing = asyncio.create_task(_write_on(store, refs, chance)) if store else None
    taken = []
    for _ in range(AUDIT_ROWS):
        began = time.perf_counter()
        await audit.append_audit([an_entry()])
        taken.append(time.perf_counter() - began)
        await asyncio.sleep(0.005)
    if writing is not None:
        writing.cancel()
        with suppress(asyncio.CancelledError):
            await writing
    await audit.close()
    return _spread(taken)


async def _write_on(store: SqlMetricStore, refs: list[VmRef], chance: random.Random) -> None:
    """Write a batch a second, where a console writes one in ten."""
    at_s = float(NOW_S)
    while True:
        at_s += 10
        slots, newest = await asyncio.to_thread(_batch, refs, chance, at_s)
        await store.append(slots, newest)
        await asyncio.sleep(1.0)


async def _charts(
    store: SqlMetricStore,
    refs: list[VmRef],
    chance: random.Random,
    metrics: tuple[Metric, ...],
    *,
    devices: bool = False,
) -> dict[str, float]:
    taken, cpu = [], []
    for ref in chance.sample(refs, min(15, len(refs))):
        began, worked = time.perf_counter(), time.process_time()
        tracks = await store.read(ref, 600, NOW_S - KEPT_S[600], NOW_S + 600, metrics=metrics, devices=devices)
        taken.append(time.perf_counter() - began)
        cpu.append(time.process_time() - worked)
    cells = float(sum(len(track.cells) for track in tracks))
    return {"cells": cells, **_spread(taken), "cpu_p50": _spread(cpu)["p50"]}


def _spread(taken: list[float]) -> dict[str, float]:
    ordered = sorted(1000 * one for one in taken)
    return {
        "p50": round(statistics.median(ordered), 2),
        "p99": round(ordered[min(len(ordered) - 1, int(len(ordered) * 0.99))], 2),
        "max": round(ordered[-1], 2),
    }
