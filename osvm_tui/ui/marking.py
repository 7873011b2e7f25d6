"""`Marking`: a place with a table of VMs to mark; a verb means the marked ones, else the one under the cursor."""

from __future__ import annotations

from osvm_tui.domain.vm import VmRef
from osvm_tui.ui.action_flow import ActionTargets
from osvm_tui.ui.fleet_view import Row
from osvm_tui.ui.widgets.vtable import VTable


class Marking(ActionTargets):
    """Marks are VMs, not lines: they outlive sorting and filtering, and go with their VM."""

    @property
    def table(self) -> VTable[Row]:
        """The table of rows."""
        return self.query_one(VTable)

    def targets(self) -> tuple[VmRef, ...]:
        """Return the marked VMs in the order shown, those hidden by the filter behind them; else the current one."""
        marks = self.marks()
        if marks:
            shown = [row.ref for row in self.table.rows if row.ref in marks]
            return (*shown, *sorted(marks.difference(shown)))
        ref = self.current()
        return (ref,) if ref else ()

    def current(self) -> VmRef | None:
        """Return the VM under the cursor, marks or not."""
        row = self.table.row_at_cursor()
        return row.ref if row else None

    def marks(self) -> set[VmRef]:
        """Return the marked VMs, filtered out or not."""
        return {key for key in self.table.marks if isinstance(key, VmRef)}

    def action_mark(self) -> None:
        """Mark the VM or take its mark away."""
        self.table.toggle_mark()

    def action_mark_range(self) -> None:
        """Mark from the last mark to here."""
        self.table.mark_range()

    def action_mark_all(self) -> None:
        """Mark all that the filter shows."""
        self.table.mark_all()

    def action_unmark(self) -> None:
        """Take all marks away."""
        self.table.unmark()
