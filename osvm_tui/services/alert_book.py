"""`AlertBookkeeper`: open alerts and those that ended, in memory and in the store; who knows of them. Judges nothing.

Alerts are begun and ended by whoever leads a scope; every console on the store follows them.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

from msgspec.structs import replace

from osvm_tui.domain.alerts import AlertRule, AlertState, AlertView, spell
from osvm_tui.domain.audit import AuditEntry
from osvm_tui.domain.errors import StoreError, Unknown
from osvm_tui.domain.events import AlertsChanged
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.bus import EventBus
from osvm_tui.services.webhook import call_of
from osvm_tui.store.alert_base import AlertStore, WebhookCall

_log = logging.getLogger("osvm.alerts")
_RECENT = 200
_NEWS_S = 120.0
"""An alert that another console began so lately is called out here too."""
Key = tuple[str, VmRef]
"""Rule and VM."""


class AlertBookkeeper:
    """The alerts of one console. `notify` is how the operator wants to be called; `tell` whether a webhook is told."""

    def __init__(
        self,
        bus: EventBus,
        store: Callable[[], AlertStore | None],
        now: Callable[[], datetime],
        *,
        notify: str = "",
        tell: bool = False,
        keep_days: int = 90,
    ) -> None:
        self._bus, self._store, self._now = bus, store, now
        self._notify, self._tell, self._keep_days = notify, tell, keep_days
        self._open: dict[Key, AlertView] = {}
        self._ended: deque[AlertView] = deque(maxlen=_RECENT)
        self._unwritten: list[tuple[AlertView, list[WebhookCall]]] = []
        self._change = 0
        self._recalled = False
        self._revision = 0

    # what there is

    def find(self, rule: str, ref: VmRef) -> AlertView | None:
        """Return the open alert of a rule and a VM."""
        return self._open.get((rule, ref))

    def open(self) -> tuple[AlertView, ...]:
        """Return all open alerts."""
        return tuple(self._open.values())

    def views(self, *, ended: bool = False) -> tuple[AlertView, ...]:
        """Return the open alerts, the worst and newest first; with `ended` those that ended behind them."""
        now = self._now()
        shown = [replace(one, state=one.state_at(now)) for one in self._open.values()]
        return tuple(sorted([*shown, *(self._ended if ended else ())], key=AlertView.order))

    def named(self, alert_id: str) -> AlertView:
        """Return the one alert whose id begins so; Unknown when there is none, or several."""
        found = [one for one in (*self._open.values(), *self._ended) if alert_id and one.id.startswith(alert_id)]
        if len(found) != 1:
            raise Unknown(f"{len(found) or 'no'} alerts have an id that begins with {alert_id}")
        return found[0]

    # beginning and ending

    def begin(self, rule: AlertRule, vm: Vm, entry: str, words: str, value: float | None, since: datetime) -> None:
        """Begin an alert, or say how an open one is now."""
        held = self._open.get((rule.name, vm.ref))
        if held is not None:
            self._open[rule.name, vm.ref] = replace(held, words=words, value=value)
            return
        alert = AlertView(
            id=str(uuid4()), rule=rule.name, ref=vm.ref, vm_name=vm.name, entry=entry, severity=rule.severity,
            words=words, state=AlertState.FIRING, since=since, value=value,
        )  # fmt: skip
        self._open[rule.name, vm.ref] = alert
        self._unwritten.append((alert, self._calls(alert, "begun")))
        self._changed(f"{vm.name}: {words}")

    def end(self, rule: str, ref: VmRef, why: str) -> None:
        """End an open alert."""
        held = self._open.pop((rule, ref), None)
        if held is None:
            return
        now = self._now()
        quiet = held.state_at(now) is AlertState.SILENCED
        words = f"{held.words}; {why} after {spell((now - held.since).total_seconds())}"
        over = replace(held, state=AlertState.ENDED, ended_at=now, words=words)
        self._ended.append(over)
        self._unwritten.append((over, [] if quiet else self._calls(over, "ended")))
        self._changed()

    def _calls(self, alert: AlertView, event: str) -> list[WebhookCall]:
        return [call_of(alert, event, self._now())] if self._tell else []

    def _changed(self, text: str = "") -> None:
        self._revision += 1
        self._bus.publish(AlertsChanged(self._revision, text, self._notify if text else ""))

    # the store

    async def write(self) -> None:
        """Bring to the store what began and ended since, in order; what it does not take is tried again."""
        store = self._store()
        if store is None:
            return
        while self._unwritten:
            step = alert, calls = self._unwritten[0]
            try:
                await (store.begin if alert.open else store.end)(alert, calls)
            except StoreError as error:
                _log.warning("alert not written", extra={"detail": error.detail})
                return
            if self._unwritten and self._unwritten[0] is step:
                del self._unwritten[0]

    async def prune(self) -> None:
        """Drop from the store what ended longer ago than alerts are kept. Raises StoreError."""
        store = self._store()
        if store is not None:
            await store.prune(self._now() - timedelta(days=self._keep_days))

    async def follow(self) -> None:
        """Take over what other consoles wrote. Raises StoreError."""
        store = self._store()
        if store is None:
            return
        first, (change, found) = not self._recalled, await store.since(self._change)
        self._recalled, self._change = True, change
        for alert in sorted(found, key=lambda one: one.ended_at or one.since):
            self._take(alert, quietly=first)

    def _take(self, alert: AlertView, *, quietly: bool) -> None:
        key = (alert.rule, alert.ref)
        held = self._open.get(key)
        if alert.open:
            if any(one.id == alert.id and not one.open for one, _ in self._unwritten):
                return  # it has ended here, and the store is still to hear of it
            known = held is not None and held.id == alert.id
            now = replace(alert, words=held.words, value=held.value) if known and held else alert
            if now == held:
                return
            self._open[key] = now
            late = (self._now() - alert.since).total_seconds() > _NEWS_S
            self._changed("" if known or quietly or late else f"{alert.vm_name}: {alert.words}")
            return
        if held is not None and held.id == alert.id:
            del self._open[key]
        if all(one.id != alert.id for one in self._ended):
            self._ended.append(alert)
            self._changed()

    async def mark(
        self, alert: AlertView, state: AlertState, who: str, note: str, minutes: int | None, audit: AuditEntry
    ) -> None:
        """Acknowledge or silence an alert in the store, with its audit row; Unknown when it has ended."""
        store = self._store()
        if store is None:
            raise StoreError("the store is not open: nobody would know of it")
        await self.write()
        until = self._now() + timedelta(minutes=minutes) if minutes else None
        if not await store.mark(alert.id, state, who, note, until, [audit]):
            raise Unknown(f"the alert {alert.rule} of {alert.vm_name} has ended")
        key = (alert.rule, alert.ref)
        if key in self._open:
            self._open[key] = replace(self._open[key], state=state, who=who, note=note, silent_until=until)
        self._changed()
