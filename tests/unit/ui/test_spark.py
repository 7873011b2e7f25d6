"""Sparklines and levels of heat: peaks are kept, gaps are no zeros, nothing leaves its width."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from osvm_tui.ui.heat import LEVELS, MARKS, legend, level_of
from osvm_tui.ui.spark import RAMPS, spark


def test_a_curve_stands_at_the_right_and_a_gap_is_no_zero() -> None:
    assert spark([0.0, None, 100.0], 4, 100.0) == " ▁ █"
    assert spark([0.0, None, 100.0], 4, 100.0, "ascii") == " _ #"
    assert spark([], 3, 100.0) == "   "


def test_of_several_values_in_a_character_the_highest_counts() -> None:
    calm = [1.0] * 40
    assert spark(calm, 4, 100.0) == "▁▁▁▁"
    assert spark([*calm[:-2], 99.0, 1.0], 4, 100.0) == "▁▁▁█"


@settings(max_examples=50)
@given(st.lists(st.none() | st.floats(-1e3, 1e9), max_size=70), st.integers(1, 30), st.sampled_from(sorted(RAMPS)))
def test_it_never_leaves_its_width_and_its_ramp(values: list[float | None], width: int, glyphs: str) -> None:
    drawn = spark(values, width, 100.0, glyphs)
    assert len(drawn) == width
    assert set(drawn) <= {" ", *RAMPS[glyphs]}


@pytest.mark.parametrize(
    ("value", "level"),
    [(None, 0), (0.0, 1), (24.9, 1), (25.0, 2), (50.0, 3), (75.0, 4), (89.9, 4), (90.0, 5), (250.0, 5)],
)
def test_a_level_is_a_part_of_the_full_scale(value: float | None, level: int) -> None:
    assert level_of(value, 100.0) == level
    assert level_of(value, 0.0) == (0 if value is None else 1)


@pytest.mark.parametrize("glyphs", sorted(MARKS))
def test_every_level_has_a_mark_of_its_own_and_words(glyphs: str) -> None:
    assert len(set(MARKS[glyphs])) == LEVELS + 1
    assert sorted(level for level, _ in legend(glyphs)) == list(range(LEVELS + 1))
    assert all(words.startswith(MARKS[glyphs][level]) for level, words in legend(glyphs))
