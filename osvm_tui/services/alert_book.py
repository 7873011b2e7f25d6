"""`AlertBookkeeper`: open alerts and those that ended, in memory and in the store; who knows of them. Judges nothing.

Alerts are begun and ended by whoever leads a scope; every console on the store follows them. Screens and operator are
told now and then, of much at once in one sentence.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from msgspec.structs import replace

from osvm_tui.domain.alerts import AlertEvent, AlertRule, AlertState, AlertView, sentence, spell
from osvm_tui.domain.audit import AuditEntry
from osvm_tui.domain.errors import StoreError, Unknown
from osvm_tui.domain.events import AlertsChanged
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.alert_outbox import AlertOutbox
from osvm_tui.services.bus import EventBus
from osvm_tui.services.open_alerts import Key, OpenAlerts
from osvm_tui.store.alert_base import AlertStore

_RECENT = 200
_CALL_EACH = timedelta(seconds=30)
"""The operator is called at once, then not again so soon: an outage takes some rounds until all of it is known."""
_NEVER = datetime.min.replace(tzinfo=UTC)
_OURS = timedelta(seconds=300)
"""Whoever judged an alert so lately knows better how it is than the store."""


class AlertBookkeeper:
    """The alerts of one console. `ours` tells which open ones it judges, the rest is other consoles'; `notify` is how
    the operator wants to be called, `tell` whether a webhook is told.
    """

    def __init__(
        self,
        bus: EventBus,
        store: Callable[[], AlertStore | None],
        now: Callable[[], datetime],
        ours: Callable[[AlertView], object] = lambda _: True,
        *,
        notify: str = "",
        tell: bool = False,
        keep_days: int = 90,
    ) -> None:
        self._bus, self._store, self._now, self._ours = bus, store, now, ours
        self._notify, self._keep_days = notify, keep_days
        self._open = OpenAlerts()
        self._ended: deque[AlertView] = deque(maxlen=_RECENT)
        self._outbox = AlertOutbox(store, now, tell=tell)
        self._judged: dict[Key, datetime] = {}
        self._news: dict[str, Key] = {}
        self._called_at: datetime | None = None
        self._change = self._revision = 0
        self._moved = False
        self.recalled = False
        """Whether the store has told which alerts were open before."""

    # what there is

    def find(self, rule: str, ref: VmRef) -> AlertView | None:
        """Return the open alert of a rule and a VM."""
        return self._open.find((rule, ref))

    def on(self, ref: VmRef) -> bool:
        """Return whether a VM has an open alert."""
        return self._open.on(ref)

    def open(self) -> tuple[AlertView, ...]:
        """Return all open alerts."""
        return tuple(self._open.all())

    def views(self, *, ended: bool = False) -> tuple[AlertView, ...]:
        """Return the open alerts, the worst and newest first; with `ended` those that ended behind them."""
        now = self._now()
        shown = [replace(one, state=one.state_at(now)) for one in self._open.all()]
        return tuple(sorted([*shown, *(self._ended if ended else ())], key=AlertView.order))

    def named(self, alert_id: str) -> AlertView:
        """Return the one alert whose id begins so; Unknown when there is none, or several."""
        found = [one for one in (*self._open.all(), *self._ended) if alert_id and one.id.startswith(alert_id)]
        if len(found) != 1:
            raise Unknown(f"{len(found) or 'no'} alerts have an id that begins with {alert_id}")
        return found[0]

    # beginning and ending

    def begin(self, rule: AlertRule, vm: Vm, entry: str, words: str, value: float | None, since: datetime) -> None:
        """Begin an alert, or say how an open one is now."""
        key = (rule.name, vm.ref)
        held = self._open.find(key)
        if held is not None and not self._ours(held):
            return
        self._judged[key] = self._now()
        if held is not None:
            said = replace(held, words=words, value=value, severity=rule.severity)
            if said != held:
                self._open.put(said)
                self._outbox.say(said)
            return
        alert = AlertView(
            id=str(uuid4()), rule=rule.name, ref=vm.ref, vm_name=vm.name, entry=entry, severity=rule.severity,
            words=words, state=AlertState.FIRING, since=since, value=value,
        )  # fmt: skip
        self._open.put(alert)
        self._outbox.put(AlertEvent.BEGUN, alert)
        self._changed(alert)

    def end(self, rule: str, ref: VmRef, why: str) -> None:
        """End an open alert. Who was told of its begin is told, though it was silenced since."""
        held = self._open.find((rule, ref))
        if held is None or not self._ours(held):
            return
        self._open.pop((rule, ref))
        self._judged.pop((rule, ref), None)
        now = self._now()
        words = f"{held.words}; {why} after {spell((now - held.since).total_seconds())}"
        over = replace(held, state=AlertState.ENDED, ended_at=now, words=words)
        self._ended.append(over)
        self._outbox.put(AlertEvent.ENDED, over)
        self._changed()

    def wake(self, alert: AlertView) -> None:
        """Let an open alert fire again when its silence is over."""
        if alert.state is AlertState.SILENCED and alert.state_at(self._now()) is AlertState.FIRING:
            woken = replace(alert, state=AlertState.FIRING)
            self._open.put(woken)
            self._outbox.put(AlertEvent.AGAIN, woken)
            self._changed(woken)

    # telling

    def _changed(self, news: AlertView | None = None) -> None:
        self._moved = True
        if news is not None:
            self._news[news.id] = (news.rule, news.ref)

    def announce(self) -> None:
        """Tell of all that changed since the last call; the operator is called of what began and is not over yet."""
        now = self._now()
        text = ""
        if self._news and (self._called_at is None or abs(now - self._called_at) >= _CALL_EACH):
            begun = [one for key in self._news.values() if (one := self._open.find(key)) is not None]
            self._news.clear()
            if begun:
                self._called_at, text = now, sentence(begun)
        if self._moved or text:
            self._moved = False
            self._revision += 1
            self._bus.publish(AlertsChanged(self._revision, text, self._notify if text else ""))

    # the store

    async def write(self) -> None:
        """Bring to the store what happened since; what it does not take is tried again."""
        await self._outbox.write()

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
        first, (change, found) = not self.recalled, await store.since(self._change)
        self.recalled, self._change = True, change
        known = {one.id for one in self._ended}
        for alert in sorted(found, key=lambda one: one.ended_at or one.since):
            if alert.open:
                self._take(alert, quietly=first)
            else:
                self._take_end(alert, known)

    def _take(self, alert: AlertView, *, quietly: bool) -> None:
        if self._outbox.ends(alert.id):
            return  # it has ended here, and the store is still to hear of it
        key = (alert.rule, alert.ref)
        held = self._open.find(key)
        known = held if held is not None and held.id == alert.id else None
        if known is not None and abs(self._now() - self._judged.get(key, _NEVER)) < _OURS:
            alert = replace(alert, words=known.words, value=known.value, severity=known.severity)
        if alert == held:
            return
        self._open.put(alert)
        again = known is not None and (known.state, alert.state) == (AlertState.SILENCED, AlertState.FIRING)
        self._changed(alert if (again or known is None) and not quietly else None)

    def _take_end(self, alert: AlertView, known: set[str]) -> None:
        held = self._open.find((alert.rule, alert.ref))
        if held is not None and held.id == alert.id:
            self._open.pop((alert.rule, alert.ref))
            self._judged.pop((alert.rule, alert.ref), None)
        if alert.id not in known:
            known.add(alert.id)
            self._ended.append(alert)
            self._changed()

    async def mark(
        self, alert: AlertView, state: AlertState, who: str, note: str, minutes: int | None, audit: AuditEntry
    ) -> None:
        """Acknowledge or silence an alert in the store, with its audit row; Unknown when it has ended."""
        store = self._store()
        if store is None:
            raise StoreError("the store is not open: nobody would know of it")
        await self._outbox.bring(alert.id)
        until = self._now() + timedelta(minutes=minutes) if minutes else None
        if not await store.mark(alert.id, state, who, note, until, [audit]):
            raise Unknown(f"the alert {alert.rule} of {alert.vm_name} has ended")
        held = self._open.find((alert.rule, alert.ref))
        if held is not None:
            self._open.put(replace(held, state=state, who=who, note=note, silent_until=until))
        self._changed()
        self.announce()
