"""`OperationsApi`: operations as a whole, with their steering, retry, undo and script. Every value is serialisable."""

from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from osvm_tui.domain.gating import Verdict
from osvm_tui.domain.operations import ActionRequest, ItemState, Submission


class Control(StrEnum):
    """What whoever owns an operation's items is told to do with those not sent yet."""

    RUN = "run"
    PAUSE = "pause"
    CANCEL = "cancel"


class OperationView(Struct, frozen=True, kw_only=True):
    """One operation with its items counted."""

    id: str
    action_id: str
    operator: str
    source: str
    requested_at: datetime
    control: Control = Control.RUN
    counts: tuple[tuple[ItemState, int], ...] = ()
    """Only states that occur."""
    params: tuple[tuple[str, str], ...] = ()
    """As the audit tells them: no secret."""

    @property
    def total(self) -> int:
        """How many items it has."""
        return sum(count for _, count in self.counts)

    @property
    def open(self) -> int:
        """How many items have not ended."""
        return sum(count for state, count in self.counts if state.open)

    def count(self, *states: ItemState) -> int:
        """Return how many items are in one of these states."""
        return sum(count for state, count in self.counts if state in states)


class OperationsApi(ABC):
    """Operations of all consoles on this store."""

    @abstractmethod
    def view(self, operation_id: str) -> OperationView | None:
        """Return an operation as known now; answers from memory."""

    @abstractmethod
    def views(self) -> tuple[OperationView, ...]:
        """Return recent operations, newest first; answers from memory."""

    @abstractmethod
    async def steer(self, operation_id: str, control: Control) -> None:
        """Pause, go on with, or cancel what was not sent yet, whoever owns it; audited. What was sent goes on."""

    @abstractmethod
    async def retry(self, operation_id: str) -> Submission:
        """Ask again for the items that failed or were cancelled, gated anew; unconfirmed ones are left alone. Refused
        when there is none, or when a secret input was withheld."""

    @abstractmethod
    def undo_verdict(self, item_id: str) -> Verdict:
        """Return whether an arrived item can be taken back by this console now; answers from memory."""

    @abstractmethod
    async def undo(self, item_id: str) -> Submission:
        """Take an arrived item back. Refused when anybody else changed the VM since, or the gate says no."""

    @abstractmethod
    def script(self, request: ActionRequest) -> str:
        """Return the request as a shell script of `openstack` commands; a secret is a shell variable in it."""
