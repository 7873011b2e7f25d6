"""One alert that begins or ends in a store, with given calls."""

from __future__ import annotations

from osvm_tui.domain.alerts import AlertEvent, AlertStep, AlertView
from osvm_tui.store.alert_base import AlertStore, WebhookCall


async def begin(store: AlertStore, alert: AlertView, *calls: WebhookCall) -> bool:
    """Return whether it began."""
    return (await store.record([AlertStep(AlertEvent.BEGUN, alert)], lambda told: calls if told else ()))[0]


async def end(store: AlertStore, alert: AlertView, *calls: WebhookCall) -> bool:
    """Return whether it ended."""
    return (await store.record([AlertStep(AlertEvent.ENDED, alert)], lambda told: calls if told else ()))[0]
