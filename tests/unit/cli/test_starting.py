"""The starting rule: which clouds a run opens."""

from __future__ import annotations

import pytest

from osvm_tui.cli.starting import Start, choose, last_used_first, members
from osvm_tui.domain.errors import ConfigError


def broken() -> tuple[str, ...]:
    raise ConfigError("clouds.yaml, line 3: not valid YAML")


def test_clouds_on_the_command_line_win() -> None:
    assert choose(["a", "b", "a"], False, "env", ["set"], broken) == Start(("a", "b"))


def test_then_os_cloud_then_the_settings() -> None:
    assert choose([], False, "env", ["set"], broken) == Start(("env",))
    assert choose([], False, "", ["set", "two"], broken) == Start(("set", "two"))


def test_a_group_s_name_stands_for_its_entries_wherever_it_stands() -> None:
    groups = {"prod": ("eu", "us"), "all": ("eu", "lab")}
    assert choose(["prod", "lab", "eu"], False, "", [], broken, groups) == Start(("eu", "us", "lab"))
    assert choose([], False, "prod", [], broken, groups) == Start(("eu", "us"))
    assert choose([], False, "", ["all"], broken, groups) == Start(("eu", "lab"))
    assert members(["prod", "all"], groups) == ("eu", "us", "eu", "lab")


@pytest.mark.parametrize(
    ("name", "words"),
    [("prd", "did you mean prod?"), ("xyz", "there are: prod, none"), ("none", "the group none is empty")],
)
def test_a_group_that_is_none_or_empty_is_told(name: str, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        members([name], {"prod": ("eu",), "none": ()})
    assert words in caught.value.detail


def test_the_only_entry_is_opened() -> None:
    assert choose([], False, "", [], lambda: ("prod",)) == Start(("prod",))


def test_several_entries_are_a_choice() -> None:
    assert choose([], False, "", [], lambda: ("prod", "lab")) == Start(choices=("prod", "lab"))


def test_no_entry_is_the_simulated_cloud() -> None:
    assert choose([], False, "", [], tuple) == Start(("mock",))


def test_a_broken_file_is_an_error_and_never_the_simulated_cloud() -> None:
    with pytest.raises(ConfigError, match="line 3"):
        choose([], False, "", [], broken)


def test_the_simulated_cloud_is_reached_beside_any_clouds_yaml() -> None:
    assert choose(["prod"], True, "env", ["set"], broken) == Start(("mock",))
    assert choose(["mock"], False, "", [], broken) == Start(("mock",))


def test_its_name_is_reserved() -> None:
    with pytest.raises(ConfigError, match="reserved"):
        choose([], False, "", [], lambda: ("mock", "prod"))


def test_last_used_entries_come_first() -> None:
    assert last_used_first(["a", "b", "c", "d"], ["c", "gone", "b"]) == ("c", "b", "a", "d")
