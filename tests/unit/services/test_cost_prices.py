"""Prices that lack, change or were written down before they hold, over a real console and store."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from msgspec.structs import replace

from osvm_tui.domain.catalog import CatalogKind, Image
from osvm_tui.domain.cost_book import Budget
from osvm_tui.domain.forecast import month_of
from osvm_tui.domain.rates import Component, Named, Price, PriceList, RateCard
from osvm_tui.domain.rollup import DaySum
from osvm_tui.domain.vm import Flavor
from osvm_tui.domain.volume import Volume, VolumeAttachment
from osvm_tui.services.cost_burns import Coming
from osvm_tui.services.cost_days import ProjectDay
from osvm_tui.services.cost_reports import budget_view, grouped
from osvm_tui.services.costs_api import By
from tests.unit.services.cost_desk import (
    COMPUTE,
    DAY,
    END,
    EVERYWHERE,
    LARGE,
    NOW,
    TODAY,
    Make,
    Source,
    card,
    opened,
    store_of,
    vm,
)  # fmt: skip
from tests.unit.services.scripted_cloud import SCOPE, ScriptedCloud


async def test_what_has_no_price_is_told_in_reports_month_bill_and_totals_and_is_no_zero(console: Make) -> None:
    only = PriceList(TODAY - DAY, {Component.FLAVOR: (Named("large", Price(Decimal(1))),)})
    source = Source(cards=(RateCard(name="l", currency="EUR", versions=(only,)),))
    cloud = ScriptedCloud(vm("1"), vm("2", flavor=LARGE), scope=EVERYWHERE)
    cloud.lists["volumes"] = (Volume(id="v", size_gib=100, type="gold", project_id="p", created_at=NOW - 9 * DAY),)
    one = await opened(console, cloud, source)
    begins, told = (
        f"lab: the prices of l begin {only.since:%Y-%m-%d} 00:00 UTC, not in it: all before",
        "no price, not in it: flavor small, volume gold",
    )
    report = await one.costs.report(TODAY - 2 * DAY, TODAY, (By.FLAVOR,))
    assert report.notes == (begins, f"lab: {told}")
    groups = {each.keys[0]: (each.sum.amount_max, *each.unpriced) for each in report.groups}
    assert groups == {
        "large": (Decimal(24),),
        "small": (Decimal(0), "flavor small"),
        "volume": (Decimal(0), "volume gold"),
    }
    assert await one.costs.report(TODAY - 2 * DAY, TODAY, (By.FLAVOR,)) == report, "kept days tell it, too"
    assert f"lab: {told}" in (await one.costs.month()).notes
    assert (await one.costs.bill(vm("1").ref, TODAY, NOW)).notes == ("no price, not in it: flavor small",)
    totals = one.costs.burn_totals()
    assert (totals.unpriced, totals.complete) == (("flavor small", "volume gold"), False)


async def test_prices_of_another_time_leave_a_day_as_it_was_and_a_forgotten_flavor_is_no_zero(console: Make) -> None:
    """A VM that was resized since, and whose old flavor is in no catalog any more."""
    old, hour = Flavor("old", 2, 4096, 20, id="8"), timedelta(hours=1)
    now = vm("1", flavor=LARGE, updated_at=TODAY + hour)
    cloud = ScriptedCloud(now)
    cloud.lists["flavors"] = (old, LARGE)
    one = await opened(console, cloud, Source())
    for made, at in ((vm("1", flavor=old, updated_at=END - 3 * DAY), END - 3 * DAY), (now, TODAY + hour)):
        await store_of(one).save_vms(SCOPE, [], [], at - timedelta(minutes=1), None)
        await store_of(one).save_vms(SCOPE, [made], [], at, None)
    first = await one.costs.report(END - DAY, END)
    assert first.totals[0].amount_max == 24 * COMPUTE
    cloud.lists["flavors"] = (LARGE,)
    (version,) = card().versions
    later = replace(card(), versions=(version, replace(version, since=NOW + DAY)))
    two = await opened(console, cloud, Source(cards=(later,)))
    assert await two.costs.report(END - DAY, END) == first
    dearer = replace(version, since=END - DAY / 2, prices=card("0.02").versions[0].prices)
    three = await opened(console, cloud, Source(cards=(replace(card(), versions=(version, dearer)),)))
    anew = await three.costs.report(END - DAY, END)
    told = ("lab: no price, not in it: flavor old (size not known)",)
    assert anew.notes == told, "a price of that day counts it anew"
    cloud.lists["flavors"] = (old, LARGE)
    four = await opened(console, cloud, Source(cards=(replace(card(), versions=(version, dearer)),)))
    (counted,), _ = four._costs._lives.counted()
    await four._costs._days.roll(counted, 4)
    assert (await four.costs.report(END - DAY, END)).notes == (), "it is known again: another run counts it once more"


async def test_a_months_expectation_goes_by_the_prices_already_written_down(console: Make) -> None:
    since, until = month_of(NOW)
    (version,) = card().versions
    dear = {key: tuple(_times(each, 10) for each in found) for key, found in version.prices.items()}
    change = NOW + timedelta(minutes=1)
    source = Source(cards=(replace(card(), versions=(version, PriceList(change, dear))),))
    made = vm("1", created_at=since, launched_at=since, updated_at=since)
    one = await opened(console, ScriptedCloud(made), source)
    (found,) = (await one.costs.month()).forecasts
    hours = Decimal((until - change).total_seconds()) / 3600
    assert abs(found.expected - found.accrued - 10 * COMPUTE * hours) < Decimal("0.01")
    assert found.low <= found.expected <= found.high


def _times(named: Named, factor: int) -> Named:
    return Named(named.name, Price(named.price.amount * factor, named.price.per))


async def test_a_budget_is_expected_to_reach_what_exactly_its_own_vms_and_things_come_to(console: Make) -> None:
    since, until = month_of(NOW)
    young = NOW - timedelta(minutes=6)
    huge = Flavor("huge", 64, 262144, 20, id="9")
    cloud = ScriptedCloud(
        vm("1", created_at=since, launched_at=since, updated_at=since),
        vm("2", created_at=young, launched_at=young, updated_at=young, project_id="q", flavor=huge),
        scope=replace(EVERYWHERE, all_projects=True),
    )
    cloud.lists["volumes"] = (Volume(id="v", size_gib=1000, project_id="q", created_at=young),)
    budgets = [Budget(name=each, amount=Decimal(1000), currency="EUR", project=each) for each in "pq"]
    one = await opened(console, cloud, Source(budgets=tuple(budgets)))
    month = await one.costs.month()
    left = Decimal((until - NOW).total_seconds()) / 3600
    steady, new = (each.expected - each.accrued for each in month.budgets)
    assert abs(steady - COMPUTE * left) < Decimal("0.01")
    assert abs(new - (64 * Decimal("0.01") + 256 * Decimal("0.005") + Decimal("0.1")) * left) < Decimal("0.1")
    (whole,) = month.forecasts
    assert abs(sum(each.expected for each in month.budgets) - whole.expected) < Decimal("0.001")


async def test_a_budget_that_can_never_fill_says_why(console: Make) -> None:
    whole = Budget(name="b", amount=Decimal(10**6), currency="EUR")
    others = ({"currency": "USD"}, {"project": "typo"}, {"cloud": "prod*"}, {"project": "demo"})
    budgets = (whole, *(replace(whole, **each) for each in others))
    one = await opened(console, ScriptedCloud(vm("1")), Source(budgets=budgets))
    assert [each.note for each in (await one.costs.month()).budgets] == [
        "",
        "no prices in USD are in use: it never fills",
        "no project here is called typo: it never fills",
        "no cloud here is called prod*: it never fills",
        "",
    ]


@pytest.mark.parametrize(
    ("alerts", "accrued", "rest", "said"),
    [
        ((80,), 100, 2900, "will be 300 % of 1 000.00 EUR"),
        ((80, 100), 100, 800, ""),
        ((150,), 100, 1200, ""),
        ((80, 100), 810, 0, "81 % of 1 000.00 EUR reached"),
        ((), 1000, 2900, ""),
    ],
)
def test_a_budget_speaks_up_before_it_breaks(alerts: tuple[int, ...], accrued: int, rest: int, said: str) -> None:
    marks = tuple(Decimal(mark) for mark in alerts)
    budget = Budget(name="b", amount=Decimal(1000), currency="EUR", alerts=marks)
    spent = DaySum("", "small", "active", "", "EUR", accrued * 10**10, accrued * 10**10)
    day = ProjectDay("lab", "e", "p", NOW.date(), (spent,), False)
    view = budget_view(budget, [day], [Coming("lab", "p", "EUR", Decimal(rest))], lambda _, project_id: project_id)
    assert [view.accrued, view.expected] == [accrued, accrued + rest]
    assert view.alert == said


async def test_a_licence_is_billed_by_the_root_volumes_image_and_told_where_the_image_is_not_known(
    console: Make,
) -> None:
    (version,) = card().versions
    windows = Named("windows*", Price(Decimal("0.1")))
    licensed = replace(card(), versions=(replace(version, prices=version.prices | {Component.LICENSE: (windows,)}),))
    cloud = ScriptedCloud(
        vm("1", image_id=None, volume_ids=("d1", "r1")),
        vm("2", image_id=None, volume_ids=("r2",)),
        vm("3", image_id="w"),
        vm("4", image_id="gone"),
        scope=EVERYWHERE,
    )
    cloud.lists["volumes"] = (
        _disk("r1", "1", "/dev/vda", image_name="windows-2022"),
        _disk("d1", "1", "/dev/vdb", image_name="debian-12"),
        _disk("r2", "2", "/dev/vda"),
    )
    cloud.lists["images"] = (Image("w", "windows-2019"),)
    one = await opened(console, cloud, Source(cards=(licensed,)))
    costs = [one.costs.burn(vm(each).ref).own for each in "1234"]
    found = [(f"{cost.hourly - COMPUTE:.2f}", cost.unpriced) for cost in costs if cost is not None]
    assert found == [
        ("0.10", ()),
        ("0.00", ("license (image not known)",)),
        ("0.10", ()),
        ("0.00", ("license (image not known)",)),
    ]
    report = await one.costs.report(TODAY - DAY, TODAY, (By.COMPONENT,))
    paid = {each.keys[0]: (each.sum.amount, *each.unpriced) for each in report.groups}["license"]
    assert paid == (Decimal("4.8"), "license (image not known)")
    cloud.lists["images"] = ()
    await one._catalogs.load("lab", CatalogKind.IMAGE, 0)
    again = one.costs.burn(vm("3").ref).own
    assert again is not None
    assert again.hourly == COMPUTE + Decimal("0.1"), "it was seen before it was deleted"


def _disk(volume_id: str, vm_id: str, device: str, **more: str) -> Volume:
    attached = (VolumeAttachment(vm_id, device),)
    return Volume(id=volume_id, bootable=True, attachments=attached, project_id="p", **more)  # type: ignore[arg-type]


def test_projects_of_one_name_are_told_apart_and_components_have_no_hours() -> None:
    one = DaySum("", "small", "active", "", "EUR", 10**10, 10**10, 3_600_000_000)
    where = (("lab", "e1", "p1"), ("prod", "e2", "p2"), ("prod", "e2", "q3456789x"), ("prod", "e2", "r"))
    found = [ProjectDay(entry, endpoint, project_id, NOW.date(), (one,), True) for entry, endpoint, project_id in where]
    names = {"p1": "web", "p2": "web", "q3456789x": "db", "r": "db"}

    def keys(by: By) -> set[tuple[str, Decimal | None]]:
        return {(each.keys[0], each.sum.hours) for each in grouped(found, (by,), lambda _, project: names[project])}

    hour = Decimal("1.0000")
    assert keys(By.PROJECT) == {
        (name, hour) for name in ("web (lab)", "web (prod)", "db (prod q3456789)", "db (prod r)")
    }
    assert keys(By.COMPONENT) == {("", None)}


async def test_what_a_tag_costs_is_told_whatever_other_tags_its_vms_carry(console: Make) -> None:
    tags = {"1": ("prod", "web"), "2": ("production",), "3": ("prod",)}
    one = await opened(console, ScriptedCloud(*(vm(each, tags=tags[each]) for each in tags)), Source())
    report = await one.costs.report(END - DAY, END, (By.TAG,), "prod")
    assert [each.keys for each in report.groups] == [("prod",), ("prod, web",)]
    assert report.totals[0].amount_max == 2 * 24 * COMPUTE == sum(each.sum.amount_max for each in report.groups)
    assert "only VMs with the tag prod" in report.notes[0]
