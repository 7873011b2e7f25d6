"""The places of money: what is told, how it is grouped, and that advice leads to its action and to nothing else."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec.structs import replace
from textual.pilot import Pilot
from textual.widgets import Input, Static

from osvm_tui.domain.advice import Waste
from osvm_tui.domain.catalog import CatalogKind, Flavor
from osvm_tui.domain.errors import Forbidden
from osvm_tui.services.costs_api import By, Uncounted, UsageCheck, WasteList
from osvm_tui.ui.dialogs.confirm import ConfirmDialog
from osvm_tui.ui.dialogs.params_form import ParamsForm
from osvm_tui.ui.dialogs.resource_confirm import ConfirmGone
from osvm_tui.ui.screens.cost import CostScreen
from osvm_tui.ui.screens.fleet import FleetScreen
from osvm_tui.ui.screens.spend import SpendScreen
from osvm_tui.ui.screens.vm import VmScreen
from osvm_tui.ui.screens.waste import WasteScreen
from osvm_tui.ui.widgets.about import About
from osvm_tui.ui.widgets.chart import Chart
from osvm_tui.ui.widgets.header_bar import HeaderBar
from osvm_tui.ui.widgets.vtable import VTable
from tests import money_scenes
from tests.pilot.desk import Desk
from tests.pilot.fake_console import FakeConsole
from tests.pilot.screen_text import screen_text


async def go(pilot: Pilot[None], place: str, *keys: str) -> None:
    await pilot.press("colon", *place, "enter", *keys)
    await settle(pilot)


async def settle(pilot: Pilot[None]) -> None:
    """Wait until nothing is read any more; workers that wait for a dialog's answer are not waited for."""
    await pilot.pause()
    for worker in [worker for worker in pilot.app.workers if worker.group not in ("action", "steer", "send")]:
        await worker.wait()
    await pilot.pause()


def shown(pilot: Pilot[None], selector: str) -> str:
    return str(pilot.app.screen.query_one(selector, Static).content)


async def test_the_header_tells_the_burn_rate_and_drops_it_before_the_counts() -> None:
    api = FakeConsole(60)
    total = api.costs.burn_totals().totals[0]
    told = f"{total.hourly:.2f} EUR/h"
    for width, there in ((120, True), (60, False)):
        async with Desk(api).run_test(size=(width, 24)) as pilot:
            line = pilot.app.screen.query_one(HeaderBar).render().plain
            assert (told in line) is there
            assert "error" in line


async def test_what_is_not_counted_yet_is_marked_in_the_header_and_told_in_the_overview() -> None:
    scene = money_scenes.spending()
    costs = scene.api.costs
    costs.uncounted = (
        Uncounted("mock", CatalogKind.VOLUME, "not permitted: volume:get_all is for admins"),
        Uncounted("mock", CatalogKind.IMAGE),
        Uncounted("mock", CatalogKind.FLOATING_IP),
    )
    costs.nameless = ("volume gold",)
    hourly = f"{costs.burn_totals().totals[0].hourly:.2f}"
    async with Desk(scene.api).run_test(size=(150, 36)) as pilot:
        header = pilot.app.screen.query_one(HeaderBar)
        assert f"at least {hourly} EUR/h" in header.render().plain
        await pilot.resize_terminal(92, 30)
        await pilot.pause()
        assert f" {hourly}+ EUR/h" in header.render().plain
        await go(pilot, "cost")
        now = shown(pilot, "#section-now")
        assert "at least" in now
        assert "60 VMs, with snapshots\n" in now
        assert "not in it: volumes of mock: not permitted: volume:get_all is for admins" in now
        assert "not in it: images, floating IPs of mock: not read yet" in now
        assert "not in it, no price: volume gold" in now
        costs.uncounted = costs.nameless = ()
        pilot.app.screen.tick()  # type: ignore[attr-defined]
        assert "not in it" not in shown(pilot, "#section-now")
        assert f" {hourly} EUR/h" in pilot.app.screen.query_one(HeaderBar).render().plain


async def test_the_fleet_sorts_and_filters_by_cost_the_dearest_first() -> None:
    api = FakeConsole(60)
    async with Desk(api).run_test(size=(160, 36)) as pilot:
        await pilot.press("dollar_sign")
        await pilot.pause()
        screen = pilot.app.screen
        assert isinstance(screen, FleetScreen)
        costs = [api.costs.burn(row.ref).own.monthly for row in screen.table.rows]  # type: ignore[union-attr]
        assert costs == sorted(costs, reverse=True)
        assert "dearest first" in screen_text(pilot.app)
        await pilot.press("slash", *"cost>100", "enter")
        await pilot.pause()
        assert len(screen.table.rows) == sum(cost > 100 for cost in costs) > 0


async def test_rates_that_come_or_go_are_seen_in_the_column_at_once() -> None:
    api = FakeConsole(20)
    api.costs.priced = False
    async with Desk(api).run_test(size=(160, 36)) as pilot:
        assert "EUR" not in screen_text(pilot.app)
        api.costs.priced = True
        api.tell(money_scenes.CHANGED)
        await pilot.pause()
        assert "EUR" in screen_text(pilot.app)


async def test_the_overview_tells_month_budgets_and_the_last_days() -> None:
    scene = money_scenes.spending()
    async with Desk(scene.api).run_test(size=(120, 36)) as pilot:
        await go(pilot, "cost")
        month = shown(pilot, "#section-this-month")
        assert "between 3 610.20 EUR and 3 684.60 EUR" in month
        assert "band" in month
        assert "will be 112 %" in shown(pilot, "#section-budgets")
        chart = next(chart for chart in pilot.app.screen.query(Chart) if chart.display)
        assert chart.curve is not None
        assert len(chart.curve.slots) == 30
        assert "2 of 3 budgets" in shown(pilot, "About")


async def test_what_has_no_price_is_no_zero_and_a_budget_that_never_fills_says_so() -> None:
    scene = money_scenes.spending()
    costs = scene.api.costs
    assert costs.month_view is not None
    note = "no prices in USD are in use: it never fills"
    budgets = tuple(
        replace(each, note=note if number == 0 else "") for number, each in enumerate(costs.month_view.budgets)
    )
    costs.month_view = replace(costs.month_view, budgets=budgets)
    report = costs.reports[(By.PROJECT,)]
    web, data = report.groups
    nothing = replace(data.sum, amount=Decimal(0), amount_max=Decimal(0), hours=None)
    missing = (replace(web, unpriced=("flavor small",)), replace(data, sum=nothing, unpriced=("volume gold",)))
    costs.reports[(By.PROJECT,)] = replace(report, groups=missing)
    async with Desk(scene.api).run_test(size=(120, 36)) as pilot:
        await go(pilot, "cost")
        assert note in shown(pilot, "#section-budgets")
        assert "3 of 3 budgets" in shown(pilot, "About")
        await go(pilot, "spend")
        told = screen_text(pilot.app)
        assert "2 410.20+" in told
        assert "no price  EUR" in told
        assert "flavor small" in told


async def test_without_rates_no_place_tells_an_amount() -> None:
    scene = money_scenes.unpriced()
    async with Desk(scene.api).run_test(size=(120, 36)) as pilot:
        await go(pilot, "cost")
        assert "none of 60 VMs has a price" in shown(pilot, "#section-now")
        assert "no rate card is for it" in shown(pilot, "#section-prices")
        assert "rates.toml:12" in shown(pilot, "#section-problems")
        assert "EUR" not in screen_text(pilot.app)


async def test_numbers_lead_from_view_to_view_and_esc_leads_out() -> None:
    scene = money_scenes.spending()
    async with Desk(scene.api).run_test(size=(80, 24)) as pilot:
        await go(pilot, "cost")
        for key, place in (("2", "spend"), ("3", "waste"), ("4", "held"), ("2", "spend")):
            await pilot.press(key)
            await settle(pilot)
            assert pilot.app.screen.place == place  # type: ignore[attr-defined]
        await pilot.press("escape")
        await pilot.pause()
        assert isinstance(pilot.app.screen, CostScreen)


async def test_what_was_spent_is_grouped_by_another_thing_at_each_press() -> None:
    scene = money_scenes.spending()
    async with Desk(scene.api).run_test(size=(120, 36)) as pilot:
        await go(pilot, "spend")
        screen = pilot.app.screen
        assert isinstance(screen, SpendScreen)
        assert [row.keys for row in screen.table.rows] == [("web",), ("data",)]
        await pilot.press("b")
        await settle(pilot)
        assert screen.table.rows[0].keys == ("c2.xlarge",)
        assert "by flavor, this month" in shown(pilot, "About")
        saved = [column.raw(screen.table.rows[0]) for column in screen.table.columns if column.raw][:2]
        assert saved == [Decimal("1804.10"), "EUR"]


async def test_advice_on_a_vm_begins_its_action_and_cancel_changes_nothing() -> None:
    scene = money_scenes.spending()
    async with Desk(scene.api).run_test(size=(120, 36)) as pilot:
        await go(pilot, "waste", "enter")
        dialog = pilot.app.screen
        assert isinstance(dialog, ConfirmDialog)
        assert dialog.plan.spec.id == "shelve"
        await pilot.press("enter")
        await settle(pilot)
        assert isinstance(pilot.app.screen, WasteScreen)
        assert scene.api.requests == []
        await pilot.press("enter", "right", "enter")
        await settle(pilot)
        assert [request.action_id for request in scene.api.requests] == ["shelve"]


async def test_advice_on_a_volume_begins_its_deletion_in_its_own_place() -> None:
    scene = money_scenes.spending()
    async with Desk(scene.api).run_test(size=(120, 36)) as pilot:
        await go(pilot, "waste", "j", "j", "enter")
        while not isinstance(pilot.app.screen, ConfirmGone):
            await pilot.pause(0.01)
        assert pilot.app.screen.change.target.id == scene.api.costs.waste_list.advice[2].thing_id
        await pilot.press("escape", "escape", "escape")
        await settle(pilot)
        assert scene.api.resources.requests == []


async def test_advice_is_dismissed_with_a_reason_only_and_can_be_taken_back() -> None:
    scene = money_scenes.spending()
    async with Desk(scene.api).run_test(size=(120, 36)) as pilot:
        await go(pilot, "waste", "d")
        await pilot.press("enter")
        await pilot.pause()
        assert scene.api.costs.dismissals == {}
        assert pilot.app.screen.query(Input)
        await pilot.press(*"spare", "enter")
        await settle(pilot)
        assert list(scene.api.costs.dismissals.values()) == ["spare"]
        table = pilot.app.screen.query_one(VTable)
        assert len(table.rows) == 3
        await pilot.press("D", "G")
        await pilot.pause()
        assert "spare (ops-1" in shown(pilot, ".detail")
        await pilot.press("d")
        await settle(pilot)
        assert scene.api.costs.dismissals == {}


async def test_hours_held_tell_why_they_differ_and_a_refusal_of_the_cloud() -> None:
    scene = money_scenes.spending()
    async with Desk(scene.api).run_test(size=(120, 36)) as pilot:
        await go(pilot, "held")
        assert "Nova 568.1 h, ours 931.4 h" in shown(pilot, "About")
        assert "a resize begins its record anew" in shown(pilot, ".detail")
        await pilot.press("enter")
        await pilot.pause()
        assert isinstance(pilot.app.screen, VmScreen)

    api = FakeConsole()

    async def refuse(entry: str, since: datetime, until: datetime) -> UsageCheck:
        raise Forbidden("os_compute_api:os-simple-tenant-usage is for admins", entry="mock")

    api.costs.check_usage = refuse  # type: ignore[method-assign]
    async with Desk(api).run_test(size=(80, 24)) as pilot:
        await go(pilot, "held")
        assert "simple-tenant-usage is for admins" in str(pilot.app.screen.query_one(About).content)


async def test_advice_on_a_size_fills_it_into_the_form() -> None:
    scene = money_scenes.spending()
    api = scene.api
    idle = api.costs.waste_list.advice[1]
    flavors = [each for each in api.resources.items[CatalogKind.FLAVOR] if isinstance(each, Flavor)]
    wanted = max(flavors, key=lambda each: each.disk_gib)
    params = (("flavor_id", wanted.id),)
    small = replace(idle, id="small", waste=Waste.UNDERSIZED, action_id="resize", params=params)
    api.costs.waste_list = WasteList(advice=(small,))
    async with Desk(api).run_test(size=(120, 36)) as pilot:
        await go(pilot, "waste", "enter")
        while not isinstance(pilot.app.screen, ParamsForm) or wanted.name not in screen_text(pilot.app):
            await pilot.pause(0.01)
        await pilot.press("ctrl+s")
        await settle(pilot)
        assert [request.params for request in api.requests] == [{"flavor_id": wanted.id}]
