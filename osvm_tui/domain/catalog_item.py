"""`CatalogItem`: what catalogs list beside VMs, and `target_of`: an item as the target of a change. Pure."""

from __future__ import annotations

from osvm_tui.domain.catalog import Image, KeyPair, Network, Project, QuotaItem, SecurityGroup, Zone
from osvm_tui.domain.host import ComputeService, Hypervisor, ServerGroup
from osvm_tui.domain.network import FloatingIp, Port, Router
from osvm_tui.domain.resource import ResourceTarget
from osvm_tui.domain.vm import Flavor
from osvm_tui.domain.volume import Volume, VolumeSnapshot, VolumeType

CatalogItem = (
    Flavor
    | Image
    | Network
    | Port
    | Router
    | FloatingIp
    | SecurityGroup
    | Volume
    | VolumeSnapshot
    | VolumeType
    | KeyPair
    | ServerGroup
    | QuotaItem
    | Hypervisor
    | ComputeService
    | Zone
    | Project
)
"""Anything that a catalog lists."""


def target_of(entry: str, item: CatalogItem) -> ResourceTarget:
    """Return an item of a catalog as the target of a change; names are what an operator calls it by."""
    match item:
        case FloatingIp():
            used = bool(item.port_id)
            return ResourceTarget(entry, item.id, item.address, item.status, used, item.project_id)
        case Volume():
            used = bool(item.attachments)
            return ResourceTarget(entry, item.id, item.name, item.status, used, item.project_id)
        case VolumeSnapshot() | Router():
            return ResourceTarget(entry, item.id, item.name, item.status, project_id=item.project_id)
        case Port():
            used = bool(item.device_id)
            return ResourceTarget(entry, item.id, item.name or item.address, item.status, used, item.project_id)
        case Network() | SecurityGroup() | ServerGroup():
            return ResourceTarget(entry, item.id, item.name, project_id=item.project_id)
        case Image():
            return ResourceTarget(entry, item.id, item.name, item.status, project_id=item.owner)
        case KeyPair():
            return ResourceTarget(entry, item.name, item.name)
        case ComputeService():
            return ResourceTarget(entry, item.id, item.host, item.status)
        case Hypervisor():
            return ResourceTarget(entry, item.id, item.hostname, item.status)
        case QuotaItem():
            return ResourceTarget(entry, item.resource, item.resource)
        case Zone():
            return ResourceTarget(entry, item.name, item.name)
        case Flavor() | VolumeType() | Project():
            return ResourceTarget(entry, item.id or item.name, item.name)
