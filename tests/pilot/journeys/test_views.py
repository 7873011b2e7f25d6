"""What people do to see what matters: filter, keep the filter, choose columns, save the table, go back and forth."""

from __future__ import annotations

import csv
from pathlib import Path

from tests.pilot.journeys.conftest import Journey


async def test_keep_a_filter_and_use_it_again(journey: Journey) -> None:
    async with journey() as op:
        await op.find("status=ERROR")
        await op.go("filter save red")
        await op.press("escape")
        await op.sees("no filter")
        await op.go("filter red")
        seen = await op.sees("/ status=ERROR")
        red = [vm.name async for page in op.mine.list_vms() for vm in page.vms if vm.status == "ERROR"]
        assert red
        assert all(name in seen for name in red)


async def test_a_wrong_filter_says_what_is_wrong_and_is_not_kept(journey: Journey) -> None:
    async with journey() as op:
        await op.find("age>soon")
        await op.sees("soon is not 30d or 12h")
        await op.press("escape")
        await op.sees("no filter", "28 of 28")


async def test_save_what_is_seen_as_csv(journey: Journey, tmp_path: Path) -> None:
    async with journey() as op:
        await op.find("status=SHUTOFF")
        await op.go(f"save {tmp_path}/off.csv")
        await op.told("off.csv")
        rows = list(csv.DictReader((tmp_path / "off.csv").open()))
        off = [vm.name async for page in op.mine.list_vms() for vm in page.vms if vm.status == "SHUTOFF"]
        assert sorted(row["name"] for row in rows) == sorted(off)


async def test_a_file_that_is_there_is_not_overwritten_at_once(journey: Journey, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_text("mine\n")
    async with journey() as op:
        await op.go(f"save {tmp_path}/mine.csv")
        await op.sees("there is such a file already")
        await op.press("escape")
        assert (tmp_path / "mine.csv").read_text() == "mine\n"


async def test_go_through_places_and_back(journey: Journey) -> None:
    async with journey() as op:
        await op.go("volume")
        await op.sees("volumes")
        await op.go("sg")
        await op.sees("security groups")
        await op.press("left_curly_bracket")
        await op.sees("volumes")
        await op.press("right_curly_bracket")
        await op.sees("security groups")
        await op.press("minus")
        await op.sees("volumes")


async def test_a_slip_is_answered_with_what_was_meant(journey: Journey) -> None:
    async with journey() as op:
        await op.go("volmue")
        await op.sees("no :volmue; did you mean :volume?")
        await op.press("escape")
        await op.sees("28 of 28")
