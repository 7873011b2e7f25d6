"""What a cloud client must tell: every VM once, changes and deletions, addresses, catalogs, and to whom."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime

from osvm_tui.cloud.base import VmPage
from osvm_tui.cloud.listing import PageSize
from osvm_tui.cloud.rest import RestCloud
from osvm_tui.domain.vm import Vm
from tests.contract.cloud.rig import Rig, together


async def pages(client: RestCloud, since: datetime | None = None) -> list[VmPage]:
    return [page async for page in client.list_vms(since)]


def of_ours(rig: Rig, found: list[VmPage]) -> list[Vm]:
    return [vm for page in found for vm in page.vms if vm.name.startswith(rig.prefix)]


async def ids(client: RestCloud) -> list[str]:
    return [vm_id async for page in client.list_vm_ids() for vm_id in page]


async def later_than(rig: Rig, moment: datetime) -> datetime:
    """Wait until the cloud's clock has passed a moment; times on the wire are whole seconds."""
    rig.leap(2.0)
    while True:
        now = (await pages(rig.member))[-1].server_time
        assert now is not None
        if (now - moment).total_seconds() >= 2:
            return now
        await asyncio.sleep(0.2)


async def test_small_pages_show_what_one_page_shows(rig: Rig) -> None:
    made = await together(rig.build(f"page-{n}") for n in range(5))
    await together(rig.idle(vm_id, "active") for vm_id in made)
    client = rig.client("member", PageSize(2, 2, 2))
    await client.connect()
    small = await pages(client)
    await client.close()
    assert len(small) >= 3
    assert [page.last for page in small] == [False] * (len(small) - 1) + [True]
    assert sorted(vm.id for vm in of_ours(rig, small)) == sorted(made)
    assert of_ours(rig, small) == of_ours(rig, await pages(rig.member))
    for client in rig.clients.values():
        listed = await ids(client)
        assert len(listed) == len(set(listed))
        assert set(made) <= set(listed)


async def test_a_delta_shows_changes_and_deletions_and_nothing_else(rig: Rig) -> None:
    still, renamed, deleted = await together(rig.build(f"delta-{n}") for n in range(3))
    await together(rig.idle(vm_id, "active") for vm_id in (still, renamed, deleted))
    moment = (await pages(rig.member))[-1].server_time
    assert moment is not None
    since = await later_than(rig, moment)
    assert of_ours(rig, await pages(rig.member, since)) == []
    await rig.member.act("update-server", renamed, {"name": f"{rig.prefix}-new-name"})
    await rig.member.act("delete", deleted, {})
    await rig.gone(deleted)
    for client in rig.clients.values():
        found = await pages(client, since)
        assert [(vm.id, vm.name) for vm in of_ours(rig, found)] == [(renamed, f"{rig.prefix}-new-name")]
        assert deleted in [vm_id for page in found for vm_id in page.gone]
    assert deleted not in await ids(rig.member)


async def test_everybody_in_the_project_sees_the_same_vm(rig: Rig) -> None:
    vm_id = await rig.build("seen", metadata=(("role", "db"),), description="a test")
    await rig.idle(vm_id, "active")
    seen = {who: await client.get_vm(vm_id) for who, client in rig.clients.items()}
    member, admin = seen["member"], seen["admin"]
    assert seen["reader"] == member
    assert (member.status, member.power_state, member.launched) == ("ACTIVE", 1, True)
    assert dict(member.metadata)["role"] == "db"
    assert member.flavor is not None
    assert (member.flavor.name, member.flavor.vcpus, member.flavor.memory_mib) == ("m1.tiny", 1, 512)
    assert member.image_id == rig.image
    assert (member.host, member.has_host) == ("", True)
    assert admin.host
    assert member.ref == admin.ref
    listed = {vm.id: vm for vm in of_ours(rig, await pages(rig.member))}
    assert listed[vm_id] == member


async def test_the_raw_answer_is_the_vms_json(rig: Rig) -> None:
    vm_id = await rig.build("raw", user_data="#!/bin/sh\necho hush")
    for client in (rig.member, rig.admin):
        raw = await client.raw_vm(vm_id)
        assert json.loads(raw)["server"]["id"] == vm_id
        assert b"IyEvYmluL3NoCmVjaG8gaHVzaA" not in raw


async def test_live_addresses_agree_with_the_vms_own(rig: Rig) -> None:
    network = next(n for n in await rig.member.networks() if not n.external and n.subnets)
    vm_id = await rig.build("addressed", network_ids=(network.id,))
    await rig.idle(vm_id, "active")
    vm = await rig.addressed(vm_id)
    for client in rig.clients.values():
        live = [address for address in await client.list_addresses() if address.vm_id == vm_id]
        assert [(a.addr, a.floating, a.version, a.mac) for a in live] == [
            (a.addr, a.floating, a.version, a.mac) for a in vm.addresses
        ]
        assert live[0].network_id == network.id
    assert vm.addresses[0].network == network.name


async def test_catalogs_have_what_a_vm_is_made_from(rig: Rig) -> None:
    client = rig.member
    assert {"m1.tiny", "m1.small"} <= {flavor.name for flavor in await client.flavors()}
    assert any(image.bootable and image.size_bytes for image in await client.images())
    assert any(network.external for network in await client.networks())
    assert any(group.name == "default" for group in await client.security_groups())
    assert all(key.fingerprint for key in await client.keypairs())
    quota = {item.resource: item for item in await client.quota()}
    assert {"instances", "cores", "ram", "floatingip"} <= set(quota)
    assert all(item.limit == -1 or item.limit >= item.used >= 0 for item in quota.values())


async def test_names_of_projects_and_users(rig: Rig) -> None:
    for client in rig.clients.values():
        scope = client.scope
        assert (await client.project_names())[scope.project_id] == scope.project_name
        assert (await client.user_names())[scope.user_id] == scope.user_name
    assert rig.member.scope.project_id in await rig.admin.project_names()
    assert (rig.admin.scope.all_projects, rig.member.scope.all_projects) == (True, False)


async def test_scopes_of_one_cloud_share_its_endpoint(rig: Rig) -> None:
    scopes = [client.scope for client in rig.clients.values()]
    assert len({scope.endpoint for scope in scopes}) == 1
    assert len({scope.profile.max_microversion for scope in scopes}) == 1
    assert len({scope.key for scope in scopes}) == 2
    assert {"compute", "image", "network"} <= scopes[0].profile.services
