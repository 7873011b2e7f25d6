"""Alert rules as operators write them: each mistake with line and key, and the last good ones stay in force."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from osvm_tui.domain.alerts import DEFAULT_RULES, AlertKind, AlertSeverity
from osvm_tui.domain.metrics import Metric
from osvm_tui.settings.alert_files import AlertFiles
from osvm_tui.settings.alert_text import read_alert_text

GOOD = """
[[alert]]
name = "cpu"
metric = "cpu"
above = 70
clear = 60
for_s = 120
severity = "critical"
clouds = ["prod-*"]

[[alert]]
name = "quiet"
metric = "net-in"
below = 100

[[alert]]
name = "disk-full"
within_h = 48

[[alert]]
name = "stuck"
enabled = false
"""


def test_rules_take_the_places_of_defaults_and_stand_beside_them(tmp_path: Path) -> None:
    (tmp_path / "alerts.toml").write_text(GOOD)
    book = AlertFiles(tmp_path / "config.toml", ("alerts.toml",)).changed()
    assert book is not None
    assert book.problems == ()
    rules = {rule.name: rule for rule in book.rules}
    assert list(rules) == ["cpu", "memory", "disk", "disk-full", "no-data", "error", "quiet"]
    cpu = rules["cpu"]
    assert (cpu.bound, cpu.clear, cpu.for_s, cpu.clouds, cpu.severity) == (
        70.0, 60.0, 120.0, ("prod-*",), AlertSeverity.CRITICAL,
    )  # fmt: skip
    assert (rules["quiet"].metric, rules["quiet"].below) == (Metric.NET_IN, True)
    assert (rules["disk-full"].kind, rules["disk-full"].bound) == (AlertKind.DISK_FULL, 48.0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "[[alert]]\nname = 'x'\nmetrik = 'cpu'\nmetric = 'cpu'\nabove = 1",
            "line 3: alert.1.metrik: unknown key of a",
        ),
        ("[[alert]]\nname = 'x'\nmetric = 'cpus'\nabove = 1", "line 3: alert.1.metric: expected one of cpu, load,"),
        ("[[alert]]\nname = 'x'\nmetric = 'cpu'", "line 1: alert.1.above: expected either above or below"),
        ("[[alert]]\nname = 'x'\nmetric = 'cpu'\nabove = 9\nclear = 10", "line 5: alert.1.clear: expected at most 9"),
        ("[[alert]]\nname = 'x'\nmetric = 'cpu'\nabove = '9'", "line 4: alert.1.above: expected a number of 0"),
        ("[[alert]]\nname = 'x'\nkind = 'error'\nfor_s = 1", "line 4: alert.1.for_s: unknown key of a rule of kind er"),
        ("[[alert]]\nkind = 'error'", "line 1: alert.1.name: expected a name"),
        ("[[alert]]\nname = 'a'\nkind='error'\n[[alert]]\nname = 'a'\nkind='error'", "line 5: alert.2.name: there is"),
        ("[[alert]]\nname = 'a'\nkind='error'\ntags = 'x'", "line 4: alert.1.tags: expected a list of texts, got 'x'"),
        ("[alert]\nname = 'a'", "line 1: alert: expected [[alert]] tables"),
        ("[[alarm]]\nname = 'a'", "line 1: alarm: unknown key"),
        ("[[alert]]\nname = ", "line 2: not valid TOML"),
    ],
)
def test_a_mistake_is_told_with_line_key_and_what_was_expected(text: str, told: str) -> None:
    (mistake,) = read_alert_text(text).mistakes
    assert str(mistake).startswith(told)


def test_a_broken_file_leaves_the_last_good_rules_in_force(tmp_path: Path) -> None:
    file = tmp_path / "alerts.toml"
    files = AlertFiles(tmp_path / "config.toml", ("alerts.toml",))
    assert files.changed().rules == DEFAULT_RULES  # type: ignore[union-attr]
    assert files.changed() is None
    for number, text in enumerate((GOOD, GOOD.replace("above = 70", "above = -1") + "nonsense = 1")):
        file.write_text(text)
        os.utime(file, ns=(number, number))
        book = files.changed()
    assert book is not None
    assert next(rule for rule in book.rules if rule.name == "cpu").bound == 70.0
    assert book.problems == (
        f"{file}, line 5: alert.1.above: expected a number of 0 or more, got -1 (and 1 more)",
    )  # fmt: skip
