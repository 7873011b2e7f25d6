"""`FleetCounts`: how many VMs there are of each kind, and how much room their columns want; kept so as VMs change."""

from __future__ import annotations

from collections import Counter

from osvm_tui.domain.vm import Vm
from osvm_tui.ui.fleet_columns import MAY_BE_EMPTY

_LONGEST_NAME = 40


class FleetCounts:
    """Counts every VM once. What was seen of names and columns is kept, so that columns do not come and go."""

    def __init__(self) -> None:
        self.busy = 0
        self.wrong = 0
        self.by_status: Counter[str] = Counter()
        """Idle VMs by status; busy ones count as busy."""
        self.longest_name = 0
        self._unseen = dict(MAY_BE_EMPTY)

    @property
    def empty(self) -> frozenset[str]:
        """The columns that no VM has had anything for."""
        return frozenset(self._unseen)

    def add(self, vm: Vm, by: int = 1) -> None:
        """Count a VM in, or out with -1."""
        if vm.vm_state == "error":
            self.wrong += by
        if vm.busy:
            self.busy += by
        else:
            self.by_status[vm.status] += by
        if by < 0:
            return
        if len(vm.name) > self.longest_name:
            self.longest_name = min(len(vm.name), _LONGEST_NAME)
        for key in [key for key, has in self._unseen.items() if has(vm)] if self._unseen else ():
            del self._unseen[key]
