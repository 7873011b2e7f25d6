"""`:monitor`: what every VM does, the busiest first by any metric, as a table or a heat map; who is not measured.

Coverage stands above: how many VMs are measured by which source, how many are not and why, and what bounds it.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from textual import on
from textual.content import Content

from osvm_tui.domain.filter import Field
from osvm_tui.domain.vm import VmRef
from osvm_tui.ui.bindings import bindings_of, key_for
from osvm_tui.ui.columns import Column
from osvm_tui.ui.coverage_words import coverage_words
from osvm_tui.ui.facts import facts
from osvm_tui.ui.format import Token, count
from osvm_tui.ui.heat import legend
from osvm_tui.ui.messages import FleetMoved, MetricsMoved, OpenVm
from osvm_tui.ui.metric_words import TITLES, doing_words, source_words, standing
from osvm_tui.ui.monitor_map import heat_of
from osvm_tui.ui.monitor_table import METRICS, Doing, monitor_columns, monitor_fields, why_not
from osvm_tui.ui.printable import printable
from osvm_tui.ui.screens.list_place import ListPlace
from osvm_tui.ui.watching import Watching
from osvm_tui.ui.widgets.heat_map import HeatMap
from osvm_tui.ui.widgets.vtable import VTable

if TYPE_CHECKING:
    from textual.timer import Timer
    from textual.widget import Widget

    from osvm_tui.domain.vm import Vm

_READ_S = 2.0
"""How long rows keep their places while VMs are measured."""
_KEYS = tuple(METRICS)


class MonitorScreen(ListPlace[Doing], Watching):
    """One row or one tile per VM; enter opens its curves."""

    place: ClassVar[str] = "monitor"
    BINDINGS = bindings_of("monitor")
    noun = "monitor"
    falling = (*_KEYS, "age")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.metric = "cpu"
        """The column that VMs are compared by."""
        self.missing = False
        """Whether the VMs are shown that are not measured."""
        self.mapped = False
        self._moved = False
        """Whether the cursor was moved: until then it stays on the first, whichever VM that is."""
        self._vms: dict[VmRef, Vm] = {}
        self._revision = 0
        self._wait: Timer | None = None
        super().__init__(*args, **kwargs)

    # what ListPlace asks
    def columns(self) -> tuple[Column[Doing], ...]:
        return monitor_columns(self.api, self.options)

    def more_fields(self) -> Mapping[str, Field[Doing]]:
        return monitor_fields(self.api, self.options.clock)

    def more_text(self, row: Doing) -> str:
        tags = "\n".join(row.vm.tags)
        return f"{row.vm.id}\n{tags}\n{self.api.entry_of(row.vm.ref)}".lower()

    def key_of(self, row: Doing) -> Hashable:
        return row.vm.ref

    def title_of(self, row: Doing) -> str:
        return f"{printable(row.vm.name)} {row.vm.ref.short}"

    def detail(self, row: Doing) -> Content:
        asked = row.seen.tried if row.seen else ()
        tried = " · ".join(f"{source}: {printable(told)}" for source, told in asked)
        why = why_not(row)
        source = source_words(row.seen, self.options.clock())
        return facts(
            (
                ("now", doing_words(row.seen)),
                ("stands at", " · ".join(standing(row.seen.sample if row.seen else None))),
                ("source", Content.styled(source, "$state-stale") if why else source),
                ("asked", tried if why or len(asked) > 1 else ""),
            )
        )

    def opened(self, row: Doing) -> None:
        self.post_message(OpenVm(row.vm.ref, "metrics"))

    def body(self) -> Iterable[Widget]:
        *above, pane = super().body()
        heat = HeatMap(glyphs=self.options.glyphs)
        heat.display = False
        yield from (*above, heat, pane)

    # reading
    def read(self) -> None:
        delta = self.api.fleet_since(self._revision)
        if delta.complete:
            self._vms.clear()
        for ref in delta.removed:
            self._vms.pop(ref, None)
        self._vms.update((vm.ref, vm) for vm in delta.upserts)
        self._revision = delta.revision
        every = [Doing(vm, self.api.monitor.measured(vm.ref)) for vm in self._vms.values()]
        rows = every if self.mapped else [row for row in every if row.measured is not self.missing]
        if not self.mapped:
            rows.sort(key=lambda row: (why_not(row) if self.missing else "", row.vm.name.casefold(), row.vm.id))
        self.empty = self._empty_words(len(every))
        self._shape(rows)
        key = key_for("monitor.missing", self.options.keys)
        first = self.table.cursor == 0 and not self._moved
        self.show_rows(rows, f" · {coverage_words(self.api.monitor.coverage(), key, missing=self.missing)}")
        if first and not self.mapped:
            self.table.action_top()

    def _shape(self, rows: list[Doing]) -> None:
        """Give states and reasons their room, by that of numbers where there are none."""
        wanted = {"state": max((len(row.vm.status) + 2 for row in rows), default=0)}
        if self.missing:
            wanted["source"] = max((len(why_not(row)) for row in rows), default=0)
        self.table.set_shape(wanted, frozenset(_KEYS) if self.missing else frozenset())

    def _empty_words(self, vms: int) -> str:
        if not vms:
            return "no VM here yet; N in the fleet makes one"
        if self.missing:
            return "every VM is measured"
        key = key_for("monitor.missing", self.options.keys)
        return f"none of {count(vms)} VMs is measured now; {key} shows why"

    def _place_rows(self) -> None:
        super()._place_rows()
        if self.mapped:
            self._draw_map()

    def _read_soon(self) -> None:
        if self._wait is None:
            self._wait = self.set_timer(_READ_S, self._read_now)

    def _read_now(self) -> None:
        self._wait = None
        if self.is_current:
            self.read()

    def on_metrics_moved(self, _: MetricsMoved) -> None:
        """Read again soon: VMs were measured."""
        self._read_soon()

    def on_fleet_moved(self, _: FleetMoved) -> None:
        """Read again soon: VMs have changed."""
        self._read_soon()

    def tick(self) -> None:
        """Draw ages anew, and let the VMs in sight be measured often."""
        self.table.redraw_changed()
        self.watch_in_sight(() if self.mapped else self.table.keys_in_sight())

    # order
    def sort_by(self, column: str, descending: bool) -> None:
        """Sort by a column; by none: the busiest first."""
        if column in METRICS:
            self.metric = column
            self._keep_in_sight()
        super().sort_by(column or "cpu", descending if column else True)
        if self.mapped:
            self._draw_map()

    def _keep_in_sight(self) -> None:
        """Let what is looked for be the last column to leave in a narrow terminal, unless columns were chosen."""
        table, kept = self.table, "source" if self.missing else self.metric
        if [column.key for column in table.columns] == [column.key for column in self._columns]:
            table.set_columns([c._replace(priority=0) if c.key == kept else c for c in self._columns])

    def action_metric(self, by: int) -> None:
        """Compare by another metric, the highest first."""
        self.sort_by(_KEYS[(_KEYS.index(self.metric) + by) % len(_KEYS)], True)
        self._show_first()
        self.keep()

    def action_sort(self, column: str) -> None:
        """Sort by a column, numbers highest first; the first is what is looked for."""
        super().action_sort(column)
        self._show_first()

    def _show_first(self) -> None:
        if not self.mapped:
            self._moved = False
            self.table.action_top()

    @on(VTable.Highlighted)
    def _cursor_moved(self) -> None:
        self._moved = self._moved or self.table.cursor != 0

    # the other looks
    def action_missing(self) -> None:
        """Show the VMs that are not measured, or those that are."""
        self.missing = not self.missing
        self._keep_in_sight()
        self._show_map(False)

    def action_heat_map(self) -> None:
        """Show all VMs as tiles, or the table."""
        self._show_map(not self.mapped)

    def _show_map(self, mapped: bool) -> None:
        heat, self.mapped = self.query_one(HeatMap), mapped
        heat.display, self.table.display = mapped, not mapped
        self.read()
        if mapped and self.table.cursor_key is not None:
            heat.cursor_to(self.table.cursor_key)
        self.focus_rows()

    def focus_rows(self) -> None:
        """Let the keys move over what is in sight."""
        (self.query_one(HeatMap) if self.mapped else self.table).focus()

    def _draw_map(self) -> None:
        metric = METRICS[self.metric]
        tiles, note = heat_of(self.table.rows, metric)
        self.query_one(HeatMap).show(tiles, TITLES[metric], legend(self.options.glyphs), note)

    @on(HeatMap.Highlighted)
    def _tile_highlighted(self, event: HeatMap.Highlighted) -> None:
        self.table.cursor_to(event.key)

    @on(HeatMap.Opened)
    def _tile_opened(self) -> None:
        self.action_open_row()

    def tone(self, row: Doing) -> Token | None:
        return None if row.measured or self.missing else Token.STALE
