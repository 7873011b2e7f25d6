"""README says what is so: its tables are those of the code, its commands exist, its exit codes are ours."""

from __future__ import annotations

import re
import shlex

import click
import pytest

from osvm_tui.cli.exits import Exit
from osvm_tui.cli.root import osvm
from osvm_tui.settings.schema import Settings, Theme
from osvm_tui.ui.places import PLACES, WORDS
from osvm_tui.ui.theme import theme_for
from tests.readme import README, SECTIONS, filled

TEXT = README.read_text(encoding="utf-8")
COMMANDS = [
    line.partition(" #")[0].partition(" > ")[0].strip() for line in TEXT.splitlines() if line.startswith("osvm ")
]


def test_its_tables_are_those_of_the_code() -> None:
    assert filled(TEXT) == TEXT, "run: python -m tests.readme"
    assert all(f"<!-- {name} -->" in TEXT for name in SECTIONS)


@pytest.mark.parametrize("line", COMMANDS)
def test_its_commands_are_understood(line: str) -> None:
    command: click.Command = osvm
    words = shlex.split(line)[1:]
    context: click.Context | None = None
    while isinstance(command, click.Group) and words and not words[0].startswith("-"):
        found = command.get_command(context or click.Context(command), words[0])
        assert found is not None, words[0]
        context, command, words = click.Context(command), found, words[1:]
    command.make_context(command.name, words, parent=context)


def test_its_exit_codes_are_ours() -> None:
    told = {int(code) for code in re.findall(r"^\| (\d) \|", TEXT, re.MULTILINE)}
    assert told == set(Exit)


def test_its_places_exist() -> None:
    told = set(re.findall(r"`:([a-z]+)`", TEXT))
    assert told - WORDS.keys() == {place.name for place in PLACES}


def test_its_two_commands_stand_under_their_marks() -> None:
    for mark, wanted in (("run command", "osvm --mock"), ("test command", "tests.check")):
        block = TEXT.split(f"<!-- {mark} -->")[1].split("```")[1]
        assert len(block.strip().splitlines()) == 2
        assert wanted in block


def test_every_theme_of_the_settings_is_one() -> None:
    for name in Theme.__args__:  # type: ignore[attr-defined]
        assert name == Settings().ui.theme or theme_for(name, "truecolor").removeprefix("osvm-") == name
