"""Values over time as columns and characters."""

from __future__ import annotations

import pytest

from osvm_tui.ui.plot import Slot, ceiling, columns, rows


def text(drawn: list[tuple[float, float] | None], height: int, way: str = "braille") -> list[str]:
    return ["".join(cell.text for cell in row) for row in rows(drawn, height, 100.0, way)]


def test_a_slot_fills_all_the_columns_of_its_time_and_a_gap_none() -> None:
    slots = [Slot(0, 10, 20), Slot(60, 30, 40), Slot(180, 50, 60)]
    assert columns(slots, 60, 0, 240, 8) == [(10, 20)] * 2 + [(30, 40)] * 2 + [None] * 2 + [(50, 60)] * 2


def test_the_highest_of_several_slots_in_one_column_counts() -> None:
    slots = [Slot(n, float(n == 3), float(n == 3)) for n in range(8)]
    assert columns(slots, 1, 0, 8, 2) == [(1, 1), (0, 0)]


def test_slots_before_and_behind_the_window_are_left_out() -> None:
    assert columns([Slot(-30, 1, 1), Slot(30, 2, 2), Slot(130, 3, 3)], 20, 0, 100, 5) == [
        None,
        (2, 2),
        (2, 2),
        None,
        None,
    ]


@pytest.mark.parametrize(("way", "full", "ground"), [("braille", "⣿", "⣀"), ("block", "█", "▁"), ("ascii", "#", ".")])
def test_a_zero_is_a_line_on_the_ground_and_a_gap_is_nothing(way: str, full: str, ground: str) -> None:
    wide = 2 if way == "braille" else 1
    drawn: list[tuple[float, float] | None] = [(100.0, 100.0)] * wide + [None] * wide + [(0.0, 0.0)] * wide
    assert text(drawn, 2, way) == [f"{full}  ", f"{full} {ground}"]


def test_what_was_reached_for_a_moment_is_a_peak_above_the_mean() -> None:
    upper, lower = rows([(50.0, 100.0)] * 2, 2, 100.0)
    assert (upper[0].text, upper[0].peak) == ("⣿", True)
    assert (lower[0].text, lower[0].peak) == ("⣿", False)


@pytest.mark.parametrize(
    ("highest", "round_one"), [(0, 1), (0.4, 1), (1, 1), (1.2, 2), (37, 50), (51, 100), (2000, 2000)]
)
def test_the_ceiling_is_a_round_number_above_everything(highest: float, round_one: float) -> None:
    assert ceiling([highest]) == round_one


@pytest.mark.parametrize(
    ("highest", "kib"),
    [(1024, 1), (3000, 5), (9 * 1024, 10), (400 * 1024, 500), (700 * 1024, 1024), (3 << 20, 5 << 10)],
)
def test_bytes_have_ceilings_that_are_round_in_their_own_units(highest: float, kib: float) -> None:
    assert ceiling([highest], base=1024.0) == kib * 1024
