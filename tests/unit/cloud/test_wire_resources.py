"""Recorded lists of what VMs stand on -> domain values; odd rows cost their odd fields and never the list."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from osvm_tui.cloud.rest import RestCloud
from osvm_tui.cloud.transport import Call, Reply
from osvm_tui.domain.catalog import Project, QuotaItem, Zone
from osvm_tui.domain.errors import CloudFault, Forbidden
from osvm_tui.domain.volume import VolumeType
from tests.unit.cloud.recorded import recorded
from tests.unit.cloud.scripted import Hourglass, ScriptedTransport, login

EVERYTHING = frozenset({"compute", "image", "network", "volume"})


async def opened(answer: Callable[[Call], Reply], *roles: str) -> tuple[RestCloud, ScriptedTransport]:
    who = login(roles=frozenset(roles or ("member",)), services=EVERYTHING)
    transport = ScriptedTransport(answer, who)
    cloud = RestCloud("desk", transport, timing=Hourglass().timing())
    await cloud.connect()
    transport.calls.clear()
    return cloud, transport


async def told(name: str, method: str, *given: str, roles: tuple[str, ...] = ()) -> tuple[Any, Call]:
    """Return what a list makes of a recorded answer, and how it asked."""
    cloud, transport = await opened(lambda call: recorded(name), *roles)
    found = await getattr(cloud, method)(*given)
    return found, transport.calls[0]


async def test_hypervisors_with_their_use() -> None:
    found, call = await told("hypervisors-detail-287", "hypervisors")
    assert (call.path, call.microversion) == ("/os-hypervisors/detail", (2, 87))
    third = next(host for host in found if host.hostname == "compute-03")
    assert (third.host, third.type, third.state, third.status) == ("compute-03", "fake", "up", "enabled")
    assert (third.vcpus, third.vcpus_used, third.memory_mib, third.memory_used_mib) == (4000, 4, 16777216, 8192)
    assert (third.disk_gib, third.disk_used_gib, third.running_vms) == (1000000, 40, 0)


async def test_hypervisors_of_a_cloud_that_tells_no_use() -> None:
    found, _ = await told("hypervisors-detail", "hypervisors")
    assert {host.host for host in found} == {"compute-01", "compute-02", "compute-03"}
    assert {(host.vcpus, host.memory_mib, host.running_vms, host.uptime) for host in found} == {(None, None, None, "")}


async def test_services() -> None:
    found, _ = await told("services", "compute_services")
    assert {one.binary for one in found} == {"nova-scheduler", "nova-conductor", "nova-compute"}
    third = next(one for one in found if one.host == "compute-03")
    assert (third.zone, third.status, third.state, third.forced_down) == ("nova", "enabled", "up", False)
    assert third.updated_at == datetime(2026, 11, 21, 23, 45, 43, tzinfo=UTC)


async def test_what_a_member_may_not_see_is_forbidden() -> None:
    cloud, _ = await opened(lambda call: recorded("error-403-hypervisors"))
    with pytest.raises(Forbidden, match="os-hypervisors"):
        await cloud.hypervisors()


async def test_a_running_migration() -> None:
    (move,), call = await told("server-migrations", "migrations", "vm-1")
    assert call.path == "/servers/vm-1/migrations"
    assert (move.id, move.vm_id, move.type, move.status, move.running) == (
        "5",
        "vm-1",
        "live-migration",
        "running",
        True,
    )
    assert (move.source, move.destination) == ("compute-03", "compute-02")
    assert (move.memory_total, move.memory_processed, move.disk_total) == (8589934592, 6963, 0)


async def test_volumes() -> None:
    (volume,), call = await told("volumes-detail", "volumes")
    assert (call.service, call.path, call.query, call.microversion) == ("volume", "/v3/p1/volumes/detail", (), None)
    assert (volume.name, volume.status, volume.size_gib, volume.type) == ("verify-vol", "in-use", 2, "lab")
    assert (volume.bootable, volume.encrypted, volume.multiattach, volume.zone) == (False, False, False, "nova")
    assert [(one.vm_id[:8], one.device) for one in volume.attachments] == [("30edcff5", "/dev/sdb")]
    assert volume.project_id == "cd957c383924498ead1b690ea51ca547"
    assert volume.created_at is not None
    assert volume.updated_at is not None
    assert volume.updated_at > volume.created_at


async def test_a_snapshot_of_a_vm_tells_which_vm_it_is_of() -> None:
    (image,), _ = await told("image-snapshot", "images")
    assert (image.name, image.snapshot, image.vm_id) == ("verify-snap", True, "30edcff5-8829-40b8-87bd-29180e71c413")


async def test_snapshots_and_types() -> None:
    (copy,), _ = await told("volume-snapshots", "volume_snapshots")
    assert (copy.name, copy.status, copy.size_gib) == ("verify-vsnap", "available", 3)
    assert copy.volume_id.startswith("ddd68b29")
    types, _ = await told("volume-types", "volume_types")
    assert VolumeType("82230859-9672-4c76-a42f-f02b69981a43", "lab") in types


async def test_volumes_in_a_vm() -> None:
    (inside,), _ = await told("volume-attachments", "volume_attachments", "vm-1")
    assert (inside.device, inside.delete_on_termination) == ("/dev/sdb", False)
    assert inside.volume_id.startswith("ddd68b29")


async def test_ports_and_routers_and_floating_ips() -> None:
    (port,), call = await told("ports-of-server", "ports", "vm-1")
    assert call.query == (("device_id", "vm-1"),)
    assert (port.status, port.address, port.device_owner) == ("ACTIVE", "192.168.128.48", "compute:nova")
    assert port.security_group_ids == ("80653517-340c-4844-b600-69b2cc7ad000",)
    (router,), call = await told("routers", "routers")
    assert call.query == (("project_id", "p1"),)
    assert (router.name, router.status, router.external_ips) == ("router1", "ACTIVE", ("203.0.115.233",))
    (ip,), _ = await told("floatingips", "floating_ips")
    assert (ip.address, ip.fixed_address, ip.status) == ("203.0.112.17", "192.168.128.48", "ACTIVE")
    assert ip.vm_id.startswith("30edcff5")
    assert ip.created_at is not None
    assert ip.created_at.tzinfo is not None


async def test_zones_and_projects() -> None:
    zones, _ = await told("availability-zones", "zones")
    assert zones == (Zone("nova", True),)
    projects, call = await told("projects-as-admin", "projects", roles=("admin",))
    assert call.path == "/v3/projects"
    assert next(one for one in projects if one.name == "web").description == "lab: web"


async def test_projects_as_far_as_the_token_sees() -> None:
    answers = {"/v3/projects": recorded("projects-as-demo"), "/v3/auth/projects": recorded("projects-as-admin")}
    cloud, transport = await opened(lambda call: answers.get(call.path, Reply(200, {}, b"{}")), "admin")
    assert len(await cloud.projects()) > 1
    assert [call.path for call in transport.calls] == ["/v3/projects", "/v3/auth/projects"]
    cloud, _ = await opened(lambda call: recorded("projects-as-demo"))
    assert await cloud.projects() == (Project("p1", "demo"),)


async def test_the_quota_of_volumes_where_there_is_cinder() -> None:
    def answer(call: Call) -> Reply:
        if call.service == "volume":
            return recorded("volume-limits")
        return recorded("limits") if call.service == "compute" else Reply(404, {}, b"{}")

    cloud, _ = await opened(answer)
    quota = {item.resource: item for item in await cloud.quota()}
    assert quota["volumes"] == QuotaItem("volumes", 0, 200)
    assert quota["gigabytes"].limit == 20000
    assert "instances" in quota


async def test_an_admin_reads_across_projects() -> None:
    empty = b'{"volumes": [], "snapshots": [], "ports": [], "server_groups": []}'
    cloud, transport = await opened(lambda call: Reply(200, {}, empty), "admin")
    for method in ("volumes", "volume_snapshots", "ports", "server_groups"):
        await getattr(cloud, method)()
    groups = (("all_projects", "True"), ("limit", "1000"), ("offset", "0"))
    all_of_them = (("all_tenants", "1"),)
    assert [call.query for call in transport.calls] == [all_of_them, all_of_them, (), groups]


async def test_lists_are_read_to_their_last_page() -> None:
    def page(call: Call) -> Reply:
        if dict(call.query).get("marker"):
            return Reply(200, {}, b'{"volume_types": [{"id": "b", "name": "b"}]}')
        link = [{"rel": "next", "href": "http://cinder/v3/p1/types?limit=1&marker=a"}]
        return Reply(200, {}, json.dumps({"volume_types": [{"id": "a"}], "volume_type_links": link}).encode())

    cloud, _ = await opened(page)
    assert [one.name for one in await cloud.volume_types()] == ["a", "b"]

    def groups(call: Call) -> Reply:
        offset = int(dict(call.query)["offset"])
        rows = [
            {"id": str(n), "name": str(n), "policies": ["affinity"]} for n in range(offset, min(offset + 1000, 1500))
        ]
        return Reply(200, {}, json.dumps({"server_groups": rows}).encode())

    cloud, transport = await opened(groups)
    found = await cloud.server_groups()
    assert (len(found), len(transport.calls), found[0].policy) == (1500, 2, "affinity")


@pytest.mark.parametrize(
    ("method", "given", "key"),
    [
        ("ports", (), "ports"),
        ("routers", (), "routers"),
        ("floating_ips", (), "floatingips"),
        ("volumes", (), "volumes"),
        ("volume_snapshots", (), "snapshots"),
        ("volume_types", (), "volume_types"),
        ("server_groups", (), "server_groups"),
        ("hypervisors", (), "hypervisors"),
        ("compute_services", (), "services"),
        ("migrations", ("vm-1",), "migrations"),
        ("projects", (), "projects"),
    ],
)
async def test_nulls_and_unknown_values_cost_their_fields_only(method: str, given: tuple[str, ...], key: str) -> None:
    odd = ("status", "state", "admin_state_up", "size", "attachments", "fixed_ips", "members", "vcpus", "enabled")
    rows = [
        {"id": "good", "name": "good"},
        {"id": "nulls", **dict.fromkeys(("name", *odd, "description", "created_at", "external_gateway_info"))},
        {"id": "odd", "name": 7, "extra": {"x": 1}, **{name: {"un": "known"} for name in odd}},
        "no row at all",
    ]
    cloud, _ = await opened(lambda call: Reply(200, {}, json.dumps({key: rows}).encode()))
    found = await getattr(cloud, method)(*given)
    assert [one.id for one in found] == ["good", "nulls", "odd"]


async def test_counters_are_json_or_a_fault() -> None:
    cloud, _ = await opened(lambda call: Reply(200, {}, b'{"cpu0_time": 1}'))
    assert json.loads(await cloud.diagnostics("vm-1")) == {"cpu0_time": 1}
    cloud, _ = await opened(lambda call: Reply(200, {}, b"<html>"))
    with pytest.raises(CloudFault, match="not its JSON"):
        await cloud.diagnostics("vm-1")
