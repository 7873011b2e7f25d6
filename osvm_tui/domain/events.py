"""What services tell their listeners. Each carries state (a revision, a value), never a delta, so that it may merge."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from osvm_tui.domain.operations import OperationItem, OperationView
from osvm_tui.domain.vm import VmRef


class Severity(StrEnum):
    """How loudly a notice speaks."""

    INFORMATION = "information"
    WARNING = "warning"
    ERROR = "error"


class FleetChanged(Struct, frozen=True, tag=True):
    """The fleet is at `revision`; ask `fleet_since` for what moved."""

    revision: int


class ScopesChanged(Struct, frozen=True, tag=True):
    """A scope connected, went stale, failed, or changed its leader; ask `scopes()`."""

    revision: int


class OperationChanged(Struct, frozen=True, tag=True):
    """An item moved to another state; `item` is how it is now."""

    item: OperationItem


class OperationSteered(Struct, frozen=True, tag=True):
    """An operation was paused, resumed or cancelled, here or by another console."""

    view: OperationView


class OperationEnded(Struct, frozen=True, tag=True):
    """The last open item of an operation that was seen open here has ended; told once."""

    view: OperationView


class CatalogChanged(Struct, frozen=True, tag=True):
    """A catalog of an entry was read again."""

    entry: str
    kind: str


class Notice(Struct, frozen=True, tag=True):
    """One sentence for the operator that belongs to no VM: store trouble, a taken-over operation."""

    text: str
    severity: Severity = Severity.INFORMATION


class StuckChanged(Struct, frozen=True, tag=True):
    """Other VMs are stuck than before; `refs` are those that are now."""

    refs: tuple[VmRef, ...]


class CostsChanged(Struct, frozen=True, tag=True):
    """Rates, policies or what they are counted from have changed; ask `costs`."""

    revision: int


class MetricsChanged(Struct, frozen=True, tag=True):
    """VMs were measured; told once a second at most. Ask `monitor`."""

    revision: int


class AlertsChanged(Struct, frozen=True, tag=True):
    """Alerts began, ended or were acknowledged; ask `monitor.alerts()`."""

    revision: int
    text: str = ""
    """What began, in one sentence; empty when nothing did."""
    notify: str = ""
    """How the operator wants to be called: `bell`, `osc9`, or not at all."""


Event = (
    FleetChanged
    | ScopesChanged
    | OperationChanged
    | OperationSteered
    | OperationEnded
    | CatalogChanged
    | Notice
    | StuckChanged
    | CostsChanged
    | MetricsChanged
    | AlertsChanged
)
