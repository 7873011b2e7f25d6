"""Money of times when no console looked: rebuilt from what covers them, else bounded and marked; never extended."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from osvm_tui.domain.accrual import Certainty, Held
from osvm_tui.domain.catalog import InstanceAction
from osvm_tui.domain.errors import Forbidden, OsvmError, Unreachable
from osvm_tui.domain.network import FloatingIp
from osvm_tui.domain.rates import Component
from osvm_tui.domain.rollup import CostDay
from osvm_tui.domain.usage import VmUsage
from osvm_tui.domain.volume import Volume
from osvm_tui.services import cost_days
from osvm_tui.services.console import Console
from osvm_tui.services.cost_lives import Counted
from osvm_tui.services.costs_api import By, VmBill
from tests.unit.services.cost_desk import (
    COMPUTE,
    DAY,
    END,
    EVERYWHERE,
    LARGE,
    NOW,
    SMALL,
    TODAY,
    Make,
    Source,
    opened,
    store_of,
    vm,
)  # fmt: skip
from tests.unit.services.scripted_cloud import SCOPE, ScriptedCloud

HOUR = timedelta(hours=1)


def action(name: str, at: datetime) -> InstanceAction:
    return InstanceAction(name, f"req-{name}", at, at, "u", "p")


def told(bill: VmBill) -> list[tuple[Certainty, float]]:
    vcpus = [line for line in bill.lines if line.component is Component.VCPU]
    return [(line.certainty, round((line.until - line.since) / HOUR, 1)) for line in vcpus]


async def seen_until(console: Make, *found: object, last: datetime) -> None:
    """Let a console see VMs up to a time and go away."""
    store = store_of(await opened(console, ScriptedCloud(), Source()))
    await store.save_vms(SCOPE, found, [], last - 10 * HOUR, None)  # type: ignore[arg-type]
    await store.save_vms(SCOPE, [], [], last, None)


async def test_a_vm_that_stopped_and_started_unseen_is_billed_by_the_log(console: Make) -> None:
    before, again = vm("1"), vm("1", updated_at=NOW - HOUR)
    away = NOW - 63 * HOUR
    await seen_until(console, before, last=away)
    cloud = ScriptedCloud(again)
    cloud.errors["log"] = [Forbidden("not yours", status=403)]
    bounded = await (await opened(console, cloud, Source())).costs.bill(again.ref, away, NOW)
    assert told(bounded) == [(Certainty.BOUNDED, 62.0), (Certainty.KNOWN, 1.0)]
    assert (bounded.sums[0].amount, bounded.sums[0].amount_max) == (COMPUTE, 63 * COMPUTE)
    cloud.log = [action("stop", NOW - 62 * HOUR), action("start", NOW - HOUR)]
    exact = await (await opened(console, cloud, Source())).costs.bill(again.ref, away, NOW)
    assert (exact.sums[0].amount, exact.sums[0].amount_max) == (2 * COMPUTE, 2 * COMPUTE)
    assert told(exact) == [(Certainty.REBUILT, 1.0), (Certainty.KNOWN, 1.0)]


async def test_a_vm_that_nobody_touched_was_in_its_state_all_the_time(console: Make) -> None:
    await seen_until(console, vm("1"), last=NOW - 63 * HOUR)
    cloud = ScriptedCloud(vm("1"))
    bill = await (await opened(console, cloud, Source())).costs.bill(vm("1").ref, NOW - 63 * HOUR, NOW)
    assert told(bill) == [(Certainty.KNOWN, 63.0)]
    assert "log" not in cloud.asked


async def test_a_log_that_was_read_before_an_outage_tells_nothing_of_it(console: Make) -> None:
    made = vm("1", created_at=NOW - 100 * HOUR, launched_at=NOW - 100 * HOUR, updated_at=NOW - 50 * HOUR)
    cloud = ScriptedCloud(made)
    cloud.log = [action("create", made.created_at or NOW)]
    one = await opened(console, cloud, Source())
    assert told(await one.costs.bill(made.ref, NOW - 100 * HOUR, NOW)) == [
        (Certainty.REBUILT, 50.0), (Certainty.KNOWN, 50.0),
    ]  # fmt: skip
    lives = one._costs._lives
    one._costs._now = lives._now = lambda: NOW + 30 * HOUR
    cloud.errors["log"] = [Unreachable("no route")]
    bill = await one.costs.bill(made.ref, NOW - 100 * HOUR, NOW + 30 * HOUR)
    assert told(bill)[-1] == (Certainty.BOUNDED, 30.0)
    assert cloud.asked.count("log") == 2
    await one.costs.bill(made.ref, NOW - 100 * HOUR, NOW + 30 * HOUR)
    assert cloud.asked.count("log") == 2, "not again and again while the cloud does not answer"


async def test_a_floating_ip_costs_from_when_it_was_made_and_one_that_does_not_tell_is_named(console: Make) -> None:
    cloud = ScriptedCloud()
    ips = [
        FloatingIp(id=key, address=f"203.0.113.{key}", created_at=at)
        for key, at in (("1", NOW - 10 * HOUR), ("2", None))
    ]
    cloud.lists["floating_ips"] = tuple(ips)
    one = await opened(console, cloud, Source())
    report = await one.costs.report(NOW - DAY, NOW, (By.COMPONENT,))
    (only,) = report.groups
    assert (only.keys, only.sum.amount, only.sum.amount_max) == (("floating-ip",), Decimal("0.07"), Decimal("0.07"))
    assert report.notes == (
        "lab: 1 floating IP without a creation time: counted from when a console first saw it",
    )  # fmt: skip


async def test_a_volume_that_grew_while_nobody_looked_has_both_sizes_for_bounds(console: Make) -> None:
    cloud = ScriptedCloud(scope=EVERYWHERE)
    cloud.lists["volumes"] = tuple(
        Volume(id=key, size_gib=size, project_id="p", created_at=NOW - 20 * DAY)
        for key, size in (("v", 1000), ("w", 10))
    )
    one = await opened(console, cloud, Source())
    before = [
        Held(
            component=Component.VOLUME, id=key, name="", what="", quantity=Decimal(10), project_id="p",
            since=NOW - 20 * DAY, until=None, seen_at=NOW,
        ) for key in "vw"
    ]  # fmt: skip
    await store_of(one).save_things(SCOPE, Component.VOLUME, before, NOW - 10 * HOUR)
    price = Decimal("0.0001") * 10
    for _ in range(2):
        (total,) = (await one.costs.report(NOW - 10 * HOUR, NOW)).totals
        assert (total.amount, total.amount_max) == (price * 10 * 2, price * 10 * 101)
        await one._costs._days.note_things(counted_of(one))


async def test_a_resize_before_anybody_looked_is_bounded_by_the_flavors_of_the_cloud(console: Make) -> None:
    made = vm("1", created_at=NOW - 100 * HOUR, launched_at=NOW - 20 * HOUR, updated_at=NOW - 20 * HOUR)
    cloud = ScriptedCloud(made)
    resized = NOW - 20 * HOUR
    cloud.log = [action("create", NOW - 100 * HOUR), action("resize", resized), action("confirmResize", resized)]
    one = await opened(console, cloud, Source())
    bill = await one.costs.bill(made.ref, NOW - 100 * HOUR, NOW)
    (total,) = bill.sums
    assert (total.amount, total.amount_max) == (100 * COMPUTE, 80 * 2 * COMPUTE + 20 * COMPUTE)
    assert told(bill)[0] == (Certainty.BOUNDED, 80.0)
    assert {SMALL, LARGE} == set(cloud.lists["flavors"])


def counted_of(one: Console) -> Counted:
    (counted,), _ = one._costs._lives.counted()
    return counted


async def test_gaps_of_a_fleet_too_big_for_one_count_are_all_rebuilt_in_time(
    console: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cost_days, "_LOGS", 2)
    vms = [vm(str(number), updated_at=TODAY + timedelta(seconds=1)) for number in range(5)]
    cloud = ScriptedCloud(*vms)
    cloud.log = [action("create", NOW - 5 * DAY)]
    one = await opened(console, cloud, Source())
    days, exact = one._costs._days, []
    cloud.errors["log"] = [Unreachable("no route")]
    for _ in range(3):
        await days.roll(counted_of(one), 2)
        found = await store_of(one).cost_days(SCOPE, END.date(), END.date())
        exact.append(not any(row.basis.endswith("?") for row in found))
    assert (exact, cloud.asked.count("log")) == ([False, False, False], 5), "one could not be read"
    one._costs._lives._now = lambda: NOW + 2 * HOUR
    await days.roll(counted_of(one), 2)
    (total,) = (await one.costs.report(END, END + DAY)).totals
    assert (total.amount, total.amount_max) == (5 * 24 * COMPUTE, 5 * 24 * COMPUTE)
    await days.roll(counted_of(one), 2)
    assert cloud.asked.count("log") == 6


async def test_a_report_before_the_first_reading_leaves_its_days_to_be_counted_once_more(console: Make) -> None:
    await seen_until(console, vm("1"), last=END)
    cloud = ScriptedCloud(vm("1", updated_at=NOW - HOUR))
    cloud.errors["list"] = [Unreachable("no route")] * 99
    cloud.errors["log"] = [Forbidden("not yours", status=403)]
    one = console(cloud, rates=Source())
    with suppress(OsvmError):
        await one.load()
    await one.costs.refresh()
    (before,) = (await one.costs.report(END, END + DAY)).totals
    assert before.bounded
    assert not one._costs._days._tried


async def test_a_project_that_came_to_nothing_since_leaves_no_stale_day(
    console: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    wide = msgspec.structs.replace(SCOPE, all_projects=True)
    one = await opened(console, ScriptedCloud(vm("1"), scope=wide), Source())
    await store_of(one).save_cost_days(wide, [CostDay(SCOPE.endpoint, "old", END.date(), "another", ())])
    first = await one.costs.report(END, END + DAY)
    monkeypatch.setattr(one._costs._lives, "read", None)
    assert await one.costs.report(END, END + DAY) == first, "counted once"


async def test_vms_that_came_and_went_unseen_are_named_with_their_hours(console: Make) -> None:
    await seen_until(console, vm("1"), vm("seen"), last=NOW - 3 * HOUR)
    cloud = ScriptedCloud(vm("1"))
    cloud.lists["usage"] = tuple(
        VmUsage(
            vm_id=key, hours=Decimal(hours), started_at=NOW - 9 * HOUR, ended_at=None if key == "new" else NOW - HOUR
        )
        for key, hours in (("1", 9), ("seen", 8), ("a", 2), ("b", 3), ("new", 1))
    )
    one = await opened(console, cloud, Source())
    (note,) = (await one.costs.report(NOW - 10 * HOUR, NOW)).notes
    since = f"{NOW - 10 * HOUR:%Y-%m-%d}"
    assert note == f"lab: 2 VMs came and went unseen since {since}, held 5.00 h says Nova: not in it"
    assert any("came and went unseen" in each for each in (await one.costs.month()).notes)
    await one.costs.report(NOW - 10 * HOUR, NOW)
    assert cloud.asked.count("usage") == 2, "asked once for each window"
