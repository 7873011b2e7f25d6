"""What every table can do: other columns, saved filters, files, and how it was left at the last start."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Input, Static

from osvm_tui.ui.dialogs.choose_columns import ChooseColumns
from osvm_tui.ui.dialogs.save_table import SaveTable
from osvm_tui.ui.table_place import TablePlace
from tests.pilot.desk import OPTIONS, Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.screen_text import screen_text, settled


async def press(pilot: Pilot[None], *keys: str) -> None:
    for key in keys:
        await pilot.press(key)
    await settled(pilot)


async def give(pilot: Pilot[None], line: str) -> None:
    await press(pilot, "colon", *line, "enter")


def place(app: Desk) -> TablePlace:
    screen = app.screen
    assert isinstance(screen, TablePlace)
    return screen


def shown(app: Desk) -> list[str]:
    return [placed.column.key for placed in place(app).table.placed]


async def test_columns_are_chosen_and_moved_in_a_dialog() -> None:
    app = Desk(FakeConsole(30))
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "ctrl+o")
        assert isinstance(app.screen, ChooseColumns)
        await press(pilot, "space", "down", "space", "down", "J", "enter")
        assert [column.key for column in place(app).table.columns][:4] == ["name", "ip", "task", "floating"]
        assert "status" not in shown(app)
        assert shown(app)[0] == "name", "the column that names the row cannot be hidden"


async def test_columns_are_given_by_name_and_forgotten_by_reset() -> None:
    app = Desk(FakeConsole(30))
    async with app.run_test(size=(120, 36)) as pilot:
        await give(pilot, "columns id,az")
        assert shown(app) == ["name", "id", "az"]
        await give(pilot, "columns usual")
        assert "status" in shown(app)
        await give(pilot, "columns nonsense")
        assert "no column nonsense" in app.told[-1]
        await press(pilot, "S", "slash", *"web", "enter")
        await give(pilot, "columns id")
        await give(pilot, "reset")
        assert place(app).order == ("name", False)
        assert place(app).shown_text == ""
        assert "status" in shown(app)


@pytest.mark.parametrize("name", ["vm", "flavor", "call"])
async def test_a_table_is_as_it_was_left_at_the_next_start(name: str, tmp_path: Path) -> None:
    options = replace(OPTIONS, state_dir=tmp_path)
    column = {"vm": "status", "flavor": "vcpus", "call": "status"}[name]
    async with Desk(FakeConsole(30), options=options).run_test(size=(120, 36)) as pilot:
        await give(pilot, name)
        await give(pilot, f"columns {column}")
        await give(pilot, f"sort -{column}")
        await press(pilot, "W", "slash", *"a", "enter")
    app = Desk(FakeConsole(30), options=options)
    async with app.run_test(size=(120, 36)) as pilot:
        await give(pilot, name)
        table = place(app).table
        assert table.wide
        assert [each.key for each in table.columns][1:] == [column]
        assert place(app).order == (column, True)
        assert place(app).shown_text == "a"


async def test_a_filter_is_saved_under_a_name_and_completed(tmp_path: Path) -> None:
    options = replace(OPTIONS, state_dir=tmp_path)
    async with Desk(FakeConsole(30), options=options).run_test() as pilot:
        await give(pilot, "filter save red")
        assert "no filter to save" in pilot.app.told[-1]  # type: ignore[attr-defined]
        await press(pilot, "slash", *"status=ERROR", "enter")
        await give(pilot, "filter save red")
    app = Desk(FakeConsole(30), options=options)
    async with app.run_test() as pilot:
        await press(pilot, "escape")
        assert place(app).shown_text == ""
        await press(pilot, "colon", *"filter r", "tab", "enter")
        assert place(app).shown_text == "status=ERROR"
        await give(pilot, "filter rad")
        assert "did you mean red" in app.told[-1]
        await give(pilot, "filter list")
        assert "status=ERROR" in screen_text(app)
        await press(pilot, "escape")
        await give(pilot, "filter drop red")
        await give(pilot, "filter red")
        assert "no filter is called red" in app.told[-1]


async def test_a_table_is_saved_as_it_is_shown(tmp_path: Path) -> None:
    app = Desk(FakeConsole(30))
    async with app.run_test(size=(120, 36)) as pilot:
        await press(pilot, "slash", *"name:web", "enter")
        await give(pilot, "sort -name")
        await give(pilot, "columns status,age")
        await give(pilot, f"save {tmp_path}/out.json")
        records = json.loads((tmp_path / "out.json").read_text())
        assert list(records[0]) == ["name", "status", "age"]
        assert [record["name"] for record in records] == [row.vm.name for row in place(app).table.rows]
        assert records[0]["age"].endswith("Z")
        await give(pilot, f"save {tmp_path}/out.txt")
        assert "neither .csv nor .json" in app.told[-1]


async def test_a_file_is_overwritten_only_when_asked_twice(tmp_path: Path) -> None:
    path = tmp_path / "out.csv"
    path.write_text("mine")
    app = Desk(FakeConsole(30))
    async with app.run_test(size=(120, 36)) as pilot:
        await give(pilot, f"save {path}")
        assert isinstance(app.screen, SaveTable)
        assert "such a file already" in str(app.screen.query_one(".note", Static).content)
        assert path.read_text() == "mine"
        await press(pilot, "escape")
        assert path.read_text() == "mine"
        await press(pilot, "E")
        app.screen.query_one(Input).value = str(path)
        await pilot.pause()
        await press(pilot, "enter")
        assert path.read_text() == "mine"
        await press(pilot, "enter")
        assert len(list(csv.reader(path.read_text().splitlines()))) == 31
        assert path.stat().st_mode & 0o777 == 0o600
