"""`Advice`: where money is wasted, with evidence, saving, confidence, and the action that would end it; pure."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.vm import VmRef


class Waste(StrEnum):
    """In which way money is wasted."""

    IDLE = "idle"
    OVERSIZED = "oversized"
    UNDERSIZED = "undersized"
    """No waste: more would be needed; the saving is negative."""
    STOPPED = "stopped but billed"
    FORGOTTEN = "forgotten"
    VOLUME = "unattached volume"
    FLOATING_IP = "unattached floating IP"
    SNAPSHOT = "old snapshot"


class Confidence(StrEnum):
    """How sure the evidence is."""

    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


class Advice(Struct, frozen=True, kw_only=True):
    """One thing that costs more than it must."""

    id: str
    """Stable over restarts: dismissals hang on it."""
    waste: Waste
    name: str
    entry: str
    project_id: str = ""
    ref: VmRef | None = None
    """Of a VM."""
    kind: CatalogKind | None = None
    """Of anything else, with its id in `thing_id`."""
    thing_id: str = ""
    evidence: str
    currency: str = ""
    """Empty where there are no rates: the saving is not known then."""
    saving_monthly: Decimal | None = None
    confidence: Confidence
    action_id: str
    """Of the VM's or the resource's actions; it goes through the gate like any other. Where only deletion saves
    anything, of a VM that ran it is what keeps its data first."""
    params: tuple[tuple[str, str], ...] = ()
    """To be given with the action: the flavor that would fit."""
    detail: str = ""
    """The action in words, for example `resize to m1.small`."""


class VmMetrics(Struct, frozen=True, kw_only=True):
    """What a VM was seen to use over `since` to `until`. None where nothing was measured.

    Averages are over time, not over samples: a VM that was looked at for an hour was measured more often then.
    """

    since: datetime
    """Not before the VM last came up by another flavor, image or host: what was before is of another machine."""
    until: datetime
    cpu_avg: float | None = None
    """Percent of all vCPUs."""
    cpu_max: float | None = None
    """Of the mean of ten minutes."""
    memory_avg: float | None = None
    """Percent of the flavor's memory."""
    memory_max: float | None = None
    network_avg_bps: float | None = None
    """Bytes per second, in and out together."""
    cpu_days: float = 0.0
    """How much of the time was measured: gaps are not counted."""
    memory_days: float = 0.0
    network_days: float = 0.0
    """Of in and out, the less."""
    login_at: datetime | None = None
    """After this nobody logged in on a terminal, by the guest's own record; None where that is not told."""

    @property
    def days(self) -> float:
        """How long the window is."""
        return (self.until - self.since).total_seconds() / 86400

    def covered(self, *measured: float) -> float:
        """Return how much of the window was measured, 0 to 1: the least of some `..._days`."""
        return min(1.0, min(measured) / self.days) if self.days > 0 else 0.0


def sure(days: float, *, high: float, medium: float) -> Confidence:
    """Return how sure something is that was seen for so many days."""
    if days >= high:
        return Confidence.HIGH
    return Confidence.MEDIUM if days >= medium else Confidence.LOW


def at_most(one: Confidence, limit: Confidence) -> Confidence:
    """Return the lesser of two."""
    order = (Confidence.LOW, Confidence.MEDIUM, Confidence.HIGH)
    return min(one, limit, key=order.index)
