"""What people do with many VMs at once: the plan first, then all of them, or none."""

from __future__ import annotations

from pathlib import Path

import pytest

from osvm_tui.domain.vm import Vm
from tests.pilot.journeys.conftest import Journey
from tests.pilot.journeys.walker import Walker

DB = "name:db- status=ACTIVE"


async def databases(op: Walker) -> list[Vm]:
    return [vm async for page in op.cloud.list_vms() for vm in page.vms if vm.name.startswith("db-")]


async def test_stop_every_database_at_once(journey: Journey) -> None:
    async with journey() as op:
        number = len(await databases(op))
        await op.find(DB)
        await op.press("asterisk", "a", "t")
        await op.sees(f"stop {number}, in this order", "db-01")
        await op.press("tab", "enter")
        await op.told(f"stop: all {number} done")
        assert {vm.status for vm in await databases(op)} == {"SHUTOFF"}
        await op.sees("db-01", "arrived")


async def test_who_reads_the_plan_and_leaves_stops_nothing(journey: Journey) -> None:
    async with journey() as op:
        before = await databases(op)
        await op.find(DB)
        await op.press("asterisk", "a", "t")
        await op.sees(f"stop {len(before)}, in this order")
        await op.press("enter")
        await op.misses("in this order")
        assert await databases(op) == before
        assert not op.app.api.operations()


async def test_delete_marked_vms_by_typing_how_many(journey: Journey) -> None:
    async with journey() as op:
        await op.find(DB)
        await op.press("space", "space")
        await op.sees("2 marked")
        await op.press("ctrl+d")
        await op.sees("delete 2, in this order", "db-01", "db-02")
        await op.press("2", "enter")
        await op.told("delete: all 2 done")
        assert [vm.name for vm in await databases(op) if vm.name in ("db-01", "db-02")] == []


async def test_another_number_deletes_none_of_them(journey: Journey) -> None:
    async with journey() as op:
        before = await databases(op)
        await op.find(DB)
        await op.press("space", "space", "ctrl+d", "3", "enter")
        await op.sees("delete 2, in this order")
        await op.press("escape")
        await op.misses("in this order")
        assert await databases(op) == before


async def test_save_the_plan_as_a_script_and_send_nothing(
    journey: Journey, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with journey() as op:
        before = await databases(op)
        await op.find(DB)
        await op.press("asterisk", "a", "t", "w", "enter")
        await op.told("saved")
        await op.press("escape")
        await op.misses("in this order")
        assert await databases(op) == before
    script = (tmp_path / f"osvm-stop-{len(before)}.sh").read_text()
    assert all(f"openstack --os-cloud mock server stop {vm.id}" in script for vm in before)


async def test_one_of_many_fails_and_is_asked_for_again(journey: Journey) -> None:
    async with journey() as op:
        first = min(await databases(op), key=lambda vm: vm.name)
        number = len(await databases(op))
        op.fails_next(method="POST", path=first.id, body="os-stop", status=409, message="the host is being drained")
        await op.find(DB)
        await op.press("asterisk", "a", "t", "tab", "enter")
        await op.told(f"stop: {number - 1} of {number} done, 1 failed")
        assert (await op.vm(first.name)).status == "ACTIVE"
        await op.press("r")
        await op.sees("stop 1 again?")
        await op.press("tab", "enter")
        await op.becomes(first.id, lambda vm: vm.status == "SHUTOFF")
