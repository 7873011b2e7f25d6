"""When a value is wrong, for how long, and when a disk will be full."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from osvm_tui.domain.alerts import (
    AlertRule,
    AlertSeverity,
    AlertState,
    AlertView,
    breached,
    hours_until_full,
    metric_words,
    spell,
    told,
)
from osvm_tui.domain.metrics import Metric
from tests.contract.store.samples import a_vm

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
CPU = AlertRule(name="cpu", bound=90, clear=80, for_s=300)


def at(minutes: float) -> datetime:
    return NOON + timedelta(minutes=minutes)


def test_a_breach_lasts_while_values_stay_beyond_and_ends_past_clear_once_it_fires() -> None:
    first = breached(CPU, None, 95, at(0), firing=False, gap_s=180)
    later = breached(CPU, first, 97, at(2), firing=False, gap_s=180)
    assert later is not None
    assert (later.since, later.seen_at, later.value) == (at(0), at(2), 97)
    assert breached(CPU, later, 85, at(3), firing=False, gap_s=180) is None
    firing = breached(CPU, later, 85, at(12), firing=True, gap_s=180)
    assert firing is not None
    assert metric_words(CPU, firing) == "cpu 85 % for 12 min (over 90 % for 5 min)"
    assert breached(CPU, firing, 80, at(13), firing=True, gap_s=180) is None


def test_over_a_gap_the_time_begins_anew() -> None:
    first = breached(CPU, None, 95, at(0), firing=False, gap_s=180)
    later = breached(CPU, first, 95, at(4), firing=False, gap_s=180)
    assert later is not None
    assert later.since == at(4)


def test_a_lower_bound_is_broken_from_above() -> None:
    idle = AlertRule(name="idle", metric=Metric.NET_IN, bound=2000, clear=3000, below=True)
    assert [idle.broken_by(value) for value in (1999, 2000, 2500)] == [True, False, False]
    assert idle.broken_by(2500, firing=True)
    assert idle.words == "under 2 kB/s"


def test_a_rule_is_for_clouds_projects_names_and_tags() -> None:
    vm = a_vm()
    fitting: list[dict[str, Any]] = [
        {},
        {"clouds": ("dem*",)},
        {"projects": ("p-1",)},
        {"projects": ("shop",)},
        {"tags": ("b*", "x")},
    ]
    for scope in fitting:
        assert AlertRule(name="r", **scope).fits(vm, "demo", "shop")
    other: list[dict[str, Any]] = [
        {"clouds": ("prod",)}, {"projects": ("p-2",)}, {"names": ("db-*",)}, {"tags": ("green",)}
    ]  # fmt: skip
    for scope in other:
        assert not AlertRule(name="r", **scope).fits(vm, "demo", "shop")


@pytest.mark.parametrize(
    ("points", "hours"),
    [
        ([(600 * n, 80 + n / 6) for n in range(7)], 19.0),
        ([(600 * n, 80.0) for n in range(20)], None),
        ([(600 * n, 80 - n) for n in range(7)], None),
        ([(60 * n, 80 + n) for n in range(10)], None),
        ([(600 * n, 80 + n) for n in range(5)], None),
    ],
)
def test_a_disk_is_full_where_its_trend_ends(points: list[tuple[float, float]], hours: float | None) -> None:
    found = hours_until_full(tuple(points))
    assert found == (None if hours is None else pytest.approx(hours))


def test_numbers_and_times_are_told_in_fitting_units() -> None:
    assert [told(Metric.NET_IN, value) for value in (12, 3_200_000, 5e12)] == ["12 B/s", "3.2 MB/s", "5e+03 GB/s"]
    assert [spell(seconds) for seconds in (45, 60, 90, 300, 7200, 86400)] == [
        "45 s", "1 min", "90 s", "5 min", "2 h", "1 d",
    ]  # fmt: skip


def test_the_open_and_worst_come_first_and_a_silence_ends_by_itself() -> None:
    def view(name: str, state: AlertState, **over: object) -> AlertView:
        values: dict[str, object] = {"severity": AlertSeverity.WARNING, "since": at(0), **over}
        return AlertView(id=name, rule="r", ref=a_vm().ref, vm_name="web", words="w", state=state, **values)  # type: ignore[arg-type]

    ended = view("ended", AlertState.ENDED, ended_at=at(9), severity=AlertSeverity.CRITICAL)
    silent = view("silent", AlertState.SILENCED, silent_until=at(5), severity=AlertSeverity.CRITICAL)
    bad = view("bad", AlertState.FIRING, severity=AlertSeverity.CRITICAL)
    old, new = view("old", AlertState.FIRING), view("new", AlertState.FIRING, since=at(1))
    ordered = sorted([ended, old, silent, new, bad], key=AlertView.order)
    assert [one.id for one in ordered] == ["bad", "silent", "new", "old", "ended"]
    assert [silent.state_at(at(4)), silent.state_at(at(5))] == [AlertState.SILENCED, AlertState.FIRING]
