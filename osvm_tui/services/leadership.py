"""`Leadership`: one process reads a scope from its cloud, the others follow it through the store.

Held by a lease with an epoch; without a usable store every process reads for itself.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable

from osvm_tui.domain.errors import StoreError
from osvm_tui.services.cadence import Cadence
from osvm_tui.services.tasks import end
from osvm_tui.store.base import Lease, Store

_log = logging.getLogger("osvm.leadership")


class Leadership:
    """The claim of this process on one lease, renewed in the background while it is held."""

    def __init__(self, name: str, owner: str, cadence: Cadence, store: Callable[[], Store | None]) -> None:
        self._name, self._owner, self._cadence, self._store = name, owner, cadence, store
        self._valid_until = 0.0
        self._renewal: asyncio.Task[None] | None = None
        self.lease: Lease | None = None
        self.holder = ""

    @property
    def leads(self) -> bool:
        """Whether this process may read and save for the scope now, by its own clock."""
        return (self.lease is None and not self.holder) or time.monotonic() < self._valid_until

    async def hold(self) -> bool:
        """Take or keep the lease; return whether this process leads. Without a store everybody leads."""
        if time.monotonic() < self._valid_until - self._cadence.lease_renew_s:
            return True
        return await self._acquire()

    async def stop(self) -> None:
        """Give the lease back so that another takes over at once."""
        if self._renewal:
            await end([self._renewal])
        store = self._store() if self.lease else None
        if store and self.lease:
            try:
                await store.release(self.lease)
            except StoreError as error:
                _log.info("lease not released", extra={"detail": error.detail})
        self.lease = None

    async def _acquire(self) -> bool:
        asked = time.monotonic()
        try:
            store = self._store()
            lease = await store.acquire(self._name, self._owner, self._cadence.lease_ttl_s) if store else None
            held = lease or (await store.lease(self._name) if store else None)
        except StoreError as error:
            _log.warning("no lease", extra={"detail": error.detail})
            store, lease, held = None, None, None
        self.lease = lease
        self.holder = held.owner if held else ""
        if store is None:
            return True
        if lease is None:
            self._valid_until = 0.0
            return False
        # Counted from before the question, so that our own view ends before the store's does.
        self._valid_until = asked + self._cadence.lease_ttl_s
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._renew(), name=f"lease {self._name}")
        return True

    async def _renew(self) -> None:
        while self.lease is not None:
            await asyncio.sleep(self._cadence.lease_renew_s)
            await self._acquire()
