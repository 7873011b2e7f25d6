"""`AlertOutbox`: what happened to alerts here on its way into the store, in batches; what is to be told goes with it.

Nothing is lost: what the store does not take waits, in order. Judges nothing and knows no screens.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime, timedelta

from osvm_tui.domain.alerts import AlertEvent, AlertStep, AlertView
from osvm_tui.domain.errors import StoreError
from osvm_tui.services.webhook import calls_of
from osvm_tui.store.alert_base import AlertStore, WebhookCall

_log = logging.getLogger("osvm.alerts")
_BATCH = 500
"""Steps in one transaction at most."""
_REWORDED, _REWORD_EACH = 500, timedelta(seconds=30)
"""So many alerts are told to the store in new words, so often: words are the least of it."""


class AlertOutbox:
    """The steps and words of one console that the store does not have yet. `tell`: whether a webhook is told."""

    def __init__(self, store: Callable[[], AlertStore | None], now: Callable[[], datetime], *, tell: bool) -> None:
        self._store, self._now, self._tell = store, now, tell
        self._steps: dict[int, AlertStep] = {}
        self._number = 0
        self._ending: set[str] = set()
        self._said: dict[str, AlertView] = {}
        self._reworded_at = datetime.min.replace(tzinfo=UTC)
        self._writing = asyncio.Lock()

    def put(self, event: AlertEvent, alert: AlertView) -> None:
        """Take up what happened."""
        self._number += 1
        self._steps[self._number] = AlertStep(event, alert)
        if event is AlertEvent.ENDED:
            self._ending.add(alert.id)
            self._said.pop(alert.id, None)

    def say(self, alert: AlertView) -> None:
        """Take up how an open alert is now; only the last words count."""
        self._said[alert.id] = alert

    def ends(self, alert_id: str) -> bool:
        """Return whether the store is still to hear of an alert's end."""
        return alert_id in self._ending

    async def write(self) -> None:
        """Bring to the store what happened, then what was said; what it does not take is tried again."""
        while self._steps:
            if not await self._bring(list(self._steps)[:_BATCH]):
                return
        await self._reword()

    async def bring(self, alert_id: str) -> None:
        """Bring to the store what happened to one alert, whatever else waits."""
        if any(step.alert.id == alert_id for step in self._steps.values()):
            await self._bring([number for number, step in self._steps.items() if step.alert.id == alert_id])

    async def _bring(self, numbers: Collection[int]) -> bool:
        async with self._writing:
            store = self._store()
            steps = {number: self._steps[number] for number in numbers if number in self._steps}
            if store is None or not steps:
                return store is not None
            try:
                await store.record(list(steps.values()), self._calls if self._tell else None)
            except StoreError as error:
                _log.warning("alerts not written", extra={"detail": error.detail})
                return False
            for number, step in steps.items():
                del self._steps[number]
                if step.event is AlertEvent.ENDED:
                    self._ending.discard(step.alert.id)
            return True

    def _calls(self, written: Sequence[AlertStep]) -> list[WebhookCall]:
        return calls_of(written, self._now())

    async def _reword(self) -> None:
        store, now = self._store(), self._now()
        if store is None or not self._said or abs(now - self._reworded_at) < _REWORD_EACH:
            return
        self._reworded_at = now
        said = [self._said.pop(alert_id) for alert_id in list(self._said)[:_REWORDED]]
        try:
            await store.reword(said)
        except StoreError as error:
            _log.info("alerts not reworded", extra={"detail": error.detail})
            self._said = {one.id: one for one in said} | self._said
