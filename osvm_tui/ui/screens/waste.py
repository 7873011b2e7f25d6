"""`:waste`: where money is wasted, with evidence, saving and confidence; enter begins the action that would end it."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import Any, ClassVar

from msgspec import Struct
from textual import work
from textual.content import Content
from textual.widget import Widget

from osvm_tui.domain.action import Param
from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.filter import Field, Kind
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.costs_api import Advice, Dismissed, ResourceTarget, WasteList
from osvm_tui.ui.action_flow import ActionTargets
from osvm_tui.ui.advice_flow import follow_advice, jump_to
from osvm_tui.ui.bindings import bindings_of
from osvm_tui.ui.columns import Cell, Column
from osvm_tui.ui.cost_views import CostViews
from osvm_tui.ui.facts import facts
from osvm_tui.ui.format import Token, moment
from osvm_tui.ui.messages import CostsMoved, OperationMoved
from osvm_tui.ui.money_words import change_words, money, plain
from osvm_tui.ui.printable import printable
from osvm_tui.ui.resources.resource import Jump
from osvm_tui.ui.screens.list_place import ListPlace
from osvm_tui.ui.submitting import told

_SURE = {"high": Token.PLAIN, "medium": Token.PLAIN, "low": Token.DIM}


class Found(Struct, frozen=True):
    """A piece of advice, and by whom it was dismissed if it was."""

    advice: Advice
    dismissed: Dismissed | None = None


class WasteScreen(ListPlace[Found], CostViews, ActionTargets):
    """One row per piece of advice, the greatest saving first."""

    place: ClassVar[str] = "waste"
    BINDINGS = bindings_of("waste")
    noun = "waste"
    empty = "no waste was found"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.all_shown = False
        self._list: WasteList | None = None
        super().__init__(*args, **kwargs)

    def body(self) -> Iterable[Widget]:
        yield from self.strip()
        yield from super().body()

    def columns(self) -> tuple[Column[Found], ...]:
        return (
            Column("name", "NAME", 16, lambda row: Cell(printable(row.advice.name)), grow=2),
            Column("waste", "WASTE", 22, lambda row: Cell(row.advice.waste.value)),
            Column("saving", "SAVING/MO", 10, _saving, _saved, right=True, raw=lambda row: row.advice.saving_monthly),
            Column("currency", "", 3, lambda row: Cell(row.advice.currency), raw=lambda row: row.advice.currency),
            Column("sure", "SURE", 6, _sure, _sureness, 1),
            Column("do", "WHAT HELPS", 14, lambda row: Cell(printable(row.advice.detail)), priority=2, grow=2),
            Column(
                "evidence", "EVIDENCE", 24, lambda row: Cell(printable(row.advice.evidence), Token.DIM), priority=3,
                grow=4,
            ),
            Column("cloud", "CLOUD", 10, lambda row: Cell(printable(row.advice.entry), Token.DIM), priority=5),
            Column("project", "PROJECT", 10, lambda row: Cell(self._project(row.advice), Token.DIM), priority=4),
        )  # fmt: skip

    def _project(self, advice: Advice) -> str:
        return printable(self.api.names(advice.entry)[0].get(advice.project_id, advice.project_id)) or "-"

    def more_fields(self) -> Mapping[str, Field[Found]]:
        return {"saving": Field(Kind.NUMBER, _saved)}

    def key_of(self, row: Found) -> Hashable:
        return row.advice.id

    def title_of(self, row: Found) -> str:
        return printable(row.advice.name)

    def tone(self, row: Found) -> Token | None:
        return Token.DIM if row.dismissed else None

    def detail(self, row: Found) -> Content:
        advice, away = row.advice, row.dismissed
        now = self.options.clock()
        when = f", {moment(away.at, now, utc=self.options.utc)}" if away else ""
        return facts(
            (
                ("evidence", printable(advice.evidence)),
                ("saving", _saving_words(advice)),
                ("sure", advice.confidence.value),
                ("helps", f"{printable(advice.detail)}; enter begins it and asks"),
                ("changes", self._bill(advice)),
                ("refused", Content.styled(self._refusal(advice), "$state-stale")),
                ("dismissed", printable(f"{away.reason} ({away.operator}{when}); d takes it back") if away else ""),
            )
        )

    def _bill(self, advice: Advice) -> str:
        costs, params = self.api.costs, dict(advice.params)
        if advice.ref is None:
            target = ResourceTarget(advice.entry, advice.thing_id)
            return change_words(costs.what_if_resource(advice.action_id, (target,), params))
        return change_words(costs.what_if(advice.action_id, (advice.ref,), params))

    def _refusal(self, advice: Advice) -> str:
        verdict = self.api.verdict(advice.ref, advice.action_id) if advice.ref else None
        return printable(verdict.reason) if verdict is not None and not verdict.allowed else ""

    # reading
    def on_costs_moved(self, _: CostsMoved) -> None:
        """Look again."""
        self.read()

    def on_operation_moved(self, event: OperationMoved) -> None:
        """Look again when something has ended."""
        if event.item.state.ended:
            self.read()

    @work(group="waste", exclusive=True, exit_on_error=False)
    async def read(self) -> None:  # type: ignore[override]
        try:
            if self._list is None:
                # What needs no measurements is there at once; thirty days of these take their time.
                self._show(await self.api.costs.waste({}), " · reading what VMs were measured to use ...")
            found = await self.api.costs.waste()
        except OsvmError as error:
            self.show_trouble(error)
            return
        untouched = self._list is None and self.table.cursor == 0
        self._list = found
        self._show(found)
        if untouched:
            self.table.action_top()

    def _show(self, found: WasteList, reading: str = "") -> None:
        rows = [Found(each) for each in found.advice]
        if self.all_shown:
            rows += [Found(each, away) for each, away in found.dismissed]
        saved = "; ".join(f"{money(each.monthly, each.currency)}/month" for each in found.savings)
        dismissed = f" · {len(found.dismissed)} dismissed, D shows" if found.dismissed and not self.all_shown else ""
        notes = reading or "".join(f" · {printable(note)}" for note in found.notes)
        self.show_rows(rows, f"{f' · all of it: {saved}' if saved else ''}{dismissed}{notes}")

    # keys
    def targets(self) -> tuple[VmRef, ...]:
        row = self.table.row_at_cursor()
        return (row.advice.ref,) if row is not None and row.advice.ref is not None else ()

    def opened(self, row: Found) -> None:
        follow_advice(self, row.advice)

    def owners(self) -> tuple[Jump, ...]:
        row = self.table.row_at_cursor()
        return (jump_to(row.advice),) if row is not None else ()

    def action_show_dismissed(self) -> None:
        """Show what was dismissed too, or no more."""
        self.all_shown = not self.all_shown
        if self._list is not None:
            self._show(self._list)

    @work(group="steer", exit_on_error=False)
    async def action_dismiss_advice(self) -> None:
        """Ask for a reason and show the advice no more; one that was dismissed is shown again."""
        row = self.table.row_at_cursor()
        if row is None:
            return
        if row.dismissed is not None:
            await self._taken_back(row.advice)
            return
        from osvm_tui.ui.dialogs.params_form import ParamsForm

        why = Param("reason", help="why it is no waste; kept with your name")
        note = "it is shown no more on any console of this store; D shows what was dismissed"
        heading = f"dismiss {row.advice.waste.value}: {printable(row.advice.name)}"
        form = ParamsForm(heading, (why,), {}, _no_list, go="dismiss", note=note, send=self._sender(row.advice))
        await self.app.push_screen_wait(form)

    def _sender(self, advice: Advice) -> Any:
        async def send(values: dict[str, object]) -> str:
            try:
                await self.api.costs.dismiss(advice.id, str(values.get("reason", "")))
            except OsvmError as error:
                return told(error)
            self.notify(f"dismissed {printable(advice.name)}", markup=False)
            self.read()
            return ""

        return send

    async def _taken_back(self, advice: Advice) -> None:
        try:
            await self.api.costs.restore(advice.id)
        except OsvmError as error:
            self.refuse(told(error))
        else:
            self.notify(f"{printable(advice.name)} is shown again", markup=False)
            self.read()


async def _no_list(_kind: str) -> tuple[()]:
    return ()


def _saved(row: Found) -> float:
    return float(row.advice.saving_monthly) if row.advice.saving_monthly is not None else float("-inf")


def _saving(row: Found) -> Cell:
    saving = row.advice.saving_monthly
    return Cell("-", Token.DIM) if saving is None else Cell(plain(saving))


def _saving_words(advice: Advice) -> str:
    if advice.saving_monthly is None:
        return "not known: no rates"
    words = money(abs(advice.saving_monthly), advice.currency) + " a month"
    return f"none: {words} more" if advice.saving_monthly < 0 else words


def _sure(row: Found) -> Cell:
    return Cell(row.advice.confidence.value, _SURE[row.advice.confidence.value])


def _sureness(row: Found) -> int:
    return list(_SURE).index(row.advice.confidence.value)
