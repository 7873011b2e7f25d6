"""`SnapshotKeeper`: writes each scope's fleet now and then, so that the next start shows it before any answer."""

from __future__ import annotations

import asyncio

from osvm_tui.services.cadence import Cadence
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.scopes import Scopes
from osvm_tui.store.base import Snapshot, SnapshotShelf


class SnapshotKeeper:
    """The pictures of one console; without a shelf nothing is kept."""

    def __init__(self, shelf: SnapshotShelf | None, fleet: Fleet, scopes: Scopes, cadence: Cadence) -> None:
        self._shelf, self._fleet, self._scopes, self._cadence = shelf, fleet, scopes, cadence
        self._kept_revision = 0

    async def keep(self) -> None:
        """Write whenever the fleet moved; until cancelled."""
        while True:
            await asyncio.sleep(self._cadence.snapshot_s)
            if self._fleet.revision != self._kept_revision:
                await self.write()

    async def write(self) -> None:
        """Write the picture of every scope that was read."""
        if self._shelf is None:
            return
        self._kept_revision = self._fleet.revision
        for follower in self._scopes.followers():
            status = follower.status
            if follower.scope is None or status.last_good_at is None:
                continue
            picture = Snapshot(
                entry=status.entry,
                scope=follower.scope,
                taken_at=status.last_good_at,
                server_time=follower.server_time,
                vms=tuple(follower.known.values()),
            )
            await asyncio.to_thread(self._shelf.write, picture)
