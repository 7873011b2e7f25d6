"""What has arrived is taken back, unless anybody has changed the VM since; and requests written as scripts."""

from __future__ import annotations

import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from osvm_tui.cli.exits import Exit
from osvm_tui.cli.op import taken_back
from osvm_tui.domain.catalog import InstanceAction
from osvm_tui.domain.errors import Conflict, Refused
from osvm_tui.domain.operations import ActionRequest, CreateVm, ItemState, OperationItem
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.api import ApiCall, AuditQuery
from osvm_tui.services.console import Console, utc_now
from tests.unit.services.requests import WAIT, Make, run
from tests.unit.services.scripted_cloud import ScriptedCloud, a_vm

STATES = {"stop": "stopped", "start": "active"}


def living(*ids: str, state: str = "active") -> ScriptedCloud:
    """Return a cloud that does what it is told and keeps a log of it."""
    cloud = ScriptedCloud(*(a_vm(i, state) for i in ids))

    def acted(action_id: str, vm_id: str) -> None:
        if action_id in STATES:
            cloud.vms[vm_id] = a_vm(vm_id, STATES[action_id], updated_at=utc_now())
            logged(cloud, action_id, f"req-{len(cloud.sent)}")

    cloud.on_act = acted
    return cloud


def logged(cloud: ScriptedCloud, action: str, request_id: str, user: str = "u", ago_s: float = 0.0) -> None:
    """Add an entry to the cloud's action log, newest first."""
    at = utc_now() - timedelta(seconds=ago_s)
    cloud.log.insert(0, InstanceAction(action, request_id, at, at, user, "p"))


async def stopped(make: Make) -> tuple[Console, ScriptedCloud, OperationItem]:
    """Return a console that has stopped a VM."""
    cloud = living("1")
    logged(cloud, "create", "req-old", ago_s=60)
    one = make(cloud)
    await one.load()
    (item,) = await run(one, "stop", "1")
    assert item.state is ItemState.ARRIVED
    return one, cloud, item


async def test_a_stop_is_taken_back_by_a_start_that_names_it(console: Make) -> None:
    one, cloud, item = await stopped(console)
    assert one.bulk.undo_verdict(item.id).allowed
    assert one.bulk.undo_verbs(item.id) == ("start",)
    (undo,) = (await one.bulk.undo(item.id)).submissions
    (back,) = await one.wait(undo.operation_id, WAIT)
    assert (back.action_id, back.state) == ("start", ItemState.ARRIVED)
    assert cloud.vms["1"].vm_state == "active"
    rows = [row.entry for row in await one.audit(AuditQuery()) if row.entry.operation_id == undo.operation_id]
    assert [row.detail for row in rows if row.phase == "requested"] == [f"undoes stop {item.operation_id[:8]}"]
    verdict = one.bulk.undo_verdict(item.id)
    assert not verdict.allowed
    assert verdict.reason == "vm-1 was changed again since: start by ops-1"


async def test_nothing_is_taken_back_after_somebody_else(console: Make) -> None:
    one, cloud, item = await stopped(console)
    logged(cloud, "createImage", "req-other", user="stranger")
    assert one.bulk.undo_verdict(item.id).allowed, "memory cannot know"
    with pytest.raises(Refused) as refusal:
        await one.bulk.undo(item.id)
    assert refusal.value.detail == "vm-1 was changed since: createImage by user stranger (req-other)"
    assert cloud.sent == [("stop", "1")]


async def test_an_undo_is_gated_on_a_fresh_reading(console: Make) -> None:
    one, cloud, item = await stopped(console)
    cloud.vms["1"] = a_vm("1", "stopped", locked=True, updated_at=utc_now())
    with pytest.raises(Refused, match="vm-1 is locked"):
        await one.bulk.undo(item.id)
    del cloud.vms["1"]
    with pytest.raises(Refused, match="vm-1 is gone"):
        await one.bulk.undo(item.id)
    assert not one.bulk.undo_verdict(item.id).allowed
    assert cloud.sent == [("stop", "1")]


async def test_what_has_not_arrived_or_has_no_way_back_says_so(console: Make) -> None:
    cloud = living("1", state="error")
    one = console(cloud)
    await one.load()
    (item,) = await run(one, "stop", "1")
    assert item.state is ItemState.ARRIVED
    assert one.bulk.undo_verdict(item.id).reason == "it was ERROR before, and start does not lead back there"
    assert one.bulk.undo_verbs(item.id) == ()
    assert one.bulk.undo_verdict("nothing").reason == "this operation is not known here any more"
    with pytest.raises(Refused, match="does not lead back there"):
        await one.bulk.undo(item.id)


async def test_a_name_goes_back_unless_it_was_changed_again(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1", name="web"))
    named = ["shop", "web"]
    cloud.on_act = lambda action, vm_id: cloud.vms.update({"1": a_vm("1", name=named.pop(0), updated_at=utc_now())})
    one = console(cloud)
    await one.load()
    (item,) = await run(one, "update-server", "1", name="shop")
    assert item.was == {"name": "web"}
    other = ScriptedCloud(a_vm("1", name="stolen", updated_at=utc_now()))
    mine, cloud.vms = cloud.vms, other.vms
    with pytest.raises(Refused, match="does not show any more what was set"):
        await one.bulk.undo(item.id)
    cloud.vms = {"1": a_vm("1", name="shop", updated_at=utc_now() + timedelta(seconds=1))}
    assert mine["1"].name == "shop"
    (submission,) = (await one.bulk.undo(item.id)).submissions
    (back,) = await one.wait(submission.operation_id, WAIT)
    assert back.state is ItemState.ARRIVED
    assert cloud.vms["1"].name == "web"


async def labelled(make: Make, **then: Any) -> tuple[Console, ScriptedCloud, OperationItem]:
    """Return a console that has set two keys of a VM, one anew; a step of the way back leaves the VM as `then`."""
    cloud = ScriptedCloud(a_vm("1", metadata=(("role", "web"),)))
    one = make(cloud)
    await one.load()
    (item,) = await run(one, "set-metadata", "1", metadata="role=db, env=x")
    both = (("role", "db"), ("env", "x"))
    cloud.vms["1"] = a_vm("1", metadata=both, updated_at=utc_now())
    cloud.on_act = lambda action, vm_id: cloud.vms.update({"1": a_vm("1", updated_at=utc_now(), **then)})
    return one, cloud, item


async def test_metadata_goes_back_key_by_key(console: Make) -> None:
    one, cloud, item = await labelled(console)
    taken = await one.bulk.undo(item.id)
    assert taken.refusal == ""
    ended = [await one.wait(step.operation_id, WAIT) for step in taken.submissions]
    assert [(step.action_id, step.state) for (step,) in ended] == [
        ("set-metadata", ItemState.ARRIVED),
        ("delete-metadata", ItemState.ARRIVED),
    ]
    told = [one.bulk.view(step.operation_id) for step in taken.submissions]
    assert [view.params for view in told if view] == [(("metadata", "role=web"),), (("key", "env"),)]
    assert cloud.sent[1:] == [("set-metadata", "1"), ("delete-metadata", "1")]


async def test_a_refusal_in_the_middle_tells_what_was_done_before_it(console: Make) -> None:
    one, cloud, item = await labelled(console, locked=True)
    taken = await one.bulk.undo(item.id)
    assert [step.items[0].action_id for step in taken.submissions] == ["set-metadata"]
    assert taken.refusal == (
        "set metadata (metadata role=web) done; delete metadata (key env) not: vm-1 is locked; unlock it first"
    )
    assert cloud.sent[1:] == [("set-metadata", "1")]


async def test_after_a_step_that_failed_no_other_is_asked_for(console: Make) -> None:
    one, cloud, item = await labelled(console)
    cloud.errors["act"] = [Conflict("quota of metadata items is used up")]
    taken = await one.bulk.undo(item.id)
    assert taken.refusal == (
        "nothing done; delete metadata (key env) not: set metadata is failed: quota of metadata items is used up"
    )
    assert cloud.sent[1:] == [("set-metadata", "1")]


async def test_one_vm_that_cannot_be_taken_back_stops_no_other(
    console: Make, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud = ScriptedCloud(a_vm("1"), a_vm("2"))
    cloud.on_act = lambda action, i: cloud.vms.update({i: a_vm(i, locked=action == "lock", updated_at=utc_now())})
    one = console(cloud)
    await one.load()
    items = await run(one, "lock", "1", "2")
    cloud.vms["1"] = a_vm("1", updated_at=utc_now())
    submissions, codes = await taken_back(one, items)
    assert [step.items[0].ref.id for step in submissions] == ["2"]
    assert codes == [Exit.REFUSED]
    assert "vm-1 refused: vm-1 was changed since" in capsys.readouterr().err


def through_a_shell(text: str, folder: Path, **environ: str) -> list[str]:
    """Run a script with a client that only prints its words; return what it printed."""
    file, client = folder / "plan.sh", folder / "openstack"
    file.write_text(text)
    client.write_text('#!/bin/sh\nprintf "%s|" "$@"; echo\n')
    client.chmod(0o700)
    path = {"PATH": f"{folder}:/usr/bin:/bin"}
    ran = subprocess.run(["sh", str(file)], env={**path, **environ}, capture_output=True, text=True, check=False)
    return ran.stdout.splitlines()


async def test_a_request_is_written_as_a_script_that_a_shell_reads(console: Make, tmp_path: Path) -> None:
    cloud = ScriptedCloud(a_vm("1"), a_vm("2", "paused"), a_vm("3", name="a\nb; rm -rf /\x1b[2J"))
    one = console(cloud)
    await one.load()
    refs = tuple(VmRef("e", i) for i in "123")
    text = one.bulk.script(ActionRequest("change-password", refs, {"password": "hunter2"}))
    assert "hunter2" not in text
    assert "\x1b" not in text
    assert text.splitlines()[1] == "# set password: 2 of 3 VMs"
    assert 'openstack --os-cloud lab server set --password "$OSVM_PASSWORD" 1  # vm-1' in text
    assert "# skipped vm-2: set password needs ACTIVE; vm-2 is PAUSED" in text
    assert through_a_shell(text, tmp_path, OSVM_PASSWORD="p w") == [
        f"--os-cloud|lab|server|set|--password|p w|{vm_id}|" for vm_id in ("1", "3")
    ]
    assert through_a_shell(text, tmp_path) == [], "without the secret nothing is run"
    assert cloud.sent == []


async def test_a_script_names_each_vm_in_its_own_text(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"), a_vm("2"))
    one = console(cloud)
    await one.load()
    refs = tuple(VmRef("e", i) for i in "12")
    text = one.bulk.script(ActionRequest("create-image", refs, {"name": "{name} before"}))
    assert "--name 'vm-1 before' 1" in text
    assert "--name 'vm-2 before' 2" in text
    with pytest.raises(Refused, match="rebuild needs image"):
        one.bulk.script(ActionRequest("rebuild", refs))
    tags = one.bulk.script(ActionRequest("inject-network-info", refs[:1]))
    assert "skipped vm-1" in tags


async def test_an_operation_is_written_with_the_values_that_were_asked_for(console: Make, tmp_path: Path) -> None:
    one = console(ScriptedCloud(a_vm("1")))
    await one.load()
    given: dict[str, object] = {"metadata": {"k": "a,b=c", "pad": " x "}}
    submission = await one.submit(ActionRequest("set-metadata", (VmRef("e", "1"),), given))
    said = through_a_shell(one.bulk.script_of(submission.operation_id), tmp_path)
    assert said == ["--os-cloud|lab|server|set|--property|k=a,b=c|--property|pad= x |1|"]
    secret = await one.submit(ActionRequest("change-password", (VmRef("e", "1"),), {"password": "hunter2"}))
    text = one.bulk.script_of(secret.operation_id)
    assert through_a_shell(text, tmp_path, OSVM_PASSWORD="p w") == ["--os-cloud|lab|server|set|--password|p w|1|"]
    assert "hunter2" not in text
    made = await one.create("lab", CreateVm(name="web", flavor_id="f", image_id="i"))
    with pytest.raises(Refused, match="a creation is not written as a script here"):
        one.bulk.script_of(made.operation_id)


async def test_a_call_of_an_operation_is_told_as_its_command(console: Make) -> None:
    one, _, item = await stopped(console)
    call = ApiCall("lab", "compute", "POST", "/servers/1/action", 202, 0.1, utc_now(), item.request_id)
    assert one.bulk.command(call) == "openstack --os-cloud lab server stop 1"
    unknown = ApiCall("lab", "compute", "POST", "/servers/1/action", 202, 0.1, utc_now(), "req-x")
    assert one.bulk.command(unknown) == ""
    listing = ApiCall("lab", "compute", "GET", "/servers/detail", 200, 0.1, utc_now(), "req-y")
    assert one.bulk.command(listing) == "openstack --os-cloud lab server list --long"
