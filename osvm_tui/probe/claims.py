"""`Claims`: what VMs are called, so that what two of them could be called is taken for neither's. Pure.

Names come twice in a cloud, and so do the addresses of private networks.
"""

from __future__ import annotations

from collections.abc import Iterable

from osvm_tui.domain.vm import Vm, VmRef


class Claims:
    """The words of all VMs there are, running or not. One VM that two entries show is one."""

    def __init__(self) -> None:
        self._of: dict[VmRef, tuple[str, ...]] = {}
        self._claimed: dict[str, tuple[VmRef, ...]] = {}

    def know(self, vms: Iterable[Vm], gone: Iterable[VmRef] = ()) -> None:
        """Take note of VMs that are there now, and of those that are no more."""
        for ref in gone:
            self._forget(ref)
        for vm in vms:
            words = words_of(vm)
            if self._of.get(vm.ref) == words:
                continue
            self._forget(vm.ref)
            self._of[vm.ref] = words
            for word in words:
                self._claimed[word] = (*self._claimed.get(word, ()), vm.ref)

    def clear(self) -> None:
        """Forget all."""
        self._of.clear()
        self._claimed.clear()

    def certain(self, vm: Vm) -> list[str]:
        """Return what a VM and no other is called, the surest first."""
        return [word for word in words_of(vm) if all(ref.id == vm.id for ref in self._claimed.get(word, ()))]

    def _forget(self, ref: VmRef) -> None:
        for word in self._of.pop(ref, ()):
            if left := tuple(other for other in self._claimed[word] if other != ref):
                self._claimed[word] = left
            else:
                del self._claimed[word]


def words_of(vm: Vm) -> tuple[str, ...]:
    """Return what a VM may be called, the surest first: its id, its name in libvirt, its addresses, its name."""
    outside = [each.addr for each in vm.addresses if each.floating]
    inside = [each.addr for each in vm.addresses if not each.floating]
    return tuple(dict.fromkeys(filter(None, (vm.id, vm.instance_name, *outside, *inside, vm.name))))
