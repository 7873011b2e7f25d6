"""What has no price, no size or no known image is named with its time, and is in no amount."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from osvm_tui.domain.accrual import Line, Made, Tariff, Unpriced, vm_parts
from osvm_tui.domain.billing import STOPPED_FREE
from osvm_tui.domain.rates import Component, Named, Price, PriceList, RateCard
from osvm_tui.domain.rollup import DaySum, basis_of, guessed
from osvm_tui.domain.stretches import UNKNOWN, Stretch
from osvm_tui.domain.vm import Flavor

T0 = datetime(2026, 3, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SIZES = {"a": Flavor("a", 1, 1024, 10), "b": Flavor("b", 2, 2048, 10)}


def listed(since: datetime, **names: str) -> PriceList:
    found: dict[Component, tuple[Named, ...]] = {
        Component(key): (Named(name, Price(Decimal(1))),) for key, name in names.items()
    }
    return PriceList(since, found)


def tariff(*versions: PriceList) -> Tariff:
    return Tariff(RateCard(name="c", currency="EUR", versions=versions), STOPPED_FREE)


def stretch(state: str, *flavors: str, since: int = 0) -> Stretch:
    return Stretch(state, flavors, T0 + since * HOUR, T0 + (since + 1) * HOUR, seen=state != UNKNOWN)


def parts(life: Iterable[Stretch], by: Tariff, image_name: str | None = "") -> tuple[list[Line], list[Unpriced]]:
    found = list(vm_parts(life, Made(SIZES.get, image_name), by, T0, T0 + 9 * HOUR))
    return [each for each in found if isinstance(each, Line)], [each for each in found if isinstance(each, Unpriced)]


def test_only_what_would_be_billed_is_missed_and_only_while_it_has_no_price() -> None:
    later = listed(T0 + HOUR / 2, flavor="*")
    lines, missing = parts(
        [stretch("active", "a"), stretch("stopped", "a", since=1)], tariff(listed(T0, flavor="b"), later)
    )
    assert [(each.name, each.since, each.until) for each in missing] == [("flavor a", T0, T0 + HOUR / 2)]
    assert [(each.since, each.amount) for each in lines] == [(T0 + HOUR / 2, Decimal("0.5"))]


def test_of_two_flavors_one_without_a_price_leaves_a_bound_from_nothing() -> None:
    lines, missing = parts([stretch(UNKNOWN, "a", "b")], tariff(listed(T0, flavor="b")))
    assert [(each.amount, each.amount_max) for each in lines] == [(Decimal(0), Decimal(1))]
    assert [each.name for each in missing] == ["flavor a"]


def test_what_cannot_be_counted_says_why() -> None:
    by_parts = tariff(listed(T0, vcpu="*", ram="*", disk="*", license="windows*"))
    lines, missing = parts([stretch("active", "gone")], by_parts, None)
    assert lines == []
    assert [each.name for each in missing] == ["license (image not known)", "flavor gone (size not known)"]
    lines, missing = parts([stretch("active", "gone")], tariff(listed(T0, flavor="gone", disk="*")))
    assert [each.component for each in lines] == [Component.FLAVOR]
    assert [each.name for each in missing] == ["disk (size not known)"]
    told = DaySum("", "gone", "active", "", "EUR", 0, 0, 0, ("disk (size not known)",))
    assert [guessed([told]), guessed([DaySum("", "a", "active", "", "EUR", 0, 0, 0, ("flavor a",))])] == [True, False]


def test_a_days_basis_is_that_of_the_prices_that_hold_in_it() -> None:
    first, other = listed(T0, vcpu="*"), listed(T0 + 30 * HOUR, ram="*")
    day = (T0, T0 + 24 * HOUR)
    assert basis_of(tariff(first), *day) == basis_of(tariff(first, other), *day)
    assert basis_of(tariff(first), *day) != basis_of(tariff(first, listed(T0 + HOUR, ram="*")), *day)
    assert basis_of(tariff(first, other), *day) != basis_of(tariff(first, other), T0 + 24 * HOUR, T0 + 48 * HOUR)
