"""`SqlAlertStore`: the `AlertStore` over the store's own database and audit journal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from osvm_tui.domain.alerts import AlertState, AlertStep, AlertView
from osvm_tui.domain.audit import AuditEntry
from osvm_tui.domain.vm import VmRef
from osvm_tui.store import alert_rows
from osvm_tui.store.alert_base import AlertStore, Tell, WebhookCall
from osvm_tui.store.database import Database, whole
from osvm_tui.store.journal import Journal


class SqlAlertStore(AlertStore):
    """Alerts in the store's own tables. `journal` writes what carries audit."""

    def __init__(self, journal: Journal, database: Callable[[], Database]) -> None:
        self._journal, self._database = journal, database

    @whole
    async def record(self, steps: Sequence[AlertStep], tell: Tell | None = None) -> tuple[bool, ...]:
        """Write what happened and its calls."""
        async with self._database().write() as connection:
            done = await alert_rows.record(connection, steps)
            if tell is not None:
                written = [step for step, was in zip(steps, done, strict=True) if was]
                await alert_rows.queue(connection, tell(written))
            return done

    @whole
    async def reword(self, alerts: Sequence[AlertView]) -> None:
        """Write how open alerts are now."""
        async with self._database().write() as connection:
            await alert_rows.reword(connection, alerts)

    @whole
    async def mark(
        self,
        alert_id: str,
        state: AlertState,
        who: str,
        note: str,
        silent_until: datetime | None,
        audit: Sequence[AuditEntry],
    ) -> bool:
        """Write who knows, with audit."""

        async def body(connection: AsyncConnection, _now: datetime) -> bool:
            return await alert_rows.mark(connection, alert_id, state, who, note, silent_until)

        return await self._journal.before_sending(audit, body)

    async def since(self, change: int) -> tuple[int, tuple[AlertView, ...]]:
        """Return what was written after a change."""
        async with self._database().read() as connection:
            return await alert_rows.since(connection, change)

    async def history(self, ref: VmRef | None = None, limit: int = 500) -> tuple[AlertView, ...]:
        """Return alerts, the newest first."""
        async with self._database().read() as connection:
            return await alert_rows.history(connection, ref, limit)

    @whole
    async def prune(self, before: datetime, limit: int = 500) -> int:
        """Drop what ended before a moment; costs no write when there is none."""
        database = self._database()
        async with database.read() as connection:
            if not await alert_rows.outlived(connection, before):
                return 0
        async with database.write() as connection:
            return await alert_rows.prune(connection, before, limit)

    @whole
    async def claim_calls(self, now: datetime, hold_s: float, limit: int = 10) -> tuple[WebhookCall, ...]:
        """Take calls that are due; costs no write when there are none."""
        database = self._database()
        async with database.read() as connection:
            if not await alert_rows.due(connection, await database.moment(connection, now)):
                return ()
        async with database.write() as connection:
            moment = await database.moment(connection, now)
            return await alert_rows.claim(connection, moment, hold_s, limit)

    @whole
    async def settle_call(self, call_id: str, next_at: datetime | None) -> None:
        """Drop a call or put it off."""
        async with self._database().write() as connection:
            await alert_rows.settle(connection, call_id, next_at)
