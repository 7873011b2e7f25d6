"""Amounts as they are shown: fixed decimals, signs apart, the currency said, nothing made up where none is known."""

from __future__ import annotations

from decimal import Decimal

from osvm_tui.domain.burn import Burn, Change, Total
from osvm_tui.services.costs_api import Sum
from osvm_tui.ui.money_words import burn_words, burning, change_words, plain, signed, spent


def change(hourly: str, monthly: str, after: str = "0") -> Change:
    h, a = Decimal(hourly), Decimal(after)
    return Change(currency="EUR", before_hourly=a - h, after_hourly=a, hourly=h, monthly=Decimal(monthly))


def test_numbers_have_fixed_decimals_and_groups_of_three() -> None:
    assert plain(Decimal("1234567.005")) == "1 234 567.00"
    assert plain(Decimal("0.01805"), 4) == "0.0180"
    assert plain(Decimal("-0.001")) == "0.00"
    assert plain(Decimal("1E+3")) == "1 000.00"


def test_a_difference_has_its_sign_apart_and_nothing_has_none() -> None:
    assert signed(Decimal("-87.6")) == "- 87.60"
    assert signed(Decimal("0.12")) == "+ 0.12"
    assert signed(Decimal("-0.0001")) == "0.00"


def test_a_change_tells_hour_and_month_and_one_that_is_none_says_what_goes_on() -> None:
    assert change_words([change("-0.12", "-87.6")]) == "- 0.1200 EUR/h, - 87.60 EUR/month"
    assert change_words([change("0", "0", "0.0382")]) == "no change: 0.0382 EUR/h, 27.89 EUR/month"
    assert change_words([]) == ""


def test_what_was_not_seen_is_told_from_least_to_most() -> None:
    sure = Sum(currency="EUR", amount=Decimal("1.2"), amount_max=Decimal("1.2"))
    unsure = Sum(currency="USD", amount=Decimal("1.2"), amount_max=Decimal("2.4"))
    assert spent(sure) == "1.20 EUR"
    assert spent(unsure) == "between 1.20 USD and 2.40 USD"


def test_currencies_stand_side_by_side_and_what_has_no_price_is_marked() -> None:
    totals = [Total("EUR", Decimal("12.339"), Decimal(9007)), Total("USD", Decimal("0.5"), Decimal(365))]
    assert burning(totals) == "12.34 EUR/h  0.50 USD/h"
    assert burning(totals[1:], more=True) == "0.50+ USD/h"
    assert burning(()) == ""
    assert burn_words(None) == ""
    part = Burn("EUR", Decimal("0.018"), Decimal("13.14"), unpriced=("disk",))
    assert burn_words(part) == "at least 13.14 EUR/month (0.0180/h)"
