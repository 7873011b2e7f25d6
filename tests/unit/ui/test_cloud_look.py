"""How clouds are told from each other, and what the header says of several."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from osvm_tui.services.api import ScopeState, ScopeView
from osvm_tui.ui.cloud_look import Hue, Wear, strongest, wear
from osvm_tui.ui.freshness import freshness
from osvm_tui.ui.options import CloudLook, UiOptions
from tests.pilot.fake_fleet import NOW

OPTIONS = UiOptions(clouds={"eu": CloudLook(production=True), "us": CloudLook(colour="amber")})
LIVE = ScopeView(entry="eu", state=ScopeState.LIVE, last_good_at=NOW - timedelta(seconds=2))


def test_production_is_red_and_says_so_without_colour() -> None:
    worn = wear(OPTIONS, ["eu", "lab"], "eu")
    assert (worn.hue, worn.title) == (Hue.RED, "PROD eu")
    assert wear(OPTIONS, ["eu"], "eu").hue is Hue.RED


def test_clouds_beside_each_other_differ_and_none_takes_the_colour_of_production() -> None:
    entries = ["eu", "us", "a", "b", "c", "d"]
    hues = {entry: wear(OPTIONS, entries, entry).hue for entry in entries}
    assert hues["us"] is Hue.AMBER
    plain = [hues[entry] for entry in ("a", "b", "c", "d")]
    assert len(set(plain)) == 4
    assert Hue.RED not in plain


def test_a_cloud_alone_has_no_colour_that_was_not_given() -> None:
    assert wear(UiOptions(), ["lab"], "lab") == Wear("lab")


def test_what_means_several_clouds_wears_the_frame_of_production() -> None:
    wears = [wear(OPTIONS, ["lab", "us", "eu"], entry) for entry in ("lab", "us", "eu")]
    assert strongest(wears) == wears[2]
    assert strongest([]) is None


def said(*views: ScopeView) -> list[str]:
    entries = [view.entry for view in views]
    wears = {entry: wear(OPTIONS, entries, entry) for entry in entries}
    found = freshness(views, wears, NOW, "unicode", why=True)
    return ["".join(part.text for part in parts) for parts in found]


def test_freshness_is_said_whole_then_shorter_and_the_worst_is_never_left_out() -> None:
    lab = replace(LIVE, entry="lab", state=ScopeState.STALE, last_good_at=NOW - timedelta(minutes=3))
    assert said(LIVE, replace(LIVE, entry="us"), lab) == [
        "● PROD eu 2 s  ● us 2 s  ◌ lab stale 3 m",
        "● PROD eu  ● us  ◌ lab stale 3 m",
        "● 2 live  ◌ lab stale 3 m",
        "◌ lab stale 3 m",
    ]


def test_one_cloud_is_said_with_its_trouble_and_none_at_all() -> None:
    failed = replace(LIVE, state=ScopeState.FAILED, last_good_at=None, error_title="unauthorized")
    assert said(failed) == ["✖ failed: unauthorized"]
    assert said(LIVE) == ["● live 2 s"]
    assert said() == ["no cloud"]
