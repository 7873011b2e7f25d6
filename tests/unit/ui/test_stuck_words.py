"""What is said of a stuck VM."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from osvm_tui.domain.gating import Verdict
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.insight_api import Remedy, Stuck, Usual
from osvm_tui.ui.stuck_words import remedy_choices, stuck_words

NOW = datetime(2026, 11, 22, 9, 41, tzinfo=UTC)
REF = VmRef("e", "1")


def test_a_norm_is_told_with_the_number_of_runs_behind_it() -> None:
    stuck = Stuck(REF, "powering-off", NOW - timedelta(minutes=12), Usual(8.0, 14.0, 120))
    assert stuck_words(stuck, NOW) == "stuck: powering-off for 12 m; usually 8 s, 95 % within 14 s (120 runs here)"


def test_without_a_norm_none_is_pretended() -> None:
    told = stuck_words(Stuck(REF, "spawning", NOW - timedelta(hours=1), None), NOW)
    assert told.startswith("stuck: spawning for 1 h; past its deadline")


def test_a_refused_remedy_stays_in_the_list_and_tells_why() -> None:
    legal, refused = remedy_choices(
        [
            Remedy("reboot-hard", "unsaved data are lost", Verdict(True)),
            Remedy("reset-state", "x", Verdict(False, "no")),
        ]
    )
    assert (legal.id, legal.label, legal.told, legal.refused) == (
        "reboot-hard", "hard reboot", "unsaved data are lost", "",
    )  # fmt: skip
    assert refused.refused == "no"
