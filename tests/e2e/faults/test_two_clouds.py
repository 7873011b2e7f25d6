"""Two clouds in one table, one of them killed or hanging: the other goes on, and no key waits for either."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import pytest
import yaml  # type: ignore[import-untyped]
from textual.pilot import Pilot

from osvm_tui.bootstrap import SimulatedCloud
from osvm_tui.cloud.openstack.client import OpenStackCloud
from osvm_tui.paths import find_paths, private_dir
from osvm_tui.services.api import ScopeState
from osvm_tui.services.console import Console, utc_now
from osvm_tui.services.entry import EntryPlan
from osvm_tui.store.snapshot import FileShelf
from osvm_tui.store.sql import SqlStore, default_url
from osvm_tui.ui.app import OsvmApp
from osvm_tui.ui.format import Token
from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.screens.fleet import FleetScreen
from tests.e2e.cloud_process import CloudProcess
from tests.e2e.consoles import BRISK

ENTRIES = {"eu": "demo", "lab": "demo", "lab-reader": "reader", "lab-admin": "admin"}
"""Our entries by name, each with the account that it is on its cloud."""
PRESSES = 30
_TURNS = 200
"""How often a loaded machine may look again before a key counts as held up."""


class Clouds:
    """Two clouds in processes of their own and one clouds.yaml for both."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.by_name: dict[str, CloudProcess] = {}
        for name in ("eu", "lab"):
            (folder / name).mkdir()
            self.by_name[name] = CloudProcess(folder / name, vms=60).start()
        found = {name: yaml.safe_load(cloud.clouds_yaml.read_text())["clouds"] for name, cloud in self.by_name.items()}
        mine = {entry: found[entry.partition("-")[0]][account] for entry, account in ENTRIES.items()}
        self.file = folder / "clouds.yaml"
        self.file.write_text(yaml.safe_dump({"clouds": mine}))

    def console(self, *entries: str) -> Console:
        """Return a console on these entries, with a store of its own."""
        paths = find_paths(str(self.folder / "state"))
        return Console(
            [EntryPlan(entry, partial(OpenStackCloud, entry)) for entry in entries],
            lambda owner: SqlStore(default_url(paths.database), spool_dir=private_dir(paths.spool), owner=owner,
                                   now=utc_now),
            FileShelf(private_dir(paths.snapshots)),
            operator="ops-1",
            cadence=BRISK,
        )  # fmt: skip


@pytest.fixture
def clouds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clouds]:
    two = Clouds(tmp_path)
    monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(two.file))
    try:
        yield two
    finally:
        for cloud in two.by_name.values():
            cloud.kill()


@asynccontextmanager
async def desk(clouds: Clouds, *entries: str) -> AsyncIterator[tuple[Pilot[None], FleetScreen, Console]]:
    """Run the console's screen over these entries until all are live."""
    console = clouds.console(*entries)
    app = OsvmApp(console, UiOptions(blink=False))
    async with app.run_test(size=(120, 36)) as pilot:
        screen = app.screen
        assert isinstance(screen, FleetScreen)
        await until(lambda: all(view.state is ScopeState.LIVE for view in console.scopes()), "all clouds live")
        await until(lambda: len(screen.table.rows) > PRESSES and len(greys(screen, console)) > 1, "the rows of both")
        yield pilot, screen, console


async def until(found: Callable[[], object], what: str, limit_s: float = 40.0) -> None:
    end = time.monotonic() + limit_s
    while not found():
        assert time.monotonic() < end, f"not within {limit_s:g} s: {what}"
        await asyncio.sleep(0.1)


def state(console: Console, entry: str) -> ScopeState:
    return next(view.state for view in console.scopes() if view.entry == entry)


def greys(screen: FleetScreen, console: Console) -> dict[str, set[bool]]:
    """Return by entry whether its rows are grey."""
    found: dict[str, set[bool]] = {}
    for row in screen.table.rows:
        grey = {cell.token for cell in screen.table._cells(row)} == {Token.DIM}
        found.setdefault(console.entry_of(row.ref), set()).add(grey)
    return found


async def pressed(pilot: Pilot[None], screen: FleetScreen) -> None:
    """Press keys one by one: each has moved the cursor and painted its line before the next is pressed."""
    table = screen.table
    painted: list[int] = []
    draw = table.render_line
    table.render_line = lambda y: painted.append(y) or draw(y)  # type: ignore[method-assign, func-returns-value]
    await pilot.press("g")
    for n in range(1, PRESSES + 1):
        before = len(painted)
        await pilot.press("j")
        for _ in range(_TURNS):
            if table.cursor == n and len(painted) > before:
                break
            await pilot.pause()
        assert table.cursor == n
        assert len(painted) > before
    table.render_line = draw  # type: ignore[method-assign]


def churn(cloud: CloudProcess) -> None:
    """Change VMs of a cloud from outside, as other people do."""
    SimulatedCloud(cloud.file).churn(rate=20.0, seed=3, seconds=1.5)


async def test_a_killed_cloud_greys_its_own_rows_and_the_other_goes_on(clouds: Clouds) -> None:
    async with desk(clouds, "eu", "lab") as (pilot, screen, console):
        assert {entry: greys(screen, console)[entry] for entry in ("eu", "lab")} == {"eu": {False}, "lab": {False}}
        clouds.by_name["lab"].kill()
        await until(lambda: state(console, "lab") is ScopeState.STALE, "lab stale")
        await pilot.pause(0.2)
        assert greys(screen, console) == {"eu": {False}, "lab": {True}}
        at = [placed.column.key for placed in screen.table.placed].index("cloud")
        told = {screen.table._cells(row)[at].text for row in screen.table.rows}
        assert "eu" in told
        assert any(each.startswith("lab ") and each.endswith(" s") for each in told), told

        before = {row.ref: row.vm for row in screen.table.rows}
        await asyncio.to_thread(churn, clouds.by_name["eu"])
        await until(lambda: any(before.get(row.ref) != row.vm for row in screen.table.rows), "a row of eu moves")
        assert state(console, "eu") is ScopeState.LIVE
        assert all(before.get(row.ref) == row.vm for row in screen.table.rows if console.entry_of(row.ref) == "lab")
        await pressed(pilot, screen)

        clouds.by_name["lab"].start()
        await until(lambda: greys(screen, console) == {"eu": {False}, "lab": {False}}, "lab live again")


async def test_no_key_waits_for_a_cloud_that_hangs(clouds: Clouds) -> None:
    async with desk(clouds, "eu", "lab") as (pilot, screen, console):
        clouds.by_name["lab"].hang()
        silent_from = utc_now()
        await pressed(pilot, screen)
        answers = [call for call in console.calls() if call.entry == "lab" and call.status and call.at > silent_from]
        assert not answers, "no answer came while keys were pressed"
        await until(lambda: state(console, "lab") is ScopeState.STALE, "lab stale")
        await pressed(pilot, screen)
        assert state(console, "eu") is ScopeState.LIVE
        clouds.by_name["lab"].answer()
        await until(lambda: state(console, "lab") is ScopeState.LIVE, "lab live again")


async def test_three_entries_of_one_endpoint_show_each_vm_once(clouds: Clouds) -> None:
    async with desk(clouds, "eu", "lab", "lab-reader", "lab-admin") as (_pilot, screen, console):

        def merged() -> bool:
            seen = {ref for entry in ENTRIES for ref in console._fleet.of(entry)}
            return all(console._fleet.of(entry) for entry in ENTRIES) and len(screen.table.rows) == len(seen)

        await until(merged, "every VM that any entry sees")
        rows = [row.ref for row in screen.table.rows]
        assert len(rows) == len(set(rows))
        shared = set(console._fleet.of("lab")) & set(console._fleet.of("lab-admin"))
        assert shared, "the member's VMs are seen by the admin too"
        assert {console.entry_of(ref) for ref in shared} == {"lab"}
