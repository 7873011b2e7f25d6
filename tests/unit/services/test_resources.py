"""Changes of what VMs stand on: gated, audited, sent once, audited with their end; catalogs are read again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from msgspec.structs import replace

from osvm_tui.domain.catalog import SecurityGroup
from osvm_tui.domain.errors import (
    AnswerLost,
    CloudFault,
    Conflict,
    Forbidden,
    OsvmError,
    Refused,
    StoreReadOnly,
    Unknown,
    Unreachable,
)
from osvm_tui.domain.resource import ResourceTarget
from osvm_tui.domain.roles import ConsoleRole, ReleaseProfile
from osvm_tui.domain.volume import Volume
from osvm_tui.services.api import AuditQuery, CatalogKind
from osvm_tui.services.console import Console
from osvm_tui.services.entry import EntryPlan
from osvm_tui.services.resources_api import ResourceOutcome, ResourceRequest
from tests.unit.services.requests import Make
from tests.unit.services.scripted_cloud import SCOPE, ScriptedCloud

WITH_VOLUMES = replace(SCOPE, profile=ReleaseProfile(services=frozenset({"compute", "image", "network", "volume"})))
DISK = ResourceTarget("lab", "v1", "data", "available", project_id="p")
NEW = ResourceTarget("lab", "")


def a_cloud() -> ScriptedCloud:
    cloud = ScriptedCloud(scope=WITH_VOLUMES)
    cloud.lists["volumes"] = (Volume(id="v1", name="data", status="available", size_gib=10),)
    return cloud


async def loaded(make: Make, cloud: ScriptedCloud, role: ConsoleRole = ConsoleRole.OPERATOR) -> Console:
    console = make(cloud, role=role)
    assert await console.load() == ()
    return console


async def ask(console: Console, action: str, target: ResourceTarget = DISK, **params: object) -> ResourceOutcome:
    return await console.resources.change(ResourceRequest(action, target, params))


async def rows(console: Console) -> list[tuple[str, str, str, str, str]]:
    found = [row.entry for row in await console.audit(AuditQuery()) if not row.entry.action.startswith("session")]
    return [(row.action, row.phase, row.vm_name, row.vm_id, row.detail) for row in reversed(found)]


async def test_a_change_is_audited_before_and_after_and_sent_once(console: Make) -> None:
    cloud = a_cloud()
    one = await loaded(console, cloud)
    outcome = await ask(one, "volume.extend", size_gib="20")
    assert (outcome.resource_id, outcome.request_id, outcome.message) == ("v1", "req-1", "extend: data")
    assert cloud.changes == [("volume.extend", "v1", {"size_gib": 20})]
    assert await rows(one) == [
        ("volume.extend", "requested", "data", "v1", "size_gib 20"),
        ("volume.extend", "done", "data", "v1", "size_gib 20"),
    ]
    newest = (await one.audit(AuditQuery(action="volume.extend")))[0].entry
    assert (newest.request_id, newest.project_id, newest.endpoint) == ("req-1", "p", "e")
    assert (await one.verify_audit()).holds


async def test_a_refusal_at_the_key_press_is_audited_and_what_is_allowed_or_means_nothing_is_not(console: Make) -> None:
    cloud = a_cloud()
    one = await loaded(console, cloud)
    for target in (replace(DISK, used=True), DISK, replace(DISK, id="", name="")):
        await one.resources.note_refused(ResourceRequest("volume.delete", target))
    reason = "data is in use by a VM; delete needs one that no VM uses"
    assert await rows(one) == [("volume.delete", "refused", "data", "v1", reason)]
    assert cloud.changes == []


async def test_the_catalog_is_read_again_and_only_what_was_read_before(console: Make) -> None:
    cloud = a_cloud()
    one = await loaded(console, cloud)
    view = await one.load_catalog("lab", CatalogKind.VOLUME)
    assert [item.id for item in view.items if isinstance(item, Volume)] == ["v1"]
    changed = asyncio.Event()
    one.subscribe(lambda event: changed.set() if type(event).__name__ == "CatalogChanged" else None)
    cloud.lists["volumes"] = ()
    cloud.asked.clear()
    await ask(one, "volume.delete")
    await asyncio.wait_for(changed.wait(), 5)
    found = one.catalog("lab", CatalogKind.VOLUME)
    assert found is not None
    assert found.items == ()
    assert cloud.asked == ["change", "volumes"]


@pytest.mark.parametrize(
    ("error", "phase", "words"),
    [
        (Conflict("volume is in use", status=409, request_id="req-9"), "failed", "volume is in use"),
        (Forbidden("policy says no", status=403), "failed", "policy says no"),
        (Unreachable("connection refused"), "failed", "nothing was sent: connection refused"),
        (AnswerLost("no answer within 60 s"), "unconfirmed", "no answer within 60 s"),
        (CloudFault("bad gateway", status=502), "unconfirmed", "bad gateway"),
        (CloudFault("not its JSON", status=201), "unconfirmed", "not its JSON"),
        (CloudFault("internal error", status=500), "failed", "internal error"),
    ],
)
async def test_how_it_failed_is_audited_raised_and_never_sent_again(
    console: Make, error: OsvmError, phase: str, words: str
) -> None:
    cloud = a_cloud()
    cloud.errors["change"] = [error]
    one = await loaded(console, cloud)
    with pytest.raises(type(error)):
        await ask(one, "volume.delete")
    assert len(cloud.changes) == 1
    assert [row[1:] for row in await rows(one)] == [
        ("requested", "data", "v1", ""),
        (phase, "data", "v1", words),
    ]


async def test_a_private_key_is_handed_over_and_kept_nowhere(console: Make, tmp_path: Path) -> None:
    cloud = a_cloud()
    one = await loaded(console, cloud)
    outcome = await ask(one, "keypair.create", NEW, name="ops")
    assert outcome.secret == "PRIVATE KEY"
    assert (await rows(one))[-1] == ("keypair.create", "done", "ops", "new-1", "name ops")
    await one.close()
    kept = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
    assert b"keypair.create" in kept
    assert b"PRIVATE KEY" not in kept


async def test_the_gate_refuses_before_anything_is_sent(console: Make) -> None:
    cloud = a_cloud()
    one = await loaded(console, cloud)
    with pytest.raises(Refused, match="data is in use by a VM"):
        await ask(one, "volume.delete", replace(DISK, used=True))
    assert cloud.changes == []
    assert [row[:2] for row in await rows(one)] == [("volume.delete", "refused")]


async def test_a_viewer_may_not(console: Make) -> None:
    one = await loaded(console, a_cloud(), ConsoleRole.VIEWER)
    assert one.resources.verdict("volume.delete", DISK).reason == "console role viewer may not delete"


async def test_nothing_is_changed_through_a_read_only_entry(tmp_path: Path) -> None:
    from tests.unit.services.conftest import FAST, open_store

    cloud = a_cloud()
    plan = EntryPlan("lab", lambda: cloud, read_only="lab is read-only here")
    one = Console([plan], lambda owner: open_store(tmp_path, owner), None, operator="ops-1", cadence=FAST)
    try:
        await one.load()
        with pytest.raises(Refused, match="lab is read-only here"):
            await ask(one, "volume.extend", size_gib=20)
        assert cloud.changes == []
        assert [row[1] for row in await rows(one)] == ["refused"]
        assert one.scopes()[0].read_only
        assert one.create_verdict("lab").reason == "lab is read-only here"
    finally:
        await one.close()


async def test_no_audit_no_change(tmp_path: Path) -> None:
    def no_store(owner: str) -> object:
        raise StoreReadOnly("the disk is full")

    cloud = a_cloud()
    one = Console([EntryPlan("lab", lambda: cloud)], no_store, None, operator="ops-1")  # type: ignore[arg-type]
    try:
        await one.load()
        with pytest.raises(StoreReadOnly, match="the disk is full"):
            await ask(one, "volume.extend", size_gib=20)
        assert cloud.changes == []
    finally:
        await one.close()


async def test_whoever_asked_may_go_away_and_the_end_is_still_audited(console: Make) -> None:
    cloud = a_cloud()
    one = await loaded(console, cloud)
    asking = asyncio.create_task(ask(one, "volume.extend", size_gib=20))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    await one._resources.stop()
    assert [row[1] for row in await rows(one)] == ["requested", "done"]


@pytest.mark.parametrize(
    ("action", "target", "params", "words"),
    [
        ("volume.extend", DISK, {"size_gib": "twenty"}, "size gib is a whole number, not twenty"),
        ("volume.extend", DISK, {}, "extend needs size gib"),
        ("volume.extend", DISK, {"size_gib": 20, "colour": "red"}, "no parameter colour"),
        ("volume.rename", DISK, {}, "rename needs name or description"),
        ("server-group.create", NEW, {"name": "g", "policy": "near"}, "policy is one of affinity"),
        ("keypair.import", NEW, {"name": "k", "public_key": "/absent.pub"}, "neither a public key nor a file"),
    ],
)
async def test_a_wrong_input_is_told_and_nothing_is_sent(
    console: Make, action: str, target: ResourceTarget, params: dict[str, object], words: str
) -> None:
    cloud = a_cloud()
    one = await loaded(console, cloud)
    with pytest.raises(Refused, match=words):
        await ask(one, action, target, **params)
    assert cloud.changes == []


async def test_inputs_are_sent_as_the_cloud_wants_them(console: Make, tmp_path: Path) -> None:
    cloud = a_cloud()
    one = await loaded(console, cloud)
    file = tmp_path / "ops.pub"
    file.write_text("ssh-ed25519 AAAA ops@here\n")
    await ask(one, "keypair.import", NEW, name="ops", public_key=str(file))
    await ask(one, "volume.snapshot", name="{name}-snapshot")
    await ask(one, "volume.rename", name="disk", description="")
    await ask(one, "volume.rename", description="of web")
    await ask(one, "security-group.add-rule", ResourceTarget("lab", "g", "web"), ports="443", remote_cidr="")
    assert [params for _, _, params in cloud.changes] == [
        {"name": "ops", "public_key": "ssh-ed25519 AAAA ops@here"},
        {"name": "data-snapshot"},
        {"name": "disk", "description": ""},
        {"description": "of web"},
        {"direction": "ingress", "protocol": "tcp", "ports": "443"},
    ]


async def test_a_private_key_is_not_imported_by_mistake(console: Make, tmp_path: Path) -> None:
    cloud = a_cloud()
    one = await loaded(console, cloud)
    file = tmp_path / "ops"
    file.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nx\n")
    with pytest.raises(Refused, match=r"give the \.pub file"):
        await ask(one, "keypair.import", NEW, name="ops", public_key=str(file))
    with pytest.raises(Refused, match="that is a private key"):
        await ask(one, "keypair.import", NEW, name="ops", public_key=file.read_text())
    file.write_text("password = hunter2")
    with pytest.raises(Refused, match="no public key") as no:
        await ask(one, "keypair.import", NEW, name="ops", public_key=str(file))
    assert cloud.changes == []
    assert "hunter2" not in str([*await rows(one), no.value.detail])


async def test_a_change_begun_before_the_entry_went_over_to_another_project_is_not_sent(console: Make) -> None:
    old, new = a_cloud(), a_cloud()
    one = await loaded(console, old)
    follower = one._scopes.follower("lab")
    asking = asyncio.create_task(ask(one, "volume.create", NEW, name="data", size_gib=1))
    for _ in range(2):
        await asyncio.sleep(0)
    follower.client = new
    with pytest.raises(Refused, match="went over to another project"):
        await asking
    assert (old.changes, new.changes) == ([], [])
    assert [row[1] for row in await rows(one)] == ["requested", "failed"]


async def test_what_is_no_change_is_unknown(console: Make) -> None:
    one = await loaded(console, a_cloud())
    with pytest.raises(Unknown):
        await ask(one, "volume.eat")


async def test_a_list_that_policy_refuses_says_so_and_is_not_asked_again_soon(console: Make) -> None:
    cloud = a_cloud()
    cloud.errors["hypervisors"] = [Forbidden("Policy doesn't allow os_compute_api:os-hypervisors:list", status=403)]
    one = await loaded(console, cloud)
    for _ in range(2):
        view = await one.load_catalog("lab", CatalogKind.HYPERVISOR)
        assert view.error.startswith("not permitted: Policy")
    assert cloud.asked.count("hypervisors") == 1
    assert (await one.load_catalog("lab", CatalogKind.HYPERVISOR, 0.0)).error == ""


async def test_a_cloud_without_a_service_is_not_asked_for_it(console: Make) -> None:
    cloud = ScriptedCloud()
    one = await loaded(console, cloud)
    view = await one.load_catalog("lab", CatalogKind.VOLUME)
    assert view.error == "this cloud has no volume service"
    assert "volumes" not in cloud.asked


async def test_a_failed_reading_keeps_the_last_items(console: Make) -> None:
    cloud = a_cloud()
    cloud.lists["security_groups"] = (SecurityGroup("g", "web"),)
    one = await loaded(console, cloud)
    await one.load_catalog("lab", CatalogKind.SECURITY_GROUP)
    cloud.errors["security_groups"] = [CloudFault("neutron is down", status=503)]
    view = await one.load_catalog("lab", CatalogKind.SECURITY_GROUP, 0.0)
    assert (len(view.items), view.error) == (1, "neutron is down")
