"""`FleetMetrics`: what each VM does, for columns over thousands of rows. Draws nothing; asks only what is in memory."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from osvm_tui.domain.filter import Field, Kind
from osvm_tui.domain.measured import Measured
from osvm_tui.domain.metrics import Metric, Sample
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.columns import Cell, Column
from osvm_tui.ui.format import Token
from osvm_tui.ui.metric_cells import NONE, PERCENT_WIDTH, SPARK_WIDTH, curve_cell, trust
from osvm_tui.ui.metric_words import doing_words, short, source_words, value_of
from osvm_tui.ui.options import UiOptions

COLUMNS = {"cpu": Metric.CPU, "mem": Metric.MEMORY}
"""The fleet's columns by key; a filter and a sort by them move rows while nothing of the VMs changes."""
_PRIORITIES = {"cpu": 3, "mem": 4}


class FleetMetrics:
    """Cells are kept until a VM is measured again or its values grow old."""

    def __init__(self, api: ConsoleApi, options: UiOptions) -> None:
        self._api = api
        self._options = options
        self._cells: dict[tuple[VmRef, Metric], tuple[Sample | None, Token, Cell]] = {}

    def columns(self) -> tuple[Column[Vm], ...]:
        """Return the columns of processor and memory."""
        return tuple(self._column(key, metric) for key, metric in COLUMNS.items())

    def fields(self) -> dict[str, Field[Any]]:
        """Return the filter's columns over rows that have a `vm`; what is not measured passes no comparison."""
        told = {**COLUMNS, "load": Metric.LOAD}
        return {
            key: Field(Kind.NUMBER, lambda row, metric=metric: self.value(row.vm, metric))  # type: ignore[misc]
            for key, metric in told.items()
        }

    def value(self, vm: Vm, metric: Metric) -> float | None:
        """Return the newest value of a VM that runs, None when it is not known."""
        return value_of(self._api.monitor.measured(vm.ref), metric) if vm.vm_state == "active" else None

    def words(self, vm: Vm) -> str:
        """Return what a VM does in one line, where from and how old; or why nothing is known."""
        seen = self._api.monitor.measured(vm.ref)
        return " · ".join(filter(None, (doing_words(seen), source_words(seen, self._options.clock()))))

    def _column(self, key: str, metric: Metric) -> Column[Vm]:
        width = SPARK_WIDTH if metric is Metric.CPU else PERCENT_WIDTH
        return Column(
            key, key.upper(), width, lambda vm: self._cell(vm, metric), lambda vm: self._order(vm, metric),
            _PRIORITIES[key], right=True, flash=False, raw=lambda vm: self.value(vm, metric),
        )  # fmt: skip

    def _order(self, vm: Vm, metric: Metric) -> float:
        value = self.value(vm, metric)
        return -1.0 if value is None else value

    def _cell(self, vm: Vm, metric: Metric) -> Cell:
        seen = self._api.monitor.measured(vm.ref) if vm.vm_state == "active" else None
        if seen is None or seen.sample is None:
            return NONE
        now = self._options.clock()
        token, known = trust(seen, now), self._cells.get((vm.ref, metric))
        if known is None or known[0] is not seen.sample or known[1] is not token:
            cell = self._told(seen, metric, now, token)
            known = self._cells[vm.ref, metric] = (seen.sample, token, cell)
        return known[2]

    def _told(self, seen: Measured, metric: Metric, now: datetime, token: Token) -> Cell:
        if metric is Metric.CPU:
            return curve_cell(self._api.monitor, seen, metric, now, self._options.glyphs)
        value = value_of(seen, metric)
        return NONE if value is None else Cell(short(metric, value), token)
