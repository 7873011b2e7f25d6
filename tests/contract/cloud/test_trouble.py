"""Faults between us and a cloud, scripted in the simulated cloud, in process and over real sockets."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from osvm_tui.cloud.mock import faults
from osvm_tui.cloud.mock.faults import Scripted
from osvm_tui.cloud.transport import Call
from osvm_tui.domain.errors import AnswerLost, CloudError, CloudFault, Throttled, Unreachable
from osvm_tui.domain.vm import Vm
from tests.contract.cloud.rig import together
from tests.contract.cloud.rigs import FaceRig, MockRig, SimulatedRig


@pytest.fixture(params=[MockRig, FaceRig])
async def rig(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[SimulatedRig]:
    """Give a simulated cloud with two VMs at rest; its faults are scripted by the test."""
    opened: SimulatedRig = request.param(tmp_path)
    try:
        await opened.open()
        made = await together(opened.build(f"vm-{n}") for n in range(2))
        await together(opened.idle(vm_id, "active") for vm_id in made)
        yield opened
    finally:
        faults.clear_script(opened.path)
        faults.set_knobs(opened.path, odd=0.0, cell_down=[], tokens_from=0.0)
        await opened.close()


async def vms(rig: SimulatedRig) -> list[Vm]:
    return [vm async for page in rig.member.list_vms() for vm in page.vms]


async def stops(rig: SimulatedRig, vm_id: str) -> int:
    return [entry.action for entry in await rig.member.instance_actions(vm_id)].count("stop")


@pytest.mark.parametrize("fate", ["lost", "cut"])
async def test_a_lost_answer_to_a_change_says_so_and_is_not_repeated(rig: SimulatedRig, fate: str) -> None:
    vm_id = (await vms(rig))[0].id
    faults.script(rig.path, Scripted(method="POST", body="os-stop", fate=fate))
    with pytest.raises(AnswerLost) as caught:
        await rig.member.act("stop", vm_id, {})
    assert caught.value.entry == rig.member.entry
    await rig.idle(vm_id, "stopped")
    assert await stops(rig, vm_id) == 1


async def test_a_lost_answer_to_a_deletion(rig: SimulatedRig) -> None:
    vm_id = (await vms(rig))[0].id
    faults.script(rig.path, Scripted(method="DELETE", fate="lost"))
    with pytest.raises(AnswerLost):
        await rig.member.act("delete", vm_id, {})
    await rig.gone(vm_id)


@pytest.mark.parametrize("fate", ["lost", "cut", "unsent"])
async def test_a_lost_answer_to_a_question_is_no_lost_change(rig: SimulatedRig, fate: str) -> None:
    faults.script(rig.path, Scripted(path="/servers/detail", fate=fate))
    with pytest.raises(Unreachable) as caught:
        await vms(rig)
    assert not isinstance(caught.value, AnswerLost)
    assert len(await vms(rig)) == 2


async def test_the_console_log_only_looks(rig: SimulatedRig) -> None:
    vm_id = (await vms(rig))[0].id
    faults.script(rig.path, Scripted(body="os-getConsoleOutput", fate="lost"))
    with pytest.raises(Unreachable) as caught:
        await rig.member.console_output(vm_id, 5)
    assert not isinstance(caught.value, AnswerLost)


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_cloud_is_asked_again_for_a_list(rig: SimulatedRig, status: int) -> None:
    faults.script(rig.path, Scripted(path="/servers/detail", status=status, retry_after=0.01, times=2))
    assert len(await vms(rig)) == 2


@pytest.mark.parametrize(("status", "kind"), [(429, Throttled), (503, CloudFault), (500, CloudFault)])
async def test_a_busy_cloud_is_not_asked_again_for_a_change(
    rig: SimulatedRig, status: int, kind: type[CloudError]
) -> None:
    vm_id = (await vms(rig))[0].id
    faults.script(rig.path, Scripted(body="os-stop", status=status, retry_after=7.0))
    with pytest.raises(kind) as caught:
        await rig.member.act("stop", vm_id, {})
    assert isinstance(caught.value, (Throttled, CloudFault))
    assert (caught.value.status, caught.value.retry_after_s) == (status, 7.0)
    assert (await rig.member.get_vm(vm_id)).vm_state == "active"
    assert await stops(rig, vm_id) == 0


async def test_an_answer_that_comes_too_late(rig: SimulatedRig) -> None:
    vm_id = (await vms(rig))[0].id
    transport = rig.transport()
    await transport.open()
    faults.script(rig.path, Scripted(path=vm_id, delay=1.5, times=2))
    look = Call(service="compute", method="GET", path=f"/servers/{vm_id}", microversion=(2, 90), timeout_s=0.2)
    with pytest.raises(Unreachable, match=r"within 0\.2 s") as caught:
        await transport.request(look)
    assert not isinstance(caught.value, AnswerLost)
    body, path = b'{"os-stop": null}', f"/servers/{vm_id}/action"
    change = Call(service="compute", method="POST", path=path, body=body, microversion=(2, 90), timeout_s=0.2)
    with pytest.raises(AnswerLost, match=r"within 0\.2 s"):
        await transport.request(change)
    await transport.close()
    await rig.idle(vm_id, "stopped")
    assert await stops(rig, vm_id) == 1


async def test_an_api_that_is_stopped_and_comes_back(tmp_path: Path) -> None:
    rig = FaceRig(tmp_path)
    await rig.open()
    vm_id = await rig.build("vm")
    await rig.idle(vm_id, "active")
    port = rig.stop_serving()
    for asked in (rig.member.act("stop", vm_id, {}), rig.member.get_vm(vm_id)):
        with pytest.raises(Unreachable, match="connection refused") as caught:
            await asked
        assert not isinstance(caught.value, AnswerLost)
    rig.serve_again(port)
    assert (await rig.member.get_vm(vm_id)).vm_state == "active"
    await rig.close()


async def test_a_closed_client_says_so(rig: SimulatedRig) -> None:
    client = rig.client("member")
    await client.connect()
    await client.close()
    with pytest.raises(Unreachable, match="closed"):
        await client.flavors()


async def test_an_expired_token_is_renewed_unseen(rig: SimulatedRig) -> None:
    faults.set_knobs(rig.path, tokens_from=time.time())
    vm_id = (await vms(rig))[0].id
    await rig.member.act("stop", vm_id, {})
    await rig.idle(vm_id, "stopped")
    assert await stops(rig, vm_id) == 1


async def test_odd_rows_cost_no_vm(rig: SimulatedRig) -> None:
    sound = await vms(rig)
    faults.set_knobs(rig.path, odd=1.0)
    odd = await vms(rig)
    assert [vm.id for vm in odd] == [vm.id for vm in sound]
    assert odd != sound


async def test_a_cell_that_is_down_shortens_the_list_but_is_no_404(rig: SimulatedRig) -> None:
    all_of_them = [vm async for page in rig.admin.list_vms() for vm in page.vms]
    down = all_of_them[0]
    faults.set_knobs(rig.path, cell_down=[down.host])
    left = [vm.id async for page in rig.admin.list_vms() for vm in page.vms]
    assert down.id not in left
    assert len(left) < len(all_of_them)
    assert (await rig.admin.get_vm(down.id)).id == down.id
