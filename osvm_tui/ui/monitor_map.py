"""The heat map of what VMs do: a tile per VM, in the order of their names, and what stands above. Draws nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from osvm_tui.domain.metrics import UNITS, Metric, Unit
from osvm_tui.ui.heat import highest, level_of
from osvm_tui.ui.metric_words import short, value_words
from osvm_tui.ui.monitor_table import Doing
from osvm_tui.ui.widgets.heat_map import Tile


class Heat(NamedTuple):
    """The tiles of one metric; `note` tells what 100 % is where it is not the metric's own."""

    tiles: list[Tile]
    note: str


def heat_of(rows: Sequence[Doing], metric: Metric) -> Heat:
    """Return VMs by name, each as hot as its newest value: of what is no percentage by the highest of all."""
    percent = UNITS[metric] is Unit.PERCENT
    full = 100.0 if percent else highest(row.value(metric) for row in rows)
    ordered = sorted(rows, key=lambda row: (row.vm.name.casefold(), row.vm.id))
    note = "" if percent else f"100 % is the highest of them, {value_words(metric, full)}"
    return Heat([_tile(row, metric, full) for row in ordered], note)


def _tile(row: Doing, metric: Metric, full: float) -> Tile:
    value = row.value(metric) if row.measured else None
    return Tile(row.vm.ref, row.vm.name, "" if value is None else short(metric, value), level_of(value, full))
