"""`FleetView`: the fleet's rows, filtered and sorted, kept so as VMs change. Pure; cost grows with what changed."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterable
from operator import attrgetter
from typing import Any

from osvm_tui.domain.diff import FleetDelta
from osvm_tui.domain.filter import Filter
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.ui.fleet_counts import FleetCounts

SortKey = Callable[[Vm], Any]


class Row:
    """One VM as the table holds it. Two rows of the same VM value are the same picture."""

    __slots__ = ("base", "ref", "text", "value", "vm")

    def __init__(self, vm: Vm, value: Any) -> None:
        self.ref = vm.ref
        self.vm = vm
        self.value = value
        """What the rows are sorted by now."""
        self.base = (vm.name, vm.id)
        """What rows of equal value are sorted by."""
        self.text = ""
        """What bare words are looked for in; written at its first use, as it costs more than the search."""


_BY_BASE = attrgetter("base")
_BY_VALUE = attrgetter("value")


def _by_order(row: Row) -> tuple[Any, tuple[str, str]]:
    return (row.value, row.base)


class FleetView:
    """All rows by VmRef, and those that pass the filter in the order of the sort."""

    def __init__(self, sort: SortKey, *, descending: bool = False) -> None:
        self.revision = 0
        self.counts = FleetCounts()
        self._all: dict[VmRef, Row] = {}
        self._named: list[Row] = []
        """All rows by name: what a stable sort by anything else begins with."""
        self._ordered: list[Row] = []
        self._shown: list[Row] = self._ordered
        """The rows that pass; without a filter the very list of all."""
        self._sort = sort
        self.descending = descending
        self._filter: Filter[Row] | None = None

    @property
    def total(self) -> int:
        """How many VMs there are, filtered out or not."""
        return len(self._all)

    @property
    def filter(self) -> Filter[Row] | None:
        """The filter in force."""
        return self._filter

    def rows(self) -> list[Row]:
        """Return the passing rows in their order, as a list of the caller's own."""
        return self._shown[::-1] if self.descending else self._shown.copy()

    def vms(self) -> Iterable[Vm]:
        """Return every VM, in no order."""
        return (row.vm for row in self._all.values())

    def get(self, ref: VmRef) -> Vm | None:
        """Return one VM, filtered out or not."""
        row = self._all.get(ref)
        return row.vm if row else None

    def apply(self, delta: FleetDelta) -> bool:
        """Bring the view to the delta's revision; return whether any VM changed."""
        self.revision = delta.revision
        if delta.complete:
            self._replace(delta.upserts)
            return True
        many = len(delta.upserts) > 200 and len(delta.upserts) * 8 > len(self._all)
        for ref in delta.removed:
            self._drop(ref, detach=not many)
        for vm in delta.upserts:
            self._put(vm, attach=not many)
        if many:
            self._rename()
        return bool(delta.upserts or delta.removed)

    def set_filter(self, chosen: Filter[Row] | None) -> None:
        """Let only rows through that pass."""
        self._filter = chosen
        self._choose()

    def forget_texts(self) -> None:
        """Let every row's text be written anew, as names in it have changed."""
        for row in self._ordered:
            row.text = ""

    def refilter(self) -> bool:
        """Ask an ageing filter again, now that time has passed; return whether other rows pass."""
        if self._filter is None or not self._filter.ageing:
            return False
        kept = self._shown
        self._choose()
        return len(self._shown) != len(kept) or any(a is not b for a, b in zip(kept, self._shown, strict=True))

    def set_sort(self, sort: SortKey, *, descending: bool) -> None:
        """Order rows by another key; equal keys by name, then id."""
        self.descending = descending
        if sort is not self._sort:
            self._sort = sort
            self.sort_anew()

    def sort_anew(self) -> None:
        """Order rows again whose key depends on more than the VM."""
        for row in self._named:
            row.value = self._sort(row.vm)
        self._resort()

    def _replace(self, vms: Iterable[Vm]) -> None:
        sort = self._sort
        self._all = {row.ref: row for row in (Row(vm, sort(vm)) for vm in vms)}
        self.counts = FleetCounts()
        for row in self._all.values():
            self.counts.add(row.vm)
        self._rename()

    def _rename(self) -> None:
        self._named = sorted(self._all.values(), key=_BY_BASE)
        self._resort()

    def _resort(self) -> None:
        self._ordered = sorted(self._named, key=_BY_VALUE)
        self._choose()

    def _choose(self) -> None:
        passes = self._filter.passes if self._filter else None
        self._shown = self._ordered if passes is None else [row for row in self._ordered if passes(row)]

    def _put(self, vm: Vm, *, attach: bool) -> None:
        self._drop(vm.ref, detach=attach)
        row = Row(vm, self._sort(vm))
        self._all[row.ref] = row
        self.counts.add(vm)
        if not attach:
            return
        insort(self._named, row, key=_BY_BASE)
        insort(self._ordered, row, key=_by_order)
        if self._filter and self._filter.passes(row):
            insort(self._shown, row, key=_by_order)

    def _drop(self, ref: VmRef, *, detach: bool) -> None:
        row = self._all.pop(ref, None)
        if row is None:
            return
        self.counts.add(row.vm, -1)
        if detach:
            _take(self._named, row, _BY_BASE)
            _take(self._ordered, row, _by_order)
            if self._filter:
                _take(self._shown, row, _by_order)


def _take(rows: list[Row], row: Row, order: Callable[[Row], Any]) -> None:
    # Orders are unique (they end in the id), except when two endpoints share an id: then a few are looked at.
    wanted = order(row)
    at = bisect_left(rows, wanted, key=order)
    while at < len(rows) and order(rows[at]) == wanted:
        if rows[at] is row:
            del rows[at]
            return
        at += 1
