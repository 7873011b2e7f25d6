"""How `osvm KIND list` shows an item in a line: titles and cells of every kind. Knows no command."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from osvm_tui.domain.catalog import CatalogKind, Image, QuotaItem
from osvm_tui.domain.host import ComputeService, Hypervisor
from osvm_tui.domain.network import FloatingIp, Port

Cells = Callable[[Any], tuple[object, ...]]


def _image(item: Image) -> tuple[object, ...]:
    size = None if item.size_bytes is None else f"{item.size_bytes / 1024**2:.0f}"
    return item.name, item.status, item.visibility, size, item.snapshot, item.id


def _quota(item: QuotaItem) -> tuple[object, ...]:
    unlimited = item.limit < 0
    return item.resource, item.used, "unlimited" if unlimited else item.limit, "-" if unlimited else item.left


def _port(item: Port) -> tuple[object, ...]:
    return item.address, item.name, item.status, item.device_owner, item.device_id, item.mac, item.id


def _floating_ip(item: FloatingIp) -> tuple[object, ...]:
    return item.address, item.status, item.fixed_address, item.port_id, item.description, item.id


def _hypervisor(item: Hypervisor) -> tuple[object, ...]:
    cores = _of(item.vcpus_used, item.vcpus)
    return item.hostname, item.state, item.status, item.running_vms, cores, _of(item.memory_used_mib, item.memory_mib)


def _service(item: ComputeService) -> tuple[object, ...]:
    return item.host, item.binary, item.state, item.status, item.zone, item.disabled_reason, item.id


def _of(used: int | None, total: int | None) -> str:
    return "" if total is None else f"{used}/{total}"


ROWS: dict[CatalogKind, tuple[tuple[str, ...], Cells]] = {
    CatalogKind.FLAVOR: (
        ("NAME", "VCPU", "MEMORY MIB", "DISK GIB", "PUBLIC", "ID"),
        lambda item: (item.name, item.vcpus, item.memory_mib, item.disk_gib, item.is_public, item.id),
    ),
    CatalogKind.IMAGE: (("NAME", "STATUS", "VISIBILITY", "SIZE MIB", "SNAPSHOT", "ID"), _image),
    CatalogKind.NETWORK: (
        ("NAME", "STATUS", "EXTERNAL", "SUBNETS", "ID"),
        lambda item: (item.name, item.status, item.external, ", ".join(net.cidr for net in item.subnets), item.id),
    ),
    CatalogKind.PORT: (("ADDRESS", "NAME", "STATUS", "OWNER", "DEVICE", "MAC", "ID"), _port),
    CatalogKind.ROUTER: (
        ("NAME", "STATUS", "EXTERNAL ADDRESSES", "ID"),
        lambda item: (item.name, item.status, ", ".join(item.external_ips), item.id),
    ),
    CatalogKind.FLOATING_IP: (("ADDRESS", "STATUS", "LEADS TO", "PORT", "DESCRIPTION", "ID"), _floating_ip),
    CatalogKind.SECURITY_GROUP: (
        ("NAME", "RULES", "DESCRIPTION", "ID"),
        lambda item: (item.name, len(item.rules), item.description, item.id),
    ),
    CatalogKind.VOLUME: (
        ("NAME", "STATUS", "GIB", "TYPE", "ATTACHED TO", "ID"),
        lambda item: (item.name, item.status, item.size_gib, item.type,
                      ", ".join(one.vm_id for one in item.attachments), item.id),
    ),
    CatalogKind.VOLUME_SNAPSHOT: (
        ("NAME", "STATUS", "GIB", "VOLUME", "CREATED", "ID"),
        lambda item: (item.name, item.status, item.size_gib, item.volume_id, item.created_at, item.id),
    ),
    CatalogKind.VOLUME_TYPE: (
        ("NAME", "PUBLIC", "DESCRIPTION", "ID"),
        lambda item: (item.name, item.is_public, item.description, item.id),
    ),
    CatalogKind.KEYPAIR: (
        ("NAME", "TYPE", "FINGERPRINT"),
        lambda item: (item.name, item.type, item.fingerprint),
    ),
    CatalogKind.SERVER_GROUP: (
        ("NAME", "POLICY", "VMS", "ID"),
        lambda item: (item.name, item.policy, len(item.members), item.id),
    ),
    CatalogKind.QUOTA: (("RESOURCE", "USED", "LIMIT", "LEFT"), _quota),
    CatalogKind.HYPERVISOR: (("NAME", "STATE", "STATUS", "VMS", "VCPU USED", "MIB USED"), _hypervisor),
    CatalogKind.SERVICE: (("HOST", "BINARY", "STATE", "STATUS", "ZONE", "REASON", "ID"), _service),
    CatalogKind.ZONE: (("NAME", "AVAILABLE"), lambda item: (item.name, item.available)),
    CatalogKind.PROJECT: (
        ("NAME", "ENABLED", "DESCRIPTION", "ID"),
        lambda item: (item.name, item.enabled, item.description, item.id),
    ),
}  # fmt: skip
"""By kind: the titles, and what stands below them."""
