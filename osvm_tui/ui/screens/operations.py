"""`:op`: what was asked of which VM, by whom, and how it ended; newest first, all consoles on this store."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, ClassVar

from textual.content import Content

from osvm_tui.domain.item_action import action_of
from osvm_tui.domain.operations import OperationItem
from osvm_tui.ui.action_plan import verb
from osvm_tui.ui.bindings import bindings_of
from osvm_tui.ui.columns import Cell, Column, expected
from osvm_tui.ui.facts import facts
from osvm_tui.ui.format import GLYPHS, Token, age, long_age, moment
from osvm_tui.ui.item_look import TOKENS
from osvm_tui.ui.messages import OpenOperation, OperationMoved
from osvm_tui.ui.printable import printable
from osvm_tui.ui.screens.list_place import ListPlace
from osvm_tui.ui.undoing import begin_undo

if TYPE_CHECKING:
    from textual.timer import Timer

SOON_S = 0.2
"""How long moves of items are gathered before the rows are read again: a bulk moves many at once."""


class OperationsScreen(ListPlace[OperationItem]):
    """Items of operations; enter opens the operation."""

    _wait: Timer | None = None

    place: ClassVar[str] = "op"
    BINDINGS = bindings_of("op")
    noun = "operations"
    empty = "nothing was asked yet; a on a VM opens the action menu"

    def columns(self) -> tuple[Column[OperationItem], ...]:
        return (
            Column("state", "STATE", 13, self._state),
            Column("action", "ACTION", 13, lambda item: Cell(verb(action_of(item.action_id)))),
            Column("vm", "VM", 18, lambda item: Cell(printable(item.vm_name)), grow=2),
            Column("end", "EXPECTED", 10, lambda item: Cell(expected(item) or "-", Token.DIM), priority=4),
            Column("who", "WHO", 10, lambda item: Cell(item.operator, Token.DIM), priority=5),
            Column("cloud", "CLOUD", 8, lambda item: Cell(item.entry, Token.DIM), priority=6),
            Column("asked", "ASKED", 6, self._asked, lambda item: item.planned_at, priority=1, right=True, flash=False),
            Column("took", "TOOK", 8, self._took, priority=2, right=True, flash=False),
            Column("message", "MESSAGE", 20, lambda item: Cell(printable(item.message)), priority=3, grow=4),
        )

    def _state(self, item: OperationItem) -> Cell:
        token = TOKENS[item.state]
        return Cell(f"{GLYPHS[self.options.glyphs][token]} {item.state}", token)

    def _asked(self, item: OperationItem) -> Cell:
        return Cell(age((self.options.clock() - item.planned_at).total_seconds()))

    def _took(self, item: OperationItem) -> Cell:
        end = item.ended_at or (self.options.clock() if item.state.open else None)
        start = item.sent_at or item.planned_at
        return Cell(long_age((end - start).total_seconds()) if end else "-", Token.DIM)

    def key_of(self, row: OperationItem) -> Hashable:
        return row.id

    def more_text(self, row: OperationItem) -> str:
        return f"{row.request_id} {row.ref.id} {row.operation_id}"

    def title_of(self, row: OperationItem) -> str:
        return f"{verb(action_of(row.action_id))} {printable(row.vm_name)}: {row.state}"

    def detail(self, row: OperationItem) -> Content:
        now, utc = self.options.clock(), self.options.utc
        rows = (
            ("asked", f"{moment(row.planned_at, now, utc=utc)} by {row.operator} through {row.entry}"),
            ("sent", moment(row.sent_at, now, utc=utc) if row.sent_at else "not yet"),
            ("ended", moment(row.ended_at, now, utc=utc) if row.ended_at else ""),
            ("late after", long_age(row.deadline_s)),
            ("message", printable(row.message)),
            ("request", row.request_id),
            ("VM", row.ref.id),
            ("operation", row.operation_id),
        )
        return facts(rows)

    def opened(self, row: OperationItem) -> None:
        self.post_message(OpenOperation(row.operation_id))

    def read(self) -> None:
        items = self.api.operations()
        running = sum(item.state.open for item in items)
        self.show_rows(items, f" · {running} running · newest first" if items else "")

    def tick(self) -> None:
        self.table.redraw_changed()

    def on_operation_moved(self, _: OperationMoved) -> None:
        """Read again soon: an item moved."""
        self.read_soon()

    def read_soon(self) -> None:
        """Read once for all that moves in a moment."""
        if self._wait is None:
            self._wait = self.set_timer(SOON_S, self._read_now)

    def _read_now(self) -> None:
        self._wait = None
        self.read()

    def action_undo(self) -> None:
        """Take back the item under the cursor, when it can be."""
        row = self.table.row_at_cursor()
        if row is not None and (reason := begin_undo(self, row)):
            self.notify(f"refused: {reason}", severity="warning", markup=False)
