"""Advice on what stands about without a VM: volumes, floating IPs, old snapshots; pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from osvm_tui.domain.accrual import Tariff
from osvm_tui.domain.advice import Advice, Confidence, Waste, sure
from osvm_tui.domain.burn import Item, thing_burn
from osvm_tui.domain.catalog import CatalogKind, Image
from osvm_tui.domain.network import FloatingIp
from osvm_tui.domain.things import image_item, ip_item, snapshot_item, volume_item
from osvm_tui.domain.volume import Volume, VolumeSnapshot

VOLUME_DAYS, SNAPSHOT_DAYS = 7, 90


def volume_advice(volumes: Iterable[Volume], entry: str, tariff: Tariff | None, now: datetime) -> Iterator[Advice]:
    """Yield volumes that are attached to nothing for a while."""
    for volume in volumes:
        days = _age(volume.created_at, now)
        if volume.status == "available" and not volume.attachments and days is not None and days >= VOLUME_DAYS:
            yield _advice(
                Waste.VOLUME, CatalogKind.VOLUME, volume.id, volume.name, volume.project_id, entry, tariff, now,
                item=volume_item(volume), action="volume.delete", detail="snapshot what matters, then delete it",
                evidence=f"{volume.size_gib} GB {volume.type} attached to nothing, made {days} d ago",
                confidence=sure(days, high=90, medium=30),
            )  # fmt: skip


def ip_advice(addresses: Iterable[FloatingIp], entry: str, tariff: Tariff | None, now: datetime) -> Iterator[Advice]:
    """Yield addresses that lead nowhere. Neutron does not tell here since when, so none is a sure case."""
    for ip in addresses:
        if not ip.port_id:
            yield _advice(
                Waste.FLOATING_IP, CatalogKind.FLOATING_IP, ip.id, ip.address, ip.project_id, entry, tariff, now,
                item=ip_item(), action="floating-ip.release", detail="release it",
                evidence="leads nowhere", confidence=Confidence.MEDIUM,
            )  # fmt: skip


def snapshot_advice(
    snapshots: Iterable[VolumeSnapshot], entry: str, tariff: Tariff | None, now: datetime
) -> Iterator[Advice]:
    """Yield old snapshots of volumes."""
    for snapshot in snapshots:
        days = _age(snapshot.created_at, now)
        if days is not None and days >= SNAPSHOT_DAYS:
            yield _advice(
                Waste.SNAPSHOT, CatalogKind.VOLUME_SNAPSHOT, snapshot.id, snapshot.name, snapshot.project_id, entry,
                tariff, now, item=snapshot_item(snapshot), action="volume-snapshot.delete", detail="delete it",
                evidence=f"{snapshot.size_gib} GB, taken {days} d ago", confidence=sure(days, high=365, medium=180),
            )  # fmt: skip


def image_advice(images: Iterable[Image], entry: str, tariff: Tariff | None, now: datetime) -> Iterator[Advice]:
    """Yield old snapshots of VMs, which are images."""
    for image in images:
        days = _age(image.created_at, now)
        if image.snapshot and not image.protected and days is not None and days >= SNAPSHOT_DAYS:
            size = f"{(image.size_bytes or 0) / 1e9:.1f} GB, " if image.size_bytes else ""
            yield _advice(
                Waste.SNAPSHOT, CatalogKind.IMAGE, image.id, image.name, image.owner, entry, tariff, now,
                item=image_item(image), action="image.delete", detail="delete it",
                evidence=f"{size}taken {days} d ago", confidence=sure(days, high=365, medium=180),
            )  # fmt: skip


def _age(created_at: datetime | None, now: datetime) -> int | None:
    return None if created_at is None else (now - created_at).days


def _advice(
    waste: Waste, kind: CatalogKind, thing_id: str, name: str, project_id: str, entry: str, tariff: Tariff | None,
    now: datetime, *, item: Item, action: str, detail: str, evidence: str, confidence: Confidence,
) -> Advice:  # fmt: skip
    saving = _saving(item, tariff, now)
    return Advice(
        id=f"{waste.value}:{thing_id}",
        waste=waste,
        name=name or thing_id[:8],
        entry=entry,
        project_id=project_id,
        kind=kind,
        thing_id=thing_id,
        evidence=evidence,
        currency=tariff.card.currency if tariff is not None and saving is not None else "",
        saving_monthly=saving,
        confidence=confidence,
        action_id=action,
        detail=detail,
    )


def _saving(item: Item, tariff: Tariff | None, now: datetime) -> Decimal | None:
    prices = tariff.card.at(now) if tariff is not None else None
    if prices is None or tariff is None:
        return None
    burn = thing_burn(item, prices, tariff.card.currency)
    return burn.monthly if burn.lines else None
