"""`InsightApi`: what is usual in this cloud, what is stuck, and what would help. Every value is serialisable."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime

from msgspec import Struct

from osvm_tui.domain.gating import Verdict
from osvm_tui.domain.vm import VmRef


class Usual(Struct, frozen=True):
    """How long an action takes in this cloud, from arrived operations of all consoles on this store."""

    median_s: float
    p95_s: float
    samples: int


class Remedy(Struct, frozen=True):
    """One verb that may help a stuck VM, and what it costs in words."""

    action_id: str
    cost: str
    verdict: Verdict


class Stuck(Struct, frozen=True):
    """A VM whose transition takes much longer than usual."""

    ref: VmRef
    doing: str
    """`powering-off`, or the vm_state that it should have left."""
    since: datetime
    usual: Usual | None
    """None: no norm yet, it is past the action's deadline instead."""


class InsightApi(ABC):
    """Answers from memory; what it needs is read in the background."""

    @abstractmethod
    def usual(self, entry: str, action_id: str) -> Usual | None:
        """Return the norm of an action on this cloud, None under 20 samples."""

    @abstractmethod
    def stuck(self, ref: VmRef) -> Stuck | None:
        """Return how a VM is stuck, None when it is not."""

    @abstractmethod
    def all_stuck(self) -> tuple[Stuck, ...]:
        """Return every stuck VM, the longest first."""

    @abstractmethod
    def remedies(self, ref: VmRef) -> tuple[Remedy, ...]:
        """Return what may help, the gentlest first, each with the gate's verdict."""
