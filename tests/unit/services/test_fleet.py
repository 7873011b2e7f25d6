"""The merged fleet: each machine once, revisions that lose nothing, and the entry through which one acts."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from osvm_tui.domain.diff import Delta
from osvm_tui.domain.errors import Ambiguous, Unknown
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.fleet import Fleet
from tests.unit.services.scripted_cloud import a_vm


def test_two_entries_on_one_endpoint_show_each_vm_once() -> None:
    fleet = Fleet(["demo", "admin"])
    mine, theirs = a_vm("1"), a_vm("2")
    fleet.apply("admin", Delta((msgspec.structs.replace(mine, host="compute-01"), theirs)))
    fleet.apply("demo", Delta((mine,)))
    assert sorted(vm.id for vm in fleet.vms()) == ["1", "2"]
    assert fleet.entry_of(mine.ref) == "demo"
    assert fleet.entry_of(theirs.ref) == "admin"
    fleet.prefer("admin")
    assert fleet.entry_of(mine.ref) == "admin"
    assert fleet.get(mine.ref).host == "compute-01"  # type: ignore[union-attr]


def test_a_vm_stays_while_another_entry_sees_it() -> None:
    fleet = Fleet(["demo", "admin"])
    vm = a_vm("1")
    fleet.apply("demo", Delta((vm,)))
    fleet.apply("admin", Delta((vm,)))
    fleet.apply("demo", Delta(removed=(vm.ref,)))
    assert fleet.get(vm.ref) == vm
    fleet.apply("admin", Delta(removed=(vm.ref,)))
    assert fleet.get(vm.ref) is None


_steps = st.lists(
    st.tuples(st.sampled_from("ab"), st.sampled_from("123"), st.sampled_from(["active", "stopped", "gone"])),
    max_size=25,
)


@given(_steps, st.integers(1, 24))
def test_a_reader_at_any_revision_catches_up(steps: list[tuple[str, str, str]], pause: int) -> None:
    fleet = Fleet(["a", "b"])
    seen: dict[VmRef, Vm] = {}
    revision = 0
    for number, (entry, vm_id, state) in enumerate(steps):
        ref = VmRef("e", vm_id)
        fleet.apply(entry, Delta(removed=(ref,)) if state == "gone" else Delta((a_vm(vm_id, state),)))
        if number % pause == 0:
            revision = _catch_up(fleet, seen, revision)
    _catch_up(fleet, seen, revision)
    assert seen == {vm.ref: vm for vm in fleet.vms()}


def _catch_up(fleet: Fleet, seen: dict[VmRef, Vm], revision: int) -> int:
    delta = fleet.since(revision)
    if delta.complete:
        seen.clear()
    for ref in delta.removed:
        seen.pop(ref, None)
    seen.update((vm.ref, vm) for vm in delta.upserts)
    return delta.revision


def test_a_delta_costs_what_changed() -> None:
    fleet = Fleet(["a"])
    fleet.apply("a", Delta(tuple(a_vm(str(n)) for n in range(500))))
    at = fleet.revision
    fleet.apply("a", Delta((a_vm("7", "stopped"),)))
    delta = fleet.since(at)
    assert [vm.id for vm in delta.upserts] == ["7"]
    assert not delta.complete


def test_names_and_ids_are_found() -> None:
    fleet = Fleet(["a"])
    one, two = a_vm("aaaaaaaa-1", name="web"), a_vm("bbbbbbbb-2", name="web")
    fleet.apply("a", Delta((one, two)))
    assert fleet.find("aaaaaaaa") == one
    with pytest.raises(Ambiguous) as caught:
        fleet.find("web")
    assert caught.value.candidates == ("aaaaaaaa-1", "bbbbbbbb-2")
    with pytest.raises(Unknown):
        fleet.find("db")


def test_a_name_that_looks_like_another_vm_s_id_is_ambiguous() -> None:
    fleet = Fleet(["a"])
    named, meant = a_vm("cccccccc-3", name="aaaaaaaa"), a_vm("aaaaaaaa-1", name="web")
    fleet.apply("a", Delta((named, meant)))
    with pytest.raises(Ambiguous):
        fleet.find("aaaaaaaa")
    assert fleet.find("aaaaaaaa-1") == meant
