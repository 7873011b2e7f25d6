"""`:alert`: what is wrong with which VM, since when, and who knows; open ones first, the ended ones behind them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Mapping
from typing import ClassVar

from textual.content import Content

from osvm_tui.domain.action import Param
from osvm_tui.domain.alerts import AlertSeverity, AlertState, AlertView
from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.filter import Field, Kind
from osvm_tui.ui.bindings import bindings_of
from osvm_tui.ui.columns import Cell, Column
from osvm_tui.ui.facts import facts
from osvm_tui.ui.format import GLYPHS, Token, age, count, long_age, moment
from osvm_tui.ui.messages import AlertsMoved, OpenVm
from osvm_tui.ui.printable import printable
from osvm_tui.ui.screens.list_place import ListPlace

_TOKENS = {
    AlertState.FIRING: Token.WRONG,
    AlertState.ACKNOWLEDGED: Token.CHANGING,
    AlertState.SILENCED: Token.STALE,
    AlertState.ENDED: Token.DIM,
}
_NOTE = Param("note", help="what you know or do about it; everybody reads it")
_MINUTES = Param("minutes", "int", default="60", help="it fires again afterwards if it still holds")


class AlertsScreen(ListPlace[AlertView]):
    """One row per alert; enter opens its VM."""

    place: ClassVar[str] = "alert"
    BINDINGS = bindings_of("alert")
    noun = "alerts"
    empty = "no alert; rules stand in alerts.toml, and defaults hold without it"
    falling = ("since",)

    # what ListPlace asks
    def columns(self) -> tuple[Column[AlertView], ...]:
        return (
            Column("state", "STATE", 14, self._state, lambda row: row.order()),
            Column("since", "SINCE", 6, self._since, lambda row: row.since, right=True, flash=False,
                   raw=lambda row: row.since),
            Column("vm", "VM", 16, lambda row: Cell(printable(row.vm_name)), grow=2),
            Column("rule", "RULE", 10, lambda row: Cell(printable(row.rule), Token.DIM), priority=6),
            Column("severity", "SEVERITY", 8, _severity, priority=7),
            Column("words", "WHAT", 26, lambda row: Cell(printable(row.words)), priority=1, grow=4),
            Column("who", "WHO", 10, lambda row: Cell(row.who or "-", Token.DIM), priority=2),
            Column("note", "NOTE", 14, lambda row: Cell(printable(row.note) or "-", Token.DIM), priority=3, grow=3),
            Column("cloud", "CLOUD", 10, lambda row: Cell(printable(row.entry), Token.DIM), priority=8),
        )  # fmt: skip

    def _now(self, row: AlertView) -> AlertState:
        return row.state_at(self.options.clock())

    def _state(self, row: AlertView) -> Cell:
        state = self._now(row)
        return Cell(f"{GLYPHS[self.options.glyphs][_TOKENS[state]]} {state}", _TOKENS[state])

    def _since(self, row: AlertView) -> Cell:
        return Cell(age((self.options.clock() - row.since).total_seconds()))

    def more_fields(self) -> Mapping[str, Field[AlertView]]:
        return {
            "state": Field(Kind.TEXT, self._now),
            "since": Field(Kind.AGE, lambda row: (self.options.clock() - row.since).total_seconds()),
            "open": Field(Kind.FLAG, lambda row: row.open),
        }

    def more_text(self, row: AlertView) -> str:
        return f"{row.ref.id}\n{row.id}".lower()

    def key_of(self, row: AlertView) -> Hashable:
        return row.id

    def tone(self, row: AlertView) -> Token | None:
        return None if row.open else Token.DIM

    def title_of(self, row: AlertView) -> str:
        return f"{printable(row.vm_name)}: {printable(row.rule)}"

    def detail(self, row: AlertView) -> Content:
        now, utc = self.options.clock(), self.options.utc
        lasted = long_age(((row.ended_at or now) - row.since).total_seconds())
        state = self._now(row)
        quiet = state is AlertState.SILENCED and row.silent_until is not None
        return facts(
            (
                ("what", printable(row.words)),
                (
                    "state",
                    Content.styled(f"{state}, {row.severity}", f"$state-{_TOKENS[state]}" if row.open else "$dim"),
                ),
                ("since", f"{moment(row.since, now, utc=utc)}, {'lasted' if row.ended_at else 'for'} {lasted}"),
                ("ended", moment(row.ended_at, now, utc=utc) if row.ended_at else ""),
                ("quiet until", moment(row.silent_until, now, utc=utc) if quiet else ""),
                ("who knows", printable(row.who) or ("nobody has said so" if row.open else "")),
                ("note", printable(row.note)),
                ("VM", f"{printable(row.vm_name)} {row.ref.id} {printable(row.entry)}"),
            )
        )

    def opened(self, row: AlertView) -> None:
        self.post_message(OpenVm(row.ref, "overview" if row.value is None else "metrics"))

    # reading
    def read(self) -> None:
        alerts = self.api.monitor.alerts(ended=True)
        firing = sum(self._now(row) is AlertState.FIRING for row in alerts)
        known = sum(row.open for row in alerts) - firing
        ended = len(alerts) - firing - known
        parts = [f" · {count(firing)} firing", f"{count(known)} known or quiet", f"{count(ended)} ended"]
        wrong = " · ".join(printable(problem) for problem in self.api.monitor.problems())
        wanted = {"words": max((len(row.words) for row in alerts), default=0)}
        lacking = {"who": any(row.who for row in alerts), "note": any(row.note for row in alerts)}
        self.table.set_shape(wanted, frozenset(key for key, some in lacking.items() if not some))
        self.show_rows(alerts, " · ".join([*parts, *([wrong] if wrong else [])]))

    def on_alerts_moved(self, _: AlertsMoved) -> None:
        """Read again: alerts began, ended or were acknowledged."""
        self.read()

    def tick(self) -> None:
        """Draw ages anew; a silence may be over."""
        self.table.redraw_changed()

    # keys
    def action_acknowledge(self) -> None:
        """Say with a note that somebody knows of the alert under the cursor."""

        async def send(row: AlertView, given: Mapping[str, object]) -> None:
            await self.api.monitor.acknowledge(row.id, str(given["note"]))

        self._ask("acknowledge", (_NOTE,), send)

    def action_silence(self) -> None:
        """Keep the alert under the cursor quiet for some minutes, with a note."""

        async def send(row: AlertView, given: Mapping[str, object]) -> None:
            await self.api.monitor.silence(row.id, int(str(given["minutes"])), str(given["note"]))

        self._ask("silence", (_MINUTES, _NOTE), send)

    def _ask(
        self, verb: str, params: tuple[Param, ...], send: Callable[[AlertView, Mapping[str, object]], Awaitable[None]]
    ) -> None:
        row = self.table.row_at_cursor()
        if row is None or not row.open:
            self.notify(f"refused: there is no open alert to {verb} under the cursor", severity="warning")
            return
        from osvm_tui.ui.dialogs.params_form import ParamsForm

        async def sent(given: dict[str, object]) -> str:
            try:
                await send(row, given)
            except OsvmError as error:
                return f"{error.title}: {error.detail}"
            return ""

        def told(given: dict[str, object] | None) -> None:
            if given is not None:
                self.notify(f"{verb}d: {row.rule} on {row.vm_name}", markup=False)
                self.read()

        heading = f"{verb} {printable(row.rule)} on {printable(row.vm_name)}"
        form = ParamsForm(heading, params, {}, _nothing, go=verb, note=printable(row.words), send=sent)
        self.app.push_screen(form, told)


async def _nothing(_: str) -> tuple[()]:
    return ()


def _severity(row: AlertView) -> Cell:
    return Cell(str(row.severity), Token.WRONG if row.severity is AlertSeverity.CRITICAL else Token.STALE)
