"""The real things that verbs with parameters need: a group, networks, addresses, volumes; and parameters made of them.

Knows no verdicts and no states.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from osvm_tui.domain.host import Migration
from osvm_tui.domain.volume import Volume
from tests.contract.cloud.rig import Rig, together

NOBODY = "00000000-0000-0000-0000-000000000000"
KEY, TAG = "contract", "contract"
PASSWORD = "Contract-Pass-1"


class Shared(Struct, frozen=True):
    """What one run needs once: ids of a network of the project, of the outside, of a security group.

    And of an address from outside: Neutron moves it from port to port and knows no VM's state.
    """

    network: str
    outside: str
    group: str
    floating_ip: str
    failed: list[str]
    """VMs that were never launched; made before all else, because making them lets every placement fail."""


class Kit(Struct, frozen=True):
    """What belongs to one VM: its port, a volume in it and a free one."""

    port: str = NOBODY
    inside: str = NOBODY
    free: str = NOBODY
    migration: str = "1"


async def share(rig: Rig, *, failed: int = 0, floating: bool = True) -> Shared:
    """Find the networks and make a group, VMs that fail to be built, and unless told otherwise a floating IP."""
    networks = await rig.member.networks()
    own = next(network for network in networks if not network.external and network.subnets)
    outside = next(network for network in networks if network.external)
    group = await rig.change("security-group.create", "", {"name": f"{rig.prefix}-group"})
    address = await floating_ip(rig, outside.id) if floating else NOBODY
    return Shared(own.id, outside.id, group, address, await _failed(rig, failed))


async def _failed(rig: Rig, count: int) -> list[str]:
    async with rig.no_host() as mark:
        made = await together(rig.build(f"never-{n}{mark}", metadata=((KEY, "set"),)) for n in range(count))
        await together(rig.idle(vm_id, "error") for vm_id in made)
    return made


async def volume(rig: Rig, name: str) -> str:
    """Make a volume of 1 GiB as the member and wait until it can be used."""
    volume_id = await rig.change("volume.create", "", {"name": f"{rig.prefix}-{name}", "size_gib": 1})
    await until_volume(rig, volume_id, "available")
    return volume_id


async def until_volume(rig: Rig, volume_id: str, status: str) -> Volume:
    """Read volumes until one has a status."""

    async def reading() -> Volume | None:
        found = [one for one in await rig.member.volumes() if one.id == volume_id]
        return found[0] if found and found[0].status == status else None

    return await rig.poll(reading, f"volume {volume_id} {status}")


async def floating_ip(rig: Rig, outside: str) -> str:
    """Take an address from a network outside."""
    order = {"network_id": outside, "description": rig.prefix}
    return await rig.change("floating-ip.allocate", "", order)


async def port_of(rig: Rig, vm_id: str) -> str:
    """Return the id of a VM's first port, waiting for it."""

    async def reading() -> str | None:
        found = await rig.member.ports(vm_id)
        return found[0].id if found else None

    return await rig.poll(reading, f"a port of {vm_id}")


async def running_migration(rig: Rig, vm_id: str) -> Migration:
    """Return the live migration of a VM once it is under way; before that Nova neither aborts nor forces it."""

    async def reading() -> Migration | None:
        return next((one for one in await rig.admin.migrations(vm_id) if one.status == "running"), None)

    return await rig.poll(reading, f"a running migration of {vm_id}")


async def equip(rig: Rig, vm_id: str, name: str) -> Kit:
    """Give an ACTIVE VM with a network everything of a kit, a tag and a key."""
    inside, free = await together([volume(rig, f"{name}-in"), volume(rig, f"{name}-free")])
    sent = await rig.member.act("attach-volume", vm_id, {"volume_id": inside})
    await rig.logged(vm_id, sent.request_id)
    await rig.member.act("set-tags", vm_id, {"tags": [TAG]})
    await rig.member.act("set-metadata", vm_id, {"metadata": {KEY: "set"}})
    return Kit(await port_of(rig, vm_id), inside, free)


def params_of(rig: Rig, shared: Shared, kit: Kit, action_id: str) -> Mapping[str, object]:
    """Return parameters that mean something for a verb on the VM of a kit."""
    given: dict[str, dict[str, object]] = {
        "update-server": {"description": "seen by the contract"},
        "rebuild": {"image_id": rig.image},
        "rescue": {"image_id": rig.image},
        "resize": {"flavor_id": rig.small},
        "create-image": {"name": f"{rig.prefix}-image"},
        "create-backup": {"name": f"{rig.prefix}-backup", "backup_type": "daily", "rotation": 1},
        "change-password": {"password": PASSWORD},
        "reset-state": {"state": "active"},
        "set-metadata": {"metadata": {KEY: "set"}},
        "delete-metadata": {"key": KEY},
        "set-tags": {"tags": [TAG]},
        "delete-tags": {"tag": TAG},
        "add-security-group": {"security_group": shared.group},
        "remove-security-group": {"security_group": shared.group},
        "attach-volume": {"volume_id": kit.free},
        "detach-volume": {"volume_id": kit.inside},
        "update-volume-attachment": {"volume_id": kit.inside, "delete_on_termination": False},
        "attach-interface": {"network_id": shared.network},
        "detach-interface": {"port_id": kit.port},
        "add-floating-ip": {"floating_ip_id": shared.floating_ip, "port_id": kit.port},
        "remove-floating-ip": {"floating_ip_id": shared.floating_ip},
        "live-migrate-abort": {"migration_id": kit.migration},
        "live-migrate-force-complete": {"migration_id": kit.migration},
    }
    return given.get(action_id, {})
