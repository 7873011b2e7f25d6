"""What is paid for beside VMs: volumes, snapshots, images and floating IPs as priced items; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from osvm_tui.domain.accrual import Held
from osvm_tui.domain.burn import BYTES_PER_GB, Item
from osvm_tui.domain.catalog import CatalogKind, Image
from osvm_tui.domain.network import FloatingIp
from osvm_tui.domain.rates import Component
from osvm_tui.domain.volume import Volume, VolumeSnapshot

KINDS = {
    CatalogKind.VOLUME: Component.VOLUME,
    CatalogKind.VOLUME_SNAPSHOT: Component.SNAPSHOT,
    CatalogKind.IMAGE: Component.IMAGE,
    CatalogKind.FLOATING_IP: Component.FLOATING_IP,
}
"""Which catalogs hold what is paid for."""
_NAMES = {
    Component.VOLUME: "volume", Component.SNAPSHOT: "snapshot", Component.IMAGE: "image",
    Component.FLOATING_IP: "floating IP",
}  # fmt: skip


def volume_item(volume: Volume) -> Item:
    """Return a volume as it is priced: by type and GB (Cinder's GiB counted as GB, as providers do)."""
    return Item(Component.VOLUME, volume.type, Decimal(volume.size_gib))


def snapshot_item(snapshot: VolumeSnapshot) -> Item:
    """Return a volume's snapshot as it is priced: by the size of its volume."""
    return Item(Component.SNAPSHOT, "", Decimal(snapshot.size_gib))


def image_item(image: Image) -> Item:
    """Return an image as it is priced: by its size in GB."""
    return Item(Component.IMAGE, "", Decimal(image.size_bytes or 0) / BYTES_PER_GB)


def ip_item() -> Item:
    """Return a floating IP as it is priced."""
    return Item(Component.FLOATING_IP, "", Decimal(1))


def paid_item(value: object) -> Item | None:
    """Return one item of a catalog as its project pays for it; None for a public image, which is the provider's."""
    match value:
        case Volume():
            return volume_item(value)
        case VolumeSnapshot():
            return snapshot_item(value)
        case FloatingIp():
            return ip_item()
        case Image() if value.owner and value.visibility not in ("public", "community"):
            return image_item(value)
    return None


def held_of(values: Iterable[object], seen_at: datetime) -> tuple[Held, ...]:
    """Return what a catalog holds that its project pays for; public images are the provider's own."""
    return tuple(held for value in values if (held := _held(value, seen_at)) is not None)


def undated(values: Iterable[object]) -> str:
    """Return what of a catalog does not tell when it was made, in words; empty where all do."""
    late = (value for value in values if getattr(value, "created_at", None) is None)
    items = [item for value in late if (item := paid_item(value)) is not None]
    many = "s" if len(items) > 1 else ""
    return f"{len(items)} {_NAMES[items[0].component]}{many} without a creation time" if items else ""


def _held(value: object, seen_at: datetime) -> Held | None:
    item = paid_item(value)
    if item is None:
        return None
    match value:
        case Volume() | VolumeSnapshot():
            return _of(item, value.id, value.name, value.project_id, value.created_at, seen_at)
        case FloatingIp():
            return _of(item, value.id, value.address, value.project_id, value.created_at, seen_at)
        case Image():
            return _of(item, value.id, value.name, value.owner, value.created_at, seen_at)
    return None


def _of(item: Item, thing_id: str, name: str, project_id: str, created_at: datetime | None, seen_at: datetime) -> Held:
    return Held(
        component=item.component,
        id=thing_id,
        name=name,
        what=item.what,
        quantity=item.quantity,
        project_id=project_id,
        since=created_at or seen_at,
        until=None,
        seen_at=seen_at,
    )
