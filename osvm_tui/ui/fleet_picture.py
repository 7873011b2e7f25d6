"""`FleetPicture`: what the fleet's screen shows: rows, filter, sort, names, stale scopes. Knows the api, no widget."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from osvm_tui.domain.catalog import Image
from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.filter import Field, Kind, compile_filter
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.domain.vm_fields import Names, any_text, vm_fields
from osvm_tui.services.api import CatalogKind, ConsoleApi, ScopeState
from osvm_tui.ui.cloud_states import CloudStates
from osvm_tui.ui.columns import Column, Look
from osvm_tui.ui.fleet_columns import fleet_columns, stuck_task
from osvm_tui.ui.fleet_costs import FleetCosts
from osvm_tui.ui.fleet_filters import QUICK, Quick
from osvm_tui.ui.fleet_metrics import COLUMNS as METRICS
from osvm_tui.ui.fleet_metrics import FleetMetrics
from osvm_tui.ui.fleet_view import FleetView, Row
from osvm_tui.ui.format import Token
from osvm_tui.ui.memory import PlaceMemory
from osvm_tui.ui.options import UiOptions


class FleetPicture:
    """The fleet as one operator looks at it. Reads only what the api has in memory."""

    def __init__(self, api: ConsoleApi, options: UiOptions, kept: PlaceMemory) -> None:
        self._api = api
        self._names = Names()
        self._named: set[str] = set()
        self._widest_task = 0
        self.learn_names()
        self.clouds = CloudStates(api, options)
        self.look = Look(
            now=options.clock, pending=api.pending, names=self._names, glyphs=options.glyphs, spins=options.blink,
            wear=self.clouds.wear, stuck=api.insight.stuck,
        )  # fmt: skip
        self.costs = FleetCosts(api)
        self.metrics = FleetMetrics(api, options)
        columns = fleet_columns(
            self.look, self.clouds.column(), self.costs.column(_COST_PRIORITY), self.metrics.columns()
        )
        self._columns = {column.key: column for column in columns}
        self.columns = tuple(_over_rows(column) for column in self._columns.values())
        """The fleet's columns over rows."""
        self._fields = {
            name: Field(field.kind, lambda row, read=field.read: read(row.vm))  # type: ignore[misc]
            for name, field in vm_fields(options.clock, self._names).items()
        }
        self.changed: set[VmRef] = set()
        """The VMs that look otherwise than when the operator last said to have seen them, or at the start."""
        self._fields["changed"] = Field(Kind.FLAG, lambda row: row.ref in self.changed, bare=True)
        self._fields["stuck"] = Field(Kind.FLAG, lambda row: api.insight.stuck(row.ref) is not None)
        self._fields["cost"] = Field(Kind.NUMBER, lambda row: self.costs.monthly(row.vm))
        self._fields |= self.metrics.fields()
        self._fields["cloud"] = Field(Kind.TEXT, lambda row: api.entry_of(row.ref))
        self.sort = kept.sort if kept.sort in self._columns else "name"
        self.text = ""
        """The filter in force, as typed."""
        self.view = FleetView(self._sort_key(), descending=kept.descending)

    def catch_up(self) -> bool:
        """Take over what changed in the fleet; return whether anything did."""
        delta = self._api.fleet_since(self.view.revision)
        if self.view.revision:
            self.changed.difference_update(delta.removed)
            self.changed.update(vm.ref for vm in delta.upserts if _looks(self.view.get(vm.ref)) != _looks(vm))
        return self.view.apply(delta)

    def acknowledge(self) -> int:
        """Let nothing count as changed until it changes again; return how many VMs had."""
        seen = len(self.changed)
        self.changed.clear()
        self.view.set_filter(self.view.filter)
        return seen

    def counted(self) -> tuple[tuple[Quick, int], ...]:
        """Return the counts that are filters, those of nothing left out."""
        found = ((quick, quick.number(self.view.counts, len(self.changed))) for quick in QUICK)
        return tuple((quick, number) for quick, number in found if number)

    def gone(self, refs: set[VmRef]) -> set[VmRef]:
        """Return those of `refs` that the fleet no longer has."""
        return {ref for ref in refs if self.view.get(ref) is None}

    def filter_by(self, text: str) -> None:
        """Let only rows through that pass. Raises FilterError and keeps the rows as they were."""
        self.view.set_filter(compile_filter(text, self._fields, self._row_text))
        self.text = text

    def filter_words(self) -> list[str]:
        """Return how terms over columns begin, for completion."""
        return [
            name if field.bare else f"{name}{'=' if field.kind is Kind.FLAG else ':'}"
            for name, field in self._fields.items()
        ]

    def sort_by(self, column: str, *, descending: bool) -> None:
        """Order the rows by a column, one of `columns`."""
        self.sort = column
        self.view.set_sort(self._sort_key(), descending=descending)

    def sort_words(self) -> str:
        """Return the sort as the screen says it."""
        words = _WAYS.get(self.sort, ("ascending", "descending"))
        return f"{self._columns[self.sort].title}, {words[self.view.descending]}"

    def wanted(self) -> dict[str, int]:
        """Return the widths beyond which columns hold only blanks."""
        return {"name": self.view.counts.longest_name, "cloud": self.clouds.widest, "task": self._stuck_width()}

    def _stuck_width(self) -> int:
        vms = (self.view.get(stuck.ref) for stuck in self._api.insight.all_stuck())
        # It never shrinks: columns that come and go take the eye off the row that it is on.
        self._widest_task = max([self._widest_task, *(len(stuck_task(vm)) for vm in vms if vm is not None)])
        return self._widest_task

    def tone(self, row: Row) -> Token | None:
        """Return the token of a whole row whose cloud is not live, None for a live one."""
        return self.clouds.tone(row.ref)

    def read_scopes(self) -> bool:
        """Find out which entries are live, and through which one a VM is seen now; return whether that moves rows."""
        moved = self.clouds.read()
        if moved:
            self.view.forget_texts()
            self.view.set_filter(self.view.filter)
        if self.sort == "cloud":
            self.view.sort_anew()
        return moved or self.sort == "cloud"

    def read_costs(self) -> bool:
        """Ask anew what VMs cost; return whether that moves rows."""
        self.costs.forget()
        moved = self.sort == "cost" or "cost" in self.text
        if moved:
            self.view.sort_anew()
        return moved

    @property
    def goes_by_metrics(self) -> bool:
        """Whether rows are sorted or filtered by what VMs do."""
        return self.sort in METRICS or any(word in self.text for word in self.metrics.fields())

    def read_metrics(self) -> bool:
        """Place rows by what VMs do now; return whether that moves any."""
        moved = self.goes_by_metrics
        if moved:
            self.view.sort_anew()
        return moved

    def empty_words(self) -> str:
        """Return what a table without rows says: why, and the key that helps."""
        if self.text and self.view.total:
            return f"no VM matches {self.text}; esc clears the filter"
        for scope in self._api.scopes():
            if scope.state is ScopeState.FAILED:
                why = ": ".join(filter(None, (scope.error_title, scope.error_detail))) or "not reachable"
                return f"{scope.entry}: {why}; :health tells more, ctrl-r tries again"
            if scope.state is ScopeState.CONNECTING:
                return f"asking {scope.entry} ..."
        return "no VM here yet; N makes one"

    def learn_names(self) -> bool:
        """Take over the names that the services know by now; return whether any was news."""
        news = False
        for scope in self._api.scopes():
            view = self._api.catalog(scope.entry, CatalogKind.IMAGE)
            images = {item.id: item.name for item in view.items if isinstance(item, Image)} if view else {}
            news = self._names.learn(Names(*self._api.names(scope.entry), images)) or news
        if news and hasattr(self, "view"):
            self.view.forget_texts()
        return news

    def unnamed(self) -> tuple[str, ...]:
        """Return the live entries that were not asked for names yet; each is returned once."""
        live = {scope.entry for scope in self._api.scopes() if scope.state is ScopeState.LIVE}
        fresh = tuple(sorted(live - self._named))
        self._named |= live
        return fresh

    async def load_names(self, entry: str) -> None:
        """Ask for the names of images; `learn_names` finds them when CatalogChanged has told of them."""
        # Names are a comfort: a cloud that does not give them is no reason for a word of trouble.
        with suppress(OsvmError):
            await self._api.load_catalog(entry, CatalogKind.IMAGE)

    def _row_text(self, row: Row) -> str:
        row.text = row.text or f"{any_text(row.vm, self._names)}\n{self._api.entry_of(row.ref).lower()}"
        return row.text

    def _sort_key(self) -> Any:
        return self._columns[self.sort].sort


def _looks(vm: Vm | None) -> object:
    # The picture of the last session lacks what no column shows: that alone is no change.
    if vm is None:
        return None
    addresses = {address.addr for address in vm.addresses}
    return vm.name, vm.status, vm.task_state, vm.locked, addresses, vm.flavor and vm.flavor.name, vm.fault is None


def _over_rows(column: Column[Vm]) -> Column[Row]:
    cell, raw = column.cell, column.raw
    return Column[Row](*column)._replace(  # type: ignore[arg-type]
        cell=lambda row: cell(row.vm), sort=None, raw=lambda row: raw(row.vm) if raw else cell(row.vm).text
    )


_WAYS = {
    "age": ("oldest", "newest"),
    "status": ("trouble first", "trouble last"),
    "cost": ("cheapest first", "dearest first"),
    "cpu": ("lowest first", "highest first"),
    "mem": ("lowest first", "highest first"),
}
_COST_PRIORITY = 4
