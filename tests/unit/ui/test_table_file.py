"""Tables as files: the values themselves, in the order shown, and files that nobody else can read."""

from __future__ import annotations

import csv
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from osvm_tui.ui.columns import Cell, Column, Look
from osvm_tui.ui.fleet_columns import fleet_columns
from osvm_tui.ui.private_file import write_new, write_over
from osvm_tui.ui.table_file import table_text
from osvm_tui.ui.table_words import WordError, columns_of, name_for, saved, sort_of
from tests.pilot.fake_fleet import NOW, seeded_fleet

AT = datetime(2026, 11, 20, 9, 41, tzinfo=UTC)
COLUMNS: tuple[Column[int], ...] = (
    Column("name", "NAME", 9, lambda n: Cell(f"vm {n}, the first")),
    Column("size", "SIZE", 9, lambda n: Cell(f"{n} GiB"), lambda n: n * 1024),
    Column("at", "AT", 9, lambda n: Cell("2 s"), raw=lambda n: AT),
    Column("tags", "TAGS", 9, lambda n: Cell("a,b"), raw=lambda n: ("a", "b")),
    Column("none", "NONE", 9, lambda n: Cell("-")),
)


def test_csv_holds_the_values_and_not_what_is_drawn() -> None:
    rows = list(csv.DictReader(table_text(COLUMNS, [2, 1], Path("x.csv")).splitlines()))
    assert [row["name"] for row in rows] == ["vm 2, the first", "vm 1, the first"]
    assert rows[0] | {"name": ""} == {
        "name": "", "size": "2048", "at": "2026-11-20T09:41:00+00:00", "tags": "a b", "none": "",
    }  # fmt: skip


def test_json_keeps_numbers_lists_and_nothing() -> None:
    (row,) = json.loads(table_text(COLUMNS, [1], Path("x.JSON")))
    assert row == {
        "name": "vm 1, the first", "size": 1024, "at": "2026-11-20T09:41:00Z", "tags": ["a", "b"], "none": None,
    }  # fmt: skip


def test_another_ending_is_told() -> None:
    with pytest.raises(ValueError, match=r"neither \.csv nor \.json"):
        table_text(COLUMNS, [1], Path("x.txt"))


def test_every_column_of_the_fleet_has_a_value_for_every_vm() -> None:
    from osvm_tui.domain.vm_fields import Names

    columns = fleet_columns(Look(now=lambda: NOW, pending=lambda _: None, names=Names()))
    vms = seeded_fleet(40)
    records = json.loads(table_text(columns, vms, Path("x.json")))
    assert [record["id"] for record in records] == [vm.id for vm in vms]
    assert {record["status"] for record in records} == {vm.status for vm in vms}
    assert all(record["ram"] == vm.flavor.memory_mib for record, vm in zip(records, vms, strict=True) if vm.flavor)


def test_a_new_file_is_private_and_one_that_is_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    write_new(path, "one")
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(FileExistsError):
        write_new(path, "two")
    assert path.read_text() == "one"


def test_a_file_that_is_overwritten_becomes_private(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("one")
    path.chmod(0o644)
    write_over(path, "two")
    assert path.read_text() == "two"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [each.name for each in tmp_path.iterdir()] == ["x.csv"]


def test_words_of_a_table_are_read_or_told() -> None:
    assert sort_of("-Name", ["name", "age"]) == ("name", True)
    assert columns_of("age,ip", ["name", "age", "ip"]) == ("name", "age", "ip")
    assert name_for("red") == "red"
    assert saved("red", {"red": "status=ERROR"}) == "status=ERROR"
    for wrong, told in (
        (lambda: sort_of("nam", ["name", "age"]), "did you mean name"),
        (lambda: sort_of("", ["name", "age"]), "there are name, age"),
        (lambda: columns_of("what", ["name", "age"]), "no column what"),
        (lambda: name_for("save"), "means something else"),
        (lambda: name_for("two words"), "one word"),
        (lambda: saved("rad", {"red": "x"}), "did you mean red"),
        (lambda: saved("red", {}), ":filter save NAME"),
    ):
        with pytest.raises(WordError, match=told):
            wrong()
