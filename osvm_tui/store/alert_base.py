"""`AlertStore`: the face of what is kept of alerts and of what is to be told of them; a part of `Store`.

Every method may raise StoreError and its kinds, nothing else. Each writing method is one transaction.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct

from osvm_tui.domain.alerts import AlertState, AlertStep, AlertView
from osvm_tui.domain.audit import AuditEntry
from osvm_tui.domain.vm import VmRef


class WebhookCall(Struct, frozen=True):
    """One thing to tell. `id` stays the same over every try."""

    id: str
    body: bytes
    made_at: datetime
    tries: int = 0


Tell = Callable[[Sequence[AlertStep]], Sequence[WebhookCall]]
"""Returns what is to be told of what happened."""


class AlertStore(ABC):
    """Open alerts, their history, and the queue of the webhook, shared by all consoles on a store."""

    @abstractmethod
    async def record(self, steps: Sequence[AlertStep], tell: Tell | None = None) -> tuple[bool, ...]:
        """Write what happened, in order, with what `tell` makes of the steps that were written; return which were.

        No beginning is one whose rule has an open alert of that VM, no end one of an alert that had ended already; a
        silence is over (AGAIN) once, and not when the alert was silenced anew meanwhile.
        """

    @abstractmethod
    async def reword(self, alerts: Sequence[AlertView]) -> None:
        """Write how open alerts are now: `words`, `value` and `severity`."""

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
        """Return what is due to be told and keep others from it for a while: what was never tried, then the oldest.

        What was claimed and not settled in time (its console died) is due again: nothing is lost.
        """

    @abstractmethod
    async def settle_call(self, call_id: str, next_at: datetime | None) -> None:
        """Drop a call that was told (None), or say when it is to be tried again."""
