"""`Unseen`: VMs that came and went while no console looked, as Nova's usage record tells: no sum of ours has them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.roles import Scope
from osvm_tui.domain.usage import VmUsage
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.scopes import Scopes
from osvm_tui.store.base import Store

_OLD = timedelta(minutes=15)
_CHUNK = 500
_log = logging.getLogger("osvm.costs")
_Key = tuple[str, str, date]


class Unseen:
    """Asks each cloud for its usage record now and then, and names what no console of this store ever saw."""

    def __init__(
        self, fleet: Fleet, scopes: Scopes, store: Callable[[], Store | None], now: Callable[[], datetime]
    ) -> None:
        self._fleet, self._scopes, self._store, self._now = fleet, scopes, store, now
        self._told: dict[_Key, tuple[datetime, tuple[VmUsage, ...]]] = {}

    async def note(self, entry: str, scope: Scope, since: datetime, until: datetime) -> str:
        """Return a sentence about what is missing of a window, empty where nothing is or Nova does not tell."""
        if self._store() is None:
            return ""
        present = self._fleet.of(entry)
        told = await self._usage(entry, scope, since, until)
        gone = (one for one in told if one.ended_at is not None and one.hours)
        absent = [one for one in gone if VmRef(scope.endpoint, one.vm_id) not in present]
        seen = await self._ever_seen(scope, since, [VmRef(scope.endpoint, one.vm_id) for one in absent])
        missing = [one for one in absent if one.vm_id not in seen]
        if not missing:
            return ""
        hours = sum((one.hours for one in missing), Decimal(0))
        vms = f"{len(missing)} VM{'s' * (len(missing) > 1)}"
        return f"{entry}: {vms} came and went unseen since {since:%Y-%m-%d}, held {hours:.2f} h says Nova: not in it"

    async def _usage(self, entry: str, scope: Scope, since: datetime, until: datetime) -> tuple[VmUsage, ...]:
        key, now = (entry, scope.key, since.date()), self._now()
        held = self._told.get(key)
        if held is not None and now - held[0] < _OLD:
            return held[1]
        self._told = {key: one for key, one in self._told.items() if now - one[0] < _OLD}
        found: tuple[VmUsage, ...] = ()
        try:
            found = await self._scopes.client(entry).usage(since, until)
        except OsvmError as error:
            _log.info("usage record not read", extra={"entry": entry, "detail": error.detail})
        self._told[key] = (now, found)
        return found

    async def _ever_seen(self, scope: Scope, since: datetime, refs: Sequence[VmRef]) -> set[str]:
        store = self._store()
        found: set[str] = set()
        if store is None:
            return found
        for start in range(0, len(refs), _CHUNK):
            lives = await store.lives(scope, since, refs[start : start + _CHUNK])
            found |= {life.vm.id for life in lives}
        return found
