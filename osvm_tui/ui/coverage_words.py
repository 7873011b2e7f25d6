"""What is said of coverage: how many VMs are measured by what, how many are not and why, and what bounds it. Pure."""

from __future__ import annotations

from collections import Counter

from osvm_tui.services.monitor_api import Coverage
from osvm_tui.ui.format import count
from osvm_tui.ui.printable import printable

_REASONS = 3


def coverage_words(view: Coverage, key: str, *, missing: bool) -> str:
    """Return coverage in one sentence; `key` turns to those that are not measured, and back when `missing`."""
    sources = ", ".join(f"{count(vms)} VMs by {source}" for source, vms in view.by_source) or "no VM is measured"
    absent = sum(vms for _, vms in view.not_measured)
    parts = [printable(view.trouble)] if view.trouble else []
    parts.append(sources)
    if absent:
        reasons = Counter[str]()
        for why, vms in view.not_measured:
            reasons[printable(why).partition(" (")[0]] += vms
        told = [f"{count(vms)} {why}" for why, vms in reasons.most_common(_REASONS)]
        if len(reasons) > _REASONS:
            told.append("other reasons")
        reason = ", ".join(told)
        absence = reason if len(reasons) == 1 else f"{count(absent)} not: {reason}"
        parts.append(f"{absence}; {key} shows {'those measured' if missing else 'them'}")
    parts.append(f"{view.samples_per_minute:.0f} samples a minute")
    if view.connections:
        parts.append(f"{count(view.connections)} connections")
    parts.append(view.budget)
    return " · ".join(filter(None, parts))
