"""`FleetScreen`: the first screen: table, filter and detail pane over a FleetPicture; verbs come with Marking."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual import on

from osvm_tui.domain.vm import VmRef
from osvm_tui.ui.bindings import bindings_of, key_for
from osvm_tui.ui.columns import Placed
from osvm_tui.ui.fleet_filters import Counted
from osvm_tui.ui.fleet_measuring import FleetMeasuring
from osvm_tui.ui.fleet_picture import FleetPicture
from osvm_tui.ui.fleet_view import Row
from osvm_tui.ui.marking import Marking
from osvm_tui.ui.messages import (
    CatalogMoved,
    CostsMoved,
    FleetMoved,
    GoBack,
    OpenVm,
    OperationMoved,
    ScopesMoved,
    StuckMoved,
)
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

PANE_S = 0.05
"""How far the detail pane may lag behind the cursor."""


class FleetScreen(FleetMeasuring, Marking):
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
        pane.cost = picture.costs.burn
        pane.doing = picture.metrics.words
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
            self.draw_rows()

    def on_operation_moved(self, _: OperationMoved) -> None:
        """Draw what is expected of VMs anew."""
        self.table.redraw_changed()
        self._show_detail()

    def on_stuck_moved(self, _: StuckMoved) -> None:
        """Mark the rows of stuck VMs, and let a filter by them see others."""
        self.query_one(HeaderBar).refresh()
        if "stuck" in self.picture.text:
            self.picture.filter_by(self.picture.text)
            self.draw_rows()
        self._shape()
        self.table.redraw_changed()
        self._show_detail()

    def on_scopes_moved(self, _: ScopesMoved) -> None:
        """Grey the rows of a cloud that is not live; ask a live one for names, once."""
        if self.picture.read_scopes():
            self.draw_rows()
        self._shape()
        self.table.say_when_empty(self.picture.empty_words())
        self._read_costs()
        for entry in self.picture.unnamed():
            self.run_worker(self.picture.load_names(entry), group="names", exit_on_error=False)

    def on_catalog_moved(self, event: CatalogMoved) -> None:
        """Show names instead of ids, now that more of them are known; flavors and images have prices."""
        if event.kind in ("flavor", "image"):
            self._read_costs()
        if self.picture.learn_names():
            self.table.redraw_changed()
            self._show_detail()

    def on_costs_moved(self, _: CostsMoved) -> None:
        """Tell anew what VMs cost."""
        self._read_costs()
        self._show_detail()

    def _read_costs(self) -> None:
        if self.picture.read_costs():
            self.draw_rows()
        self.table.redraw_changed()

    def on_screen_resume(self) -> None:
        """Be up to date when this screen comes back to the top."""
        if self.is_mounted:
            self.on_fleet_moved(FleetMoved(0))

    def draw_rows(self) -> None:
        """Show the picture's rows, and what is told of them."""
        view = self.picture.view
        self.table.say_when_empty(self.picture.empty_words())
        self._shape()
        self.table.set_rows(view.rows())
        self.query_one(HeaderBar).update_counts(Counts(view.total, view.counts.busy, view.counts.wrong))
        self._tell()
        self._show_detail()

    def _shape(self) -> None:
        self.table.set_shape(self.picture.wanted(), self.picture.view.counts.empty)

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
            self.draw_rows()
        self.table.redraw_changed()
        self.query_one(DetailPane).tick()
        self.watch_in_sight(self.table.keys_in_sight())
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

    def action_back(self) -> None:
        """Go back to the table, then clear the filter, then tell how to leave."""
        if self.focused is not self.table:
            self.table.focus()
        elif self.query_one(FilterBar).text:
            self.show_text("")
            self.keep()
        else:
            self.post_message(GoBack())

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
