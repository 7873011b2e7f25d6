"""Fleet deltas: what changed between two readings. Pure; cost grows with what is compared, never with a database."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import Struct

from osvm_tui.domain.vm import Vm, VmRef


class Delta(Struct, frozen=True):
    """VMs that are new or different, and those that are gone."""

    upserts: tuple[Vm, ...] = ()
    removed: tuple[VmRef, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.upserts or self.removed)


class FleetDelta(Struct, frozen=True):
    """What a reader of the fleet at an older revision must apply to be at `revision`."""

    revision: int
    upserts: tuple[Vm, ...] = ()
    removed: tuple[VmRef, ...] = ()
    complete: bool = False
    """True when `upserts` is the whole fleet and everything else is to be dropped."""


def diff(old: Mapping[VmRef, Vm], seen: Iterable[Vm], gone: Iterable[VmRef] = ()) -> Delta:
    """Return what `seen` and `gone` change in `old`. A VM that is not in `seen` is left alone."""
    upserts = tuple(vm for vm in seen if old.get(vm.ref) != vm)
    return Delta(upserts, tuple(ref for ref in gone if ref in old))


def whole_diff(old: Mapping[VmRef, Vm], new: Mapping[VmRef, Vm]) -> Delta:
    """Return what turns `old` into `new`."""
    return diff(old, new.values(), [ref for ref in old if ref not in new])


def apply(old: Mapping[VmRef, Vm], delta: Delta) -> dict[VmRef, Vm]:
    """Return `old` with `delta` applied."""
    new = dict(old)
    for ref in delta.removed:
        new.pop(ref, None)
    for vm in delta.upserts:
        new[vm.ref] = vm
    return new


def merge(first: Delta, second: Delta) -> Delta:
    """Return the one delta that does what `first` and then `second` do."""
    upserts = {vm.ref: vm for vm in first.upserts}
    removed = dict.fromkeys(first.removed)
    for ref in second.removed:
        upserts.pop(ref, None)
        removed[ref] = None
    for vm in second.upserts:
        removed.pop(vm.ref, None)
        upserts[vm.ref] = vm
    return Delta(tuple(upserts.values()), tuple(removed))
