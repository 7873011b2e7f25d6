"""`ScopeStatus`: how well one entry is read, and its last API calls; turned into a `ScopeView` on demand."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta

from osvm_tui.cloud.base import ApiCall
from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.roles import Scope
from osvm_tui.services.api import ScopeState, ScopeView


class ScopeStatus:
    """What is known of one entry's health."""

    def __init__(self, entry: str, changed: Callable[[], None], call_log: int, patience_s: float = 20.0) -> None:
        self.entry = entry
        self.state = ScopeState.CONNECTING
        self.scope: Scope | None = None
        self.cached_key = ""
        self.vms = 0
        self.last_good_at: datetime | None = None
        self.leader = False
        self.holder = ""
        self.poll_ms = 0.0
        self.calls: deque[ApiCall] = deque(maxlen=call_log)
        self._patience = timedelta(seconds=patience_s)
        self.clock_offset = timedelta()
        """Cloud time minus our time, from Date headers."""
        self._error: OsvmError | None = None
        self._chores: dict[str, tuple[datetime, str]] = {}
        self._changed = changed

    def cached(self, scope: Scope, taken_at: datetime, vms: int) -> None:
        """Show the last picture until the cloud answers."""
        self.state, self.cached_key = ScopeState.CACHED, scope.key
        self.last_good_at, self.vms = taken_at, vms

    def connected(self, scope: Scope) -> None:
        """Remember what the token sees."""
        self.scope = scope
        self._changed()

    def good(self, at: datetime, poll_ms: float) -> None:
        """Note a poll that answered."""
        was = (self.state, self._error)
        self.state, self._error, self.last_good_at = ScopeState.LIVE, None, at
        self.poll_ms = poll_ms
        if was != (ScopeState.LIVE, None):
            self._changed()

    def followed(self, seen_at: datetime) -> None:
        """Note a reading of another leader's rows; how fresh they are is when that leader last looked."""
        was = self.state
        self._error, self.last_good_at = None, seen_at
        self.state = ScopeState.LIVE
        if was is not self.state:
            self._changed()

    def failed(self, error: OsvmError) -> None:
        """Note a poll that failed: the picture stays, and ages."""
        self.state = ScopeState.STALE if self.last_good_at else ScopeState.FAILED
        self._error = error
        self._changed()

    def led(self, leads: bool, holder: str) -> None:
        """Note who reads the cloud for this scope."""
        if (leads, holder) != (self.leader, self.holder):
            self.leader, self.holder = leads, holder
            self._changed()

    def chore(self, name: str, at: datetime, error: str = "") -> None:
        """Note how something that is read beside the list went; a failure keeps the time of its first."""
        if not error:
            self._chores.pop(name, None)
        else:
            since = self._chores.get(name, (at, ""))[0]
            self._chores[name] = (since, error)

    def called(self, call: ApiCall) -> None:
        """Keep one API call for the health page."""
        self.calls.append(call)

    def view(self, acting: bool, now: datetime, token_expires_at: datetime | None = None) -> ScopeView:
        """Return the entry as the ui shows it."""
        error = self._error
        state = self.state
        if state is ScopeState.LIVE and self.last_good_at and (now - self.last_good_at) > self._patience:
            state = ScopeState.STALE
        minute = now - timedelta(seconds=60)
        return ScopeView(
            entry=self.entry,
            state=state,
            scope=self.scope,
            acting=acting,
            vms=self.vms,
            last_good_at=self.last_good_at,
            leader=self.leader,
            leader_owner=self.holder,
            poll_ms=self.poll_ms,
            calls_per_minute=sum(1 for call in self.calls if call.at >= minute),
            error_title=error.title if error else "",
            error_detail=error.detail if error else "",
            error_hint=error.hint if error else "",
            token_expires_at=token_expires_at,
            troubles=tuple(f"{name}: since {at:%H:%M} UTC, {why}" for name, (at, why) in self._chores.items()),
            request_id=getattr(error, "request_id", "") if error else "",
        )
