"""What verbs would change of the bill, over a real console and store: what dies with a VM, what a revert gives back."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from msgspec.structs import replace

from osvm_tui.domain.diff import Delta
from osvm_tui.domain.events import CostsChanged
from osvm_tui.domain.network import FloatingIp
from osvm_tui.domain.rates import Component, Named, Price, PriceList
from osvm_tui.domain.vm import Flavor
from osvm_tui.domain.volume import Volume, VolumeAttachment
from tests.unit.services.cost_desk import (
    COMPUTE,
    EVERYWHERE,
    LARGE,
    NOW,
    SMALL,
    Make,
    Source,
    card,
    opened,
    store_of,
    vm,
)  # fmt: skip
from tests.unit.services.scripted_cloud import SCOPE, ScriptedCloud

MINUTE = timedelta(minutes=1)
ODD = Flavor("odd", 0, 0, 0, id="9")
"""A flavor that the card has no price for."""


async def test_volumes_that_die_with_a_vm_are_part_of_what_its_deletion_saves(console: Make) -> None:
    made = vm("1", volume_ids=("v", "w"), dying_volume_ids=("v",))
    cloud = ScriptedCloud(made, scope=EVERYWHERE)
    inside = (VolumeAttachment("1"),)
    cloud.lists["volumes"] = (
        Volume(id="v", size_gib=100, type="ssd", attachments=inside),
        Volume(id="w", size_gib=50, type="ssd", attachments=inside),
    )
    one = await opened(console, cloud, Source())
    (delete,) = one.costs.what_if("delete", [made.ref])
    assert [delete.hourly, delete.after_hourly] == [-COMPUTE - Decimal("0.01"), 0]
    assert delete.note == "volumes and floating IPs that stay go on costing 3.65 EUR a month"
    (stop,) = one.costs.what_if("stop", [made.ref])
    assert (stop.hourly, stop.note) == (-COMPUTE, "")


async def test_what_stays_without_a_price_is_told_and_no_zero(console: Make) -> None:
    only = {**card().versions[0].prices, Component.VOLUME: (Named("ssd", Price(Decimal("0.0001"))),)}
    del only[Component.FLOATING_IP]
    book = replace(card(), versions=(PriceList(NOW - 9000 * MINUTE, only),))
    cloud = ScriptedCloud(vm("1", dying_volume_ids=("d",)), scope=EVERYWHERE)
    cloud.lists["volumes"] = tuple(
        Volume(id=each, size_gib=50, type=kind, attachments=(VolumeAttachment("1"),))
        for each, kind in (("v", "ssd"), ("w", "gold"), ("d", "tape"))
    )
    cloud.lists["floating_ips"] = (FloatingIp(id="f", address="203.0.113.9", vm_id="1", port_id="p"),)
    one = await opened(console, cloud, Source(cards=(book,)))
    (delete,) = one.costs.what_if("delete", [vm("1").ref])
    stays = "volumes and floating IPs that stay go on costing 3.65 EUR a month"
    assert delete.note == f"{stays}; 1 that stays without a price, not in it"
    assert (delete.hourly, delete.unpriced) == (-COMPUTE, ("volume tape",))


async def test_a_revert_gives_back_the_flavor_and_state_from_before_the_resize(console: Make) -> None:
    before = await opened(console, ScriptedCloud(), Source())
    resized = [vm(each, "resized", flavor=LARGE, updated_at=NOW) for each in "12"]
    await store_of(before).save_vms(SCOPE, [vm("1", "stopped"), vm("2")], [], NOW - 5 * MINUTE, None)
    await store_of(before).save_vms(SCOPE, [], [], NOW - MINUTE, None)
    one = await opened(console, ScriptedCloud(*resized), Source())
    for each, after in zip(resized, (Decimal(0), COMPUTE), strict=True):
        (change,) = one.costs.what_if("revert-resize", [each.ref])
        assert [change.before_hourly, change.after_hourly, change.known] == [2 * COMPUTE, after, True]
    (both,) = one.costs.what_if("revert-resize", [each.ref for each in resized])
    assert (both.hourly, both.note) == (-3 * COMPUTE, "")
    never_seen = vm("3", "resized", updated_at=NOW)
    one._apply("lab", Delta((never_seen,)))
    await one.costs.refresh()
    (unknown,) = one.costs.what_if("revert-resize", [never_seen.ref])
    assert [unknown.known, unknown.unpriced, unknown.note] == [False, ("the flavor before the resize",), ""]
    (mixed,) = one.costs.what_if("revert-resize", [vm(each).ref for each in "13"])
    assert [mixed.known, mixed.hourly, mixed.unpriced] == [True, -2 * COMPUTE, unknown.unpriced]
    (confirm,) = one.costs.what_if("confirm-resize", [never_seen.ref])
    assert [confirm.known, confirm.hourly] == [True, 0]


async def test_what_a_vm_was_is_read_as_soon_as_it_is_resized(console: Make) -> None:
    one = await opened(console, ScriptedCloud(vm("1")), Source())
    await store_of(one).save_vms(SCOPE, [vm("1")], [], datetime.now(UTC), None)
    told = asyncio.Event()
    one.subscribe(lambda event: told.set() if event == CostsChanged(7) else None)
    keeping = asyncio.create_task(one._costs._earlier.keep(lambda: 7))
    await asyncio.sleep(0)
    one._apply("lab", Delta((vm("1", "resized", flavor=LARGE, updated_at=datetime.now(UTC)),)))
    await asyncio.wait_for(told.wait(), 5)
    keeping.cancel()
    assert one.costs.what_if("revert-resize", [vm("1").ref])[0].hourly == -COMPUTE


async def test_many_vms_are_counted_in_parts_as_if_at_once_and_the_loop_turns_meanwhile(console: Make) -> None:
    vms = [vm(str(n), flavor=ODD if n < 300 else SMALL, dying_volume_ids=("d",), volume_ids=("d",)) for n in range(900)]
    cloud = ScriptedCloud(scope=EVERYWHERE)
    cloud.lists["volumes"] = (Volume(id="w", size_gib=50, type="ssd", attachments=(VolumeAttachment("700"),)),)
    source = Source(cards=(card(image="0.001"),))
    one = await opened(console, cloud, source)
    one._apply("lab", Delta(tuple(vms)))
    refs, turns = [each.ref for each in vms], 0

    async def tick() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    ticking = asyncio.create_task(tick())
    (delete,) = await one.costs.what_if_many("delete", refs)
    ticking.cancel()
    assert turns >= 3
    assert delete.hourly == -600 * COMPUTE
    stays = "volumes and floating IPs that stay go on costing 3.65 EUR a month"
    assert delete.note == f"{stays}; 300 without a price left out"
    for action_id in ("delete", "shelve", "stop", "create-image"):
        assert await one.costs.what_if_many(action_id, refs) == one.costs.what_if(action_id, refs)
    (shelve,) = one.costs.what_if("shelve", refs)
    assert shelve.note == "the images that they leave cost up to 9 405.98 EUR a month; 300 without a price left out"
