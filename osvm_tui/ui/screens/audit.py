"""`:audit`: who did what, row by row as chained; older rows are read when the end is reached, the chain on a key."""

from __future__ import annotations

from collections.abc import Hashable
from datetime import UTC
from typing import ClassVar

from textual import on, work
from textual.content import Content

from osvm_tui.domain.audit import AuditRow
from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.filter import Field, Kind
from osvm_tui.services.api import AuditQuery
from osvm_tui.ui.bindings import bindings_of
from osvm_tui.ui.columns import Cell, Column
from osvm_tui.ui.facts import facts
from osvm_tui.ui.format import Token, moment
from osvm_tui.ui.messages import OperationMoved
from osvm_tui.ui.printable import printable
from osvm_tui.ui.screens.list_place import ListPlace
from osvm_tui.ui.widgets.vtable import VTable

_PAGE = 200
_TOKENS = {
    "requested": Token.CHANGING,
    "sent": Token.CHANGING,
    "arrived": Token.RUNNING,
    "late": Token.STALE,
    "unconfirmed": Token.STALE,
    "failed": Token.WRONG,
    "gone": Token.WRONG,
    "refused": Token.WRONG,
}


class AuditScreen(ListPlace[AuditRow]):
    """Audit rows, newest first."""

    place: ClassVar[str] = "audit"
    BINDINGS = bindings_of("audit")
    noun = "rows"
    empty = "no row yet: every change writes one before it is sent"

    def columns(self) -> tuple[Column[AuditRow], ...]:
        return (
            Column("seq", "SEQ", 6, lambda row: Cell(str(row.seq), Token.DIM), lambda row: row.seq, 3, right=True),
            Column("at", "AT", 20, self._at, lambda row: row.entry.at),
            Column("who", "WHO", 10, lambda row: Cell(row.entry.operator), priority=2),
            Column("phase", "PHASE", 11, _phase),
            Column("action", "ACTION", 15, lambda row: Cell(row.entry.action)),
            Column("vm", "VM", 18, lambda row: Cell(printable(row.entry.vm_name) or "-"), priority=1, grow=2),
            Column("cloud", "CLOUD", 8, lambda row: Cell(row.entry.entry or "-", Token.DIM), priority=4),
            Column("detail", "DETAIL", 20, lambda row: Cell(printable(row.entry.detail)), priority=5, grow=4),
        )

    def _at(self, row: AuditRow) -> Cell:
        at = row.entry.at.astimezone(UTC) if self.options.utc else row.entry.at.astimezone()
        return Cell(at.strftime("%Y-%m-%d %H:%M:%S"), Token.DIM)

    def key_of(self, row: AuditRow) -> Hashable:
        return row.seq

    def more_fields(self) -> dict[str, Field[AuditRow]]:
        def seconds(row: AuditRow) -> float:
            return (self.options.clock() - row.entry.at).total_seconds()

        return {"age": Field(Kind.AGE, seconds), "seq": Field(Kind.NUMBER, lambda row: row.seq)}

    def more_text(self, row: AuditRow) -> str:
        return f"{row.entry.request_id} {row.entry.vm_id} {row.entry.operation_id} {row.entry.source}"

    def detail(self, row: AuditRow) -> Content:
        entry = row.entry
        rows = (
            ("at", moment(entry.at, self.options.clock(), utc=self.options.utc)),
            ("who", f"{entry.operator} {entry.console_role} {entry.source} {entry.session}".strip()),
            ("VM", f"{printable(entry.vm_name)}  {entry.vm_id}" if entry.vm_id else ""),
            ("cloud", f"{entry.entry}  {entry.endpoint.replace('|', '  ')}".strip()),
            ("detail", printable(entry.detail)),
            ("request", entry.request_id),
            ("hash", f"{row.hash[:16]} after {row.prev_hash[:16]}"),
        )
        return facts(rows)

    def title_of(self, row: AuditRow) -> str:
        return f"{row.seq}: {row.entry.phase} {row.entry.action}"

    @work(group="audit", exclusive=True, exit_on_error=False)
    async def read(self) -> None:  # type: ignore[override]
        try:
            rows = await self.api.audit(AuditQuery(limit=max(_PAGE, len(self.all_rows))))
        except OsvmError as error:
            self.show_trouble(error)
        else:
            self._show(rows)

    @work(group="audit", exclusive=True, exit_on_error=False)
    async def _read_older(self) -> None:
        try:
            older = await self.api.audit(AuditQuery(limit=_PAGE, before_seq=self.all_rows[-1].seq))
        except OsvmError as error:
            self.show_trouble(error)
        else:
            self._show((*self.all_rows, *older))

    def _show(self, rows: tuple[AuditRow, ...]) -> None:
        zone = "UTC" if self.options.utc else "local time"
        self.show_rows(rows, f" · newest first · {zone} · v verifies the chain")

    @on(VTable.Highlighted)
    def _at_end(self) -> None:
        rows = self.all_rows
        last = self.table.rows and self.table.cursor == len(self.table.rows) - 1
        if last and rows and rows[-1].seq > 1:
            self._read_older()

    def on_operation_moved(self, _: OperationMoved) -> None:
        """Read again: a move writes a row."""
        self.read()

    def action_verify(self) -> None:
        """Check the whole chain."""
        self._verify()

    @work(group="verify", exclusive=True, exit_on_error=False)
    async def _verify(self) -> None:
        try:
            report = await self.api.verify_audit()
        except OsvmError as error:
            self.show_trouble(error)
            return
        if report.holds:
            self.notify(f"the chain holds: {report.rows} rows, head {report.head[:12]}")
        else:
            self.notify(f"the chain is broken: {report.reason}", severity="error", timeout=20)


def _phase(row: AuditRow) -> Cell:
    return Cell(row.entry.phase, _TOKENS.get(row.entry.phase, Token.PLAIN))
