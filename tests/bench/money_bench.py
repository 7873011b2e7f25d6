"""Figures of the costs: `python -m tests.bench money [--vms N]`.

30 days of a fleet counted once from its histories, then read from pre-rolled totals; burn rates and what-if; the waste
list of a fleet twenty times as large.
Milliseconds on the clock and of CPU (all threads), and the longest stall of the event loop meanwhile.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import msgspec

from osvm_tui.domain.diff import Delta
from osvm_tui.domain.rollup import day_bounds
from osvm_tui.domain.states import status_of
from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.services.console import Console
from osvm_tui.services.costs_api import By
from osvm_tui.services.entry import EntryPlan
from osvm_tui.store.base import Store
from osvm_tui.store.sql import SqlStore, default_url
from tests.bench.store_bench import Figures
from tests.bench.waste_bench import measure_waste
from tests.unit.services.scripted_cloud import SCOPE, ScriptedCloud, a_vm

DAYS, READS = 30, 30
WASTE_TIMES = 20
PROJECTS, TAGS = 20, 40
EVERY = timedelta(hours=6)
"""How often a part of the fleet changes its state."""
CHANGED = 0.08
FLAVORS = tuple(Flavor(f"m{n}", n, n * 2048, n * 20, id=str(n)) for n in (1, 2, 4, 8, 16))
STATES = ("active", "active", "active", "stopped", "shelved_offloaded", "suspended")
SCOPE_OF_ALL = msgspec.structs.replace(SCOPE, all_projects=True, simulated=True, roles=frozenset({"admin"}))


def measure_money(vms: int, seed: int) -> dict[str, Any]:
    """Return every figure."""
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(_measure(Path(folder), vms, Random(seed)))
        waste = asyncio.run(measure_waste(Path(folder), SCOPE_OF_ALL, vms * WASTE_TIMES, Random(seed)))
        return {**figures, "waste_list": waste}


async def _measure(folder: Path, count: int, chance: Random) -> dict[str, Any]:
    today = day_bounds(datetime.now(UTC).date())[0]
    fleet = [_vm(number, chance, today - timedelta(days=DAYS + 5)) for number in range(count)]
    cloud = ScriptedCloud(scope=SCOPE_OF_ALL)
    cloud.lists["flavors"] = FLAVORS

    def store(owner: str) -> Store:
        return SqlStore(
            default_url(folder / "osvm.db"), spool_dir=folder / "spool", owner=owner, now=lambda: datetime.now(UTC)
        )

    console = Console([EntryPlan("lab", lambda: cloud)], store, None, operator="bench")
    await console.load()
    try:
        changes = await _live(console, fleet, chance, today)
        return {"vms": count, "changes_of_state": changes, **await _figures(console, fleet, today, folder)}
    finally:
        await console.close()


def _vm(number: int, chance: Random, at: datetime) -> Vm:
    return a_vm(
        f"{number:08d}-aaaa-4bbb-8ccc-dddddddddddd", chance.choice(STATES), None, flavor=chance.choice(FLAVORS),
        project_id=f"p-{number % PROJECTS}", tags=(f"team-{number % TAGS}",), image_id="i",
        created_at=at, launched_at=at, updated_at=at,
    )  # fmt: skip


async def _live(console: Console, fleet: list[Vm], chance: Random, today: datetime) -> int:
    """Write a history of the fleet as a console that never was away would have; return how many changes are in it."""
    store = console._kept()
    at, changes = today - timedelta(days=DAYS + 5), 0
    await store.save_vms(SCOPE_OF_ALL, fleet, [], at, None)
    while at < today:
        at += EVERY
        moved = chance.sample(range(len(fleet)), int(len(fleet) * CHANGED))
        for place in moved:
            state = chance.choice(STATES)
            fleet[place] = msgspec.structs.replace(
                fleet[place], vm_state=state, status=status_of(state, None), updated_at=at
            )
        await store.save_vms(SCOPE_OF_ALL, [], [], at - timedelta(seconds=10), None)
        await store.save_vms(SCOPE_OF_ALL, [fleet[place] for place in moved], [], at, None)
        changes += len(moved)
    await store.save_vms(SCOPE_OF_ALL, [], [], datetime.now(UTC), None)
    console._apply("lab", Delta(tuple(fleet)))
    return changes


async def _figures(console: Console, fleet: list[Vm], today: datetime, folder: Path) -> dict[str, Any]:
    figures, costs = Figures(), console.costs
    ticking = asyncio.create_task(figures.tick())
    await costs.refresh()
    since, by = today - timedelta(days=DAYS), (By.PROJECT, By.FLAVOR, By.STATE)
    counted = await figures.step("30 days counted from histories, once", costs.report(since, today, by))
    size = (folder / "osvm.db").stat().st_size
    rolled = await figures.step("30 days from pre-rolled totals", costs.report(since, today, by))
    assert rolled == counted, "what is kept is what was counted"
    assert sum(group.sum.amount for group in rolled.groups) == rolled.totals[0].amount
    used = time.process_time()
    reads = [await _ms(lambda: costs.report(since, today, by)) for _ in range(READS)]
    used = (time.process_time() - used) * 1000 / READS
    await figures.step("29 days from totals and the present one", costs.trend(DAYS))
    await figures.step("month, forecast and budgets", costs.month())
    await figures.step("waste list", costs.waste())
    ticking.cancel()
    refs = [vm.ref for vm in fleet]
    return {
        "steps": figures.steps,
        "fleet_aggregate_30_days_ms": {
            "median": round(statistics.median(reads), 2),
            "best": round(min(reads), 2),
            "cpu_each": round(used, 2),
            "worst_of": READS,
            "worst": round(max(reads), 2),
            "aim": 100,
        },
        "groups": len(rolled.groups),
        "store_bytes": size,
        "burn_totals_first_us": _us(lambda: _forgotten(console), 5),
        "burn_totals_again_us": _us(costs.burn_totals, 1000),
        "burn_of_a_vm_us": _us(lambda: costs.burn(refs[0]), 1000),
        "rate_of_a_vm_us": _us(lambda: costs.rate(refs[0]), 1000),
        "what_if_stop_all_ms": round(_us(lambda: costs.what_if("stop", refs), 3) / 1000, 2),
    }


async def _ms(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    await work()
    return (time.perf_counter() - began) * 1000


def _us(work: Callable[[], Any], times: int) -> float:
    began = time.perf_counter()
    for _ in range(times):
        work()
    return round((time.perf_counter() - began) * 1e6 / times, 2)


def _forgotten(console: Console) -> None:
    console._costs._burns._basis = ()
    console.costs.burn_totals()
