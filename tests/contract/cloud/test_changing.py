"""What a cloud client must do: create and find again, keep the request's id, refuse with the cloud's words."""

from __future__ import annotations

from uuid import uuid4

import pytest

from osvm_tui.cloud.base import ApiCall
from osvm_tui.domain.catalog import InstanceAction
from osvm_tui.domain.errors import BadRequest, Conflict, Forbidden, NotFound
from osvm_tui.domain.operations import CreateVm
from tests.contract.cloud.rig import Rig


async def test_a_created_vm_is_found_again_by_our_own_id(rig: Rig) -> None:
    ours, name = str(uuid4()), f"{rig.prefix}-a.b+(c)"
    order = CreateVm(
        name=name, flavor_id=rig.tiny, image_id=rig.image, network_ids=("none",), vm_uuid=ours, metadata=(("k", "v"),)
    )
    accepted = await rig.member.create_vm(order)
    assert (accepted.status, bool(accepted.request_id)) == (202, True)
    for client in (rig.member, rig.reader):
        found = await client.find_created(ours, name)
        assert found is not None
        assert (found.id, found.name) == (accepted.vm_id, name)
        assert dict(found.metadata) == {"osvm_uuid": ours, "k": "v"}
    assert await rig.member.find_created(str(uuid4()), name) is None
    assert await rig.member.find_created(ours, f"{rig.prefix}-a") is None
    first = await rig.member.get_vm(accepted.vm_id)
    assert first.vm_state in ("building", "active")
    assert (await rig.idle(accepted.vm_id, "active")).name == name


async def test_an_action_is_in_the_log_under_its_request_id(rig: Rig) -> None:
    vm_id = await rig.build("logged")
    await rig.idle(vm_id, "active")
    accepted = await rig.member.act("stop", vm_id, {})
    await rig.idle(vm_id, "stopped")
    log = await rig.member.instance_actions(vm_id)
    assert [entry.action for entry in log] == ["stop", "create"]
    assert log[0].request_id == accepted.request_id
    assert log[0].user_id == rig.member.scope.user_id
    one = await rig.member.instance_action(vm_id, accepted.request_id)
    assert isinstance(one, InstanceAction)
    assert [(event.event, event.result) for event in one.events] == [("compute_stop_instance", "Success")]
    assert one.events[0].finished_at is not None
    assert await rig.member.instance_action(vm_id, f"req-{uuid4()}") is None


async def test_a_deleted_vm_is_not_found_but_its_log_is(rig: Rig) -> None:
    vm_id = await rig.build("deleted")
    await rig.idle(vm_id, "active")
    assert (await rig.member.act("delete", vm_id, {})).status == 204
    await rig.gone(vm_id)
    with pytest.raises(NotFound):
        await rig.member.get_vm(vm_id)
    with pytest.raises(NotFound):
        await rig.member.act("start", vm_id, {})
    assert [entry.action for entry in await rig.member.instance_actions(vm_id)] == ["delete", "create"]


async def test_a_rename_and_a_lock_with_its_reason_are_seen(rig: Rig) -> None:
    vm_id = await rig.build("named")
    await rig.idle(vm_id, "active")
    await rig.member.act("update-server", vm_id, {"name": f"{rig.prefix}-new", "description": "why not"})
    await rig.member.act("lock", vm_id, {"reason": "do not touch"})
    vm = await rig.member.get_vm(vm_id)
    assert (vm.name, vm.description) == (f"{rig.prefix}-new", "why not")
    assert (vm.locked, vm.locked_reason) == (True, "do not touch")
    with pytest.raises(Conflict, match="locked") as caught:
        await rig.member.act("stop", vm_id, {})
    assert caught.value.status == 409
    assert caught.value.request_id.startswith("req-")


async def test_console_text_and_console_url(rig: Rig) -> None:
    vm_id = await rig.build("console")
    await rig.idle(vm_id, "active")
    everything = await rig.booted(vm_id)
    last = await rig.member.console_output(vm_id, 3)
    assert len(everything.splitlines()) > 3 >= len(last.splitlines()) > 0
    console = await rig.member.remote_console(vm_id)
    assert (console.protocol, console.type) == ("vnc", "novnc")
    assert "://" in console.url
    with pytest.raises(Forbidden):
        await rig.reader.console_output(vm_id, 3)


async def test_what_the_cloud_cannot_make_it_refuses(rig: Rig) -> None:
    good = {"name": f"{rig.prefix}-x", "flavor_id": rig.tiny, "image_id": rig.image, "network_ids": ("none",)}
    for wrong in (
        {"flavor_id": "none-such"},
        {"image_id": str(uuid4())},
        {"name": "n" * 256},
        {"key_name": "none-such"},
    ):
        with pytest.raises(BadRequest) as caught:
            await rig.member.create_vm(CreateVm(**(good | wrong)))  # type: ignore[arg-type]
        assert caught.value.status == 400
        assert caught.value.detail
    with pytest.raises(Forbidden, match="Policy doesn't allow"):
        await rig.reader.create_vm(CreateVm(**good))  # type: ignore[arg-type]


async def test_every_request_is_told_once_with_its_status(rig: Rig) -> None:
    told: list[ApiCall] = []
    rig.member.on_call = told.append
    await rig.member.flavors()
    with pytest.raises(NotFound):
        await rig.member.get_vm(str(uuid4()))
    rig.member.on_call = None
    assert [(call.method, call.status) for call in told] == [("GET", 200), ("GET", 404)]
    assert told[0].path == "/flavors/detail"
    assert all(call.request_id.startswith("req-") and call.seconds > 0 for call in told)
    assert told[1].error
