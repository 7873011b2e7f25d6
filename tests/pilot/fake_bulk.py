"""`FakeBulk`: a scripted OperationsApi over the items of a FakeConsole. It counts, steers, repeats and takes back."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from osvm_tui.cloud.base import ApiCall
from osvm_tui.domain.errors import OsvmError, Refused
from osvm_tui.domain.events import OperationChanged, OperationEnded, OperationSteered
from osvm_tui.domain.gating import Verdict
from osvm_tui.domain.openstack_cli import command
from osvm_tui.domain.operations import (
    ActionRequest,
    Control,
    ItemState,
    OperationItem,
    OperationView,
    Submission,
    UndoOutcome,
)
from osvm_tui.domain.undo import Inverse, inverse
from osvm_tui.services.operations_api import OperationsApi

if TYPE_CHECKING:
    from tests.pilot.fake_console import FakeConsole


class FakeBulk(OperationsApi):
    """Answer from the console's items. `fail_next` is raised by the next call that may wait."""

    def __init__(self, console: FakeConsole) -> None:
        self.console = console
        self.controls: dict[str, Control] = {}
        self.steered: list[tuple[str, Control]] = []
        self.undone: list[str] = []
        self.scripted: list[ActionRequest] = []
        self.fail_next: OsvmError | None = None

    def view(self, operation_id: str) -> OperationView | None:
        items = self.items(operation_id)
        if not items:
            return None
        return OperationView(
            id=operation_id,
            action_id=items[0].action_id,
            operator=items[0].operator,
            source="console",
            requested_at=items[0].planned_at,
            control=self.controls.get(operation_id, Control.RUN),
            counts=tuple(Counter(item.state for item in items).items()),
        )

    def views(self) -> tuple[OperationView, ...]:
        ids = dict.fromkeys(item.operation_id for item in self.console.operations())
        return tuple(view for each in ids if (view := self.view(each)) is not None)

    def items(self, operation_id: str) -> tuple[OperationItem, ...]:
        return tuple(item for item in self.console.items.values() if item.operation_id == operation_id)

    def ended(self, operation_id: str) -> None:
        """Tell that an operation has ended, if it has."""
        view = self.view(operation_id)
        if view is not None and not view.open:
            self.console.tell(OperationEnded(view))

    async def steer(self, operation_id: str, control: Control) -> None:
        self._fail()
        view = self.view(operation_id)
        if view is None or not view.open:
            raise Refused("every item of the operation has ended")
        self.controls[operation_id] = control
        self.steered.append((operation_id, control))
        if control is Control.CANCEL:
            for item in self.items(operation_id):
                if item.state is ItemState.PLANNED:
                    self._move(replace(item, state=ItemState.CANCELLED, ended_at=self.console.now))
        self.console.tell(OperationSteered(view))

    def _move(self, item: OperationItem) -> None:
        self.console.items[item.id] = item
        self.console.tell(OperationChanged(item))

    async def retry(self, operation_id: str) -> Submission:
        self._fail()
        again = [i for i in self.items(operation_id) if i.state in (ItemState.FAILED, ItemState.CANCELLED)]
        if not again:
            raise Refused("no item of it has failed or was cancelled; what is unconfirmed is not repeated")
        return await self.console.submit(ActionRequest(again[0].action_id, tuple(item.ref for item in again)))

    def _planned(self, item_id: str) -> tuple[OperationItem, Inverse]:
        item = self.console.items[item_id]
        if item.state is not ItemState.ARRIVED:
            raise Refused(f"only what has arrived can be taken back; this is {item.state.value}")
        back = inverse(item.action_id, item.before, item.was, {})
        if not back.steps:
            raise Refused(back.refusal)
        return item, back

    def undo_verdict(self, item_id: str) -> Verdict:
        try:
            item, back = self._planned(item_id)
        except Refused as no:
            return Verdict(False, no.detail)
        return self.console.verdict(item.ref, back.steps[0].action_id)

    def undo_verbs(self, item_id: str) -> tuple[str, ...]:
        try:
            return tuple(step.action_id for step in self._planned(item_id)[1].steps)
        except Refused:
            return ()

    async def undo(self, item_id: str) -> UndoOutcome:
        self._fail()
        item, back = self._planned(item_id)
        self.undone.append(item_id)
        steps = [ActionRequest(step.action_id, (item.ref,), step.params) for step in back.steps]
        return UndoOutcome(tuple([await self.console.submit(step) for step in steps]))

    def script(self, request: ActionRequest) -> str:
        self.scripted.append(request)
        return "\n".join(
            ["#!/bin/sh", *(command(request.action_id, ref.id, request.params) for ref in request.targets)]
        )

    def script_of(self, operation_id: str) -> str:
        items = self.items(operation_id)
        return self.script(ActionRequest(items[0].action_id, tuple(item.ref for item in items)))

    def command(self, call: ApiCall) -> str:
        return f"openstack server list  # {call.method} {call.path}"

    def _fail(self) -> None:
        if self.fail_next:
            error, self.fail_next = self.fail_next, None
            raise error
