"""Which columns fit, and what the fleet's columns say."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from osvm_tui.domain.operations import OperationItem
from osvm_tui.domain.vm import Address, Vm, VmRef
from osvm_tui.domain.vm_fields import Names
from osvm_tui.ui.columns import GAP, GUTTER, Look, expected, fit
from osvm_tui.ui.fleet_columns import fleet_columns
from tests.pilot.fake_fleet import NOW, seeded_fleet

VM = seeded_fleet(1)[0]


def look(item: OperationItem | None = None, glyphs: str = "unicode") -> Look:
    def pending(_: VmRef) -> OperationItem | None:
        return item

    return Look(now=lambda: NOW, pending=pending, names=Names(), glyphs=glyphs)


def asked(action_id: str, before: str = "active") -> OperationItem:
    return OperationItem(
        id="i", operation_id="o", action_id=action_id, ref=VM.ref, vm_name=VM.name, entry="mock", scope_key="s",
        operator="ops-1", before=before, planned_at=NOW,
    )  # fmt: skip


COLUMNS = fleet_columns(look())


@pytest.mark.parametrize("width", [60, 78, 80, 100, 120, 160, 200, 240])
def test_what_is_shown_fits_the_width(width: int) -> None:
    placed = fit(COLUMNS, width)
    assert GUTTER + sum(each.width + GAP for each in placed) - GAP <= width


def test_eighty_columns_keep_name_status_ip_and_age() -> None:
    assert [each.column.key for each in fit(COLUMNS, 78)] == ["name", "status", "ip", "age"]


def test_columns_drop_by_priority_and_never_reorder() -> None:
    order = [column.key for column in COLUMNS]
    before: set[str] = set()
    for width in range(50, 280, 5):
        shown = [each.column.key for each in fit(COLUMNS, width)]
        assert shown == [key for key in order if key in shown]
        assert before <= set(shown)
        before = set(shown)
    assert before == set(order)


def test_wide_keeps_the_name_and_scrolls_the_rest() -> None:
    placed = fit(COLUMNS, 80, wide=True, skip=3)
    assert [each.column.key for each in placed][:2] == ["name", COLUMNS[4].key]


def test_a_width_too_small_for_anything_still_draws_the_name() -> None:
    assert next(each.column.key for each in fit(COLUMNS, 5)) == "name"


@pytest.mark.parametrize(
    ("action", "status"),
    [("stop", "SHUTOFF"), ("start", "ACTIVE"), ("delete", "gone"), ("lock", "locked"), ("unlock", "unlocked"),
     ("shelve", "SHELVED_OFFLOADED"), ("update-server", ""), ("create-image", "ACTIVE")],
)  # fmt: skip
def test_what_an_operation_is_expected_to_end_in(action: str, status: str) -> None:
    assert expected(asked(action)) == status


def test_the_expected_state_stands_beside_the_present_one() -> None:
    cells = {column.key: column.cell(VM).text for column in fleet_columns(look(asked("stop")))}
    assert cells["status"] == "● ACTIVE → SHUTOFF"
    ascii_cells = {column.key: column.cell(VM).text for column in fleet_columns(look(asked("stop"), "ascii"))}
    assert ascii_cells["status"] == "* ACTIVE -> SHUTOFF"


def test_the_status_tells_the_task_when_no_column_does() -> None:
    narrow = look()
    narrow.task_shown = False
    status = next(column for column in fleet_columns(narrow) if column.key == "status")
    assert status.cell(replace(VM, task_state="powering-off")).text == "◐ ACTIVE powering-off"
    assert status.cell(replace(VM, locked=True)).text == "● ACTIVE locked"


def test_what_is_unknown_is_a_dash_and_never_zero() -> None:
    bare = Vm(endpoint="e", id="0123456789", name="bare", status="BUILD", vm_state="building")
    cells = {column.key: column.cell(bare).text for column in COLUMNS}
    for key in ("ip", "floating", "flavor", "vcpu", "ram", "host", "tags", "age", "image"):
        assert cells[key] == "-", key


def test_every_column_sorts_every_vm() -> None:
    bare = Vm(endpoint="e", id="0123456789", name="bare", status="BUILD", vm_state="building")
    for column in COLUMNS:
        assert column.sort is not None
        assert len(sorted((*seeded_fleet(40), bare), key=column.sort)) == 41


def test_addresses_sort_by_number() -> None:
    key = next(column.sort for column in COLUMNS if column.key == "ip")
    assert key is not None
    vms = [replace(VM, addresses=(Address("n", f"10.0.0.{n}"),)) for n in (10, 9, 100)]
    assert [vm.fixed_ip for vm in sorted(vms, key=key)] == ["10.0.0.9", "10.0.0.10", "10.0.0.100"]


def test_trouble_sorts_first_and_what_is_off_last() -> None:
    status = next(column.sort for column in COLUMNS if column.key == "status")
    assert status is not None
    ordered = [vm.status for vm in sorted(seeded_fleet(16), key=status)]
    assert ordered[0] == "ERROR"
    assert ordered[-1] == "SHUTOFF"


def test_a_long_name_is_whole_before_an_empty_column_is_shown() -> None:
    placed = {each.column.key: each.width for each in fit(COLUMNS, 118, wanted={"name": 34})}
    assert placed["name"] < 34
    assert "floating" in placed
    assert "ram" not in placed
    placed = {each.column.key: each.width for each in fit(COLUMNS, 118, wanted={"name": 34}, empty={"floating"})}
    assert placed["name"] >= 34
    assert "floating" not in placed


def test_an_empty_column_stays_where_there_is_room_for_all() -> None:
    shown = {each.column.key for each in fit(COLUMNS, 260, wanted={"name": 20}, empty={"floating", "tags"})}
    assert {"floating", "tags"} <= shown


def test_whoever_lacks_least_is_served_first() -> None:
    placed = {each.column.key: each.width for each in fit(COLUMNS, 90, wanted={"name": 40, "ip": 17})}
    assert placed["ip"] == 17
    assert placed["name"] < 40


def test_a_column_takes_the_blanks_of_one_that_wants_less_before_it_is_cut() -> None:
    everywhere = {column.key for column in COLUMNS}
    usual = {each.column.key: each.width for each in fit(COLUMNS, 60, empty=everywhere)}
    wanting = {each.column.key: each.width for each in fit(COLUMNS, 60, wanted={"name": 10, "status": 26})}
    assert usual.keys() == wanting.keys()
    assert wanting["status"] == 26
    assert wanting["name"] >= 10
    assert sum(wanting.values()) == sum(usual.values())
