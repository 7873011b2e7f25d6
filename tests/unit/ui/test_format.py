"""How values look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from osvm_tui.ui.format import GLYPHS, SIGNS, SPIN, Token, age, clip, count, long_age, mib, moment, size, state_mark
from tests.pilot.fake_fleet import NOW, seeded_fleet


@pytest.mark.parametrize(
    ("seconds", "short", "long"),
    [
        (-5, "0 s", "0 s"),
        (0, "0 s", "0 s"),
        (89, "89 s", "1 m 29 s"),
        (90, "1 m", "1 m 30 s"),
        (3600, "60 m", "1 h"),
        (7260, "2 h", "2 h 1 m"),
        (2 * 86_400, "2 d", "2 d"),
        (12 * 86_400 + 4 * 3600, "12 d", "12 d 4 h"),
        (800 * 86_400, "2.2 y", "800 d"),
    ],
)
def test_ages(seconds: float, short: str, long: str) -> None:
    assert age(seconds) == short
    assert long_age(seconds) == long


def test_a_moment_says_its_zone_and_the_day_when_it_is_not_today() -> None:
    assert moment(NOW, NOW) == "09:41:00 UTC"
    assert moment(NOW - timedelta(days=1), NOW) == "2026-11-19 09:41 UTC"
    assert moment(None, NOW) == "unknown"
    local = moment(datetime(2026, 1, 1, tzinfo=UTC), NOW, utc=False)
    assert not local.endswith("local")


@pytest.mark.parametrize(("value", "text"), [(512, "512 MiB"), (4096, "4 GiB"), (1536, "1.5 GiB"), (2 << 20, "2 TiB")])
def test_memory(value: int, text: str) -> None:
    assert mib(value) == text


@pytest.mark.parametrize(
    ("value", "text"), [(None, "unknown"), (12, "12 B"), (21_430_272, "20.4 MiB"), (1 << 30, "1 GiB")]
)
def test_sizes(value: int | None, text: str) -> None:
    assert size(value) == text


def test_counts_and_clips() -> None:
    assert count(10_234) == "10 234"
    assert clip("abcdef", 4) == "abc…"
    assert clip("abcd", 4) == "abcd"


def test_a_state_is_glyph_word_and_token_and_the_words_differ_without_colour() -> None:
    marks = {state_mark(vm).word: state_mark(vm) for vm in seeded_fleet(16)}
    assert marks["ACTIVE"].token in (Token.RUNNING, Token.CHANGING)
    assert marks["ERROR"] == ("✖", "ERROR", Token.WRONG)
    assert marks["SHUTOFF"].token is Token.STOPPED
    assert marks["BUILD"].token is Token.CHANGING
    strange = replace(seeded_fleet(1)[0], status="FROBNICATING", vm_state="frobnicating")
    assert state_mark(strange).word == "FROBNICATING"
    assert state_mark(strange).token is Token.STALE


def test_an_error_stays_wrong_while_it_is_busy() -> None:
    vm = replace(seeded_fleet(7)[6], task_state="powering-off")
    assert vm.vm_state == "error"
    assert state_mark(vm).token is Token.WRONG


def test_every_glyph_is_one_cell_wide_and_ascii_has_all_of_them() -> None:
    from rich.cells import cell_len

    for glyph in (*GLYPHS["unicode"].values(), *SIGNS["unicode"].values(), *SPIN["unicode"]):
        assert cell_len(glyph) == 1
    assert GLYPHS["ascii"].keys() == GLYPHS["unicode"].keys()
    assert SIGNS["ascii"].keys() == SIGNS["unicode"].keys()
    assert "".join([*GLYPHS["ascii"].values(), *SIGNS["ascii"].values(), SPIN["ascii"]]).isascii()
