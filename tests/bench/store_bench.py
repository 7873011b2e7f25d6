"""Figures of the store on SQLite: `python -m tests.bench.store_bench [--vms N] [--folder DIR]` prints JSON.

Milliseconds of wall and CPU time (all threads), and the longest stall of the event loop meanwhile. The folder decides
which disk is measured; collected garbage is not part of a step.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import platform
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec
import sqlalchemy

from osvm_tui.store.base import Snapshot
from osvm_tui.store.snapshot import FileShelf
from osvm_tui.store.sql import SqlStore, default_url
from tests.contract.store.samples import ADMIN, NOON, a_vm, an_entry

_Answer = TypeVar("_Answer")
_TICK_S = 0.001
AUDIT_ROWS = 300


class Figures:
    """Timed steps, with the longest gap between two ticks of the loop in each."""

    def __init__(self) -> None:
        self.steps: dict[str, dict[str, float]] = {}
        self._stall = 0.0

    async def tick(self) -> None:
        """Measure how late the loop is, until cancelled."""
        last = time.perf_counter()
        while True:
            await asyncio.sleep(_TICK_S)
            now = time.perf_counter()
            self._stall = max(self._stall, now - last - _TICK_S)
            last = now

    async def step(self, name: str, work: Awaitable[_Answer]) -> _Answer:
        """Await `work` and note its time and the longest stall."""
        await asyncio.sleep(0.05)
        gc.collect()
        gc.freeze()
        await asyncio.sleep(2 * _TICK_S)
        self._stall = 0.0
        began, cpu = time.perf_counter(), time.process_time()
        answer = await work
        took, used = time.perf_counter() - began, time.process_time() - cpu
        await asyncio.sleep(2 * _TICK_S)
        figures = {"ms": took * 1e3, "cpu_ms": used * 1e3, "stall_ms": self._stall * 1e3}
        self.steps[name] = {key: round(value, 2) for key, value in figures.items()}
        return answer


def _store(folder: Path) -> SqlStore:
    url = default_url(folder / "osvm.db")
    return SqlStore(url, spool_dir=folder / "spool", owner="bench", now=lambda: datetime.now(UTC))


async def measure(folder: Path, count: int) -> dict[str, object]:
    """Run every step on a fresh store in `folder`."""
    figures = Figures()
    ticking = asyncio.create_task(figures.tick())
    store = _store(folder)
    await figures.step("open_new", store.open())
    await store.close()
    store = _store(folder)
    vms = [a_vm(number) for number in range(count)]
    await figures.step("open_again", store.open())
    await figures.step("save_all", store.save_vms(ADMIN, vms, [], NOON, None))
    await figures.step("save_all_unchanged", store.save_vms(ADMIN, vms, [], NOON, None))
    changed = [msgspec.structs.replace(vm, status="SHUTOFF", vm_state="stopped") for vm in vms[:100]]
    revision = await figures.step("save_100_changed", store.save_vms(ADMIN, changed, [], NOON, None))
    await figures.step("save_nothing", store.save_vms(ADMIN, [], [], NOON, None))
    loaded = await figures.step("load_all", store.load_vms(ADMIN))
    moved = await figures.step("since_100_changed", store.vms_since(ADMIN, revision - 1))
    await figures.step("since_nothing", store.vms_since(ADMIN, revision))
    assert (len(loaded.vms), len(moved.vms)) == (count, min(100, count))
    audit = await _append(store)
    await figures.step("verify_audit", store.verify_audit())
    await store.close()
    await figures.step("open_filled", store.open())
    size = (await store.info()).size_bytes
    await store.close()
    ticking.cancel()
    return {"steps": figures.steps, "append_audit_ms": audit, "size_mib": round(size / 2**20, 1)}


async def _append(store: SqlStore) -> dict[str, float]:
    took = []
    for number in range(AUDIT_ROWS):
        began = time.perf_counter()
        await store.append_audit([an_entry(detail=str(number))])
        took.append((time.perf_counter() - began) * 1e3)
    cuts = statistics.quantiles(took, n=100)
    return {"p50": round(cuts[49], 2), "p99": round(cuts[98], 2), "max": round(max(took), 2)}


def measure_snapshot(folder: Path, count: int) -> dict[str, float]:
    """Write and read the first-paint file; medians of 9 readings."""
    vms = tuple(a_vm(number) for number in range(count))
    shelf = FileShelf(folder)
    began = time.perf_counter()
    shelf.write(Snapshot(entry="bench", scope=ADMIN, taken_at=NOON, server_time=NOON, vms=vms))
    wrote, took = time.perf_counter() - began, []
    for _ in range(9):
        began = time.perf_counter()
        picture = shelf.read("bench")
        took.append(time.perf_counter() - began)
        assert picture is not None
        del picture
    size = shelf.path("bench").stat().st_size / 2**20
    figures = {"write_ms": wrote * 1e3, "read_ms": statistics.median(took) * 1e3, "size_mib": size}
    return {name: round(value, 1) for name, value in figures.items()}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--vms", type=int, default=10_000)
    parser.add_argument("--folder", type=Path, default=None)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        figures = asyncio.run(measure(Path(name), options.vms))
        figures["snapshot"] = measure_snapshot(Path(name), options.vms)
    versions = {
        "python": platform.python_version(), "sqlite": sqlite3.sqlite_version, "sqlalchemy": sqlalchemy.__version__
    }  # fmt: skip
    json.dump(
        {"vms": options.vms, **figures, "versions": versions, "machine": platform.platform()}, sys.stdout, indent=1
    )
    print()


if __name__ == "__main__":
    main()
