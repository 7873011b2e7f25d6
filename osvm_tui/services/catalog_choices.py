"""How items of catalogs are offered as choices: what is sent, what is shown, and which are left out. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from osvm_tui.domain.catalog import CatalogKind, Image, KeyPair, Network, SecurityGroup, SecurityRule, Zone
from osvm_tui.domain.host import ComputeService, ServerGroup
from osvm_tui.domain.network import FloatingIp, Router
from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.domain.volume import Volume, VolumeSnapshot, VolumeType
from osvm_tui.services.api import CatalogItem
from osvm_tui.services.resources_api import Choice

Offer = Callable[[CatalogItem, Vm | None], Iterator[Choice]]
_GIB = 1024**3


def volume_choice(volume_id: str, volume: Volume | None, device: str = "") -> Choice:
    """Return a volume by its name as far as it has one and is known."""
    if volume is None:
        return Choice(volume_id, volume_id[:8], device)
    parts = (f"{volume.size_gib} GiB", volume.type, device)
    return Choice(volume_id, volume.name or volume_id[:8], ", ".join(part for part in parts if part))


def rule_words(rule: SecurityRule, groups: Mapping[str, str]) -> str:
    """Return a security rule in words: `ingress tcp 443 from 0.0.0.0/0`. `groups` are names by id."""
    ports = "" if rule.port_min is None else f"{rule.port_min}"
    if rule.port_max is not None and rule.port_max != rule.port_min:
        ports += f"-{rule.port_max}"
    everywhere = "::/0" if rule.ethertype == "IPv6" else "0.0.0.0/0"
    where = groups.get(rule.remote_group_id, rule.remote_group_id[:8]) or rule.remote_cidr or everywhere
    way = "from" if rule.direction == "ingress" else "to"
    return " ".join(part for part in (rule.direction, rule.protocol or "any", ports, way, where) if part)


def _flavor(item: CatalogItem, vm: Vm | None) -> Iterator[Choice]:
    if isinstance(item, Flavor) and not (vm and vm.flavor and vm.flavor.name == item.name):
        size = f"{item.vcpus} vCPU, {_gib(item.memory_mib)} GiB memory, {item.disk_gib} GiB disk"
        yield Choice(item.id or item.name, item.name, size)


def _image(item: CatalogItem, _vm: Vm | None) -> Iterator[Choice]:
    if isinstance(item, Image) and item.bootable:
        size = f"{item.size_bytes / _GIB:.1f} GiB" if item.size_bytes else ""
        what = "snapshot" if item.snapshot else ""
        yield Choice(item.id, item.name, ", ".join(part for part in (item.visibility, what, size) if part))


def _network(item: CatalogItem, _vm: Vm | None) -> Iterator[Choice]:
    if isinstance(item, Network) and not item.external:
        yield Choice(item.id, item.name, ", ".join(subnet.cidr for subnet in item.subnets))


def _external(item: CatalogItem, _vm: Vm | None) -> Iterator[Choice]:
    if isinstance(item, Network) and item.external:
        yield Choice(item.id, item.name, ", ".join(subnet.cidr for subnet in item.subnets))


def _subnets(item: CatalogItem, _vm: Vm | None) -> Iterator[Choice]:
    if isinstance(item, Network):
        yield from (Choice(net.id, net.name or net.cidr, f"{item.name}, {net.cidr}") for net in item.subnets)


def _floating_ip(item: CatalogItem, vm: Vm | None) -> Iterator[Choice]:
    if isinstance(item, FloatingIp) and not item.port_id and _same_project(item.project_id, vm):
        yield Choice(item.id, item.address, item.description)


def _volume(item: CatalogItem, vm: Vm | None) -> Iterator[Choice]:
    free = isinstance(item, Volume) and item.status == "available"
    if isinstance(item, Volume) and free and _same_project(item.project_id, vm):
        yield volume_choice(item.id, item)


def _group(item: CatalogItem, vm: Vm | None) -> Iterator[Choice]:
    if isinstance(item, SecurityGroup) and _same_project(item.project_id, vm):
        yield Choice(item.id, item.name, item.description)


def _host(item: CatalogItem, vm: Vm | None) -> Iterator[Choice]:
    if not isinstance(item, ComputeService) or item.binary != "nova-compute":
        return
    if item.state == "up" and item.status == "enabled" and not (vm and vm.host == item.host):
        yield Choice(item.host, item.host, item.zone)


def _server_group(item: CatalogItem, _vm: Vm | None) -> Iterator[Choice]:
    if isinstance(item, ServerGroup):
        yield Choice(item.id, item.name, f"{item.policy}, {len(item.members)} VMs")


def _snapshot(item: CatalogItem, _vm: Vm | None) -> Iterator[Choice]:
    if isinstance(item, VolumeSnapshot) and item.status == "available":
        yield Choice(item.id, item.name or item.id[:8], f"{item.size_gib} GiB")


def _plain(item: CatalogItem, _vm: Vm | None) -> Iterator[Choice]:
    match item:
        case KeyPair():
            yield Choice(item.name, item.name, f"{item.type}, {item.fingerprint}")
        case Zone() if item.available:
            yield Choice(item.name, item.name)
        case VolumeType():
            yield Choice(item.id, item.name, item.description)
        case Router():
            yield Choice(item.id, item.name, ", ".join(item.external_ips))


def _same_project(project_id: str, vm: Vm | None) -> bool:
    """Whether an item may go with a VM; an admin's token sees those of all projects."""
    return vm is None or not vm.project_id or project_id in ("", vm.project_id)


def _gib(mib: int) -> str:
    return f"{mib / 1024:.1f}".removesuffix(".0")


CATALOG_CHOICES: dict[str, tuple[CatalogKind, Offer]] = {
    "flavor": (CatalogKind.FLAVOR, _flavor),
    "image": (CatalogKind.IMAGE, _image),
    "network": (CatalogKind.NETWORK, _network),
    "external-network": (CatalogKind.NETWORK, _external),
    "subnet": (CatalogKind.NETWORK, _subnets),
    "router": (CatalogKind.ROUTER, _plain),
    "security-group": (CatalogKind.SECURITY_GROUP, _group),
    "floating-ip": (CatalogKind.FLOATING_IP, _floating_ip),
    "volume": (CatalogKind.VOLUME, _volume),
    "volume-type": (CatalogKind.VOLUME_TYPE, _plain),
    "volume-snapshot": (CatalogKind.VOLUME_SNAPSHOT, _snapshot),
    "keypair": (CatalogKind.KEYPAIR, _plain),
    "server-group": (CatalogKind.SERVER_GROUP, _server_group),
    "zone": (CatalogKind.ZONE, _plain),
    "host": (CatalogKind.SERVICE, _host),
}
"""By kind of parameter: the catalog that it is chosen from, and how its items are offered."""
