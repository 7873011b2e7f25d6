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
    """Of the VM's or the resource's actions; it goes through the gate like any other."""
    params: tuple[tuple[str, str], ...] = ()
    """To be given with the action: the flavor that would fit."""
    detail: str = ""
    """The action in words, for example `resize to m1.small`."""


class VmMetrics(Struct, frozen=True, kw_only=True):
    """What a VM was seen to use over `since` to `until`. None where nothing was measured."""

    since: datetime
    until: datetime
    samples: int = 0
    cpu_avg: float | None = None
    """Percent of all vCPUs."""
    cpu_max: float | None = None
    memory_avg: float | None = None
    """Percent of the flavor's memory."""
    memory_max: float | None = None
    network_avg_bps: float | None = None
    """Bytes per second, in and out together."""
    last_login_at: datetime | None = None

    @property
    def days(self) -> float:
        """How long the window is."""
        return (self.until - self.since).total_seconds() / 86400


def sure(days: float, *, high: float, medium: float) -> Confidence:
    """Return how sure something is that was seen for so many days."""
    if days >= high:
        return Confidence.HIGH
    return Confidence.MEDIUM if days >= medium else Confidence.LOW
