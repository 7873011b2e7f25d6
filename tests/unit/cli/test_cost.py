"""`osvm cost`: reports whose totals are the sum of their lines, advice, and rate files explained by line."""

from __future__ import annotations

import csv
import os
from decimal import Decimal
from pathlib import Path

from osvm_tui.paths import config_file
from tests.unit.cli.conftest import Osvm
from tests.unit.settings.test_cost_text import GOOD


def test_totals_are_the_sum_of_the_lines_to_the_last_digit(cloud: Osvm) -> None:
    window = "--from 2026-01-01 --to 2026-01-03T12:00"
    told = cloud(f"cost report {window} --by project,flavor,state,tag -o json").json
    by_component = cloud(f"cost report {window} --by component -o csv")
    (total,) = told["totals"]
    rows = list(csv.DictReader(by_component.out.splitlines()))
    assert Decimal(total["amount"]) > 0
    for name in ("amount", "amount_max"):
        exact = Decimal(total[name])
        assert sum(Decimal(group["sum"][name]) for group in told["groups"]) == exact
        assert sum(Decimal(row[name]) for row in rows) == exact
    assert {row["hours"] for row in rows} == {""}
    table = cloud(f"cost report {window}").out.splitlines()
    assert table[-1] == "SIMULATED list prices"
    assert table[-2].split()[2] == f"{Decimal(total['amount']):.10f}"


def test_what_is_given_wrongly_is_told(cloud: Osvm) -> None:
    assert cloud("cost report --by colour").code == 2
    assert cloud("cost report --from yesterday").code == 2
    assert cloud("cost report --from 2026-02-01 --to 2026-01-01").code == 2


def test_now_and_advice(cloud: Osvm) -> None:
    now = cloud("cost now -o json").json
    assert now["rates"][0]["simulated"]
    assert Decimal(now["burn"]["totals"][0]["hourly"]) > 0
    advice = cloud("cost advice")
    assert "unattached volume" in advice.out
    assert "no metrics" in advice.err


def test_hours_stand_beside_novas_with_a_reason_where_they_differ(cloud: Osvm) -> None:
    (check,) = cloud("cost hours -o json").json
    rows = {row["name"]: row for row in check["rows"]}
    same = [row for row in rows.values() if not row["explained"]]
    assert len(same) > len(rows) / 2
    assert all(abs(Decimal(row["nova_hours"]) - Decimal(row["our_hours"])) <= Decimal("0.02") for row in same)
    assert "h by Nova" in cloud("cost hours").out


def test_a_rate_file_is_explained_by_line(osvm: Osvm, bare: Path) -> None:
    file = bare / "rates.toml"
    file.write_text(GOOD)
    assert osvm(f"cost rates check {file}").out.endswith("is right\n")
    file.write_text(GOOD.replace("0.009589", "-1").replace("amount = 500", "amount = 0"))
    told = osvm(f"cost rates check {file}")
    assert told.code == 1
    assert told.err.splitlines() == [
        f"{file}, line 11: card.1.version.1.hourly.vcpu: expected a price of 0 or more, got -1",
        f"{file}, line 30: budget.1.amount: expected an amount of more than 0, got 0",
        f"2 mistakes in {file}",
    ]


def test_a_card_may_name_a_policy_of_the_settings_files_and_no_other(osvm: Osvm, bare: Path) -> None:
    file, settings = bare / "mine.toml", config_file(os.environ)
    file.write_text(GOOD.replace('policy = "night"', 'policy = "day"'))
    told = osvm(f"cost rates check {file}")
    assert told.code == 1
    assert f"{file}, line 5: card.1.policy: expected one of existing, " in told.err
    settings.parent.mkdir(parents=True, exist_ok=True)
    settings.with_name("rates.toml").write_text('[policy.day]\nlike = "existing"\n')
    assert osvm(f"cost rates check {file}").code == 0


def test_a_wrong_file_is_told_and_the_rest_goes_on(cloud: Osvm) -> None:
    settings = config_file(os.environ)
    settings.parent.mkdir(parents=True)
    settings.with_name("rates.toml").write_text(GOOD.replace("0.009589", "-1"))
    told = cloud("cost now")
    assert told.code == 0
    assert "rates.toml, line 11: card.1.version.1.hourly.vcpu" in told.err
    assert "SIMULATED" in told.out
