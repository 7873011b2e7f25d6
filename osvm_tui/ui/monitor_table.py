"""The table of what VMs do: its rows, its columns and the fields of its filter. Pure; draws nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from osvm_tui.domain.filter import Field, Kind
from osvm_tui.domain.measured import Measured
from osvm_tui.domain.metrics import UNITS, Metric, Unit
from osvm_tui.domain.vm import Vm
from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.columns import Cell, Column
from osvm_tui.ui.format import Token, age, state_mark
from osvm_tui.ui.metric_cells import NONE, PERCENT_WIDTH, SPARK_WIDTH, curve_cell, trust
from osvm_tui.ui.metric_words import short, value_of
from osvm_tui.ui.options import UiOptions
from osvm_tui.ui.printable import printable

METRICS: dict[str, Metric] = {
    "cpu": Metric.CPU,
    "mem": Metric.MEMORY,
    "disk": Metric.DISK,
    "read": Metric.DISK_READ,
    "write": Metric.DISK_WRITE,
    "in": Metric.NET_IN,
    "out": Metric.NET_OUT,
    "load": Metric.LOAD,
}
"""The columns of numbers by key, in the order in which a key goes through them."""
_BYTES_WIDTH = 8
_PRIORITIES = {"cpu": 1, "mem": 1, "disk": 3, "read": 6, "write": 6, "in": 5, "out": 5, "load": 7}


class Doing(NamedTuple):
    """One VM, and the newest that is known of what it does; None when nothing was tried."""

    vm: Vm
    seen: Measured | None

    @property
    def measured(self) -> bool:
        """Whether there are values, and newer ones to come."""
        return self.seen is not None and self.seen.sample is not None and not self.seen.trouble

    def value(self, metric: Metric) -> float | None:
        """Return the newest value."""
        return value_of(self.seen, metric)


def why_not(row: Doing) -> str:
    """Return why a VM is not measured, empty for one that is."""
    if row.seen is None:
        return "not measured yet"
    if row.seen.trouble:
        return row.seen.trouble
    return "" if row.seen.sample else "the first values are under way"


def monitor_columns(api: ConsoleApi, options: UiOptions) -> tuple[Column[Doing], ...]:
    """Return the table's columns."""

    def state(row: Doing) -> Cell:
        mark = state_mark(row.vm, options.glyphs)
        return Cell(f"{mark.glyph} {mark.word}", mark.token)

    def number(key: str, metric: Metric) -> Column[Doing]:
        percent = UNITS[metric] is Unit.PERCENT

        def cell(row: Doing) -> Cell:
            value = row.value(metric)
            if value is None or row.seen is None:
                return NONE
            if metric is Metric.CPU:
                return curve_cell(api.monitor, row.seen, metric, options.clock(), options.glyphs)
            return Cell(short(metric, value), trust(row.seen, options.clock()))

        width = SPARK_WIDTH if metric is Metric.CPU else PERCENT_WIDTH if percent else _BYTES_WIDTH
        title = key.upper() + ("/S" if UNITS[metric] is Unit.BYTES_S else "")
        return Column(
            key, title, 6 if metric is Metric.LOAD else width, cell, lambda row: _order(row.value(metric)),
            _PRIORITIES[key], right=True, flash=False, raw=lambda row: row.value(metric),
        )  # fmt: skip

    def source(row: Doing) -> Cell:
        why = why_not(row)
        if why:
            return Cell(printable(why), Token.STALE if row.vm.vm_state == "active" else Token.DIM)
        return Cell(str(row.seen.sample.source) if row.seen and row.seen.sample else "-", Token.DIM)

    return (
        Column("name", "NAME", 18, lambda row: Cell(row.vm.name), lambda row: row.vm.name.casefold(), grow=3),
        Column("state", "STATE", 11, state, lambda row: row.vm.status, 4, raw=lambda row: row.vm.status),
        *(number(key, metric) for key, metric in METRICS.items()),
        Column("source", "SOURCE", 11, source, priority=8, grow=1),
        Column(
            "age", "AGE", 5, lambda row: _aged(row, options.clock), lambda row: -_taken(row), 2, True,
            flash=False, raw=_moment,
        ),
    )  # fmt: skip


def monitor_fields(api: ConsoleApi, now: Callable[[], datetime]) -> dict[str, Field[Doing]]:
    """Return the columns of the filter: numbers in percent and bytes a second, ages, where from and why not."""
    numbers = {
        key: Field(Kind.NUMBER, lambda row, metric=metric: row.value(metric))  # type: ignore[misc]
        for key, metric in METRICS.items()
    }
    texts: dict[str, Field[Doing]] = {
        "id": Field(Kind.TEXT, lambda row: row.vm.id),
        "status": Field(Kind.TEXT, lambda row: row.vm.status),
        "state": Field(Kind.TEXT, lambda row: row.vm.status),
        "cloud": Field(Kind.TEXT, lambda row: api.entry_of(row.vm.ref)),
        "tag": Field(Kind.TEXT, lambda row: row.vm.tags),
        "flavor": Field(Kind.TEXT, lambda row: row.vm.flavor.name if row.vm.flavor else ""),
        "why": Field(Kind.TEXT, why_not),
        "measured": Field(Kind.FLAG, lambda row: row.measured),
        "age": Field(Kind.AGE, lambda row: (now() - at).total_seconds() if (at := _moment(row)) else None),
    }
    return {**numbers, **texts}


def _order(value: float | None) -> float:
    return -1.0 if value is None else value


def _moment(row: Doing) -> datetime | None:
    return row.seen.sample.at if row.seen and row.seen.sample else None


def _taken(row: Doing) -> float:
    at = _moment(row)
    return at.timestamp() if at else 0.0


def _aged(row: Doing, now: Callable[[], datetime]) -> Cell:
    at = _moment(row)
    return Cell(age((now() - at).total_seconds()), Token.DIM) if at else NONE
