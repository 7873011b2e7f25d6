"""`OperationsApi`: operations as a whole, with their steering, retry, undo and script. Every value is serialisable."""

from __future__ import annotations

from abc import ABC, abstractmethod

from osvm_tui.cloud.base import ApiCall
from osvm_tui.domain.gating import Verdict
from osvm_tui.domain.operations import ActionRequest, OperationItem, Submission, UndoOutcome
from osvm_tui.domain.operations import Control as Control
from osvm_tui.domain.operations import OperationView as OperationView


class OperationsApi(ABC):
    """Operations of all consoles on this store."""

    @abstractmethod
    def view(self, operation_id: str) -> OperationView | None:
        """Return an operation as known now; answers from memory."""

    @abstractmethod
    def views(self) -> tuple[OperationView, ...]:
        """Return recent operations, newest first; answers from memory."""

    @abstractmethod
    def items(self, operation_id: str) -> tuple[OperationItem, ...]:
        """Return an operation's items as known now, in the order asked for; answers from memory."""

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
    def undo_verbs(self, item_id: str) -> tuple[str, ...]:
        """Return the actions that would take an item back, empty when none can; answers from memory."""

    @abstractmethod
    async def undo(self, item_id: str) -> UndoOutcome:
        """Take an arrived item back, step after step. Refused when anybody else changed the VM since, or the gate says
        no to a step; once a step was asked for, the outcome tells what stopped the rest instead."""

    @abstractmethod
    def script(self, request: ActionRequest) -> str:
        """Return the request as a shell script of `openstack` commands; a secret is a shell variable in it."""

    @abstractmethod
    def script_of(self, operation_id: str) -> str:
        """Return an operation as such a script, for all its VMs and with what was asked for. Refused for a creation and
        for what is not known any more."""

    @abstractmethod
    def command(self, call: ApiCall) -> str:
        """Return the `openstack` command that does what an API call did, empty when there is none."""
