"""Text from outside never steers the terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from osvm_tui.ui.facts import facts
from osvm_tui.ui.printable import printable


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("plain ä 漢 text", "plain ä 漢 text"),
        ("two\r\nlines\tand a tab", "two\nlines\tand a tab"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07after", "after"),
        ("\x1b]52;c;AAAA\x1b\\after", "after"),
        ("back\x08space", "back·space"),
        ("over\rwritten", "over·written"),
        ("admin\u202egnp.exe", "admin·gnp.exe"),
    ],
)
def test_controls_are_taken_out_and_the_rest_stays(raw: str, shown: str) -> None:
    assert printable(raw) == shown


@given(st.text())
def test_nothing_that_steers_a_terminal_is_left(raw: str) -> None:
    assert not [letter for letter in printable(raw) if unicodedata.category(letter) == "Cc" and letter not in "\n\t"]


def test_facts_line_up_and_empty_ones_are_left_out() -> None:
    told = str(facts([("a", "1"), ("longer", "two\nlines"), ("none", "")]))
    assert told == "a       1\nlonger  two\n        lines"
