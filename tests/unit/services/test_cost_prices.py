"""Prices that lack, change or were written down before they hold, over a real console and store."""

from __future__ import annotations

from decimal import Decimal

from osvm_tui.domain.rates import Component, Named, Price, PriceList, RateCard
from osvm_tui.domain.volume import Volume
from osvm_tui.services.costs_api import By
from tests.unit.services.scripted_cloud import ScriptedCloud
from tests.unit.services.test_costs import DAY, EVERYWHERE, LARGE, NOW, TODAY, Make, Source, opened, vm


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
