"""What people ask afterwards: who did it, can it be taken back, what was sent, and does the record hold."""

from __future__ import annotations

import sqlite3
from pathlib import Path

from osvm_tui.domain.operations import ActionRequest
from osvm_tui.domain.vm import Vm
from tests.pilot.journeys.conftest import Journey
from tests.pilot.journeys.walker import colleague


def running(vm: Vm) -> bool:
    return vm.status == "ACTIVE" and not vm.task_state and not vm.locked


async def test_who_deleted_db_2(journey: Journey, tmp_path: Path) -> None:
    async with journey() as op:
        vm = await op.vm("db-02")
        async with colleague(tmp_path, "ops-2") as other:
            await other.submit(ActionRequest("delete", (vm.ref,)))
            await op.goes(vm.id)
        await op.go("audit db-02 delete")
        await op.sees("ops-2", "requested", vm.id)


async def test_what_was_deleted_past_our_consoles_is_in_no_row(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.vm("db-02")
        await op.cloud.act("delete", vm.id, {})
        await op.goes(vm.id)
        await op.go("audit db-02 delete")
        await op.sees("nothing matches the filter")


async def test_see_that_nobody_has_touched_the_record(journey: Journey) -> None:
    async with journey() as op:
        await op.go("audit")
        await op.sees("session")
        await op.press("v")
        await op.told("the chain holds: ")


async def test_a_row_that_was_rewritten_is_found(journey: Journey, tmp_path: Path) -> None:
    async with journey() as op:
        await op.go("audit")
        await op.sees("session")
        with sqlite3.connect(tmp_path / "osvm.db") as store:
            assert store.execute("UPDATE audit SET operator = 'nobody' WHERE seq = 1").rowcount == 1
        await op.press("v")
        await op.told("the chain is broken: ")


async def test_take_back_a_stop(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(running)
        await op.find(vm.name)
        await op.press("a", "t", "tab", "enter")
        await op.told(f"{vm.name} is SHUTOFF · U undoes")
        await op.press("U")
        await op.becomes(vm.id, running)
        await op.told(f"{vm.name} is ACTIVE")


async def test_what_somebody_has_changed_since_is_not_taken_back(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(running)
        await op.find(vm.name)
        await op.press("a", "n", "end", "x", "enter")
        await op.told(f"rename {vm.name}: done")
        await op.cloud.act("update-server", vm.id, {"name": "theirs"})
        await op.press("slash", "backspace", *["backspace"] * len(vm.name))
        await op.type("theirs")
        await op.press("enter")
        await op.sees("1 of")
        await op.press("U")
        await op.told("changed")
        assert (await op.cloud.get_vm(vm.id)).name == "theirs"


async def test_copy_the_command_of_what_was_done(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(running)
        await op.find(vm.name)
        await op.press("a", "p", "tab", "enter")
        await op.told(f"{vm.name} is PAUSED")
        await op.press("exclamation_mark")
        await op.find("POST action")
        await op.sees("1 of", "202")
        await op.press("c")
        await op.told("copied: openstack")
        assert op.app.clipboard == f"openstack --os-cloud mock server pause {vm.id}"


async def test_a_call_that_went_wrong_is_told_with_its_request(journey: Journey) -> None:
    async with journey() as op:
        vm = await op.some(running)
        op.fails_next(method="POST", body="pause", status=409, message="the host is being drained")
        await op.find(vm.name)
        await op.press("a", "p", "tab", "enter")
        await op.told("the host is being drained")
        await op.press("exclamation_mark")
        await op.find("status>399")
        await op.sees("1 of", "409", "the host is being drained", "req-")
        assert await op.vm(vm.name) == vm
