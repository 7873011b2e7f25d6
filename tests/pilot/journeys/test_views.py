"""What people do to see what they look for: filters kept by name, columns, a table taken along, and the way back."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.pilot.journeys.conftest import Journey


async def test_keep_a_filter_and_have_it_tomorrow(journey: Journey) -> None:
    async with journey() as op:
        await op.find("name:db- status=ACTIVE")
        await op.go("filter save dbs")
        await op.told("saved the filter dbs")
    async with journey() as op:
        await op.press("0")
        await op.sees("no filter", "api-01")
        await op.go("filter dbs")
        await op.misses("api-01")
        vms = [vm async for page in op.mine.list_vms() for vm in page.vms]
        wanted = {vm.name for vm in vms if vm.name.startswith("db-") and vm.status == "ACTIVE"}
        await op.sees(f"{len(wanted)} of", *wanted)


async def test_a_filter_that_was_never_kept_changes_nothing(journey: Journey) -> None:
    async with journey() as op:
        await op.find("db-")
        await op.go("filter dsb")
        await op.told("dsb")
        await op.sees("/ db-", "db-01")


async def test_a_wrong_filter_keeps_the_rows_and_says_what_is_wrong(journey: Journey) -> None:
    async with journey() as op:
        await op.find("api-01")
        await op.sees("1 of")
        await op.press("slash", *["backspace"] * 6)
        await op.type("~[")
        await op.press("enter")
        await op.sees("api-01", "sandbox-01", "~[")


async def test_choose_the_columns_and_have_them_tomorrow(journey: Journey) -> None:
    async with journey() as op:
        await op.go("columns name,key,image")
        await op.sees("KEY", "IMAGE")
        await op.misses("TASK")
    async with journey() as op:
        vm = await op.some(lambda vm: bool(vm.key_name))
        await op.find(vm.name)
        await op.sees("KEY", "IMAGE", vm.key_name)
        await op.misses("TASK")


async def test_who_leaves_the_columns_has_the_old_ones(journey: Journey) -> None:
    async with journey() as op:
        await op.sees("STATUS", "TASK")
        await op.press("ctrl+o")
        await op.sees("space shows or hides")
        await op.press("j", "space", "escape")
        await op.misses("space shows or hides")
        await op.sees("STATUS", "TASK")


async def test_save_what_is_shown_as_csv(journey: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    async with journey() as op:
        await op.find("name:db-")
        await op.go("save dbs.csv")
        await op.told("saved 5 rows in dbs.csv")
        vms = [vm async for page in op.mine.list_vms() for vm in page.vms if vm.name.startswith("db-")]
    rows = list(csv.DictReader((tmp_path / "dbs.csv").open()))
    assert {(row["name"], row["status"], row["ip"]) for row in rows} == {
        (vm.name, vm.status, vm.fixed_ip) for vm in vms
    }


async def test_a_file_that_is_there_is_not_overwritten_unasked(
    journey: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dbs.csv").write_text("mine\n")
    async with journey() as op:
        await op.find("name:db-")
        await op.go("save dbs.csv")
        await op.sees("there is such a file already")
        await op.press("escape")
        await op.misses("there is such a file already")
    assert (tmp_path / "dbs.csv").read_text() == "mine\n"


async def test_follow_a_vm_to_its_group_and_come_back(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(lambda vm: vm.name == "db-01")
        await op.find(vm.name)
        await op.press("J")
        await op.pick("group db")
        await op.sees("security groups", "1 of")
        await op.press("w")
        await op.sees("sg=db", "5 of")
        await op.press("left_curly_bracket", "left_curly_bracket")
        await op.sees(f"/ {vm.name}", "1 of")


async def test_before_the_first_place_there_is_none(journey: Journey) -> None:
    async with journey() as op:
        await op.press("left_curly_bracket")
        await op.told("no place was visited before")
        await op.press("q")
        await op.told(":q")
        await op.sees("live", "api-01")
