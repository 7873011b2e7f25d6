"""`AlertStore`: the face of what is kept of alerts and of what is to be told of them; a part of `Store`.

Every method may raise StoreError and its kinds, nothing else. Each writing method is one transaction.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from osvm_tui.domain.alerts import AlertState, AlertView
from osvm_tui.domain.audit import AuditEntry
from osvm_tui.domain.vm import VmRef


class WebhookCall(Struct, frozen=True):
    """One thing to tell. `id` stays the same over every try."""

    id: str
    body: bytes
    made_at: datetime
    tries: int = 0


class AlertStore(ABC):
    """Open alerts, their history, and the queue of the webhook, shared by all consoles on a store."""

    @abstractmethod
    async def begin(self, alert: AlertView, calls: Sequence[WebhookCall] = ()) -> bool:
        """Write a new alert with what is to be told of it; False when that rule has an open one of that VM."""

    @abstractmethod
    async def end(self, alert: AlertView, calls: Sequence[WebhookCall] = ()) -> bool:
        """Write that an alert has ended (`words`, `value`, `ended_at`); False when it had already."""

    @abstractmethod
    async def mark(
        self,
        alert_id: str,
        state: AlertState,
        who: str,
        note: str,
        silent_until: datetime | None,
        audit: Sequence[AuditEntry],
    ) -> bool:
        """Acknowledge or silence an open alert, with its audit row or not at all; False when it is not open."""

    @abstractmethod
    async def since(self, change: int) -> tuple[int, tuple[AlertView, ...]]:
        """Return alerts written after a change, and its number. With 0 all open ones and the newest that ended."""

    @abstractmethod
    async def history(self, ref: VmRef | None = None, limit: int = 500) -> tuple[AlertView, ...]:
        """Return alerts, open or ended, the newest first."""

    @abstractmethod
    async def prune(self, before: datetime, limit: int = 500) -> int:
        """Drop the alerts that ended before a moment, the oldest first; return how many. Open ones stay."""

    @abstractmethod
    async def claim_calls(self, now: datetime, hold_s: float, limit: int = 10) -> tuple[WebhookCall, ...]:
        """Return what is due to be told, the oldest first, and keep others from it for a while.

        What was claimed and not settled in time (its console died) is due again: nothing is lost.
        """

    @abstractmethod
    async def settle_call(self, call_id: str, next_at: datetime | None) -> None:
        """Drop a call that was told (None), or say when it is to be tried again."""
