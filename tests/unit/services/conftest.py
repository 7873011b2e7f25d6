"""A console over a scripted cloud and a real SQLite store, with intervals too small to wait for."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from osvm_tui.domain.metrics import Source
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.services.cadence import Cadence
from osvm_tui.services.console import Console
from osvm_tui.services.cost_rates import CostSource
from osvm_tui.services.entry import EntryPlan
from osvm_tui.services.guests import GuestPlan
from osvm_tui.store.base import Store
from tests.unit.services.scripted_cloud import ScriptedCloud

if TYPE_CHECKING:
    from tests.unit.services.monitor_desk import Desk

FAST = Cadence(
    idle_s=0.02, busy_s=0.01, addresses_s=5.0, item_poll_s=0.005, item_poll_max_s=0.01, claim_s=0.02,
    owner_ttl_s=0.3, lease_ttl_s=0.6, lease_renew_s=0.2, follow_s=0.02, resolve_s=0.05, resolve_poll_s=0.01,
    snapshot_s=60.0,
)  # fmt: skip

Opened = Callable[..., Console]


@pytest.fixture
async def console(tmp_path: Path) -> AsyncIterator[Callable[..., Console]]:
    """Return a factory of consoles that share one store; all are closed at the end."""
    made: list[Console] = []

    def make(
        *clouds: ScriptedCloud,
        role: ConsoleRole = ConsoleRole.OPERATOR,
        cadence: Cadence = FAST,
        rates: CostSource | None = None,
        guests: GuestPlan | None = None,
    ) -> Console:
        one = Console(
            [EntryPlan(cloud.entry, lambda cloud=cloud: cloud) for cloud in clouds],  # type: ignore[misc]
            lambda owner: open_store(tmp_path, owner), None,
            operator="ops-1", console_role=role, cadence=cadence, rates=rates, guests=guests,
        )  # fmt: skip
        made.append(one)
        return one

    yield make
    for one in made:
        await one.close()


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Callable[..., Desk]]:
    """Return a factory of consoles that measure, over one folder and one time; all are closed at the end."""
    from tests.unit.services.monitor_desk import Desk
    from tests.unit.services.scripted_probe import Time

    time, made = Time(), list[Desk]()

    def make(role: ConsoleRole = ConsoleRole.OPERATOR, source: Source = Source.DIAGNOSTICS, **plan: object) -> Desk:
        made.append(Desk(tmp_path, time, role, source, **plan))
        return made[-1]

    yield make
    for desk in made:
        await desk.console.close()


def open_store(folder: Path, owner: str) -> Store:
    """Return the SQLite store of a test's folder."""
    from osvm_tui.store.sql import SqlStore, default_url

    return SqlStore(
        default_url(folder / "osvm.db"), spool_dir=folder / "spool", owner=owner, now=lambda: datetime.now(UTC)
    )
