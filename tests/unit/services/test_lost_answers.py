"""A call whose answer was lost is looked up in the cloud, and never sent again."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from osvm_tui.domain.catalog import InstanceAction
from osvm_tui.domain.errors import (
    AnswerLost,
    CloudError,
    CloudFault,
)
from osvm_tui.domain.operations import ActionRequest, CreateVm, ItemState
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.console import utc_now
from tests.unit.services.requests import WAIT, Make, becomes, run
from tests.unit.services.scripted_cloud import ScriptedCloud, a_vm


async def test_a_lost_answer_is_found_in_the_action_log_and_never_sent_again(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    cloud.server_time = utc_now()
    cloud.errors["act"] = [AnswerLost("read timed out")]
    cloud.log = [InstanceAction("stop", "req-lost", utc_now() + timedelta(seconds=1), None, "u", "p")]
    one = console(cloud)
    await one.load()
    submission = await one.submit(ActionRequest("stop", (VmRef("e", "1"),)))
    cloud.vms["1"] = a_vm("1", "active", "powering-off", updated_at=utc_now())
    await asyncio.sleep(0.05)
    cloud.vms["1"] = a_vm("1", "stopped", updated_at=utc_now())
    (item,) = await one.wait(submission.operation_id, WAIT)
    assert (item.state, item.request_id) == (ItemState.ARRIVED, "req-lost")
    assert len(cloud.sent) == 1


async def test_the_trace_is_looked_for_by_the_cloud_s_clock(console: Make) -> None:
    hour = timedelta(hours=1)
    cloud = ScriptedCloud(a_vm("1"))
    cloud.server_time = utc_now() - hour
    cloud.errors["act"] = [AnswerLost("read timed out")]
    cloud.log = [InstanceAction("stop", "req-lost", utc_now() - hour, None, "u", "p")]
    cloud.on_act = becomes(cloud, "stopped")
    one = console(cloud)
    await one.load()
    cloud.vms["1"] = a_vm("1", "stopped", updated_at=utc_now())
    (item,) = await run(one, "stop", "1")
    assert (item.state, item.request_id) == (ItemState.ARRIVED, "req-lost")


async def test_a_lost_answer_without_a_trace_stays_unconfirmed(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    cloud.server_time = utc_now()
    cloud.errors["act"] = [AnswerLost("read timed out")]
    stranger = InstanceAction("stop", "req-x", utc_now() + timedelta(seconds=1), None, "somebody else", "p")
    cloud.log = [stranger]
    one = console(cloud)
    await one.load()
    (item,) = await run(one, "stop", "1")
    assert item.state is ItemState.UNCONFIRMED
    assert len(cloud.sent) == 1


async def test_two_equal_calls_do_not_share_one_trace(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    cloud.server_time = utc_now()
    cloud.on_act = becomes(cloud, "active")
    cloud.errors["act"] = [None, AnswerLost("read timed out")]
    cloud.log = [InstanceAction("reboot", "req-1", utc_now() + timedelta(seconds=1), None, "u", "p")]
    one = console(cloud)
    await one.load()
    (first,) = await run(one, "reboot-soft", "1")
    assert (first.state, first.request_id) == (ItemState.ARRIVED, "req-1")
    (second,) = await run(one, "reboot-soft", "1")
    assert second.state is ItemState.UNCONFIRMED


async def test_a_lost_rename_is_found_by_the_name(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    cloud.errors["act"] = [AnswerLost("read timed out")]
    one = console(cloud)
    await one.load()
    cloud.vms["1"] = a_vm("1", name="renamed", updated_at=utc_now())
    (item,) = await run(one, "update-server", "1", name="renamed")
    assert item.state is ItemState.ARRIVED


async def test_lost_metadata_is_found_on_the_vm_or_stays_unconfirmed(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"), a_vm("2"))
    cloud.errors["act"] = [AnswerLost("read timed out"), AnswerLost("read timed out")]
    one = console(cloud)
    await one.load()
    cloud.vms["1"] = a_vm("1", metadata=(("role", "web"),), updated_at=utc_now())
    (there,) = await run(one, "set-metadata", "1", metadata="role=web")
    (lacking,) = await run(one, "set-metadata", "2", metadata="role=web")
    assert (there.state, lacking.state) == (ItemState.ARRIVED, ItemState.UNCONFIRMED)


@pytest.mark.parametrize("began", [True, False])
async def test_a_500_is_looked_up_before_it_is_a_failure(console: Make, began: bool) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    cloud.server_time = utc_now()
    cloud.errors["act"] = [CloudFault("MessagingTimeout", status=500, request_id="req-500")]
    if began:
        cloud.log = [InstanceAction("stop", "req-500", utc_now() + timedelta(seconds=1), None, "u", "p")]
    one = console(cloud)
    await one.load()
    submission = await one.submit(ActionRequest("stop", (VmRef("e", "1"),)))
    cloud.vms["1"] = a_vm("1", "stopped" if began else "active", updated_at=utc_now())
    (item,) = await one.wait(submission.operation_id, WAIT)
    assert item.state is (ItemState.ARRIVED if began else ItemState.FAILED)
    assert began or item.message == "MessagingTimeout"
    assert len(cloud.sent) == 1


@pytest.mark.parametrize(
    "lost",
    [
        AnswerLost("read timed out"),
        CloudFault("Gateway Time-out", status=504),
        CloudFault("bad", status=502),
        CloudFault("a yes that is not its JSON", status=202),
    ],
)
async def test_a_creation_whose_answer_was_lost_is_found_by_our_id(console: Make, lost: CloudError) -> None:
    cloud = ScriptedCloud()
    cloud.errors["created"] = [lost]
    one = console(cloud)
    await one.load()
    submission = await one.create("lab", CreateVm(name="web", flavor_id="f", image_id="i"))
    (item,) = await one.wait(submission.operation_id, WAIT)
    assert item.state is ItemState.ARRIVED
    assert item.ref.id == "new-1"
    assert [sent[0] for sent in cloud.sent] == ["create-server"]
