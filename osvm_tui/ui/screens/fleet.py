"""`FleetScreen`: the first screen: table, filter, sort, marks and detail pane joined; verbs come from ActionTargets."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from textual import on

from osvm_tui.domain.filter import Field, FilterError, compile_filter
from osvm_tui.domain.vm import VmRef
from osvm_tui.domain.vm_fields import any_text, vm_fields
from osvm_tui.services.api import ScopeState
from osvm_tui.ui.action_flow import ActionTargets
from osvm_tui.ui.bindings import bindings_of
from osvm_tui.ui.columns import Column, Look, Placed, fleet_columns
from osvm_tui.ui.fleet_names import known_names
from osvm_tui.ui.fleet_view import FleetView, Row
from osvm_tui.ui.format import Token
from osvm_tui.ui.memory import Memory, PlaceMemory
from osvm_tui.ui.messages import Commanded, FleetMoved, GoBack, OpenVm, OperationMoved, ScopesMoved
from osvm_tui.ui.widgets.action_bar import ActionBar
from osvm_tui.ui.widgets.detail_pane import DetailPane
from osvm_tui.ui.widgets.filter_bar import FilterBar, Shown
from osvm_tui.ui.widgets.header_bar import Counts, HeaderBar
from osvm_tui.ui.widgets.vtable import VTable

if TYPE_CHECKING:
    from textual.timer import Timer
    from textual.widget import Widget

    from osvm_tui.domain.gating import Verdict
    from osvm_tui.services.api import ConsoleApi
    from osvm_tui.ui.options import UiOptions

FAULTS = "status=ERROR"
PANE_S = 0.05
"""How far the detail pane may lag behind the cursor."""


class FleetScreen(ActionTargets):
    """All VMs of all scopes."""

    place = "fleet"
    BINDINGS = bindings_of("fleet")

    def __init__(self, api: ConsoleApi, options: UiOptions, text: str = "") -> None:
        super().__init__(api, options, text)
        self._memory = Memory(options.state_dir)
        self._scope = " ".join(sorted(scope.entry for scope in api.scopes()))
        self._kept = self._memory.of("fleet", self._scope)
        self._names = known_names(api)
        self.look = Look(
            now=options.clock, pending=api.pending, names=self._names, glyphs=options.glyphs, spins=options.blink
        )
        self._vm_columns = {column.key: column for column in fleet_columns(self.look)}
        self._sort = self._kept.sort if self._kept.sort in self._vm_columns else "name"
        self.view = FleetView(self._sort_key(self._sort), descending=self._kept.descending)
        self._fields = {
            name: Field(field.kind, lambda row, read=field.read: read(row.vm))  # type: ignore[misc]
            for name, field in vm_fields(options.clock, self._names).items()
        }
        self._frozen = False
        self._pane_wait: Timer | None = None
        self._stale: frozenset[str] = frozenset()

    def body(self) -> Iterable[Widget]:
        """Yield filter, table and detail pane."""
        yield FilterBar(self.options)
        table: VTable[Row] = VTable(
            self._row_columns(),
            lambda row: row.ref,
            tone=self._row_tone,
            glyphs=self.options.glyphs,
            empty="no VM here yet; N makes one",
        )
        table.on_placed = self._columns_placed
        yield table
        yield DetailPane(self.options, self.look)

    def on_mount(self) -> None:
        """Show the last picture; the clouds are asked after it stands."""
        self.table.wide = self._kept.wide
        self.table.set_sorted(self._sort, self.view.descending)
        self._scopes_read()
        self._apply_text(self.text or self._kept.filter)
        self._catch_up()
        self.set_interval(1.0, self._tick)
        self.table.focus()

    @property
    def table(self) -> VTable[Row]:
        """The table of rows."""
        return self.query_one(VTable)

    # what ActionTargets asks
    def targets(self) -> tuple[VmRef, ...]:
        """Return the marked VMs in the order shown, marked ones that the filter hides behind them; else the current."""
        marks = self.table.marks
        if marks:
            shown = [row.ref for row in self.table.rows if row.ref in marks]
            return (*shown, *(ref for ref in marks if ref not in set(shown)))  # type: ignore[arg-type]
        row = self.table.row_at_cursor()
        return (row.ref,) if row else ()

    def current(self) -> VmRef | None:
        """Return the VM under the cursor, marks or not."""
        row = self.table.row_at_cursor()
        return row.ref if row else None

    def show_reason(self, reason: str) -> None:
        """Show why a key did nothing under the action bar."""
        self.query_one(DetailPane).bar.show_reason(reason)

    def show_text(self, text: str) -> None:
        """Filter by a text that came with `:vm`."""
        self._apply_text(text)

    # what moved
    def on_fleet_moved(self, _: FleetMoved) -> None:
        """Take over what changed, unless the picture is frozen."""
        if not self._frozen:
            self._catch_up()

    def on_operation_moved(self, _: OperationMoved) -> None:
        """Draw what is expected of VMs anew."""
        self.table.redraw_changed()
        self._show_detail()

    def on_scopes_moved(self, message: ScopesMoved) -> None:
        """Grey the rows of a scope that is not live."""
        super().on_scopes_moved(message)
        self._scopes_read()
        self.table.redraw_changed()

    def on_screen_resume(self) -> None:
        """Be up to date when this screen comes back to the top."""
        if not self._frozen:
            self._catch_up()

    def _scopes_read(self) -> None:
        stale = (ScopeState.STALE, ScopeState.FAILED, ScopeState.CACHED)
        views = self.api.scopes()
        live = {view.scope.endpoint for view in views if view.scope and view.state not in stale}
        self._stale = frozenset(view.scope.endpoint for view in views if view.scope and view.state in stale) - live

    def _catch_up(self) -> None:
        delta = self.api.fleet_since(self.view.revision)
        if not self.view.apply(delta):
            return
        if delta.removed or delta.complete:
            self.table.unmark({ref for ref in self.table.marks if self.view.get(ref) is None})  # type: ignore[arg-type]
        self._show_rows()

    def _show_rows(self) -> None:
        self.table.set_rows(self.view.rows())
        self.query_one(HeaderBar).update_counts(Counts(self.view.total, self.view.busy, self.view.wrong))
        self._tell()
        self._show_detail()

    def _tell(self) -> None:
        title = self._vm_columns[self._sort].title
        way = _way(self._sort, self.view.descending)
        self.query_one(FilterBar).tell(
            Shown(len(self.table.rows), self.view.total, len(self.table.marks), f"{title}, {way}", self._frozen)
        )

    def _show_detail(self) -> None:
        ref = self.current()
        self.query_one(DetailPane).show(self.view.get(ref) if ref else None, self._judge)

    def _judge(self, action_id: str) -> Verdict:
        ref = self.current()
        assert ref is not None, "the pane asks only about a VM that it shows"
        return self.api.verdict(ref, action_id)

    def _tick(self) -> None:
        if not self.is_current:
            return
        self.query_one(HeaderBar).tick()
        if self.view.refilter():
            self._show_rows()
        self.table.redraw_changed()
        self.query_one(DetailPane).tick()

    # filter
    @on(FilterBar.Typed)
    def _typed(self, event: FilterBar.Typed) -> None:
        self._apply_text(event.text)

    @on(FilterBar.Left)
    def _typing_ended(self) -> None:
        self.table.focus()
        self._keep()

    @on(HeaderBar.CountPressed)
    def _count_pressed(self, event: HeaderBar.CountPressed) -> None:
        self._apply_text(event.text)
        self._keep()

    def _apply_text(self, text: str) -> None:
        bar = self.query_one(FilterBar)
        try:
            chosen = compile_filter(text, self._fields, self._row_text)
        except FilterError as wrong:
            bar.show(text, wrong.sentence)
            return
        bar.show(text)
        self.view.set_filter(chosen)
        self.table.empty = f"no VM matches {text}; esc clears the filter" if chosen else "no VM here yet; N makes one"
        self._show_rows()

    def _row_text(self, row: Row) -> str:
        row.text = row.text or any_text(row.vm, self._names)
        return row.text

    def action_filter(self) -> None:
        """Let the filter be typed."""
        self.query_one(FilterBar).open()

    def action_faults(self) -> None:
        """Show only VMs in trouble, or all again."""
        self._apply_text("" if self.query_one(FilterBar).text == FAULTS else FAULTS)
        self._keep()

    def action_back(self) -> None:
        """Clear the filter; without one tell how to leave."""
        if self.focused is not self.table:
            self.table.focus()
        elif self.query_one(FilterBar).text:
            self._apply_text("")
            self._keep()
        else:
            self.post_message(GoBack())

    # sort and columns
    def action_sort(self, column: str) -> None:
        """Sort by a column: age newest first, the rest ascending; again turns it round."""
        if column == self._sort:
            self.action_invert()
        else:
            self._sort_by(column, column == "age")

    def action_invert(self) -> None:
        """Turn the order round."""
        self._sort_by(self._sort, not self.view.descending)

    @on(VTable.HeadPressed)
    def _head_pressed(self, event: VTable.HeadPressed) -> None:
        self.action_sort(event.column)

    @on(Commanded)
    def _commanded(self, event: Commanded) -> None:
        if event.word != "sort":
            return
        event.stop()
        column = event.rest.lower().removeprefix("-")
        if column not in self._vm_columns:
            self.notify(f"no column {column or '(none given)'}; there are {', '.join(self._vm_columns)}", markup=False)
            return
        self._sort_by(column, event.rest.startswith("-"))

    def _sort_by(self, column: str, descending: bool) -> None:
        self._sort = column
        self.view.set_sort(self._sort_key(column), descending=descending)
        self.table.set_sorted(column, descending)
        self._show_rows()
        self._keep()

    def _sort_key(self, column: str) -> Any:
        return self._vm_columns[column].sort

    def action_wide(self) -> None:
        """Show all columns, scrolled by left and right, or those that fit."""
        self.table.set_wide(not self.table.wide)
        self._keep()

    def _row_columns(self) -> list[Column[Row]]:
        return [
            Column(*column)._replace(cell=lambda row, cell=column.cell: cell(row.vm))  # type: ignore[misc]
            for column in self._vm_columns.values()
        ]

    def _columns_placed(self, placed: tuple[Placed[Row], ...]) -> None:
        self.look.task_shown = any(each.column.key == "task" for each in placed)

    def _row_tone(self, row: Row) -> Token | None:
        return Token.DIM if row.vm.endpoint in self._stale else None

    def _keep(self) -> None:
        bar = self.query_one(FilterBar)
        memory = PlaceMemory(filter=bar.text, sort=self._sort, descending=self.view.descending, wide=self.table.wide)
        self.run_worker(self._memory.keep("fleet", self._scope, memory), group="memory", exit_on_error=False)

    # marks, opening, freezing
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

    @on(VTable.MarksMoved)
    def _marks_moved(self) -> None:
        self._tell()

    @on(VTable.Highlighted)
    def _highlighted(self) -> None:
        # The row is drawn before the pane: a held key must not wait for seven lines at each step.
        if self._pane_wait is None:
            self._pane_wait = self.set_timer(PANE_S, self._pane_follows)

    def _pane_follows(self) -> None:
        self._pane_wait = None
        self._show_detail()

    @on(VTable.Opened)
    def _opened(self, event: VTable.Opened) -> None:
        if isinstance(event.key, VmRef):
            self.post_message(OpenVm(event.key))

    @on(ActionBar.Pressed)
    def _button_pressed(self, event: ActionBar.Pressed) -> None:
        self.action_vm_verb(event.action_id)

    def action_freeze(self) -> None:
        """Stop or go on drawing changes; the clouds are followed all the while."""
        self._frozen = not self._frozen
        if not self._frozen:
            self._catch_up()
        self._tell()


def _way(column: str, descending: bool) -> str:
    if column == "age":
        return "newest" if descending else "oldest"
    if column == "status":
        return "trouble last" if descending else "trouble first"
    return "descending" if descending else "ascending"
