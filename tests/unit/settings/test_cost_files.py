"""Cost files are read again when they change, and a mistake leaves what was last good."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from osvm_tui.domain.cost_book import CostBook
from osvm_tui.settings.cost_files import DEFAULT_NAMES, CostFiles
from tests.unit.settings.test_cost_text import GOOD


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text('[cost.policy]\nprod = "reduced"\nlab = "never"\n')
    return tmp_path / "config.toml"


def written(file: Path, text: str, tick: int) -> None:
    """Write a file with a time of its own: two writes may fall into one tick of the clock."""
    file.write_text(text)
    os.utime(file, ns=(tick, tick))


def changed(files: CostFiles) -> CostBook:
    book = files.changed()
    assert book is not None
    return book


def test_a_mistake_keeps_the_last_good_of_that_file_and_of_no_other(config: Path) -> None:
    rates, budgets = config.with_name("rates.toml"), config.with_name("budgets.toml")
    written(rates, GOOD, 1)
    written(budgets, '[[budget]]\nname = "b"\namount = 1\ncurrency = "EUR"\n', 1)
    files = CostFiles(config, ("rates.toml", "budgets.toml"), {"prod": "night"})
    assert [len(part) for part in (changed(files).cards, changed_twice(files))] == [1, 0]
    written(rates, GOOD.replace("0.009589", "-1"), 2)
    written(budgets, '[[budget]]\nname = "c"\namount = 2\ncurrency = "EUR"\n', 2)
    book = changed(files)
    assert [card.name for card in book.cards] == ["list"]
    assert [budget.name for budget in book.budgets] == ["web", "c"]
    (problem,) = book.problems
    assert problem == (f"{rates}, line 11: card.1.version.1.hourly.vcpu: expected a price of 0 or more, got -1")
    written(rates, GOOD, 3)
    assert changed(files).problems == ()


def changed_twice(files: CostFiles) -> tuple[()]:
    assert files.changed() is None
    return ()


def test_policies_that_nobody_knows_are_told_and_not_taken(config: Path) -> None:
    written(config.with_name("rates.toml"), GOOD, 1)
    book = changed(CostFiles(config, ("rates.toml",), {"prod": "reduced", "lab": "never"}))
    (problem,) = book.problems
    assert problem.startswith(f"{config}, line 3: cost.policy.lab: expected one of existing, shelved-free")
    assert book.policy("prod", book.cards[0]).name == "reduced"
    assert book.policy("lab", book.cards[0]).name == "night"


CARD = """\
[[card]]
name = "a"
currency = "EUR"
policy = "POLICY"
[[card.version]]
from = 2026-01-01
[card.version.hourly]
vcpu = VCPU
"""


def card(policy: str, vcpu: str = "0.02") -> str:
    return CARD.replace("POLICY", policy).replace("VCPU", vcpu)


def test_a_misspelt_policy_leaves_the_last_good_file_wholly_in_force(config: Path) -> None:
    rates = config.with_name("rates.toml")
    files = CostFiles(config, DEFAULT_NAMES, {})
    written(rates, card("stopped-fre"), 1)
    never = changed(files)
    assert (never.cards, never.tariff("lab", "r")) == ((), None), "nothing was good yet: nothing holds"
    written(rates, card("stopped-free"), 2)
    good = changed(files).tariff("lab", "r")
    written(rates, card("stopped-fre", "7"), 3)
    book = changed(files)
    assert book.tariff("lab", "r") == good
    assert book.problems == never.problems
    (problem,) = book.problems
    assert problem.startswith(f"{rates}, line 4: card.1.policy: expected one of existing, shelved-free")
    assert problem.endswith("got 'stopped-fre'; did you mean stopped-free?")


def test_a_policy_of_another_file_holds_until_its_cards_name_another(config: Path) -> None:
    first, second = config.with_name("a.toml"), config.with_name("b.toml")
    files = CostFiles(config, ("*.toml",), {})
    config.unlink()
    written(first, card("mine"), 1)
    written(second, '[policy.mine]\nlike = "stopped-free"\n', 1)
    good = changed(files)
    assert good.problems == ()
    written(second, '[policy.other]\nlike = "existing"\n', 2)
    book = changed(files)
    assert book.tariff("lab", "r") == good.tariff("lab", "r")
    (problem,) = book.problems
    assert problem.startswith(f"{first}, line 4: card.1.policy: ")
    written(second, '[policy.mine]\nlike = "stopped-free"\n', 3)
    written(first, card("mine") + '[policy.mine]\nlike = "existing"\n', 3)
    (problem,) = changed(files).problems
    assert problem == f"{second}, line 1: policy.mine: expected a name of its own, 'mine' is in {first}"


def test_the_default_file_need_not_exist_but_a_named_one_must(config: Path) -> None:
    assert changed(CostFiles(config, DEFAULT_NAMES, {})).problems == ()
    (problem,) = changed(CostFiles(config, ("mine.toml",), {})).problems
    assert problem == f"{config.with_name('mine.toml')}: there is no such file"
    assert changed(CostFiles(config, ("rates.d/*.toml",), {})).problems == ()
