"""`FleetView`: after any changes it holds what a view built afresh would hold."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from osvm_tui.domain.diff import FleetDelta
from osvm_tui.domain.filter import Filter
from osvm_tui.domain.states import status_of
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.ui.fleet_columns import status_key
from osvm_tui.ui.fleet_view import FleetView, Row
from tests.pilot.fake_fleet import seeded_fleet

FLEET = seeded_fleet(24)
ACTIVE: Filter[Row] = Filter("state=active", lambda row: row.vm.vm_state == "active")
SORTS = {"name": lambda vm: vm.name, "status": status_key, "host": lambda vm: vm.host}
STATES = ("active", "stopped", "error", "building")
change = st.tuples(st.integers(0, len(FLEET) - 1), st.sampled_from((*STATES, "gone")))
step = st.one_of(
    st.lists(change, min_size=1, max_size=6),
    st.sampled_from(("filter", "unfilter", "turn", *SORTS)),
)


def moved(vm: Vm, vm_state: str) -> Vm:
    return replace(vm, vm_state=vm_state, task_state=None, status=status_of(vm_state, None))


def refs(view: FleetView) -> list[VmRef]:
    return [row.ref for row in view.rows()]


def applied(view: FleetView, truth: dict[VmRef, Vm], changes: list[tuple[int, str]]) -> None:
    upserts: dict[VmRef, Vm] = {}
    removed: set[VmRef] = set()
    for n, state in changes:
        ref = FLEET[n].ref
        upserts.pop(ref, None)
        removed.discard(ref)
        if state == "gone":
            removed.add(ref)
        else:
            upserts[ref] = moved(FLEET[n], state)
    for ref in removed:
        truth.pop(ref, None)
    truth.update(upserts)
    view.apply(FleetDelta(view.revision + 1, tuple(upserts.values()), tuple(removed)))


@settings(max_examples=60, deadline=None)
@given(st.lists(step, max_size=12))
def test_changes_end_where_a_fresh_view_begins(steps: list[Any]) -> None:
    truth = {vm.ref: vm for vm in FLEET}
    sort, descending, chosen = "name", False, None
    view = FleetView(SORTS[sort])
    view.apply(FleetDelta(1, FLEET, complete=True))
    for each in steps:
        if isinstance(each, list):
            applied(view, truth, each)
        elif each in ("filter", "unfilter"):
            chosen = ACTIVE if each == "filter" else None
            view.set_filter(chosen)
        else:
            sort, descending = (sort, not descending) if each == "turn" else (each, descending)
            view.set_sort(SORTS[sort], descending=descending)
    fresh = FleetView(SORTS[sort], descending=descending)
    fresh.set_filter(chosen)
    fresh.apply(FleetDelta(1, tuple(truth.values()), complete=True))
    assert refs(view) == refs(fresh)
    assert (view.total, view.counts.busy, view.counts.wrong) == (fresh.total, fresh.counts.busy, fresh.counts.wrong)
    assert view.counts.wrong == sum(vm.vm_state == "error" for vm in truth.values())


def test_a_flood_of_changes_is_taken_in_one_go() -> None:
    many = seeded_fleet(1000)
    view = FleetView(SORTS["name"])
    view.apply(FleetDelta(1, many, complete=True))
    view.apply(FleetDelta(2, tuple(moved(vm, "error") for vm in many[:600]), tuple(vm.ref for vm in many[600:650])))
    assert view.total == 950
    assert view.counts.wrong >= 600
    assert refs(view) == [vm.ref for vm in sorted(view.vms(), key=lambda vm: (vm.name, vm.name, vm.id))]


def test_rows_are_the_callers_own() -> None:
    view = FleetView(SORTS["name"])
    view.apply(FleetDelta(1, FLEET, complete=True))
    view.rows().clear()
    assert len(view.rows()) == len(FLEET)


def test_an_ageing_filter_is_asked_again() -> None:
    old: set[str] = set()
    view = FleetView(SORTS["name"])
    view.apply(FleetDelta(1, FLEET, complete=True))
    view.set_filter(Filter("age>1d", lambda row: row.vm.name in old, ageing=True))
    assert not view.rows()
    assert not view.refilter()
    old.add(FLEET[0].name)
    assert view.refilter()
    assert refs(view) == [FLEET[0].ref]
