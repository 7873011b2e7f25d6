"""One operation: how far it is, its items, and the keys that steer, repeat and take it back.

It may be closed at any time: the operation goes on.
"""

from __future__ import annotations

from collections.abc import Awaitable, Iterable
from typing import TYPE_CHECKING, ClassVar

from textual import work

from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.item_action import action_of
from osvm_tui.domain.operations import Control, ItemState, OperationItem
from osvm_tui.ui.action_plan import verb
from osvm_tui.ui.bindings import bindings_of
from osvm_tui.ui.columns import Column
from osvm_tui.ui.format import long_age
from osvm_tui.ui.messages import OpenOperation, OpenVm, OperationTurned
from osvm_tui.ui.screens.operations import OperationsScreen
from osvm_tui.ui.submitting import told
from osvm_tui.ui.widgets.operation_head import OperationHead

if TYPE_CHECKING:
    from textual.widget import Widget

    from osvm_tui.services.api import ConsoleApi
    from osvm_tui.ui.options import UiOptions


class OperationScreen(OperationsScreen):
    """The items of one operation in the order asked for; enter opens the VM."""

    place: ClassVar[str] = "operation"
    BINDINGS = bindings_of("operation")
    noun = "items"
    empty = "this operation is not known here any more"

    def __init__(self, api: ConsoleApi, options: UiOptions, operation_id: str) -> None:
        self.operation_id = operation_id
        super().__init__(api, options)

    def columns(self) -> tuple[Column[OperationItem], ...]:
        same = ("action", "who", "asked")
        return tuple(column for column in super().columns() if column.key not in same)

    def body(self) -> Iterable[Widget]:
        yield OperationHead(self.options)
        yield from super().body()

    def read(self) -> None:
        items = self.api.bulk.items(self.operation_id)
        self.show_rows(items, " in the order asked for; enter opens the VM")
        self.tick()

    def tick(self) -> None:
        super().tick()
        self.query_one(OperationHead).show(self.api.bulk.view(self.operation_id), self._usual())

    def _usual(self) -> str:
        items = self.api.bulk.items(self.operation_id)
        norm = self.api.insight.usual(items[0].entry, items[0].action_id) if items else None
        return f"usually {long_age(norm.median_s)}, at most {long_age(norm.p95_s)}" if norm else ""

    def opened(self, row: OperationItem) -> None:
        if row.ref.id:
            self.post_message(OpenVm(row.ref, "events"))

    def on_operation_turned(self, event: OperationTurned) -> None:
        """Show how it is steered."""
        if event.view.id == self.operation_id:
            self.read_soon()

    # keys
    def action_pause(self) -> None:
        """Send nothing more, or go on sending."""
        view = self.api.bulk.view(self.operation_id)
        if view is not None:
            self._steer(Control.RUN if view.control is Control.PAUSE else Control.PAUSE)

    @work(group="steer", exit_on_error=False)
    async def action_cancel(self) -> None:
        """Ask, and never send what was not sent yet."""
        from osvm_tui.ui.dialogs.question import Question

        view = self.api.bulk.view(self.operation_id)
        unsent = view.count(ItemState.PLANNED) if view else 0
        if view is None or not view.open:
            self._refuse("every item of it has ended")
            return
        sentence = f"{unsent} of {view.total} were not sent yet and never will be; what was sent goes on"
        if await self.app.push_screen_wait(Question("cancel the rest?", sentence, "cancel the rest")):
            await self._done(self.api.bulk.steer(self.operation_id, Control.CANCEL))

    @work(group="steer", exit_on_error=False)
    async def _steer(self, control: Control) -> None:
        await self._done(self.api.bulk.steer(self.operation_id, control))

    async def _done(self, asked: Awaitable[None]) -> None:
        try:
            await asked
        except OsvmError as error:
            self._refuse(told(error))
        self.read()

    @work(group="steer", exit_on_error=False)
    async def action_retry(self) -> None:
        """Ask, and ask the cloud again for what failed or was cancelled, as an operation of its own."""
        from osvm_tui.ui.dialogs.question import Question

        view = self.api.bulk.view(self.operation_id)
        failed = view.count(ItemState.FAILED, ItemState.CANCELLED) if view else 0
        asked = verb(action_of(view.action_id)) if view else ""
        sentence = f"{asked} is asked for again where it failed or was cancelled, gated anew"
        if failed and not await self.app.push_screen_wait(Question(f"{asked} {failed} again?", sentence, "again")):
            return
        try:
            again = await self.api.bulk.retry(self.operation_id)
        except OsvmError as error:
            self._refuse(told(error))
        else:
            self.post_message(OpenOperation(again.operation_id))

    def action_save_script(self) -> None:
        """Save the operation as a script of `openstack` commands."""
        view = self.api.bulk.view(self.operation_id)
        try:
            script = self.api.bulk.script_of(self.operation_id)
        except OsvmError as error:
            self._refuse(error.detail)
            return
        from osvm_tui.ui.dialogs.save_text import SaveText

        name = f"{view.action_id}-{view.id[:8]}" if view else self.operation_id[:8]
        self.app.push_screen(SaveText(script, f"osvm-{name}.sh"))

    def _refuse(self, reason: str) -> None:
        self.notify(f"refused: {reason}", severity="warning", markup=False)
