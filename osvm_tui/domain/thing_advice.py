"""Advice on what stands about without a VM: volumes, floating IPs, old snapshots; pure."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator
from datetime import datetime
from decimal import Decimal

from osvm_tui.domain.accrual import Tariff
from osvm_tui.domain.advice import Advice, Confidence, Waste, at_most, sure
from osvm_tui.domain.burn import Item, thing_burn
from osvm_tui.domain.catalog import CatalogKind, Image
from osvm_tui.domain.network import FloatingIp
from osvm_tui.domain.things import image_item, ip_item, snapshot_item, volume_item
from osvm_tui.domain.volume import Volume, VolumeSnapshot

VOLUME_DAYS, SNAPSHOT_DAYS = 7, 90
SHELVED = "-shelved"
"""How Nova ends the name of the image that a shelved VM is kept in: its only copy."""
_OF_ALL = ("public", "community")


def volume_advice(volumes: Iterable[Volume], entry: str, tariff: Tariff | None, now: datetime) -> Iterator[Advice]:
    """Yield volumes that are attached to nothing for a while.

    Detaching counts as a change for Cinder: one that was not changed for N days is unattached for N days at least.
    Whether anybody needs what is on it is not known, so none is a sure case.
    """
    for volume in volumes:
        days = _age(volume.updated_at or volume.created_at, now)
        if volume.status == "available" and not volume.attachments and days is not None and days >= VOLUME_DAYS:
            made = f", made {age} d ago" if (age := _age(volume.created_at, now)) not in (None, days) else ""
            yield _advice(
                Waste.VOLUME, CatalogKind.VOLUME, volume.id, volume.name, volume.project_id, entry, tariff, now,
                item=volume_item(volume), action="volume.delete",
                detail="delete it, once what matters is copied: it is nowhere else",
                evidence=f"{volume.size_gib} GB {volume.type} attached to nothing for {days} d at least{made}",
                confidence=at_most(sure(days, high=90, medium=30), Confidence.MEDIUM),
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
    snapshots: Iterable[VolumeSnapshot], volume_ids: Container[str], entry: str, tariff: Tariff | None, now: datetime
) -> Iterator[Advice]:
    """Yield old snapshots of volumes that are still there: of another one they may be the only copy."""
    for snapshot in snapshots:
        days = _age(snapshot.created_at, now)
        if days is not None and days >= SNAPSHOT_DAYS and snapshot.volume_id in volume_ids:
            yield _advice(
                Waste.SNAPSHOT, CatalogKind.VOLUME_SNAPSHOT, snapshot.id, snapshot.name, snapshot.project_id, entry,
                tariff, now, item=snapshot_item(snapshot), action="volume-snapshot.delete", detail="delete it",
                evidence=f"{snapshot.size_gib} GB, taken {days} d ago; its volume is still there",
                confidence=sure(days, high=365, medium=180),
            )  # fmt: skip


def image_advice(
    images: Iterable[Image], alive: Container[str], booted: Container[str], entry: str, tariff: Tariff | None,
    now: datetime,
) -> Iterator[Advice]:  # fmt: skip
    """Yield old snapshots of VMs, which are images, that no VM needs.

    `alive` are the ids of VMs: the snapshot of another one may be the only copy of it. `booted` are the images that
    VMs were made from: rebuilding and rescuing them needs these. What others may boot from is nobody's waste to see.
    """
    for image in images:
        days = _age(image.created_at, now)
        if not image.snapshot or days is None or days < SNAPSHOT_DAYS:
            continue
        if image.protected or image.visibility in _OF_ALL or image.name.endswith(SHELVED):
            continue
        if image.id in booted or image.vm_id not in alive:
            continue
        size = f"{(image.size_bytes or 0) / 1e9:.1f} GB, " if image.size_bytes else ""
        yield _advice(
            Waste.SNAPSHOT, CatalogKind.IMAGE, image.id, image.name, image.owner, entry, tariff, now,
            item=image_item(image), action="image.delete", detail="delete it",
            evidence=f"{size}taken {days} d ago; its VM is still there, none was made from it",
            confidence=sure(days, high=365, medium=180),
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
