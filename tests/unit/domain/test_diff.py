"""Properties of fleet deltas: applying a diff gives the new fleet; merged deltas do what both do."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from osvm_tui.domain.diff import Delta, apply, merge, whole_diff
from osvm_tui.domain.vm import Vm, VmRef

_ids = st.sampled_from([f"vm-{n}" for n in range(6)])
_vms = st.builds(
    Vm,
    endpoint=st.just("e"),
    id=_ids,
    name=st.sampled_from(["web", "db"]),
    status=st.sampled_from(["ACTIVE", "SHUTOFF"]),
    vm_state=st.sampled_from(["active", "stopped"]),
)
_fleets = st.lists(_vms, max_size=6).map(lambda vms: {vm.ref: vm for vm in vms})


@given(_fleets, _fleets)
def test_applying_the_diff_gives_the_new_fleet(old: dict[VmRef, Vm], new: dict[VmRef, Vm]) -> None:
    assert apply(old, whole_diff(old, new)) == new


@given(_fleets)
def test_nothing_changed_is_an_empty_delta(fleet: dict[VmRef, Vm]) -> None:
    assert not whole_diff(fleet, dict(fleet))


@given(_fleets, _fleets, _fleets)
def test_merged_deltas_equal_the_delta_of_the_ends(
    first: dict[VmRef, Vm], second: dict[VmRef, Vm], third: dict[VmRef, Vm]
) -> None:
    merged = merge(whole_diff(first, second), whole_diff(second, third))
    assert apply(first, merged) == third


def test_a_vm_that_is_not_seen_is_left_alone() -> None:
    vm = Vm(endpoint="e", id="1", name="a", status="ACTIVE", vm_state="active")
    assert apply({vm.ref: vm}, Delta()) == {vm.ref: vm}
