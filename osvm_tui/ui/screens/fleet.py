"""`FleetScreen`: the first screen: table, filter and detail pane over a FleetPicture; verbs come with Marking."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from textual import on

from osvm_tui.domain.filter import FilterError
from osvm_tui.domain.vm import VmRef
from osvm_tui.ui.bindings import bindings_of, key_for
from osvm_tui.ui.columns import Column, Placed
from osvm_tui.ui.fleet_filters import QUICK, Counted
from osvm_tui.ui.fleet_picture import FleetPicture
from osvm_tui.ui.fleet_view import Row
from osvm_tui.ui.format import count
from osvm_tui.ui.marking import Marking
from osvm_tui.ui.messages import CatalogMoved, FleetMoved, GoBack, OpenVm, OperationMoved, ScopesMoved
from osvm_tui.ui.table_place import TablePlace
from osvm_tui.ui.waiting import MigrationWatch
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


class FleetScreen(TablePlace, Marking):
    """All VMs of all scopes."""

    place = "fleet"
    BINDINGS = bindings_of("fleet")

    def __init__(self, api: ConsoleApi, options: UiOptions, text: str = "") -> None:
        super().__init__(api, options, text)
        self._kept = self.remembered()
        self._migration = MigrationWatch(api, options.clock)
        self.picture = FleetPicture(api, options, self._kept)
        self._frozen = False
        self._pane_wait: Timer | None = None

    def body(self) -> Iterable[Widget]:
        """Yield filter, table and detail pane."""
        picture = self.picture
        yield FilterBar(self.options)
        table: VTable[Row] = VTable(picture.columns, lambda row: row.ref, tone=picture.tone, glyphs=self.options.glyphs)
        table.on_placed = self._columns_placed
        yield table
        pane = DetailPane(self.options, picture.look)
        pane.aside = self._migration.words
        yield pane

    def on_mount(self) -> None:
        """Show the last picture; the clouds are asked after it stands."""
        self.picture.catch_up()
        self.restore(self._kept)
        if self.text:
            self.show_text(self.text)
        self.table.focus()

    def show_reason(self, reason: str) -> None:
        """Show why a key did nothing under the action bar."""
        self.query_one(DetailPane).bar.show_reason(reason)

    def on_fleet_moved(self, _: FleetMoved) -> None:
        """Take over what changed, unless the picture is frozen."""
        if not self._frozen and self.picture.catch_up():
            self.table.unmark(set(self.picture.gone(self.marks())))
            self._show_rows()

    def on_operation_moved(self, _: OperationMoved) -> None:
        """Draw what is expected of VMs anew."""
        self.table.redraw_changed()
        self._show_detail()

    def on_scopes_moved(self, _: ScopesMoved) -> None:
        """Grey the rows of a cloud that is not live; ask a live one for names, once."""
        if self.picture.read_scopes():
            self._show_rows()
        self.table.set_shape(self.picture.wanted(), self.picture.view.counts.empty)
        self.table.say_when_empty(self.picture.empty_words())
        self.table.redraw_changed()
        for entry in self.picture.unnamed():
            self.run_worker(self.picture.load_names(entry), group="names", exit_on_error=False)

    def on_catalog_moved(self, _: CatalogMoved) -> None:
        """Show names instead of ids, now that more of them are known."""
        if self.picture.learn_names():
            self.table.redraw_changed()
            self._show_detail()

    def on_screen_resume(self) -> None:
        """Be up to date when this screen comes back to the top."""
        if self.is_mounted:
            self.on_fleet_moved(FleetMoved(0))

    def _show_rows(self) -> None:
        view = self.picture.view
        self.table.say_when_empty(self.picture.empty_words())
        self.table.set_shape(self.picture.wanted(), view.counts.empty)
        self.table.set_rows(view.rows())
        self.query_one(HeaderBar).update_counts(Counts(view.total, view.counts.busy, view.counts.wrong))
        self._tell()
        self._show_detail()

    def _tell(self) -> None:
        shown, total, marked = len(self.table.rows), self.picture.view.total, len(self.table.marks)
        counts = tuple(
            Counted(key_for(quick.id, self.options.keys), quick.word, number, quick.token)
            for quick, number in self.picture.counted()
        )
        self.query_one(FilterBar).tell(Shown(shown, total, marked, self.picture.sort_words(), self._frozen, counts))

    def _show_detail(self) -> None:
        ref = self.current()
        self.query_one(DetailPane).show(self.picture.view.get(ref) if ref else None, self._judge)

    def _judge(self, action_id: str) -> Verdict:
        ref = self.current()
        assert ref is not None, "the pane asks only about a VM that it shows"
        return self.api.verdict(ref, action_id)

    def tick(self) -> None:
        """Draw ages anew; a filter by age may let others pass now."""
        if self.picture.view.refilter():
            self._show_rows()
        self.table.redraw_changed()
        self.query_one(DetailPane).tick()
        ref = self.current()
        vm = self.picture.view.get(ref) if ref else None
        if vm is not None and self._migration.due(vm):
            self.run_worker(self._migration.read(vm), group="migration", exclusive=True, exit_on_error=False)

    @on(VTable.Highlighted)
    def _highlighted(self) -> None:
        # The row is drawn before the pane: a held key must not wait for seven lines at each step.
        if self._pane_wait is None:
            self._pane_wait = self.set_timer(PANE_S, self._pane_follows)

    def _pane_follows(self) -> None:
        self._pane_wait = None
        self._show_detail()

    def _columns_placed(self, placed: tuple[Placed[Row], ...]) -> None:
        self.picture.look.task_shown = any(each.column.key == "task" for each in placed)

    def show_text(self, text: str) -> None:
        """Filter by a text; a wrong one is shown with its error and the rows stay."""
        bar = self.query_one(FilterBar)
        try:
            self.picture.filter_by(text)
        except FilterError as wrong:
            bar.show(text, wrong.sentence)
            return
        bar.show(text)
        self._show_rows()

    @on(FilterBar.Typed)
    @on(HeaderBar.CountPressed)
    def _filter_given(self, event: FilterBar.Typed | HeaderBar.CountPressed) -> None:
        self.show_text(event.text)

    @on(FilterBar.Left)
    def _typing_ended(self) -> None:
        self.table.focus()
        self.keep()

    @property
    def shown_text(self) -> str:
        """The filter in force."""
        return self.query_one(FilterBar).text

    def filter_words(self) -> Sequence[str]:
        """Return how terms of the filter begin, for completion."""
        return self.picture.filter_words()

    def every_column(self) -> Sequence[Column[Row]]:
        """Return all columns, those of projects and hosts among them."""
        return self.picture.columns

    @property
    def order(self) -> tuple[str, bool]:
        """The column that the rows are sorted by, and whether descending."""
        return self.picture.sort, self.picture.view.descending

    def sort_by(self, column: str, descending: bool) -> None:
        """Sort by a column, by name for none."""
        self.picture.sort_by(column or "name", descending=descending)
        self.table.set_sorted(self.picture.sort, descending)
        self._show_rows()

    def action_filter(self) -> None:
        """Let the filter be typed."""
        self.query_one(FilterBar).open()

    def action_quick(self, key_id: str) -> None:
        """Show only the VMs of a count, or all again."""
        text = next(quick.text for quick in QUICK if quick.id == key_id)
        self.show_text("" if self.shown_text == text else text)
        self.keep()

    def action_all(self) -> None:
        """Show all VMs."""
        self.show_text("")
        self.keep()

    def action_seen(self) -> None:
        """Say that what has changed was seen: from now on only new changes count."""
        seen = self.picture.acknowledge()
        self._show_rows()
        self.notify(f"{count(seen)} changed VMs seen" if seen else "nothing has changed since you looked")

    def action_faults(self) -> None:
        """Show only VMs in trouble, or all again."""
        self.show_text("" if self.query_one(FilterBar).text == FAULTS else FAULTS)
        self.keep()

    def action_back(self) -> None:
        """Go back to the table, then clear the filter, then tell how to leave."""
        if self.focused is not self.table:
            self.table.focus()
        elif self.query_one(FilterBar).text:
            self.show_text("")
            self.keep()
        else:
            self.post_message(GoBack())

    def action_sort(self, column: str) -> None:
        """Sort by a column: age newest first, the rest ascending; again turns it round."""
        again = column == self.picture.sort
        self.sort_by(column, not self.picture.view.descending if again else column == "age")
        self.keep()

    @on(VTable.HeadPressed)
    def _head_pressed(self, event: VTable.HeadPressed) -> None:
        self.action_sort(event.column)

    @on(VTable.MarksMoved)
    def _marks_moved(self) -> None:
        self._tell()

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
        self._tell()
        self.on_fleet_moved(FleetMoved(0))
