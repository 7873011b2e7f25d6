"""What VMs stand on: every list shows what is there, every change is made, seen, refused and taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial

import pytest

from osvm_tui.cloud.rest import RestCloud
from osvm_tui.domain.catalog import SecurityRule
from osvm_tui.domain.errors import BadRequest, Conflict, Forbidden, NotFound
from osvm_tui.domain.host import ServerGroup
from osvm_tui.domain.network import FloatingIp
from osvm_tui.domain.resources import RESOURCE_ACTIONS
from osvm_tui.domain.usage import VmUsage
from osvm_tui.domain.volume import VolumeSnapshot
from tests.contract.cloud import states, things
from tests.contract.cloud.rig import Rig

GROUP = ("security-group.create", "security-group.add-rule", "security-group.delete-rule", "security-group.rename",
         "security-group.delete")  # fmt: skip
KEY = ("keypair.create", "keypair.import", "keypair.delete")
SERVER_GROUP = ("server-group.create", "server-group.delete")
VOLUME = ("volume.create", "volume.extend", "volume.snapshot", "volume.rename", "volume.delete",
          "volume-snapshot.rename", "volume-snapshot.delete")  # fmt: skip
FLOATING = ("floating-ip.allocate", "floating-ip.disassociate", "floating-ip.release")
IMAGE = ("image.rename", "image.delete")
SERVICE = ("service.disable", "service.enable")
PUBLIC_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIP7fVd1d5v5uY2r6Zq1S2s3YyQ0v9d4m1R5k8qkq0a3M contract@here"


def test_every_change_of_the_table_is_made_here() -> None:
    assert {*GROUP, *KEY, *SERVER_GROUP, *VOLUME, *FLOATING, *IMAGE, *SERVICE} == set(RESOURCE_ACTIONS)


async def group_rules(rig: Rig, group_id: str) -> dict[str, SecurityRule]:
    """Return the rules of a group by id, without those for the way out that every new group has."""
    found = next(group for group in await rig.member.security_groups() if group.id == group_id)
    return {rule.id: rule for rule in found.rules if rule.direction == "ingress"}


async def test_security_groups_and_their_rules(rig: Rig) -> None:
    group_id = await rig.change(GROUP[0], "", {"name": f"{rig.prefix}-g", "description": "d"})
    await rig.change(GROUP[1], group_id, {"direction": "ingress", "protocol": "tcp", "ports": "443"})
    await rig.change(GROUP[1], group_id, {"protocol": "udp", "ports": "8000-8010", "remote_cidr": "10.0.0.0/8"})
    await rig.change(GROUP[1], group_id, {"protocol": "icmp", "remote_cidr": "::/0"})
    await rig.change(GROUP[1], group_id, {"protocol": "any", "remote_group_id": group_id})
    rules = await group_rules(rig, group_id)
    told = {(r.ethertype, r.protocol, r.port_min, r.port_max, r.remote_cidr, r.remote_group_id) for r in rules.values()}
    assert told == {
        ("IPv4", "tcp", 443, 443, "", ""),
        ("IPv4", "udp", 8000, 8010, "10.0.0.0/8", ""),
        ("IPv6", "ipv6-icmp", None, None, "::/0", ""),
        ("IPv4", "", None, None, "", group_id),
    }
    with pytest.raises(Conflict, match="already exists"):
        await rig.change(GROUP[1], group_id, {"protocol": "tcp", "ports": "443"})
    with pytest.raises(BadRequest):
        await rig.change(GROUP[1], group_id, {"protocol": "tcp", "ports": "443", "remote_cidr": "nowhere"})
    first = next(rule.id for rule in rules.values() if rule.port_min == 443)
    await rig.change(GROUP[2], group_id, {"rule_id": first})
    assert first not in await group_rules(rig, group_id)
    await rig.change(GROUP[3], group_id, {"name": f"{rig.prefix}-h", "description": ""})
    found = next(group for group in await rig.member.security_groups() if group.id == group_id)
    assert (found.name, found.description) == (f"{rig.prefix}-h", "")
    await rig.change(GROUP[4], group_id, {})
    with pytest.raises(NotFound):
        await rig.change(GROUP[4], group_id, {})
    assert rig.asked == set(GROUP)


async def test_key_pairs_and_the_private_half_that_is_told_once(rig: Rig) -> None:
    made = await rig.member.change(KEY[0], "", {"name": f"{rig.prefix}-made"})
    rig.made.append((KEY[2], made.resource_id))
    assert made.resource_id == f"{rig.prefix}-made"
    assert made.secret.startswith("-----BEGIN")
    assert "PRIVATE KEY" in made.secret
    brought = await rig.member.change(KEY[1], "", {"name": f"{rig.prefix}-brought", "public_key": PUBLIC_KEY})
    rig.made.append((KEY[2], brought.resource_id))
    assert (brought.resource_id, brought.secret) == (f"{rig.prefix}-brought", "")
    keys = {key.name: key for key in await rig.member.keypairs()}
    assert keys[f"{rig.prefix}-brought"].public_key.strip() == PUBLIC_KEY
    assert keys[f"{rig.prefix}-made"].fingerprint
    with pytest.raises(Conflict):
        await rig.change(KEY[1], "", {"name": f"{rig.prefix}-brought", "public_key": PUBLIC_KEY})
    with pytest.raises(BadRequest):
        await rig.change(KEY[1], "", {"name": f"{rig.prefix}-wrong", "public_key": "no key"})
    for name in (f"{rig.prefix}-made", f"{rig.prefix}-brought"):
        await rig.change(KEY[2], name, {})
    with pytest.raises(NotFound):
        await rig.change(KEY[2], f"{rig.prefix}-made", {})
    assert not [key for key in await rig.member.keypairs() if key.name.startswith(rig.prefix)]


async def test_server_groups_know_their_vms(rig: Rig) -> None:
    group_id = await rig.change(SERVER_GROUP[0], "", {"name": f"{rig.prefix}-sg", "policy": "soft-anti-affinity"})
    vm_id = await states.active(rig, "grouped", server_group_id=group_id)

    async def of_ours() -> ServerGroup:
        return next(group for group in await rig.member.server_groups() if group.id == group_id)

    found = await of_ours()
    assert (found.name, found.policy, found.members) == (f"{rig.prefix}-sg", "soft-anti-affinity", (vm_id,))
    assert found.project_id == rig.member.scope.project_id
    assert group_id in [group.id for group in await rig.admin.server_groups()]
    with pytest.raises(Forbidden):
        await rig.reader.change(SERVER_GROUP[1], group_id, {})
    await rig.change(SERVER_GROUP[1], group_id, {})
    assert group_id not in [group.id for group in await rig.member.server_groups()]
    assert rig.asked == set(SERVER_GROUP)


async def test_volumes_and_their_snapshots(rig: Rig) -> None:
    volume_id = await things.volume(rig, "vol")
    await rig.change("volume.extend", volume_id, {"size_gib": 2})
    await rig.poll(lambda: _volume_is(rig, volume_id, 2), "a volume of 2 GiB")
    await rig.change("volume.rename", volume_id, {"name": f"{rig.prefix}-other", "description": "d"})
    found = await things.until_volume(rig, volume_id, "available")
    assert (found.name, found.description, found.attachments) == (f"{rig.prefix}-other", "d", ())
    with pytest.raises(BadRequest):
        await rig.change("volume.extend", volume_id, {"size_gib": 1})
    copy_id = await rig.change("volume.snapshot", volume_id, {"name": f"{rig.prefix}-copy"})
    await _snapshot(rig, copy_id)
    with pytest.raises(BadRequest):
        await rig.change("volume.delete", volume_id, {})
    await rig.change("volume-snapshot.rename", copy_id, {"name": f"{rig.prefix}-kept", "description": ""})
    copy = await _snapshot(rig, copy_id)
    assert (copy.name, copy.volume_id, copy.size_gib) == (f"{rig.prefix}-kept", volume_id, 2)
    with pytest.raises(Forbidden):
        await rig.reader.change("volume-snapshot.delete", copy_id, {})
    await rig.change("volume-snapshot.delete", copy_id, {})
    await rig.poll(lambda: _no_snapshot(rig, copy_id), "no snapshot")
    await rig.change("volume.delete", volume_id, {})
    await rig.poll(lambda: _no_volume(rig, volume_id), "no volume")
    assert rig.asked == set(VOLUME)


async def _volume_is(rig: Rig, volume_id: str, size_gib: int) -> bool | None:
    found = next(one for one in await rig.member.volumes() if one.id == volume_id)
    return True if (found.size_gib, found.status) == (size_gib, "available") else None


async def _snapshot(rig: Rig, copy_id: str) -> VolumeSnapshot:
    async def ready() -> VolumeSnapshot | None:
        found = [one for one in await rig.member.volume_snapshots() if one.id == copy_id]
        return found[0] if found and found[0].status == "available" else None

    return await rig.poll(ready, f"snapshot {copy_id}")


async def _no_snapshot(rig: Rig, copy_id: str) -> bool | None:
    return None if copy_id in [one.id for one in await rig.member.volume_snapshots()] else True


async def _no_volume(rig: Rig, volume_id: str) -> bool | None:
    return None if volume_id in [one.id for one in await rig.member.volumes()] else True


async def test_a_volume_in_a_vm(rig: Rig) -> None:
    vm_id, volume_id = await states.active(rig, "holder"), await things.volume(rig, "held")
    sent = await rig.member.act("attach-volume", vm_id, {"volume_id": volume_id})
    log = await rig.logged(vm_id, sent.request_id)
    assert log.action == "attach_volume"
    (inside,) = await rig.member.volume_attachments(vm_id)
    assert (inside.volume_id, inside.delete_on_termination) == (volume_id, False)
    assert inside.device.startswith("/dev/")
    held = await things.until_volume(rig, volume_id, "in-use")
    assert [one.vm_id for one in held.attachments] == [vm_id]
    keep = {"volume_id": volume_id, "delete_on_termination": True}
    await rig.member.act("update-volume-attachment", vm_id, keep)
    assert [one.delete_on_termination for one in await rig.member.volume_attachments(vm_id)] == [True]
    sent = await rig.member.act("detach-volume", vm_id, {"volume_id": volume_id})
    log = await rig.logged(vm_id, sent.request_id)
    assert (log.action, [event.result for event in log.events]) == ("detach_volume", ["Success"])
    assert (await things.until_volume(rig, volume_id, "available")).attachments == ()
    assert await rig.member.volume_attachments(vm_id) == ()


async def test_floating_ips_from_taking_to_giving_back(rig: Rig) -> None:
    shared = await things.share(rig, floating=False)
    rig.asked.clear()
    address_id = await things.floating_ip(rig, shared.outside)
    vm_id = await states.active(rig, "reached", network_ids=(shared.network,))
    port_id = await things.port_of(rig, vm_id)

    async def ours() -> FloatingIp:
        return next(one for one in await rig.member.floating_ips() if one.id == address_id)

    free = await ours()
    assert (free.port_id, free.vm_id, free.network_id, free.description) == ("", "", shared.outside, rig.prefix)
    await rig.member.act("add-floating-ip", vm_id, {"floating_ip_id": address_id, "port_id": port_id})
    led = await ours()
    assert (led.address, led.port_id) == (free.address, port_id)
    (port,) = await rig.member.ports(vm_id)
    assert (port.device_id, port.address) == (vm_id, led.fixed_address)
    assert led.vm_id in (vm_id, "")
    await rig.change("floating-ip.disassociate", address_id, {})
    assert (await ours()).port_id == ""
    await rig.change("floating-ip.release", address_id, {})
    assert address_id not in [one.id for one in await rig.member.floating_ips()]
    assert rig.asked == set(FLOATING)


async def test_images_made_from_a_vm(rig: Rig) -> None:
    rig.copies = True
    vm_id = await states.active(rig, "copied")
    await rig.member.act("create-image", vm_id, {"name": f"{rig.prefix}-image"})
    await rig.idle(vm_id, "active")
    image = next(one for one in await rig.member.images() if one.name == f"{rig.prefix}-image")
    assert image.snapshot
    await rig.change("image.rename", image.id, {"name": f"{rig.prefix}-better"})
    assert image.id in [one.id for one in await rig.member.images() if one.name == f"{rig.prefix}-better"]
    with pytest.raises((Forbidden, NotFound)):
        await rig.reader.change("image.delete", image.id, {})
    await rig.change("image.delete", image.id, {})
    assert image.id not in [one.id for one in await rig.member.images()]
    assert rig.asked == set(IMAGE)


async def test_hosts_and_services_are_for_admins(rig: Rig) -> None:
    for client in (rig.member, rig.reader):
        for asking in (client.hypervisors, client.compute_services):
            with pytest.raises(Forbidden) as caught:
                await asking()
            assert caught.value.status == 403
    hosts = {host.host: host for host in await rig.admin.hypervisors()}
    daemons = [one for one in await rig.admin.compute_services() if one.binary == "nova-compute"]
    assert {one.host for one in daemons} == set(hosts)
    assert all(host.vcpus and host.memory_mib and host.state in ("up", "down") for host in hosts.values())
    service = next(one for one in daemons if (one.state, one.status) == ("up", "enabled"))
    with pytest.raises(Forbidden):
        await rig.member.change("service.disable", service.id, {"reason": "contract"})
    try:
        await rig.change("service.disable", service.id, {"reason": "contract"}, "admin")
        seen = next(one for one in await rig.admin.compute_services() if one.id == service.id)
        assert (seen.status, seen.disabled_reason) == ("disabled", "contract")
    finally:
        await rig.change("service.enable", service.id, {}, "admin")
    seen = next(one for one in await rig.admin.compute_services() if one.id == service.id)
    assert (seen.status, seen.disabled_reason) == ("enabled", "")
    assert rig.asked == set(SERVICE)


async def test_what_else_is_listed(rig: Rig) -> None:
    for client in rig.clients.values():
        assert [zone.name for zone in await client.zones() if zone.available]
        own = client.scope.project_id
        assert {project.name for project in await client.projects() if project.id == own} == {client.scope.project_name}
        assert await client.volume_types()
    assert len(await rig.admin.projects()) > len(await rig.member.projects())
    routers = await rig.member.routers()
    assert {router.project_id for router in routers} == {rig.member.scope.project_id}
    outside = {network.id for network in await rig.member.networks() if network.external}
    assert {router.external_network_id for router in routers} & outside
    quota = {item.resource: item for item in await rig.member.quota()}
    assert {"volumes", "gigabytes", "snapshots"} <= set(quota)


async def test_a_vms_ports_and_its_counters(rig: Rig) -> None:
    shared = await things.share(rig, floating=False)
    vm_id = await states.active(rig, "counted", network_ids=(shared.network,))
    (port,) = await rig.member.ports(vm_id)
    assert (port.network_id, port.device_id, port.status) == (shared.network, vm_id, "ACTIVE")
    assert port.device_owner.startswith("compute:")
    assert port.project_id == rig.member.scope.project_id
    assert port.security_group_ids
    assert port.id in [one.id for one in await rig.member.ports()]
    assert port.id in [one.id for one in await rig.admin.ports()]
    assert '"memory_details"' in await rig.admin.diagnostics(vm_id)
    with pytest.raises(Forbidden):
        await rig.member.diagnostics(vm_id)


async def test_a_live_migration_shows_how_far_it_is(rig: Rig) -> None:
    if not rig.can_slow("migrating"):
        pytest.skip("this cloud migrates at once")
    vm_id = await states.active(rig, "moving")
    assert await rig.admin.migrations(vm_id) == ()
    async with rig.slow("migrating"):
        before = await rig.admin.get_vm(vm_id)
        await rig.admin.act("live-migrate", vm_id, {})
        await rig.until(vm_id, lambda vm: vm.task_state == "migrating")
        move = await things.running_migration(rig, vm_id)
        assert (move.vm_id, move.source, move.running) == (vm_id, before.host, True)
        await rig.admin.act("live-migrate-abort", vm_id, {"migration_id": move.id})
        after = await rig.idle(vm_id, "active")
    assert after.host == before.host
    with pytest.raises(Forbidden):
        await rig.member.migrations(vm_id)


async def test_usage_tells_how_long_a_vm_was_held_even_when_it_is_gone(rig: Rig) -> None:
    vm_id = await rig.build("usage")
    await rig.idle(vm_id, "active")
    vm = await rig.member.get_vm(vm_id)
    assert vm.launched_at is not None
    start, end = vm.launched_at - timedelta(hours=1), vm.launched_at + timedelta(days=1)
    for client in (rig.member, rig.admin):
        mine = await rig.poll(partial(_usage, client, start, end, vm_id), f"the usage of {vm_id}")
        assert (mine.name, mine.project_id, mine.state) == (vm.name, vm.project_id, "active")
        assert mine.started_at == vm.launched_at.replace(microsecond=0)
        assert 0 <= mine.hours < 1
    await rig.member.act("delete", vm_id, {})
    await rig.gone(vm_id)
    (mine,) = [one for one in await rig.member.usage(start, end) if one.vm_id == vm_id]
    assert mine.state == "terminated"
    assert mine.ended_at is not None
    with pytest.raises(BadRequest):
        await rig.member.usage(end, start)


async def _usage(client: RestCloud, start: datetime, end: datetime, vm_id: str) -> VmUsage | None:
    """Return a VM's usage. Nova rounds the launch to a second, also up, and lists nothing that begins in the future."""
    return next((one for one in await client.usage(start, end) if one.vm_id == vm_id), None)
