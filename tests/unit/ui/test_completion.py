"""What tab and ghost text offer behind `:`, and what a slip of the finger is told."""

from __future__ import annotations

from collections.abc import Sequence

from osvm_tui.ui.completion import arguments_of, complete, help_for, slip


def arguments(word: str) -> Sequence[str]:
    return {"sort": ["name", "-name"], "vm": ["status:", "state:", "name:"]}.get(word, ()) or arguments_of(word)


def test_words_are_completed_from_their_beginning() -> None:
    assert complete("au", arguments) == ["audit"]
    assert "theme" in complete("t", arguments)
    assert complete("", arguments) == []
    assert complete("zz", arguments) == []


def test_what_stands_behind_a_word_is_completed_by_the_place() -> None:
    assert complete("sort ", arguments) == ["sort name", "sort -name"]
    assert complete("theme l", arguments) == ["theme light"]
    assert complete("set mouse o", arguments) == ["set mouse on", "set mouse off"]
    assert "help audit" in complete("help ", arguments)


def test_the_last_term_of_a_filter_is_completed_behind_those_before_it() -> None:
    assert complete("vm web sta", arguments) == ["vm web status:", "vm web state:"]


def test_an_alias_completes_as_its_place() -> None:
    assert complete("fleet sta", arguments) == ["fleet status:", "fleet state:"]


def test_help_tells_what_may_follow() -> None:
    assert "audit" in help_for("au", arguments)
    assert help_for("sort ", arguments) == "sort COLUMN, or sort -COLUMN"
    assert help_for("theme l", arguments) == "light"


def test_a_slip_is_told_with_what_was_meant() -> None:
    assert slip("helth") == "no :helth; did you mean :health?"
    assert slip("zzzzzz") == "no :zzzzzz; tab shows what there is"
    assert slip("health now") == ""
    assert slip("fleet web") == ""
