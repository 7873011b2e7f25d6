"""Rate, policy and budget files: what they say, and one clear message with line and key for every mistake."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from osvm_tui.domain.rates import Component, Per
from osvm_tui.settings.cost_text import read_cost_text

GOOD = """\
[[card]]
name = "list"
currency = "USD"
clouds = ["prod-*"]
policy = "night"
source = "price page, 2026-04-22"

[[card.version]]
from = 2026-01-01
[card.version.hourly]
vcpu = 0.009589
ram_gib = "0.002397"
[card.version.monthly]
floating_ip = 5
volume_gb = { ssd = 0.12, "*" = 0.08 }

[[card.version]]
from = 2026-07-01T12:00:00
[card.version.hourly]
flavor = { "m1.small" = 0.02 }
license = { "windows*" = 0.05 }

[policy.night]
like = "stopped-free"
starts = "create"
paused = { compute = 0.35, disk = 1 }

[[budget]]
name = "web"
amount = 500
currency = "USD"
project = "web"
alerts = [50, 90.5]
"""


def test_a_whole_file() -> None:
    found = read_cost_text(GOOD)
    assert found.mistakes == ()
    (card,), (policy,), (budget,) = found.cards, found.policies, found.budgets
    first, second = card.versions
    assert second.since == datetime(2026, 7, 1, 12, tzinfo=UTC)
    vcpu, volume = first.price(Component.VCPU), first.price(Component.VOLUME, "slow")
    assert vcpu is not None
    assert volume is not None
    assert (vcpu.amount, vcpu.per) == (Decimal("0.009589"), Per.HOUR)
    assert (volume.amount, volume.per) == (Decimal("0.08"), Per.MONTH)
    assert second.price(Component.LICENSE, "windows-2019") is not None
    assert second.price(Component.FLAVOR, "m1.large") is None
    assert policy.share("paused", Component.RAM) == Decimal("0.35")
    assert policy.share("stopped", Component.VCPU) == 0
    assert not policy.from_launch
    assert budget.alerts == (Decimal(50), Decimal("90.5"))


@pytest.mark.parametrize(
    ("old", "new", "line", "said"),
    [
        ('name = "list"', 'nam = "list"', 2, "card.1.nam: unknown key"),
        ('"USD"\nclouds', '"usd"\nclouds', 3, "card.1.currency: expected three capital letters like EUR, got 'usd'"),
        ('["prod-*"]', '"prod"', 4, "card.1.clouds: expected a list of texts, got 'prod'"),
        ("2026-01-01", '"now"', 9, "card.1.version.1.from: expected a date like 2026-01-01, got 'now'"),
        ("0.009589", "-1", 11, "card.1.version.1.hourly.vcpu: expected a price of 0 or more, got -1"),
        ("0.009589", "true", 11, "card.1.version.1.hourly.vcpu: expected a price of 0 or more, got True"),
        ("0.009589", "nan", 11, "card.1.version.1.hourly.vcpu: expected a price of 0 or more, got NaN"),
        ("ram_gib", "ram", 12, "card.1.version.1.hourly.ram: unknown key"),
        ("floating_ip = 5", "vcpu = 5", 14, "card.1.version.1.monthly.vcpu: expected one price"),
        ("ssd = 0.12", 'ssd = "dear"', 15, "volume_gb.ssd: expected a price of 0 or more, got 'dear'"),
        ("2026-07-01T12:00:00", "2026-01-01", 18, "card.1.version.2.from: expected a date of its own"),
        ('{ "m1.small" = 0.02 }', "0.02", 20, "hourly.flavor: expected a table of prices by name"),
        ('"stopped-free"', '"stoped"', 24, "policy.night.like: expected one of existing, shelved-free"),
        ('"stopped-free"', "[]", 24, "policy.night.like: expected one of existing"),
        ('"create"', '"boot"', 25, "policy.night.starts: expected create or launch, got 'boot'"),
        ("compute = 0.35", "compute = 35", 26, "policy.night.paused.compute: expected a share between 0 and 1, got 35"),
        ("paused =", "pausd =", 26, "policy.night.pausd: unknown key"),
        ("[policy.night]", "[policy.reduced]", 23, "policy.reduced: expected a name of its own, reduced is built in"),
        ("amount = 500", "amount = 0", 30, "budget.1.amount: expected an amount of more than 0, got 0"),
        ("amount = 500", "", 28, "budget.1.amount: expected an amount of more than 0, got nothing"),
        ('project = "web"', 'month = "13"', 32, "budget.1.month: expected a month like 2026-11, got '13'"),
        ("[50, 90.5]", "80", 33, "budget.1.alerts: expected a list of percents, got 80"),
    ],
)  # fmt: skip
def test_every_mistake_is_told_with_its_line_and_key(old: str, new: str, line: int, said: str) -> None:
    assert old in GOOD
    (mistake, *_) = read_cost_text(GOOD.replace(old, new, 1)).mistakes
    assert mistake.line == line
    assert said in str(mistake)


def test_mistakes_are_all_told_and_what_is_no_toml_is_told_once() -> None:
    found = read_cost_text(GOOD.replace("0.009589", "-1").replace("amount = 500", "amount = 0"))
    assert [mistake.line for mistake in found.mistakes] == [11, 30]
    (only,) = read_cost_text("[[card]]\nname = \n").mistakes
    assert str(only).startswith("line 2: not valid TOML")
    empty = read_cost_text('[[card]]\nname = "x"\ncurrency = "EUR"\n')
    assert "expected at least one [[card.version]]" in str(empty.mistakes[0])
    twice = GOOD + GOOD[: GOOD.index("[policy")]
    assert "'list' is there twice" in str(read_cost_text(twice).mistakes[0])


def test_the_readmes_example_is_right() -> None:
    readme = (Path(__file__).parents[3] / "README.md").read_text(encoding="utf-8")
    example = next(block for block in readme.split("```") if block.startswith("toml\n[[card]]"))
    found = read_cost_text(example.removeprefix("toml\n"))
    assert found.mistakes == ()
    assert [len(part) for part in (found.cards, found.policies, found.budgets)] == [1, 1, 1]
