"""`MonitorPlan`: what measuring is made from, as the composition root hands it over; everything is made late."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from osvm_tui.cloud.base import CloudClient
from osvm_tui.domain.alerts import AlertBook
from osvm_tui.domain.metrics import Source
from osvm_tui.probe.host_base import HostProbe
from osvm_tui.probe.probe import Probe
from osvm_tui.store.metric_base import MetricStore

Clients = Callable[[str], CloudClient]
"""Gives the client of an entry; Unknown for one that is not open."""


class Pace(Struct, frozen=True, kw_only=True):
    """How often VMs are measured and what becomes of it, in seconds; tests use small ones."""

    view_s: float = 3.0
    background_s: float = 60.0
    samples_per_s: float = 20.0
    api_samples_per_s: float = 2.0
    """Of those, readings that are calls of a cloud's API: it has other work to do."""
    at_once: int = 100
    spread: float = 0.2
    """Background readings are spread by this share, so that they do not come in waves."""
    tick_s: float = 0.25
    announce_s: float = 1.0
    flush_s: float = 10.0
    tidy_s: float = 60.0
    alerts_s: float = 15.0
    reread_s: float = 10.0
    """How often the alert files are looked at."""
    host_s: float = 5.0
    read_s: float = 40.0
    """A reading that takes longer is given up, whatever the source's own time-outs are."""

    def round_s(self, vms: int) -> float:
        """Return how long a reading of all VMs takes in the background: longer than wished where the budget says so."""
        return max(self.background_s, vms / (0.75 * self.samples_per_s))


class MonitorPlan(Struct, frozen=True, kw_only=True):
    """The factories of sources and store, and the operator's wishes."""

    probes: Callable[[Clients], Mapping[Source, Probe]]
    store: Callable[[], MetricStore] | None = None
    """None: nothing is kept beyond this run."""
    host: Callable[[], HostProbe] | None = None
    rules: Callable[[], AlertBook | None] = lambda: AlertBook()
    """Returns the rules when they have changed since the last call; it may block."""
    pace: Pace = Pace()
    notify: str = ""
    webhook: str = ""
    """A URL; it may hold a secret, so it goes into no log, store or screen."""
    keep_days: int = 90
    """How long an alert is kept after its end."""
    words: str = ""
    """What else bounds measuring, for people: `8 SSH samples at one time`."""
