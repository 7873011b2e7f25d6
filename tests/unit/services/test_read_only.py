"""A read-only console: every verb of both tables is refused before anything leaves, and nothing is taken over."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.errors import Refused
from osvm_tui.domain.operations import ActionRequest, Control, CreateVm
from osvm_tui.domain.resource import ResourceTarget
from osvm_tui.domain.resources import RESOURCE_ACTIONS
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.console import Console
from osvm_tui.services.entry import EntryPlan
from osvm_tui.services.resources_api import ResourceRequest
from tests.unit.services.conftest import FAST, open_store
from tests.unit.services.requests import phases
from tests.unit.services.scripted_cloud import SCOPE, ScriptedCloud, a_vm

WORDS = "lab is read-only here"
ADMIN = replace(SCOPE, roles=frozenset({"admin", "member", "reader"}))


def opened(folder: Path, cloud: ScriptedCloud, read_only: str) -> Console:
    plan = EntryPlan(cloud.entry, lambda: cloud, read_only=read_only)
    return Console(
        [plan], lambda owner: open_store(folder, owner), None,
        operator="ops-1", console_role=ConsoleRole.ADMIN, cadence=FAST,
    )  # fmt: skip


async def test_every_verb_is_refused_and_nothing_is_sent(tmp_path: Path) -> None:
    cloud = ScriptedCloud(a_vm("1"), scope=ADMIN)
    one = opened(tmp_path, cloud, WORDS)
    try:
        await one.load()
        ref = VmRef("e", "1")
        changing = [spec.id for spec in ACTIONS.values() if spec.changes and spec.id != "create-server"]
        for action in changing:
            assert one.verdict(ref, action).reason == WORDS
            with pytest.raises(Refused, match=WORDS):
                await one.submit(ActionRequest(action, (ref,)))
        with pytest.raises(Refused, match=WORDS):
            await one.create("lab", CreateVm(name="x", flavor_id="f1", image_id="i1"))
        for spec in RESOURCE_ACTIONS.values():
            with pytest.raises(Refused, match=WORDS):
                await one.resources.change(ResourceRequest(spec.id, ResourceTarget("lab", "" if spec.creates else "x")))
        assert (cloud.sent, cloud.changes) == ([], [])
        told = await phases(one)
        assert {phase for _, phase in told} == {"refused"}
        assert {action for action, _ in told} == {*changing, *RESOURCE_ACTIONS}
        for look in ("console-output", "remote-console", "diagnostics"):
            assert WORDS not in one.verdict(ref, look).reason
    finally:
        await one.close()


async def test_it_takes_over_nothing_that_a_dead_console_left(tmp_path: Path) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    cloud.on_act = lambda action, vm_id: cloud.vms.update({"1": a_vm("1", "active", "powering-off")})
    first, second = opened(tmp_path, cloud, ""), opened(tmp_path, cloud, WORDS)
    try:
        await first.load()
        await second.load()
        await first.follow_operations()
        submission = await first.submit(ActionRequest("stop", (VmRef("e", "1"),)))
        await asyncio.sleep(0.2)
        for task in first._tasks:  # as if killed: nothing is renewed or handed over
            task.cancel()
        await first._lifecycle.stop()
        await second.follow_operations()
        await asyncio.sleep(2.5 * FAST.owner_ttl_s)
        (item,) = second.bulk.items(submission.operation_id)
        assert item.owner == first.owner
        assert ("stop", "taken over") not in await phases(second)
    finally:
        await second.close()
        await first.close()


async def test_it_steers_nothing_of_a_cloud_that_only_others_have_open(tmp_path: Path) -> None:
    first = opened(tmp_path, ScriptedCloud(a_vm("1")), "")
    second = opened(
        tmp_path, ScriptedCloud(scope=replace(SCOPE, endpoint="f"), entry="eu"), "this console is read-only"
    )
    try:
        await first.load()
        submission = await first.submit(ActionRequest("stop", (VmRef("e", "1"),)))
        await second.load()
        for control in Control:
            with pytest.raises(Refused, match="this console is read-only"):
                await second.bulk.steer(submission.operation_id, control)
    finally:
        await second.close()
        await first.close()
