"""`:call` and `!`: every request that this console sent, with its time, its answer and the same as `openstack` command.

Live: new requests appear by themselves. Paths carry no query, no body and no token; they are the services' own record.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from typing import ClassVar

from textual.content import Content

from osvm_tui.domain.filter import Field, Kind
from osvm_tui.services.api import ApiCall
from osvm_tui.services.operations_api import OperationsApi
from osvm_tui.ui.bindings import bindings_of
from osvm_tui.ui.columns import Cell, Column
from osvm_tui.ui.facts import facts
from osvm_tui.ui.format import Token, age, moment
from osvm_tui.ui.printable import printable
from osvm_tui.ui.screens.list_place import ListPlace

SLOW_MS = 2000.0
"""From here on a request's time is shown as a doubt."""


class CallsScreen(ListPlace[ApiCall]):
    """One row per request, newest first, of every open cloud."""

    place: ClassVar[str] = "call"
    BINDINGS = bindings_of("call")
    noun = "API calls"
    empty = "no request was sent yet"

    def columns(self) -> tuple[Column[ApiCall], ...]:
        return (
            Column("method", "METHOD", 6, _method),
            Column("path", "PATH", 24, lambda call: Cell(printable(call.path)), grow=6),
            Column("status", "STATUS", 6, _status, lambda call: call.status, right=True),
            Column("ms", "MS", 6, _ms, lambda call: call.seconds, right=True, raw=lambda call: call.seconds * 1000),
            Column("age", "AGE", 5, self._age, lambda call: call.at, 1, True, flash=False, raw=lambda call: call.at),
            Column("service", "SERVICE", 9, lambda call: Cell(call.service, Token.DIM), priority=2),
            Column("cloud", "CLOUD", 10, lambda call: Cell(printable(call.entry), Token.DIM), priority=3),
            Column(
                "request", "REQUEST", 12, lambda call: Cell(call.request_id[:12] or "-", Token.DIM), priority=5,
                raw=lambda call: call.request_id,
            ),
            Column("error", "ERROR", 12, _error, priority=4, grow=4),
        )  # fmt: skip

    def _age(self, call: ApiCall) -> Cell:
        return Cell(age((self.options.clock() - call.at).total_seconds()), Token.DIM)

    def more_fields(self) -> Mapping[str, Field[ApiCall]]:
        return {
            "status": Field(Kind.NUMBER, lambda call: call.status),
            "ms": Field(Kind.NUMBER, lambda call: call.seconds * 1000),
            "age": Field(Kind.AGE, lambda call: (self.options.clock() - call.at).total_seconds()),
            "request": Field(Kind.TEXT, lambda call: call.request_id),
        }

    def more_text(self, row: ApiCall) -> str:
        return row.request_id

    def key_of(self, row: ApiCall) -> Hashable:
        return row

    def title_of(self, row: ApiCall) -> str:
        return f"{row.method} {printable(row.path)}"

    def detail(self, row: ApiCall) -> Content:
        command = self.command_of(row)
        sent = moment(row.at, self.options.clock(), utc=self.options.utc)
        answer = f"{row.status or 'no answer'} after {row.seconds * 1000:.0f} ms"
        return facts(
            (
                ("sent", f"{sent} to {row.service} of {row.entry}"),
                ("answer", answer),
                ("request", row.request_id),
                ("error", Content.styled(printable(row.error), "$state-wrong") if row.error else ""),
                ("command", Content.styled(printable(command), "$accent") if command else ""),
            )
        )

    def command_of(self, call: ApiCall) -> str:
        """Return the `openstack` command that does the same, empty when there is none."""
        bulk: OperationsApi | None = getattr(self.api, "bulk", None)
        return bulk.command(call) if bulk else ""

    def read(self) -> None:
        calls = self.api.calls()
        wrong = sum(_wrong(call) for call in calls)
        self.show_rows(calls, f" · newest first{f' · {wrong} went wrong' if wrong else ''} · ! operations")

    def tick(self) -> None:
        """Take up what was sent since."""
        calls = self.api.calls()
        if len(calls) != len(self.all_rows) or calls[:1] != tuple(self.all_rows[:1]):
            self.read()
        self.table.redraw_changed()

    def action_copy_row(self) -> None:
        """Copy the command that does the same; a request without one is copied as it is."""
        call = self.table.row_at_cursor()
        if call is not None:
            text = self.command_of(call) or f"{call.method} {call.path} {call.request_id}".rstrip()
            self.app.copy_to_clipboard(text)
            self.notify(f"copied: {text}", markup=False)


def _wrong(call: ApiCall) -> bool:
    return call.status >= 400 or call.status == 0


def _method(call: ApiCall) -> Cell:
    return Cell(call.method, Token.DIM if call.method in ("GET", "HEAD") else Token.CHANGING)


def _status(call: ApiCall) -> Cell:
    return Cell(str(call.status) if call.status else "none", Token.WRONG if _wrong(call) else Token.RUNNING)


def _ms(call: ApiCall) -> Cell:
    ms = call.seconds * 1000
    return Cell(f"{ms:.0f}", Token.STALE if ms >= SLOW_MS else Token.PLAIN)


def _error(call: ApiCall) -> Cell:
    return Cell(printable(call.error), Token.WRONG) if call.error else Cell("-", Token.DIM)
