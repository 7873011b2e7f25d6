"""`Walker`: an operator at the keyboard of a console over a simulated cloud, and a second client that sees the truth.

Only keys go in. What is asserted is the screen, and the cloud as somebody else reads it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from textual import events
from textual.keys import _character_to_key
from textual.pilot import Pilot

from osvm_tui.cloud.mock import faults, seed
from osvm_tui.cloud.mock.client import MockCloud
from osvm_tui.domain.audit import AuditRow
from osvm_tui.domain.errors import NotFound
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.vm import Vm
from osvm_tui.services.cadence import Cadence
from osvm_tui.services.console import Console
from osvm_tui.services.entry import EntryPlan
from osvm_tui.store.base import AuditQuery
from osvm_tui.store.sql import SqlStore, default_url
from osvm_tui.ui.options import UiOptions
from tests.pilot.desk import Desk
from tests.pilot.screen_text import screen_text

QUICK = Cadence(
    idle_s=0.3, busy_s=0.1, addresses_s=0.5, item_poll_s=0.03, item_poll_max_s=0.1, claim_s=0.2, snapshot_s=60.0
)
_PATIENCE_S = 20.0
_SIGNS = " !\"#$%&'()*+,-./:;<=>?@[]^_`{|}~"


class Walker:
    """One operator. `pressed` counts every key since the first screen."""

    def __init__(self, app: Desk, pilot: Pilot[None], console: Console, cloud: MockCloud) -> None:
        self.app, self.pilot, self.console, self.cloud = app, pilot, console, cloud
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

    # what is seen
    @property
    def screen(self) -> str:
        """The characters on the screen."""
        return screen_text(self.app)

    async def sees(self, *texts: str) -> str:
        """Wait until all of these texts are on the screen and return it."""
        await self._until(lambda: all(text in self.screen for text in texts), lambda: f"{texts} in\n{self.screen}")
        return self.screen

    async def told(self, text: str) -> str:
        """Wait for a toast with this text and return it."""
        await self._until(lambda: any(text in one for one in self.app.told), lambda: f"{text!r} among {self.app.told}")
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
        """Return the first VM of demo (by name) that fits and whose name no other VM has."""
        vms = [vm async for page in self.cloud.list_vms() for vm in page.vms]
        names = [vm.name for vm in vms]
        mine = self.console.scopes()[0].scope
        assert mine is not None
        found = [vm for vm in vms if fits(vm) and names.count(vm.name) == 1 and vm.project_id == mine.project_id]
        return min(found, key=lambda vm: vm.name)

    async def becomes(self, vm_id: str, fits: Callable[[Vm], bool]) -> Vm:
        """Wait until a VM fits and return it."""
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                vm = await self.cloud.get_vm(vm_id)
                if fits(vm):
                    return vm
                await asyncio.sleep(0.03)

    async def goes(self, vm_id: str) -> None:
        """Wait until the cloud says 404."""
        async with asyncio.timeout(_PATIENCE_S):
            while True:
                try:
                    await self.cloud.get_vm(vm_id)
                except NotFound:
                    return
                await asyncio.sleep(0.03)

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
) -> AsyncIterator[Walker]:
    """Start a console at its first screen on a fresh simulated cloud whose transitions are a hundred times as fast."""
    path = folder / "cloud.db"
    seed.reset(path, vms=vms, release=release)
    faults.set_knobs(path, scale=0.01)

    def open_store(owner: str) -> SqlStore:
        url = default_url(folder / "osvm.db")
        return SqlStore(url, spool_dir=folder / "spool", owner=owner, now=lambda: datetime.now(UTC))

    plan = EntryPlan("mock", lambda: MockCloud(path, user=user, project=project), simulated=True, read_only=read_only)
    console = Console([plan], open_store, None, operator="ops-1", console_role=role, cadence=QUICK)
    cloud = MockCloud(path, user="admin", project="admin")
    await cloud.connect()
    app = Desk(console, options=UiOptions(blink=False, theme="dark"))
    try:
        async with app.run_test(size=size) as pilot:
            walker = Walker(app, pilot, console, cloud)
            await walker.sees("live")
            yield walker
    finally:
        await cloud.close()
