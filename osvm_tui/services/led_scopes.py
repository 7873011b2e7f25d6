"""`LedScopes`: of which entries this console reads and judges the VMs, and when a VM that it does not see is gone."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from osvm_tui.domain.alerts import AlertView
from osvm_tui.domain.errors import StoreError
from osvm_tui.domain.roles import Scope
from osvm_tui.services.api import ScopeState
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.scope_follower import ScopeFollower
from osvm_tui.services.scopes import Scopes
from osvm_tui.store.base import Store

_SKEW = timedelta(seconds=60)
"""Clocks of consoles may differ so much: a lease that ran out a moment ago may be held."""


class LedScopes:
    """Asked by names of entries, which may be another console's: of what is not open here nothing is led."""

    def __init__(
        self, fleet: Fleet, scopes: Scopes, store: Callable[[], Store | None], now: Callable[[], datetime]
    ) -> None:
        self._fleet, self._scopes, self._store, self._now = fleet, scopes, store, now
        self._read: dict[str, ScopeFollower] = {}
        self._left: frozenset[str] = frozenset()

    def leads(self, entry: str) -> bool:
        """Return whether this console reads an entry's VMs in the background."""
        follower = self._follower(entry)
        return follower is not None and follower.scope is not None and follower.status.leader

    def judges(self, entry: str) -> bool:
        """Return whether this console judges an entry's VMs: as leader, and not before its list was read once."""
        if not self.leads(entry):
            return False
        follower = self._scopes.follower(entry)
        if self._read.get(entry) is not follower:
            if follower.status.state is not ScopeState.LIVE:
                return False
            self._read[entry] = follower  # what it read stays known when its cloud is out of reach later
        return True

    def judging(self, alert: AlertView) -> str:
        """Return the entry by which this console judges an alert, empty when others do.

        Two consoles may lead scopes that share a VM, with rules of their own: an alert of an entry that is not open
        here is theirs while they lead. A VM that no entry shows is judged as gone only by whom would see it: the entry
        of that name and cloud, if it is in its own project, or one of all projects.
        """
        names = self._fleet.order
        seen = [name for name in names if alert.ref in self._fleet.of(name)]
        if not seen:
            return next((name for name in names if self._would_see(name, alert) and self.judges(name)), "")
        if self._shows(alert):
            return alert.entry if self.judges(alert.entry) else ""
        return next(filter(self.judges, seen), "") if self._others(alert) <= self._left else ""

    def opens(self, alert: AlertView) -> bool:
        """Return whether an alert is of an entry that is open here, so that its rule should be known here."""
        return alert.entry in self._fleet.order

    async def look_round(self, alerts: Iterable[AlertView]) -> None:
        """Learn whether the scopes by which other consoles see VMs with alerts are led by any."""
        store, left = self._store(), set[str]()
        keys = {key for alert in alerts if not self._shows(alert) for key in self._others(alert)}
        try:
            for key in keys if store is not None else ():
                assert store is not None
                lease = await store.lease(f"fleet:{key}")
                if lease is None or lease.expires_at + _SKEW < self._now():
                    left.add(key)
        except StoreError:
            return  # what was known before holds
        self._left = frozenset(left)

    def _shows(self, alert: AlertView) -> bool:
        return self.opens(alert) and alert.ref in self._fleet.of(alert.entry)

    def _others(self, alert: AlertView) -> frozenset[str]:
        """Return the keys of scopes, not led here, by which an alert's VM may be seen."""
        vm = self._fleet.get(alert.ref)
        scope = Scope(entry="", endpoint=alert.ref.endpoint, project_id=vm.project_id if vm else "")
        keys = {scope.key, Scope(entry="", endpoint=scope.endpoint, all_projects=True).key}
        here = (follower.scope for follower in self._scopes.followers() if self.leads(follower.status.entry))
        return frozenset(keys.difference(one.key for one in here if one))

    def _would_see(self, entry: str, alert: AlertView) -> bool:
        follower = self._follower(entry)
        scope = follower.scope if follower else None
        if scope is None or scope.endpoint != alert.ref.endpoint:
            return False
        return scope.all_projects or (entry == alert.entry and not self._scopes.other_project(entry))

    def _follower(self, entry: str) -> ScopeFollower | None:
        return self._scopes.follower(entry) if entry in self._fleet.order else None
