"""`LedScopes`: of which entries this console reads and judges the VMs, and when a VM that it does not see is gone."""

from __future__ import annotations

from osvm_tui.domain.alerts import AlertView
from osvm_tui.services.api import ScopeState
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.scope_follower import ScopeFollower
from osvm_tui.services.scopes import Scopes


class LedScopes:
    """Asked by names of entries, which may be another console's: of what is not open here nothing is led."""

    def __init__(self, fleet: Fleet, scopes: Scopes) -> None:
        self._fleet, self._scopes = fleet, scopes
        self._read: dict[str, ScopeFollower] = {}

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

        A VM that no entry shows is judged as gone only by whom would see it: the entry of that name and cloud, if it
        is in its own project, or one of all projects.
        """
        names = sorted(self._fleet.order, key=lambda name: name != alert.entry)
        seen = [name for name in names if alert.ref in self._fleet.of(name)]
        if seen:
            return next(filter(self.judges, seen), "")
        return next((name for name in names if self._would_see(name, alert) and self.judges(name)), "")

    def _would_see(self, entry: str, alert: AlertView) -> bool:
        follower = self._follower(entry)
        scope = follower.scope if follower else None
        if scope is None or scope.endpoint != alert.ref.endpoint:
            return False
        return scope.all_projects or (entry == alert.entry and not self._scopes.other_project(entry))

    def _follower(self, entry: str) -> ScopeFollower | None:
        return self._scopes.follower(entry) if entry in self._fleet.order else None
