"""A bar is empty at nothing only and full at the whole only, in every kind of glyphs."""

from __future__ import annotations

from decimal import Decimal

import pytest

from osvm_tui.ui.bars import bar


@pytest.mark.parametrize(
    ("share", "unicode", "ascii_"),
    [
        (0, "░░░░░░░░░░", "----------"),
        (0.0001, "▏░░░░░░░░░", "#---------"),
        (0.05, "▌░░░░░░░░░", "#---------"),
        (0.6, "██████░░░░", "######----"),
        (0.81, "████████▏░", "########--"),
        (0.9999, "█████████▉", "#########-"),
        (Decimal("0.99999999999999999999"), "█████████▉", "#########-"),
        (1, "██████████", "##########"),
        (Decimal(3), "██████████", "##########"),
        (-0.2, "░░░░░░░░░░", "----------"),
    ],
)
def test_something_shows_and_only_the_whole_is_full(share: float | Decimal, unicode: str, ascii_: str) -> None:
    assert "".join(bar(share, 10)) == unicode
    assert "".join(bar(share, 10, "ascii")) == ascii_


def test_the_two_ends_fill_the_width_and_never_shrink() -> None:
    drawn = [bar(n / 200, 8, glyphs) for glyphs in ("unicode", "ascii") for n in range(201)]
    assert {len(done) + len(rest) for done, rest in drawn} == {8}
    for curve in (drawn[:201], drawn[201:]):
        lengths = [len(done) for done, _ in curve]
        assert lengths == sorted(lengths)
