"""`Fleet`: the merged picture of all scopes in memory, with a revision and a log of what moved. No I/O."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from osvm_tui.domain.diff import Delta, FleetDelta
from osvm_tui.domain.errors import Ambiguous, Unknown
from osvm_tui.domain.vm import Vm, VmRef

_LOG_LIMIT = 50_000


class Fleet:
    """Each machine once, whichever entries see it: the entry that stands first in `order` gives its row."""

    def __init__(self, order: Sequence[str]) -> None:
        self._order = list(order)
        self._by_entry: dict[str, dict[VmRef, Vm]] = {entry: {} for entry in order}
        self._vms: dict[VmRef, Vm] = {}
        self._log: deque[tuple[int, VmRef]] = deque()
        self._floor = 0
        self.revision = 0

    def __len__(self) -> int:
        return len(self._vms)

    def get(self, ref: VmRef) -> Vm | None:
        """Return the VM as it is shown."""
        return self._vms.get(ref)

    def vms(self) -> Iterable[Vm]:
        """Return every VM, in no order."""
        return self._vms.values()

    def of(self, entry: str) -> dict[VmRef, Vm]:
        """Return what one entry sees; the caller must not change it."""
        return self._by_entry[entry]

    def entry_of(self, ref: VmRef) -> str:
        """Return the entry through which an action on this VM goes; empty when none sees it."""
        return next((entry for entry in self._order if ref in self._by_entry[entry]), "")

    def find(self, name: str) -> Vm:
        """Return the VM of this id, else the one of this name or of at least 8 first characters of its id.

        Ambiguous when that means several, for a name may look like another VM's id; Unknown when it means none.
        """
        whole = [vm for vm in self._vms.values() if vm.id == name]
        found = whole or [
            vm for vm in self._vms.values() if vm.name == name or (len(name) >= 8 and vm.id.startswith(name))
        ]
        if not found:
            raise Unknown(f"no VM is called {name}", hint="osvm vm list shows what there is")
        if len(found) > 1:
            raise Ambiguous(f"{len(found)} VMs are called {name}", tuple(sorted(vm.id for vm in found)))
        return found[0]

    def apply(self, entry: str, delta: Delta) -> bool:
        """Take over what changed for one entry; return whether the merged picture moved."""
        mine = self._by_entry[entry]
        if not self._vms and not delta.removed:
            return self._first(mine, delta.upserts)
        for ref in delta.removed:
            mine.pop(ref, None)
        for vm in delta.upserts:
            mine[vm.ref] = vm
        return self._remerge([*delta.removed, *(vm.ref for vm in delta.upserts)])

    def _first(self, mine: dict[VmRef, Vm], vms: Sequence[Vm]) -> bool:
        """Take over the first VMs of all: nothing to compare, and whoever asks next gets everything."""
        mine.update({vm.ref: vm for vm in vms})
        self._vms.update(mine)
        if mine:
            self.revision += 1
            self._floor = self.revision
            self._log.clear()
        return bool(mine)

    def prefer(self, entry: str) -> bool:
        """Put one entry first; return whether a row changed by it."""
        if self._order[0] == entry:
            return False
        self._order.remove(entry)
        self._order.insert(0, entry)
        return self._remerge(list(self._vms))

    @property
    def order(self) -> tuple[str, ...]:
        """The entries, the acting one first."""
        return tuple(self._order)

    def since(self, revision: int) -> FleetDelta:
        """Return what moved after `revision`, or everything when that is too long ago."""
        if revision <= 0 or revision < self._floor or revision > self.revision:
            return FleetDelta(self.revision, tuple(self._vms.values()), (), True)
        moved: dict[VmRef, None] = {}
        for at, ref in reversed(self._log):
            if at <= revision:
                break
            moved[ref] = None
        upserts = tuple(self._vms[ref] for ref in moved if ref in self._vms)
        return FleetDelta(self.revision, upserts, tuple(ref for ref in moved if ref not in self._vms))

    def _remerge(self, refs: Sequence[VmRef]) -> bool:
        moved = [ref for ref in refs if self._take(ref)]
        if not moved:
            return False
        self.revision += 1
        self._log.extend((self.revision, ref) for ref in moved)
        while len(self._log) > _LOG_LIMIT:
            self._floor = self._log.popleft()[0]
        return True

    def _take(self, ref: VmRef) -> bool:
        """Make the merged row of `ref` what it should be; return whether it changed."""
        new = next((vms[ref] for entry in self._order if ref in (vms := self._by_entry[entry])), None)
        old = self._vms.get(ref)
        if new is None:
            return self._vms.pop(ref, None) is not None
        if new is old or new == old:
            return False
        self._vms[ref] = new
        return True
