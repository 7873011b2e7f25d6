"""`Walker`: an operator at the keyboard of a console over a simulated cloud, and a second client that sees the truth.

Only keys go in. What is asserted is the screen, and the cloud as somebody else reads it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from osvm_tui.cloud.mock import faults, seed
from osvm_tui.cloud.mock.client import MockCloud
from osvm_tui.cloud.mock.guests import SimulatedGuests
from osvm_tui.domain.audit import AuditRow
from osvm_tui.domain.errors import NotFound
from osvm_tui.domain.metrics import Source
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.vm import Vm
from osvm_tui.probe.simulated import SimulatedProbe
from osvm_tui.services.cadence import Cadence
from osvm_tui.services.console import Console
from osvm_tui.services.entry import EntryPlan
from osvm_tui.services.monitor_plan import MonitorPlan, Pace
from osvm_tui.store.base import AuditQuery
from osvm_tui.store.sql import SqlStore, default_url
from osvm_tui.ui.options import UiOptions
from tests.pilot.desk import Desk
from tests.pilot.screen_text import screen_text

QUICK = Cadence(
    idle_s=0.3, busy_s=0.1, addresses_s=0.5, item_poll_s=0.03, item_poll_max_s=0.1, claim_s=0.2, snapshot_s=60.0
)
_PATIENCE_S = 20.0
T = TypeVar("T")
_SIGNS = " !\"#$%&'()*+,-./:;<=>?@[]^_`{|}~"


class Walker:
    """One operator. `pressed` counts every key since the first screen.

    `cloud` is an admin's client, `mine` another client of the operator's own user and project.
    """

    def __init__(
        self, app: Desk, pilot: Pilot[None], console: Console, clients: tuple[MockCloud, MockCloud], path: Path
    ) -> None:
        self.app, self.pilot, self.console, self.path = app, pilot, console, path
        self.cloud, self.mine = clients
        self.pressed = 0

    # keys
    async def press(self, *keys: str) -> None:
        """Press keys by their Textual names as fast as a terminal hands them over; none waits for the one before."""
        driver = self.app._driver
        assert driver is not None
        for key in keys:
            driver.process_message(events.Key(key, _character(key)))
            self.pressed += 1
        await self.pilot.pause()

    async def type(self, text: str) -> None:
        """Type a text, a key per character."""
        await self.press(*(_key_name(character) for character in text))

    async def find(self, text: str) -> None:
        """Filter the rows in sight: / TEXT enter."""
        await self.press("slash")
        await self.type(text)
        await self.press("enter")

    async def go(self, line: str) -> None:
        """Give a line to the command line: : LINE enter."""
        await self.press("colon")
        await self.type(line)
        await self.press("enter")

    async def pick(self, text: str) -> None:
        """Take from the list that opens: wait for it, narrow it by a text, enter."""
        await self.sees("type to narrow")
        await self.type(text)
        await self.press("enter")

    # what is seen
    @property
    def screen(self) -> str:
        """The characters on the screen."""
        return screen_text(self.app)

    async def sees(self, *texts: str) -> str:
        """Wait until all of these texts are on the screen and return it."""
        await self._until(
            lambda: all(map(self.screen.__contains__, texts)),
            lambda: f"{texts}; told {self.app.told} on\n{self.screen}",
        )
        return self.screen

    async def misses(self, *texts: str) -> str:
        """Wait until none of these texts is on the screen any more and return it."""
        gone = lambda: not any(map(self.screen.__contains__, texts))  # noqa: E731
        await self._until(gone, lambda: f"a screen without {texts}, but\n{self.screen}")
        return self.screen

    async def told(self, text: str) -> str:
        """Wait for a toast with this text and return it."""
        await self._until(
            lambda: any(text in one for one in self.app.told),
            lambda: f"{text!r} among {self.app.told} on\n{self.screen}",
        )
        return next(one for one in reversed(self.app.told) if text in one)

    # the truth, as somebody else reads it
    async def vm(self, name: str) -> Vm:
        """Return a VM of this name as the second client sees it; NotFound when there is none."""
        async for page in self.cloud.list_vms():
            for vm in page.vms:
                if vm.name == name:
                    return vm
        raise NotFound(f"no VM is called {name}")

    async def some(self, fits: Callable[[Vm], bool]) -> Vm:
        """Return the first VM in the operator's sight (by name) that fits and whose name no other VM has."""
        vms = [vm async for page in self.cloud.list_vms() for vm in page.vms]
        names = [vm.name for vm in vms]
        scope = self.console.scopes()[0].scope
        assert scope is not None
        seen = [vm for vm in vms if scope.all_projects or vm.project_id == scope.project_id]
        return min((vm for vm in seen if fits(vm) and names.count(vm.name) == 1), key=lambda vm: vm.name)

    async def reads(self, look: Callable[[], Awaitable[T]], fits: Callable[[T], bool]) -> T:
        """Wait until what somebody else reads fits and return it."""
        seen = await look()
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while not fits(seen):
                    await asyncio.sleep(0.03)
                    seen = await look()
        except TimeoutError:
            raise AssertionError(f"never read, but {seen}; told {self.app.told} on\n{self.screen}") from None
        return seen

    async def becomes(self, vm_id: str, fits: Callable[[Vm], bool]) -> Vm:
        """Wait until a VM fits and return it."""
        return await self.reads(lambda: self.cloud.get_vm(vm_id), fits)

    async def goes(self, vm_id: str) -> None:
        """Wait until the cloud says 404."""
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                try:
                    await self.cloud.get_vm(vm_id)
                except NotFound:
                    return
                await asyncio.sleep(0.03)

    def fails_next(self, **fault: Any) -> None:
        """Let the next request that fits fail; the words are those of `faults.Scripted`."""
        faults.script(self.path, faults.Scripted(**fault))

    async def audited(self, action: str, phase: str) -> AuditRow:
        """Wait for an audit row of an action in a phase and return the newest."""
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                rows = await self.console.audit(AuditQuery(action=action))
                found = [row for row in rows if row.entry.phase == phase]
                if found:
                    return found[0]
                await asyncio.sleep(0.03)

    async def _until(self, holds: Callable[[], bool], words: Callable[[], str]) -> None:
        try:
            async with asyncio.timeout(_PATIENCE_S):
                while not holds():
                    await self.pilot.pause(0.02)
        except TimeoutError:
            raise AssertionError(f"never seen: {words()}") from None


def _character(key: str) -> str | None:
    return key if len(key) == 1 else next((each for each in _SIGNS if _character_to_key(each) == key), None)


def _key_name(character: str) -> str:
    return character if character.isalnum() else _character_to_key(character)


@asynccontextmanager
async def walking(
    folder: Path,
    *,
    vms: int = 60,
    user: str = "demo",
    project: str = "demo",
    role: ConsoleRole = ConsoleRole.OPERATOR,
    read_only: str = "",
    size: tuple[int, int] = (120, 36),
    release: str = "2023.1",
    knobs: dict[str, Any] | None = None,
    measured: bool = False,
) -> AsyncIterator[Walker]:
    """Start a console at its first screen on a fresh simulated cloud whose transitions are a hundred times as fast."""
    path = folder / "cloud.db"
    seed.reset(path, vms=vms, release=release)
    faults.set_knobs(path, **{"scale": 0.01, **(knobs or {})})
    console = _console(folder, user, project, "ops-1", role, read_only, _monitor(path) if measured else None)
    clients = MockCloud(path, user="admin", project="admin"), MockCloud(path, user=user, project=project)
    app = Desk(console, options=UiOptions(blink=False, theme="dark", state_dir=folder / "state"))
    try:
        for client in clients:
            await client.connect()
        async with app.run_test(size=size) as pilot:
            walker = Walker(app, pilot, console, clients, path)
            await walker.sees("live")
            yield walker
    finally:
        for client in clients:
            await client.close()


@asynccontextmanager
async def colleague(folder: Path, operator: str) -> AsyncIterator[Console]:
    """Give another operator a console on the same cloud and store, without a screen."""
    console = _console(folder, "demo", "demo", operator, ConsoleRole.OPERATOR, "")
    try:
        await console.load()
        await console.follow_operations()
        yield console
    finally:
        await console.close()


def _console(
    folder: Path,
    user: str,
    project: str,
    operator: str,
    role: ConsoleRole,
    read_only: str,
    monitor: MonitorPlan | None = None,
) -> Console:
    def open_store(owner: str) -> SqlStore:
        url = default_url(folder / "osvm.db")
        return SqlStore(url, spool_dir=folder / "spool", owner=owner, now=lambda: datetime.now(UTC))

    open_cloud = lambda: MockCloud(folder / "cloud.db", user=user, project=project)  # noqa: E731
    plan = EntryPlan("mock", open_cloud, simulated=True, read_only=read_only)
    return Console([plan], open_store, None, operator=operator, console_role=role, cadence=QUICK, monitor=monitor)


def _monitor(path: Path) -> MonitorPlan:
    pace = Pace(background_s=2.0, samples_per_s=200.0, tick_s=0.05, announce_s=0.1, flush_s=0.2, alerts_s=0.2)
    return MonitorPlan(probes=lambda _: {Source.SIMULATED: SimulatedProbe(SimulatedGuests(path))}, pace=pace)
