"""`KeptPicture`: one scope's picture as the store has it: written as it changes, caught up after a time without store.

Written in small transactions: an operator's audit row must never wait behind ten thousand VMs.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from osvm_tui.domain.diff import Delta
from osvm_tui.domain.errors import StoreError
from osvm_tui.domain.roles import Scope
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.store.base import Lease, Store

T = TypeVar("T")
_log = logging.getLogger("osvm.fleet")
SLICE = 500
"""VMs per transaction, and per turn of the loop."""


def slices(values: Sequence[T]) -> Iterator[Sequence[T]]:
    """Yield `values` in parts that do not hold up the loop."""
    for start in range(0, len(values), SLICE):
        yield values[start : start + SLICE]


class KeptPicture:
    """What the store holds of `known`. Without store or lease nothing is written, and caught up later."""

    def __init__(
        self,
        known: Mapping[VmRef, Vm],
        store: Callable[[], Store | None],
        now: Callable[[], datetime],
        *,
        touch_s: float,
    ) -> None:
        self._known, self._store, self._now, self._touch_s = known, store, now, touch_s
        self._behind = True
        self._touched = 0.0

    def fall_behind(self) -> None:
        """Note that the picture has changed without being written."""
        self._behind = True

    async def write(self, delta: Delta, scope: Scope, lease: Lease | None) -> None:
        """Keep a delta; a store in trouble is caught up later."""
        if delta and not await self._write(delta, scope, lease):
            self._behind = True

    async def catch_up(self, scope: Scope, lease: Lease | None) -> None:
        """Write what the store lacks, else tell it from time to time that we still look."""
        store = self._store()
        if store is None or lease is None:
            return
        if not self._behind:
            if time.monotonic() - self._touched > self._touch_s:
                await self._write(Delta(), scope, lease)
            return
        self._behind = False
        for refs in slices(await store.lacking(scope, dict(self._known))):
            # Read from the picture only now: a VM may have changed since it was found lacking.
            upserts = tuple(self._known[ref] for ref in refs if ref in self._known)
            removed = tuple(ref for ref in refs if ref not in self._known)
            if not await self._write(Delta(upserts, removed), scope, lease):
                self._behind = True
                return

    async def _write(self, delta: Delta, scope: Scope, lease: Lease | None) -> bool:
        store = self._store()
        if store is None or lease is None:
            return False
        try:
            await store.save_vms(scope, delta.upserts, delta.removed, self._now(), lease)
        except StoreError as error:
            _log.warning("fleet not saved", extra={"detail": error.detail})
            return False
        self._touched = time.monotonic()
        return True
