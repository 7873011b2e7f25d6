"""`FleetCosts`: what each VM costs, for a column over thousands of rows. Draws nothing.

VMs that are alike in what prices go by are asked about once; what was answered holds until costs are told to be others.
"""

from __future__ import annotations

from collections.abc import Hashable

from osvm_tui.domain.burn import Burn
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.columns import Cell, Column
from osvm_tui.ui.format import Token
from osvm_tui.ui.money_words import money

_NONE = Cell("-", Token.DIM)


class FleetCosts:
    """Burn rates of VMs, without what is attached to them."""

    def __init__(self, api: ConsoleApi) -> None:
        self._api = api
        self._alike: dict[Hashable, Burn | None] = {}
        self._cells: dict[VmRef, tuple[Vm, Cell]] = {}

    def forget(self) -> None:
        """Ask anew: prices, catalogs or policies are others."""
        self._alike.clear()
        self._cells.clear()

    def burn(self, vm: Vm) -> Burn | None:
        """Return what a VM costs, None where there is no rate for it."""
        entry = self._api.entry_of(vm.ref)
        key = (entry, vm.vm_state, vm.flavor, vm.launched, vm.image_id, bool(vm.volume_ids))
        if key not in self._alike:
            self._alike[key] = self._api.costs.burn(vm.ref).own
        return self._alike[key]

    def column(self, priority: int) -> Column[Vm]:
        """Return the column of the rate per month."""
        return Column(
            "cost", "COST/MO", 12, self._cell, self._key, priority, right=True, raw=lambda vm: self._cell(vm).text
        )

    def monthly(self, vm: Vm) -> float | None:
        """Return the rate per month for the filter, None where there is none."""
        burn = self.burn(vm)
        return float(burn.monthly) if burn is not None else None

    def _key(self, vm: Vm) -> float:
        monthly = self.monthly(vm)
        return -1.0 if monthly is None else monthly

    def _cell(self, vm: Vm) -> Cell:
        known = self._cells.get(vm.ref)
        if known is None or known[0] is not vm:
            known = self._cells[vm.ref] = (vm, _told(self.burn(vm)))
        return known[1]


def _told(burn: Burn | None) -> Cell:
    if burn is None:
        return _NONE
    # What has no price for a part of it costs more than it says.
    return Cell(f"{'' if burn.complete else '>'}{money(burn.monthly, burn.currency)}")
