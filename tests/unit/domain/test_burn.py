"""What things cost now by card and policy, what an action changes, and what a month will come to."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from osvm_tui.domain.accrual import Tariff
from osvm_tui.domain.billing import PRESETS
from osvm_tui.domain.burn import Burn, burn_totals, change, priced, vm_burn
from osvm_tui.domain.cost_book import Budget, CostBook
from osvm_tui.domain.forecast import forecast, month_of
from osvm_tui.domain.rates import Component, Named, Per, Price, PriceList, RateCard, card_for
from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.domain.what_if import after, state_after

T0 = datetime(2026, 1, 1, tzinfo=UTC)
SMALL, LARGE = Flavor("small", 2, 4096, 20), Flavor("large", 8, 16384, 80)
PRICES = PriceList(
    T0,
    {
        Component.VCPU: (Named("*", Price(Decimal("0.01"))),),
        Component.RAM: (Named("*", Price(Decimal("0.005"))),),
        Component.DISK: (Named("*", Price(Decimal("0.073"), Per.MONTH)),),
        Component.FLAVOR: (Named("g1.*", Price(Decimal("0.72"))),),
        Component.LICENSE: (Named("windows*", Price(Decimal("0.05"))),),
    },
)
CARD = RateCard(name="c", currency="EUR", versions=(PRICES,))


def vm(vm_state: str = "active", flavor: Flavor = SMALL, **more: object) -> Vm:
    fields: dict[str, object] = {
        "endpoint": "e", "id": "1", "name": "n", "status": "", "vm_state": vm_state, "flavor": flavor, "image_id": "i",
        "launched_at": T0,
    }  # fmt: skip
    return Vm(**{**fields, **more})  # type: ignore[arg-type]


def hourly(one: Vm, policy: str = "shelved-free", image: str = "") -> Decimal:
    assert one.flavor is not None
    return vm_burn(one, one.flavor, PRICES, PRESETS[policy], "EUR", image).hourly


COMPUTE, DISK = Decimal("0.04"), Decimal("0.002")


@pytest.mark.parametrize(
    ("policy", "vm_state", "expected"),
    [
        ("existing", "stopped", COMPUTE + DISK),
        ("existing", "shelved_offloaded", COMPUTE + DISK),
        ("existing", "deleted", 0),
        ("shelved-free", "stopped", COMPUTE + DISK),
        ("shelved-free", "suspended", COMPUTE + DISK),
        ("shelved-free", "shelved", DISK),
        ("shelved-free", "shelved_offloaded", 0),
        ("stopped-free", "active", COMPUTE + DISK),
        ("stopped-free", "stopped", DISK),
        ("stopped-free", "paused", COMPUTE + DISK),
        ("reduced", "stopped", COMPUTE / 5 + DISK),
        ("reduced", "shelved_offloaded", COMPUTE / 5),
        ("reduced", "active", COMPUTE + DISK),
    ],
)
def test_the_presets_bill_as_their_providers_say(policy: str, vm_state: str, expected: Decimal) -> None:
    assert hourly(vm(vm_state), policy) == expected


def test_what_never_ran_costs_nothing_but_where_existing_is_billed() -> None:
    failed = vm("error", launched_at=None)
    assert hourly(failed) == 0
    assert hourly(failed, "existing") == COMPUTE + DISK


def test_disks_licenses_and_flavors_in_one() -> None:
    assert hourly(vm(image_id=None, volume_ids=("v",))) == COMPUTE, "its disk is a volume, which is paid as one"
    assert hourly(vm(), image="windows-2019") == COMPUTE + DISK + Decimal("0.05")
    assert hourly(vm(flavor=Flavor("g1.big", 8, 32768, 10))) == Decimal("0.72") + Decimal("0.001")
    whole = PriceList(T0, {Component.FLAVOR: (Named("small", Price(Decimal(1))),)})
    burn = vm_burn(vm(), SMALL, whole, PRESETS["existing"], "EUR")
    assert [burn.hourly, burn.monthly, burn.complete] == [1, 730, True]
    missing = vm_burn(vm(flavor=LARGE), LARGE, whole, PRESETS["existing"], "EUR")
    assert missing.unpriced == ("flavor large",)
    assert not priced(missing)


def test_currencies_are_never_summed() -> None:
    found = burn_totals([Burn("USD", Decimal(1), Decimal(730)), Burn("EUR", Decimal(2), Decimal(1460))])
    assert {each.currency: int(each.hourly) for each in found} == {"EUR": 2, "USD": 1}
    moved = change([Burn("USD", Decimal(1), Decimal(730))], [Burn("EUR", Decimal(2), Decimal(1460))])
    assert {each.currency: int(each.hourly) for each in moved} == {"EUR": 2, "USD": -1}


@pytest.mark.parametrize(
    ("action", "vm_state", "flavor", "expected"),
    [
        ("stop", "active", SMALL, -COMPUTE),
        ("start", "stopped", SMALL, COMPUTE),
        ("shelve", "active", SMALL, -COMPUTE - DISK),
        ("unshelve", "shelved_offloaded", SMALL, COMPUTE + DISK),
        ("resize", "active", LARGE, 3 * (COMPUTE + DISK)),
        ("resize", "stopped", LARGE, 3 * DISK),
        ("delete", "active", SMALL, -COMPUTE - DISK),
        ("reboot-soft", "active", SMALL, 0),
    ],
)
def test_what_an_action_changes(action: str, vm_state: str, flavor: Flavor, expected: Decimal) -> None:
    one, tariff = vm(vm_state), Tariff(CARD, PRESETS["stopped-free"])
    left = after(one, action)
    later = [vm_burn(left, flavor, PRICES, tariff.policy, "EUR")] if left is not None else []
    before = vm_burn(one, SMALL, PRICES, tariff.policy, "EUR")
    (moved,) = change([before], later)
    assert moved.hourly == expected
    assert moved.monthly == expected * 730


def test_a_card_that_names_the_cloud_goes_first_and_a_simulated_one_takes_no_real_prices() -> None:
    named = RateCard(name="n", currency="USD", versions=(PRICES,), clouds=("prod-*",), policy="reduced")
    assert card_for((CARD, named), "prod-1", "r") is named
    assert card_for((CARD, named), "lab", "r") is CARD
    assert card_for((named,), "lab", "r") is None
    book = CostBook(cards=(CARD, named), chosen={"lab": "stopped-free"})
    tariffs = {entry: book.tariff(entry, "r") for entry in ("prod-1", "lab", "other")}
    assert [t.policy.name for t in tariffs.values() if t] == ["reduced", "stopped-free", "existing"]
    mock = book.tariff("mock", "r", simulated=True)
    assert mock is not None
    assert mock.card.simulated
    assert CostBook().tariff("real", "r") is None


def test_a_forecast_says_how_it_was_made_and_what_it_may_be_wrong_by() -> None:
    now = datetime(2026, 12, 31, tzinfo=UTC)
    assert month_of(now) == (datetime(2026, 12, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC))
    days = [(Decimal(12), Decimal(12)), (Decimal(48), Decimal(48))]
    found = forecast("EUR", (Decimal(300), Decimal(310)), Decimal(1), days, now)
    assert [found.low, found.expected, found.high] == [312, 329, 358]
    assert found.made.startswith("middle of what was accrued + 1.0000 EUR/h now for the 24 h left; band: ")
    sure = forecast("EUR", (Decimal(300), Decimal(300)), Decimal(1), [], now)
    assert [sure.low, sure.high] == [324, 324]
    assert "no complete day" in sure.made
    unseen = forecast("EUR", (Decimal(0), Decimal(10)), Decimal(1), [(Decimal(0), Decimal(480))], now)
    assert [unseen.low, unseen.high] == [0, 490], "a day that nobody saw may have cost its most"
    dearer = forecast("EUR", (Decimal(0), Decimal(0)), Decimal(1), days, now, Decimal(240))
    assert [dearer.low, dearer.expected, dearer.high] == [120, 240, 480]
    assert "with the prices that change in them" in dearer.made


def test_budgets_cover_what_they_name() -> None:
    budget = Budget(name="b", amount=Decimal(1), currency="EUR", cloud="prod-*", project="web", month="2026-12")
    assert budget.covers("prod-1", "id", "web")
    assert not budget.covers("lab", "id", "web")
    assert not budget.covers("prod-1", "id", "other")
    assert budget.holds_in(datetime(2026, 12, 31, tzinfo=UTC))
    assert not budget.holds_in(datetime(2027, 1, 1, tzinfo=UTC))


def test_a_resize_that_is_confirmed_while_the_guest_is_off_leaves_it_stopped() -> None:
    assert [state_after(vm("resized", power_state=each), "confirm-resize") for each in (1, 4)] == ["active", "stopped"]
