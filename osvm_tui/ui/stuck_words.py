"""What the console says of a VM that is stuck, and of what may help; a pure reading of `InsightApi`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from osvm_tui.domain.actions import ACTIONS
from osvm_tui.services.insight_api import Remedy, Stuck, Usual
from osvm_tui.ui.bindings import key_for
from osvm_tui.ui.dialogs.pick import Choice
from osvm_tui.ui.format import age, long_age
from osvm_tui.ui.options import UiOptions


def stuck_words(stuck: Stuck, now: datetime) -> str:
    """Return one sentence: what it is stuck in, since when, and what is usual here."""
    elapsed = long_age((now - stuck.since).total_seconds())
    return f"stuck: {stuck.doing} for {elapsed}; {usual_words(stuck.usual)}"


def stuck_told(stuck: Stuck, options: UiOptions) -> str:
    """Return the sentence with the key that leads to what helps."""
    return f"{stuck_words(stuck, options.clock())}; {key_for('vm.remedies', options.keys)} tells what helps"


def usual_words(usual: Usual | None) -> str:
    """Return what is usual of an action on this cloud, and from how much that is known."""
    if usual is None:
        return "past its deadline (too few runs here to know what is usual)"
    return f"usually {age(usual.median_s)}, 95 % within {age(usual.p95_s)} ({usual.samples} runs here)"


def remedy_choices(remedies: Sequence[Remedy]) -> list[Choice]:
    """Return the remedies as choices, the legal ones first and of these the gentlest, each with what it costs."""
    in_order = sorted(remedies, key=lambda remedy: not remedy.verdict.allowed)
    return [
        Choice(
            remedy.action_id,
            ACTIONS[remedy.action_id].label.lower(),
            remedy.cost,
            "" if remedy.verdict.allowed else remedy.verdict.reason,
        )
        for remedy in in_order
    ]
