"""Going over to another project: the old one's VMs leave, the entry goes on, and a failed login changes nothing."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from msgspec.structs import replace

from osvm_tui.domain.catalog import SecurityGroup
from osvm_tui.domain.errors import Conflict, Refused, Unauthorized, Unknown
from osvm_tui.domain.operations import ActionRequest, CreateVm, ItemState
from osvm_tui.domain.resource import ResourceTarget
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.api import ApiCall, CatalogKind, ScopeState
from osvm_tui.services.console import Console, utc_now
from osvm_tui.services.entry import EntryPlan
from osvm_tui.services.resources_api import ResourceRequest
from tests.unit.services.conftest import FAST, open_store
from tests.unit.services.requests import becomes
from tests.unit.services.scripted_cloud import SCOPE, ScriptedCloud, a_vm

Opened = Callable[..., Console]


def of_project(project: str, *vms: Vm) -> ScriptedCloud:
    return ScriptedCloud(*vms, scope=replace(SCOPE, project_id=project, project_name=project))


@pytest.fixture
async def opened(tmp_path: Path) -> AsyncIterator[Opened]:
    made: list[Console] = []

    def make(first: ScriptedCloud, *others: ScriptedCloud) -> Console:
        by_project = {cloud.scope.project_id: cloud for cloud in others}
        plan = EntryPlan("lab", lambda: first, of_project=by_project.__getitem__ if others else None)
        one = Console([plan], lambda owner: open_store(tmp_path, owner), None, operator="ops-1", cadence=FAST)
        made.append(one)
        return one

    yield make
    for one in made:
        await one.close()


def names(console: Console) -> set[str]:
    return {vm.name for vm in console.vms()}


async def until(console: Console, wanted: Callable[[], bool]) -> None:
    moved = asyncio.Event()
    stop = console.subscribe(lambda _: moved.set())
    try:
        async with asyncio.timeout(5):
            while not wanted():
                moved.clear()
                await moved.wait()
    finally:
        stop()


async def test_the_vms_of_the_other_project_take_the_place_of_the_old_ones(opened: Opened) -> None:
    old, new = of_project("p", a_vm("1")), of_project("q", a_vm("2", project_id="q"), a_vm("3", project_id="q"))
    old.lists["security_groups"] = (SecurityGroup("g", "web"),)
    one = opened(old, new)
    await one.start()
    await until(one, lambda: names(one) == {"vm-1"})
    await one.load_catalog("lab", CatalogKind.SECURITY_GROUP)
    await one.switch_project("lab", "q")
    await until(one, lambda: names(one) == {"vm-2", "vm-3"})
    await until(one, lambda: one.scopes()[0].state is ScopeState.LIVE)
    (view,) = one.scopes()
    assert view.scope is not None
    assert view.scope.project_id == "q"
    assert one.catalog("lab", CatalogKind.SECURITY_GROUP) is None
    assert "close" in old.asked
    assert one.verdict(VmRef("e", "2"), "stop").allowed


async def test_a_failed_login_changes_nothing(opened: Opened) -> None:
    old, new = of_project("p", a_vm("1")), of_project("q", a_vm("2"))
    new.errors["connect"] = [Unauthorized("no role on this project", status=401)]
    one = opened(old, new)
    await one.load()
    with pytest.raises(Unauthorized) as caught:
        await one.switch_project("lab", "q")
    assert "no role in that project" in caught.value.hint
    assert names(one) == {"vm-1"}
    (view,) = one.scopes()
    assert view.scope is not None
    assert view.scope.project_id == "p"
    assert "close" in new.asked
    assert "close" not in old.asked


async def test_not_while_an_operation_is_under_way(opened: Opened) -> None:
    old, new = of_project("p", a_vm("1")), of_project("q")
    one = opened(old, new)
    await one.load()
    submission = await one.submit(ActionRequest("stop", (VmRef("e", "1"),)))
    with pytest.raises(Refused, match="still under way"):
        await one.switch_project("lab", "q")
    becomes(old, "stopped")("stop", "1")
    await one.wait(submission.operation_id, 5)
    await one.switch_project("lab", "q")
    assert names(one) == set()


async def test_commands_name_the_project_that_the_console_went_over_to(opened: Opened) -> None:
    one = opened(of_project("p", a_vm("1")), of_project("q", a_vm("2", project_id="q")))
    await one.load()
    call = ApiCall("lab", "compute", "GET", "/servers/2", 200, 0.1, utc_now(), "req-1")
    assert one.bulk.command(call) == "openstack --os-cloud lab server show 2"
    await one.switch_project("lab", "q")
    await one._scopes.follower("lab").load_once()
    where = "openstack --os-cloud lab --os-project-id q"
    assert f"{where} server stop 2" in one.bulk.script(ActionRequest("stop", (VmRef("e", "2"),)))
    assert one.bulk.command(call) == f"{where} server show 2"


async def test_commands_name_the_project_that_the_settings_want(tmp_path: Path) -> None:
    plan = EntryPlan("lab", lambda: of_project("q", a_vm("2", project_id="q")), project="shop")
    one = Console([plan], lambda owner: open_store(tmp_path, owner), None, operator="ops-1", cadence=FAST)
    await one.load()
    script = one.bulk.script(ActionRequest("stop", (VmRef("e", "2"),)))
    assert "openstack --os-cloud lab --os-project-id q server stop 2" in script
    await one.close()


async def test_what_was_begun_before_is_not_made_in_the_other_project(opened: Opened) -> None:
    old, new = of_project("p"), of_project("q")
    one = opened(old, new)
    await one.load()
    await one.switch_project("lab", "q")
    with pytest.raises(Refused, match="lab went over to another project since this was begun"):
        await one.create("lab", CreateVm(name="web", flavor_id="f", image_id="i"), asked_in="p")
    group = ResourceRequest("security-group.create", ResourceTarget("lab", "", asked_in="p"), {"name": "web"})
    with pytest.raises(Refused, match="lab went over to another project since this was begun"):
        await one.resources.change(group)
    assert (new.sent, new.changes) == ([], [])


async def test_a_creation_is_not_repeated_in_the_other_project(opened: Opened) -> None:
    old, new = of_project("p"), of_project("q")
    old.errors["create"] = [Conflict("no ports left")]
    one = opened(old, new)
    await one.load()
    first = await one.create("lab", CreateVm(name="web", flavor_id="f", image_id="i"))
    await one.wait(first.operation_id, 5)
    await one.switch_project("lab", "q")
    with pytest.raises(Refused, match="in the project that it was asked for in"):
        await one.bulk.retry(first.operation_id)
    assert new.sent == []


@pytest.mark.parametrize("reach", [True, False])
async def test_what_was_planned_before_is_not_sent_into_the_other_project(opened: Opened, reach: bool) -> None:
    old, new = of_project("p"), of_project("q")
    one = opened(old, new)
    await one.load()
    for cloud in (old, new):
        cloud._scope = replace(cloud.scope, all_projects=reach)
    follower = one._scopes.follower("lab")
    await follower.connect_once()
    first = await one.create("lab", CreateVm(name="web", flavor_id="f", image_id="i"))
    follower.client = new
    await follower.connect_once()
    (item,) = await one.wait(first.operation_id, 5)
    assert (item.state, item.message) == (ItemState.FAILED, "nothing was sent: lab sees another project by now")
    assert (old.sent, new.sent) == ([], [])


async def test_an_entry_that_cannot_or_is_not_there_is_told(opened: Opened) -> None:
    one = opened(of_project("p"))
    await one.load()
    with pytest.raises(Refused, match="cannot change its project"):
        await one.switch_project("lab", "q")
    with pytest.raises(Unknown):
        await one.switch_project("eu", "q")
