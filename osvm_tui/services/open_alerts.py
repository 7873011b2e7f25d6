"""`OpenAlerts`: the alerts that have not ended, by rule and VM, and which VMs have any. No I/O."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from osvm_tui.domain.alerts import AlertView
from osvm_tui.domain.vm import VmRef

Key = tuple[str, VmRef]
"""Rule and VM."""


class OpenAlerts:
    """At most one alert of a rule and a VM."""

    def __init__(self) -> None:
        self._alerts: dict[Key, AlertView] = {}
        self._of: Counter[VmRef] = Counter()

    def find(self, key: Key) -> AlertView | None:
        """Return the alert of a rule and a VM."""
        return self._alerts.get(key)

    def all(self) -> Iterable[AlertView]:
        """Return every open alert."""
        return self._alerts.values()

    def on(self, ref: VmRef) -> bool:
        """Return whether a VM has an open alert; as cheap with ten thousand as with none."""
        return ref in self._of

    def put(self, alert: AlertView) -> None:
        """Take up an alert, or how it is now."""
        key = (alert.rule, alert.ref)
        if key not in self._alerts:
            self._of[alert.ref] += 1
        self._alerts[key] = alert

    def pop(self, key: Key) -> AlertView | None:
        """Drop an alert; return it, None when there was none."""
        alert = self._alerts.pop(key, None)
        if alert is not None:
            self._of[alert.ref] -= 1
            if not self._of[alert.ref]:
                del self._of[alert.ref]
        return alert
