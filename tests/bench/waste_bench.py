"""Figures of the waste list: a fleet whose VMs are nearly all of the wrong size, on a cloud of sixty flavors; and of
what a change of all of it would change of the bill.

Milliseconds on the clock and of CPU (all threads), and the longest stall of the event loop meanwhile.
"""

from __future__ import annotations

import asyncio
import gc
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any, TypeVar

import msgspec

from osvm_tui.domain.advice import VmMetrics
from osvm_tui.domain.billing import PRESETS
from osvm_tui.domain.cost_book import CostBook
from osvm_tui.domain.diff import Delta
from osvm_tui.domain.roles import Scope
from osvm_tui.domain.sample_rates import SAMPLE
from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.domain.volume import Volume
from osvm_tui.services.console import Console
from osvm_tui.services.entry import EntryPlan
from osvm_tui.store.base import Store
from osvm_tui.store.sql import SqlStore, default_url
from tests.bench.store_bench import Figures
from tests.unit.services.scripted_cloud import ScriptedCloud, a_vm

FLAVORS = tuple(Flavor(f"f{n}", 1 + n % 8, 2048 * (1 + n // 8), 20, id=str(n)) for n in range(60))
STATES = ("active", "active", "active", "active", "stopped", "shelved_offloaded")
USED_DAYS = 15
T = TypeVar("T")


class _Book:
    """The sample prices, told once."""

    def __init__(self) -> None:
        self._book: CostBook | None = CostBook(
            cards=(msgspec.structs.replace(SAMPLE, simulated=False, clouds=()),), policies=PRESETS
        )

    def changed(self) -> CostBook | None:
        book, self._book = self._book, None
        return book


async def measure_waste(folder: Path, scope: Scope, count: int, chance: Random) -> dict[str, Any]:
    """Return the figures of a look at `count` VMs and a tenth as many volumes, by kind what was found."""
    now = datetime.now(UTC)
    fleet = [_vm(number, chance, now - timedelta(days=99)) for number in range(count)]
    cloud = ScriptedCloud(scope=scope)
    cloud.lists["flavors"] = FLAVORS
    cloud.lists["volumes"] = tuple(
        Volume(id=f"v{n}", status="available", size_gib=n % 50, created_at=now - timedelta(days=99), project_id="p")
        for n in range(count // 10)
    )

    def store(owner: str) -> Store:
        url = default_url(folder / "waste.db")
        return SqlStore(url, spool_dir=folder / "spool", owner=owner, now=lambda: datetime.now(UTC))

    console = Console([EntryPlan("lab", lambda: cloud)], store, None, operator="bench", rates=_Book())
    await console.load()
    try:
        await console._kept().save_vms(scope, fleet, [], now, None)
        console._apply("lab", Delta(tuple(fleet)))
        return {"vms": count, "flavors": len(FLAVORS), **await _looked(console, fleet, now)}
    finally:
        await console.close()
        gc.unfreeze()


async def _looked(console: Console, fleet: list[Vm], now: datetime) -> dict[str, Any]:
    figures = Figures()
    ticking = asyncio.create_task(figures.tick())
    await console.costs.refresh()
    used = {vm.ref: _used(now) for vm in fleet if vm.vm_state == "active"}
    found = await figures.step("first", console.costs.waste(used))
    again = await figures.step("again", console.costs.waste(used))
    assert found == again, "nothing has changed meanwhile"
    refs = [vm.ref for vm in fleet]
    await figures.step("burn rate of all, first", _called(console.costs.burn_totals))
    parts = await figures.step("what a deletion of all would change", console.costs.what_if_many("delete", refs))
    assert parts == await figures.step("the same in one call", _called(lambda: console.costs.what_if("delete", refs)))
    ticking.cancel()
    kinds = sorted({each.waste.value for each in found.advice})
    told = {kind: sum(each.waste.value == kind for each in found.advice) for kind in kinds}
    return {"steps": figures.steps, "advice": told}


async def _called(work: Callable[[], T]) -> T:
    return work()


def _vm(number: int, chance: Random, at: datetime) -> Vm:
    return a_vm(
        f"{number:08d}-bbbb-4bbb-8ccc-dddddddddddd", chance.choice(STATES), None, flavor=chance.choice(FLAVORS),
        project_id=f"p-{number % 20}", image_id="i", created_at=at, launched_at=at, updated_at=at,
    )  # fmt: skip


def _used(now: datetime) -> VmMetrics:
    return VmMetrics(
        since=now - timedelta(days=USED_DAYS), until=now, cpu_avg=30.0, cpu_max=50.0, memory_avg=40.0, memory_max=50.0,
        network_avg_bps=1e6, cpu_days=USED_DAYS, memory_days=USED_DAYS, network_days=USED_DAYS,
    )  # fmt: skip
