"""What the fleet of FakeConsole stands on: a few believable items of every kind of catalog, at the tests' moment."""

from __future__ import annotations

from datetime import timedelta

from osvm_tui.domain.catalog import (
    CatalogKind,
    KeyPair,
    Network,
    Project,
    QuotaItem,
    SecurityGroup,
    SecurityRule,
    Subnet,
    Zone,
)
from osvm_tui.domain.host import ComputeService, Hypervisor, ServerGroup
from osvm_tui.domain.network import FloatingIp, Port, Router
from osvm_tui.domain.vm import Vm
from osvm_tui.domain.volume import Volume, VolumeAttachment, VolumeSnapshot, VolumeType
from osvm_tui.services.api import CatalogItem
from tests.pilot.fake_fleet import FLAVORS, IMAGES, NOW

Stock = dict[CatalogKind, list[CatalogItem]]


def stock(fleet: tuple[Vm, ...]) -> Stock:
    """Return the items of every kind; ports, attachments and members belong to the first VMs of `fleet`."""
    ids = [vm.id for vm in fleet[:4]] + [""] * 4
    return {
        CatalogKind.FLAVOR: [*FLAVORS],
        CatalogKind.IMAGE: [*IMAGES],
        CatalogKind.KEYPAIR: [KeyPair("ops-key", "aa:bb:cc:dd"), KeyPair("deploy", "11:22:33:44")],
        CatalogKind.QUOTA: [
            QuotaItem("instances", 60, 100),
            QuotaItem("cores", 180, 200),
            QuotaItem("ram", 300_000, -1),
            QuotaItem("volumes", 10, 10),
        ],
        CatalogKind.SERVER_GROUP: [
            ServerGroup(id="gr-1", name="spread", policy="anti-affinity", members=tuple(i for i in ids[:2] if i)),
            ServerGroup(id="gr-2", name="empty", policy="soft-affinity"),
        ],
        CatalogKind.ZONE: [Zone("nova")],
        CatalogKind.PROJECT: [Project("p-web", "web"), Project("p-data", "data")],
        **_network(ids),
        **_volume(ids[0]),
        **_hosts(),
    }


def _network(ids: list[str]) -> Stock:
    return {
        CatalogKind.NETWORK: [
            Network("n-1", "private", "ACTIVE", subnets=(Subnet("s-1", "private-v4", "192.168.128.0/20"),)),
            Network("n-2", "public", "ACTIVE", external=True, subnets=(Subnet("s-2", "public-v4", "203.0.112.0/24"),)),
        ],
        CatalogKind.PORT: [
            *(
                Port(
                    id=f"port-{n}", name=f"plug-{n}", status="ACTIVE", network_id="n-1", device_id=vm_id,
                    device_owner="compute:nova" if vm_id else "", mac=f"fa:16:3e:00:00:{n:02x}",
                    fixed_ips=(("s-1", f"192.168.128.{n + 2}"),), security_group_ids=("sg-1",), project_id="p-web",
                )
                for n, vm_id in enumerate(ids[:5])
            ),
            Port(
                id="port-r", status="ACTIVE", network_id="n-1", device_id="r-1",
                device_owner="network:router_interface",
            ),
        ],
        CatalogKind.ROUTER: [
            Router(id="r-1", name="gate", status="ACTIVE", external_network_id="n-2", external_ips=("203.0.112.1",)),
        ],
        CatalogKind.FLOATING_IP: [
            FloatingIp(
                id="fip-1", address="203.0.112.2", status="ACTIVE", fixed_address="192.168.128.2", port_id="port-0",
                vm_id=ids[0], network_id="n-2", router_id="r-1", project_id="p-web",
            ),
            FloatingIp(id="fip-2", address="203.0.112.9", status="DOWN", network_id="n-2", project_id="p-web"),
        ],
        CatalogKind.SECURITY_GROUP: [
            SecurityGroup(
                "sg-1", "default", "Default security group", "p-web",
                (
                    SecurityRule(id="rule-1", direction="egress"),
                    SecurityRule(id="rule-2", remote_group_id="sg-1"),
                ),
            ),
            SecurityGroup(
                "sg-2", "web", "the shop", "p-web",
                (
                    SecurityRule(id="rule-3", direction="egress"),
                    SecurityRule(id="rule-4", protocol="tcp", port_min=22, port_max=22, remote_cidr="0.0.0.0/0"),
                    SecurityRule(id="rule-5", protocol="tcp", port_min=443, port_max=443, remote_cidr="10.0.0.0/8"),
                ),
            ),
        ],
    }  # fmt: skip


def _volume(vm_id: str) -> Stock:
    born = NOW - timedelta(days=12)
    return {
        CatalogKind.VOLUME: [
            Volume(
                id="vol-1", name="data-1", status="in-use", size_gib=40, type="ssd", created_at=born,
                attachments=(VolumeAttachment(vm_id, "/dev/vdb", "att-1"),), project_id="p-web", zone="nova",
            ),
            Volume(id="vol-2", name="spare", status="available", size_gib=10, type="ssd", created_at=born, zone="nova"),
            Volume(id="vol-3", name="broken", status="error_deleting", size_gib=5, type="hdd", created_at=born),
        ],
        CatalogKind.VOLUME_SNAPSHOT: [
            VolumeSnapshot(
                id="snap-1", name="data-1-monday", status="available", size_gib=40, volume_id="vol-1", created_at=born
            ),
        ],
        CatalogKind.VOLUME_TYPE: [VolumeType("t-1", "ssd", "fast"), VolumeType("t-2", "hdd")],
    }  # fmt: skip


def _hosts() -> Stock:
    return {
        CatalogKind.HYPERVISOR: [
            Hypervisor(
                id=f"hv-{n}", hostname=f"compute-{n:02d}", host=f"compute-{n:02d}", type="QEMU", state="up",
                status="enabled", vcpus=32, vcpus_used=8 * n, memory_mib=131_072, memory_used_mib=32_768 * n,
                running_vms=5,
            )
            for n in range(4)
        ],
        CatalogKind.SERVICE: [
            *(
                ComputeService(
                    id=f"svc-{n}", binary="nova-compute", host=f"compute-{n:02d}", zone="nova", status="enabled",
                    state="up", updated_at=NOW,
                )
                for n in range(3)
            ),
            ComputeService(
                id="svc-3", binary="nova-compute", host="compute-03", zone="nova", status="disabled", state="down",
                disabled_reason="fans replaced", updated_at=NOW - timedelta(hours=3),
            ),
        ],
    }  # fmt: skip
