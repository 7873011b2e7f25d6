"""What an operation sends: how creations are named, what the audit tells of it, what the store keeps."""

from __future__ import annotations

from osvm_tui.domain.operations import CreateVm
from osvm_tui.services.api import AuditQuery
from osvm_tui.services.payload import names, outline
from tests.unit.services.requests import WAIT, Make, run
from tests.unit.services.scripted_cloud import ScriptedCloud, a_vm


async def test_the_audit_tells_what_was_asked_for_without_secrets(console: Make) -> None:
    cloud = ScriptedCloud(a_vm("1"))
    one = console(cloud)
    await one.load()
    await run(one, "update-server", "1", name="web-9")
    order = CreateVm(name="db", flavor_id="f1", image_id="i1", key_name="ops", user_data="password: hunter2")
    await one.wait((await one.create("lab", order)).operation_id, WAIT)
    told = [row.entry.detail for row in await one.audit(AuditQuery()) if row.entry.phase == "requested"]
    assert told == ["flavor f1, image i1, key ops, user data 17 bytes", "name web-9"]
    assert one._store is not None
    kept = await one._store.operation((await one._store.items())[0].operation_id)
    assert kept is not None
    assert kept.secret
    assert "hunter2" not in str(kept.params)
    assert "17 bytes, values withheld" in str(kept.params)


def test_of_user_data_only_the_outline_is_kept() -> None:
    text = "#cloud-config\nchpasswd: {list: root:hunter2}\nruncmd:\n  - echo hunter2\n"
    assert outline(text) == f"#cloud-config\nchpasswd: ********\nruncmd: ********\n# {len(text)} bytes, values withheld"
    assert outline("#!/bin/sh hunter2\necho hunter2").startswith("#!/bin/sh\n#")
    assert "hunter2" not in outline("hunter2: hunter2")
    assert outline("") == ""


async def test_several_creations_are_named_by_pattern(console: Make) -> None:
    cloud = ScriptedCloud()
    one = console(cloud)
    await one.load()
    submission = await one.create("lab", CreateVm(name="web-{n}", flavor_id="f", image_id="i"), 3)
    items = await one.wait(submission.operation_id, WAIT)
    assert sorted(item.vm_name for item in items) == ["web-1", "web-2", "web-3"]
    assert len({item.vm_uuid for item in items}) == 3
    assert names("db", 2) == ["db-1", "db-2"]
