"""Money over a real console and store: burn rates follow the fleet, days are counted once, notes tell what lacks."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from decimal import Decimal

import msgspec
import pytest

from osvm_tui.domain.advice import VmMetrics
from osvm_tui.domain.billing import PRESETS
from osvm_tui.domain.catalog import Image, InstanceAction
from osvm_tui.domain.cost_book import Budget, CostBook
from osvm_tui.domain.diff import Delta
from osvm_tui.domain.errors import Forbidden, Refused
from osvm_tui.domain.events import CostsChanged, Event, Notice
from osvm_tui.domain.network import FloatingIp
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.rollup import CostDay, basis_of, day_bounds
from osvm_tui.domain.usage import VmUsage
from osvm_tui.domain.volume import Volume
from osvm_tui.services.console import Console
from osvm_tui.services.cost_stock import NEEDED
from osvm_tui.services.costs_api import By, ResourceTarget
from osvm_tui.store.base import AuditQuery
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


async def test_burn_rates_follow_the_fleet_and_count_each_thing_once(console: Make) -> None:
    cloud = ScriptedCloud(vm("1"), vm("2"), vm("3", "stopped"), scope=EVERYWHERE)
    cloud.lists["volumes"] = (
        Volume(id="v", size_gib=100, type="ssd", status="available"),
        Volume(id="w", size_gib=10, project_id="elsewhere"),
    )
    cloud.lists["floating_ips"] = (FloatingIp(id="f", address="203.0.113.9", vm_id="1", port_id="p"),)
    one = await opened(console, cloud, Source())
    (total,) = one.costs.burn_totals().totals
    assert total.hourly == 2 * COMPUTE + Decimal("0.01") + Decimal("0.007")
    assert one.costs.burn_totals([vm("1").ref, vm("3").ref]).totals[0].hourly == COMPUTE
    cost = one.costs.burn(vm("1").ref)
    assert cost.own is not None
    assert (cost.own.hourly, cost.own.monthly, [each.name for each in cost.attached]) == (
        COMPUTE, COMPUTE * 730, ["203.0.113.9"],
    )  # fmt: skip
    one._apply("lab", Delta((vm("2", "stopped"), vm("4", flavor=LARGE)), (vm("3").ref,)))
    assert one.costs.burn_totals().totals[0].hourly == 3 * COMPUTE + Decimal("0.017")
    assert one.costs.burn_totals().vms == 3


async def test_a_cloud_without_a_card_has_no_rates_and_no_zero(console: Make) -> None:
    one = await opened(console, ScriptedCloud(vm("1")), Source(cards=(card(clouds=("prod",)),)))
    cost, totals = one.costs.burn(vm("1").ref), one.costs.burn_totals()
    assert (cost.own, cost.note) == (None, "no rates for lab: no rate card is for it")
    assert (totals.totals, totals.unpriced_vms) == ((), 1)
    assert one.costs.what_if("stop", [vm("1").ref]) == ()
    report = await one.costs.report(TODAY - DAY, NOW)
    assert (report.totals, report.notes[0]) == ((), "no rates for lab: no rate card is for it")
    assert (await one.costs.month()).forecasts == ()


async def test_totals_say_which_catalogs_are_not_in_them_until_all_are_read(console: Make) -> None:
    cloud = ScriptedCloud(vm("1"), scope=EVERYWHERE)
    cloud.lists["volumes"] = (Volume(id="v", size_gib=100, type="ssd"),)
    cloud.errors["volumes"] = [Forbidden("volume:get_all is for admins", entry="lab")]
    one = console(cloud, rates=Source(cards=(card(image="0.001"),)))
    await one.load()
    await one.costs.refresh()
    before = one.costs.burn_totals()
    assert [(each.kind.value, each.why) for each in before.uncounted] == [
        ("volume", "not permitted: volume:get_all is for admins")
    ], "snapshots have no price, so nobody misses them"
    one._catalogs.forget("lab")
    assert {each.kind.value: each.why for each in one.costs.burn_totals().uncounted} == dict.fromkeys(
        ("volume", "image", "floating-ip"), ""
    )
    assert one.costs.burn_totals([vm("1").ref]).complete
    await one.costs.refresh()
    after = one.costs.burn_totals()
    assert (after.complete, after.uncounted) == (True, ())
    assert after.totals[0].hourly - before.totals[0].hourly == Decimal("0.01")


async def test_a_simulated_cloud_has_sample_prices_that_say_so(console: Make) -> None:
    scope = msgspec.structs.replace(SCOPE, simulated=True)
    one = await opened(console, ScriptedCloud(vm("1"), scope=scope), Source())
    assert one.costs.rates("lab").source == "SIMULATED list prices"
    assert one.costs.burn_totals().simulated


async def test_what_if_tells_the_change_and_what_goes_on_costing(console: Make) -> None:
    cloud = ScriptedCloud(vm("1"), vm("2"), vm("3", "stopped"))
    cloud.lists["floating_ips"] = (FloatingIp(id="f", address="203.0.113.9", vm_id="1", port_id="p"),)
    one = await opened(console, cloud, Source())
    refs = [vm(each).ref for each in "123"]
    (stop,) = one.costs.what_if("stop", refs)
    assert (stop.before_hourly, stop.hourly, stop.monthly) == (2 * COMPUTE, -2 * COMPUTE, -2 * COMPUTE * 730)
    (delete,) = one.costs.what_if("delete", refs[:1])
    assert delete.note == "volumes and floating IPs that stay go on costing 5.11 EUR a month"
    (resize,) = one.costs.what_if("resize", refs[:1], {"flavor_id": "2"})
    assert resize.hourly == COMPUTE
    assert one.costs.what_if("resize", refs[:1], {"flavor_id": "none"}) == ()
    (new,) = one.costs.what_if_create("lab", "2", count=3, floating_ips=1)
    assert new.hourly == 6 * COMPUTE + Decimal("0.007")
    assert one.costs.what_if_create("lab", "none") == ()


async def test_changes_of_things_and_images_of_vms_are_told_and_add_up(console: Make) -> None:
    cloud = ScriptedCloud(vm("1"), vm("2", image_id=None, volume_ids=("v",)), scope=EVERYWHERE)
    cloud.lists["volumes"] = (Volume(id="v", size_gib=100, type="ssd"), Volume(id="w", size_gib=50))
    cloud.lists["images"] = (Image(id="i", name="i", visibility="public", owner="p", size_bytes=10**9),)
    source = Source(cards=(card(snapshot="0.0002", image="0.001"),))
    one = await opened(console, cloud, source)
    both = [ResourceTarget("lab", each) for each in "vw"]
    (gone,) = one.costs.what_if_resource("volume.delete", both)
    assert [gone.hourly, gone.after_hourly, gone.note] == [Decimal("-0.015"), 0, ""]
    (some,) = one.costs.what_if_resource("volume.delete", [*both, ResourceTarget("lab", "x")])
    assert (some.hourly, some.note) == (gone.hourly, "1 without a price left out")
    (public,) = one.costs.what_if_resource("image.delete", [ResourceTarget("lab", "i")])
    assert [public.hourly, public.note[:13]] == [0, "public images"]
    (made,) = one.costs.what_if_resource("volume.create", [ResourceTarget("lab", "")], {"size_gib": 7})
    assert (made.hourly, made.at_most) == (Decimal("0.0007"), False)
    assert one.costs.what_if_resource("volume.rename", both, {"name": "n"}) == ()
    (image,) = one.costs.what_if("create-image", [vm("1").ref], {"name": "n"})
    assert (image.hourly, image.at_most) == (Decimal("0.02147483648"), True)
    (copied,) = one.costs.what_if("create-image", [vm("2").ref], {"name": "n"})
    assert (copied.hourly, copied.at_most) == (Decimal("0.0200"), False)
    assert one.costs.what_if("create-backup", [vm("2").ref]) == ()
    (shelve,) = one.costs.what_if("shelve", [vm("1").ref])
    assert shelve.note == "the image that it leaves costs up to 15.68 EUR a month"


async def test_days_are_counted_once_and_anew_when_the_card_was_wrong(console: Make) -> None:
    source = Source()
    one = await opened(console, ScriptedCloud(), source)
    # Seen by another console of this store: half a day stopped, then running to this day.
    # The day before yesterday: yesterday may not have settled yet.
    half, tags = END - 1.5 * DAY, ("a", "b")
    store = store_of(one)
    await store.save_vms(SCOPE, [vm("1", "stopped", updated_at=half, tags=tags)], [], half, None)
    await store.save_vms(SCOPE, [], [], END - DAY, None)
    await store.save_vms(SCOPE, [vm("1", updated_at=END - DAY, tags=tags)], [], END - DAY, None)
    await store.save_vms(SCOPE, [], [], NOW, None)
    by = (By.PROJECT, By.STATE, By.TAG)
    first = await one.costs.report(END - DAY, END, by)
    (group,) = first.groups
    assert group.keys == ("demo", "active", "a, b")
    assert group.sum.amount == group.sum.amount_max == 24 * COMPUTE
    assert group.sum.hours == 24
    kept = await store.cost_days(SCOPE, (END - DAY).date(), END.date())
    assert [(row.project_id, row.day) for row in kept] == [("p", (END - DAY).date())]
    assert await one.costs.report(END - DAY, END, by) == first
    source.book = CostBook(cards=(card("0.02"),))
    await one.costs.refresh()
    assert (await one.costs.report(END - DAY, END, by)).totals[0].amount == 24 * (COMPUTE + Decimal("0.02"))
    whole = await one.costs.report(END - 2 * DAY, NOW, (By.FLAVOR, By.COMPONENT))
    assert sum(each.sum.amount for each in whole.groups) == whole.totals[0].amount
    days = await one.costs.trend(3)
    assert [day.complete for day in days] == [True, True, False]


async def test_a_bill_is_bounded_where_nobody_looked_and_exact_where_the_log_tells(console: Make) -> None:
    created = NOW - timedelta(hours=10)
    made = vm("1", "stopped", created_at=created, launched_at=created, updated_at=NOW - timedelta(hours=2))
    cloud = ScriptedCloud(made)
    one = await opened(console, cloud, Source())
    bill = await one.costs.bill(made.ref, NOW - DAY, NOW)
    (total,) = bill.sums
    assert [total.amount, total.amount_max] == [0, 8 * COMPUTE]
    assert bill.notes[0].startswith("no console looked at times between")
    stopped = InstanceAction("stop", "req-1", NOW - timedelta(hours=2), NOW - timedelta(hours=2), "u", "p")
    cloud.log = [stopped]
    one._costs._lives._logs.clear()
    exact = await one.costs.bill(made.ref, NOW - DAY, NOW)
    assert (exact.sums[0].amount, exact.sums[0].amount_max, exact.notes) == (8 * COMPUTE, 8 * COMPUTE, ())


async def test_a_month_has_a_forecast_and_budgets_that_speak_up(console: Make) -> None:
    launched = day_bounds(NOW.date().replace(day=1))[0]
    made = vm("1", created_at=launched, launched_at=launched, updated_at=launched)
    budget = Budget(name="all", amount=Decimal("1E-9"), currency="EUR")
    other = Budget(name="elsewhere", amount=Decimal(1), currency="EUR", project="p2")
    one = await opened(console, ScriptedCloud(made), Source(budgets=(budget, other)))
    month = await one.costs.month()
    (forecast,) = month.forecasts
    hours = Decimal((month.until - month.since).total_seconds()) / 3600
    assert abs(forecast.expected - hours * COMPUTE) < Decimal("0.001")
    first, second = month.budgets
    assert first.over
    assert first.alert.endswith("% of 0.00 EUR reached")
    assert [second.accrued, second.alert] == [0, ""]


async def test_wrong_files_are_told_once_and_the_last_good_rates_hold(console: Make) -> None:
    source = Source()
    one = await opened(console, ScriptedCloud(vm("1")), source)
    told: list[Event] = []
    one.subscribe(told.append)
    for _ in range(2):
        source.book = CostBook(cards=(card(),), problems=("rates.toml, line 3: x: expected y, got z",))
        await one.costs.refresh()
    notices = [event.text for event in told if isinstance(event, Notice)]
    assert notices == ["rates.toml, line 3: x: expected y, got z; the last good rates hold"]
    assert any(isinstance(event, CostsChanged) for event in told)
    assert one.costs.problems() == ("rates.toml, line 3: x: expected y, got z",)
    assert one.costs.burn_totals().totals[0].hourly == COMPUTE


async def test_advice_is_dismissed_with_a_reason_and_comes_back(console: Make) -> None:
    cloud = ScriptedCloud(vm("1"))
    cloud.lists["floating_ips"] = (FloatingIp(id="f", address="203.0.113.9"),)
    one = await opened(console, cloud, Source(policies=PRESETS))
    (advice,) = (await one.costs.waste()).advice
    assert (advice.name, advice.saving_monthly) == ("203.0.113.9", Decimal("5.11"))
    with pytest.raises(Refused, match="say why"):
        await one.costs.dismiss(advice.id, " ")
    await one.costs.dismiss(advice.id, "a spare")
    (row,) = await one.audit(AuditQuery(action="cost.advice"))
    assert (row.entry.phase, row.entry.detail) == ("dismissed", f"{advice.id}: a spare")
    found = await one.costs.waste()
    assert found.advice == ()
    assert [(each.id, why.reason, why.operator) for each, why in found.dismissed] == [(advice.id, "a spare", "ops-1")]
    await one.costs.restore(advice.id)
    assert (await one.costs.waste()).advice == (advice,)
    viewer = console(cloud, role=ConsoleRole.VIEWER)
    await viewer.load()
    with pytest.raises(Refused, match="viewer may not dismiss"):
        await viewer.costs.dismiss(advice.id, "why not")


async def test_a_look_for_waste_leaves_the_loop_to_others_and_spares_what_vms_came_from(console: Make) -> None:
    long_ago = NOW - 200 * DAY
    images = [Image(f"i-{n}", "snap", created_at=long_ago, snapshot=True, owner="p", vm_id="1") for n in range(2)]
    cloud = ScriptedCloud(*(vm(str(n), image_id="i-0") for n in range(601)))
    cloud.lists["images"] = tuple(images)
    one = await opened(console, cloud, Source(policies=PRESETS))
    used = VmMetrics(
        since=NOW - 4 * DAY, until=NOW, cpu_avg=1, cpu_max=2, network_avg_bps=0, cpu_days=4, network_days=4
    )
    turns = 0

    async def others() -> None:
        nonlocal turns
        while True:
            await asyncio.sleep(0)
            turns += 1

    await one.costs.waste({})
    other = asyncio.create_task(others())
    found = await one._costs._waste.look({vm.ref: used for vm in [*cloud.vms.values()][1:]}, {}, {}, ())
    other.cancel()
    assert [each.thing_id for each in found.advice if each.ref is None] == ["i-1"]
    assert {each.action_id for each in found.advice if each.ref is not None} == {"stop"}
    assert found.notes == (
        "1 of 601 running VMs not looked at for idleness and size: less than 80% of 3 d measured since they came up",
    )
    assert len(found.advice) == 601
    assert turns >= 2, "in parts, and the rest off the loop"


async def test_a_catalog_that_fails_again_lets_nothing_be_priced_anew(console: Make) -> None:
    one = await opened(console, ScriptedCloud(vm("1")), Source())
    assert any(view is not None and view.error for view in (one.catalog("lab", kind) for kind in NEEDED))
    before = one._costs._stock.marks("lab")
    await one.costs.refresh()
    after = one._costs._stock.marks("lab")
    assert all(a is b for a, b in zip(before, after, strict=True))


async def test_a_cloud_that_is_not_connected_yet_hides_no_waste_of_others(console: Make) -> None:
    one = console(ScriptedCloud())
    one._apply("lab", Delta((vm("1", "stopped", updated_at=NOW - 100 * DAY),)))
    found = await one._costs._waste.look({}, {}, {}, ())
    assert found.advice == (), "no action on it would pass"


async def test_novas_usage_stands_beside_ours_and_differences_are_explained(console: Make) -> None:
    ten = NOW - timedelta(hours=10)
    same = vm("1", created_at=ten, launched_at=ten, updated_at=ten)
    again = vm("2", created_at=ten, launched_at=ten + timedelta(hours=8), updated_at=ten + timedelta(hours=8))
    cloud = ScriptedCloud(same, again, vm("3", "error", launched_at=None))
    cloud.lists["usage"] = (
        VmUsage(vm_id="1", hours=Decimal(10), started_at=ten),
        VmUsage(vm_id="2", hours=Decimal(2), started_at=ten + timedelta(hours=8)),
        VmUsage(vm_id="gone", name="gone", hours=Decimal(4), started_at=ten, ended_at=NOW),
    )
    one = await opened(console, cloud, Source())
    check = await one.costs.check_usage("lab", NOW - DAY, NOW)
    rows = {row.vm_id: row for row in check.rows}
    assert set(rows) == {"1", "2", "gone"}
    assert rows["1"].explained == ""
    assert rows["2"].explained.startswith("Nova counts from ")
    assert rows["gone"].explained == "no console of this store ever saw it"
    assert [check.nova_hours, check.our_hours] == [16, 20]


async def test_days_are_counted_ahead_and_reports_read_them(console: Make) -> None:
    one = await opened(console, ScriptedCloud(vm("1")), Source())
    (counted,), _ = one._costs._lives.counted()
    await one._costs._days.roll(counted, 4)
    days = {row.day for row in await store_of(one).cost_days(SCOPE, (NOW - 9 * DAY).date(), NOW.date())}
    assert {(END - back * DAY).date() for back in range(3)} <= days
    assert NOW.date() not in days
    await store_of(one).save_cost_days(SCOPE, [CostDay(SCOPE.endpoint, "p", END.date(), _basis(one), ())])
    assert (await one.costs.report(END, END + DAY)).totals == (), "it is what was kept, not counted anew"


def _basis(one: Console) -> str:
    (counted,), _ = one._costs._lives.counted()
    return basis_of(counted.tariff, END, TODAY)


async def test_a_rate_is_enough_to_sort_by(console: Make) -> None:
    one = await opened(console, ScriptedCloud(vm("1"), vm("2", "stopped"), vm("3", flavor=None)), Source())
    rates = [one.costs.rate(vm(each).ref) for each in "123"]
    assert [rate.hourly if rate else None for rate in rates] == [COMPUTE, 0, None]


async def test_a_day_in_which_something_was_not_seen_is_counted_once_more_by_itself(console: Make) -> None:
    gone = vm("1", "stopped", updated_at=TODAY + timedelta(seconds=1))
    cloud = ScriptedCloud(gone)
    one = await opened(console, cloud, Source())
    store = store_of(one)
    (bounded,) = (await one.costs.report(END, END + DAY)).totals
    assert bounded.bounded
    cloud.log = [InstanceAction("stop", "req-1", gone.updated_at, gone.updated_at, "u", "p")]
    again = console(cloud, rates=Source())
    await again.load()
    await again.costs.refresh()
    assert (await again.costs.report(END, END + DAY)).totals == (bounded,)
    (counted,), _ = again._costs._lives.counted()
    await again._costs._days.roll(counted, 3)
    (known,) = (await again.costs.report(END, END + DAY)).totals
    assert known.amount == known.amount_max == 24 * COMPUTE
    assert not any(row.basis.endswith("?") for row in await store.cost_days(SCOPE, END.date(), END.date()))
