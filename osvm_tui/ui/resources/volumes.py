"""Volumes, where the cloud has Cinder; enter shows the snapshots."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.filter import Field, Kind
from osvm_tui.domain.resource import ResourceSpec
from osvm_tui.domain.volume import Volume, VolumeSnapshot
from osvm_tui.ui.columns import Column
from osvm_tui.ui.format import Token
from osvm_tui.ui.resources.around import Around
from osvm_tui.ui.resources.cells import born, flag, gib, ident, number, state, words
from osvm_tui.ui.resources.resource import Entry, Facts, Jump, Resource, condition


class Volumes(Resource[Volume]):
    """Disks that outlive VMs."""

    place = "volume"
    kind = CatalogKind.VOLUME
    noun = "volumes"
    one = "volume"
    new = "volume.create"
    delete = "volume.delete"
    service = "volume"
    beside = (CatalogKind.VOLUME_SNAPSHOT,)
    owned = True

    def columns(self, around: Around) -> tuple[Column[Entry[Volume]], ...]:
        return (
            words("name", "NAME", 18, lambda row: self.name(row.item), grow=2),
            state("status", "STATUS", 16, lambda row: row.item.status, around),
            number("size", "SIZE", 8, lambda row: row.item.size_gib, gib),
            words("vm", "ATTACHED TO", 14, lambda row: ", ".join(_vms(row, around)), grow=2),
            number("snapshots", "SNAPS", 5, lambda row: sum(1 for _ in _snapshots(row, around)), priority=2),
            words("type", "TYPE", 10, lambda row: row.item.type, priority=3, token=Token.DIM),
            flag("boots", "BOOTS", 5, lambda row: row.item.bootable, priority=4),
            words("zone", "ZONE", 8, lambda row: row.item.zone, priority=6, token=Token.DIM),
            ident(priority=5),
            born(lambda row: row.item.created_at, around, priority=1),
        )

    def fields(self, around: Around) -> Mapping[str, Field[Entry[Volume]]]:
        return {"size": Field(Kind.SIZE, lambda row: row.item.size_gib * 1024)}

    def uses(self, row: Entry[Volume], around: Around) -> int:
        return len(row.item.attachments)

    def used_by(self, row: Entry[Volume], around: Around) -> Jump | None:
        return next(iter(self.owners(row, around)), None)

    def owners(self, row: Entry[Volume], around: Around) -> Sequence[Jump]:
        refs = [around.ref(row.cloud, each.vm_id) for each in row.item.attachments]
        return [Jump(f"VM {around.vm_name(row.cloud, ref.id)}", ref=ref) for ref in refs if ref]

    def opens(self, row: Entry[Volume], around: Around) -> Jump | None:
        some = next(_snapshots(row, around), None)
        return Jump("its snapshots", "snapshot", condition("volume", self.name(row.item))) if some else None

    def present(self, row: Entry[Volume], spec: ResourceSpec) -> dict[str, str]:
        if spec.id == "volume.extend":
            return {"size_gib": str(row.item.size_gib)}
        if spec.id == "volume.snapshot":
            return {"name": f"{self.name(row.item)}-snapshot"}
        return super().present(row, spec)

    def detail(self, row: Entry[Volume], around: Around) -> Facts:
        item = row.item
        attached = [f"{name}  {each.device}" for name, each in zip(_vms(row, around), item.attachments, strict=True)]
        kind = ", ".join(
            word for word, yes in (("encrypted", item.encrypted), ("for several VMs", item.multiattach)) if yes
        )
        return (
            ("id", item.id),
            ("attached", "\n".join(attached) or "to no VM"),
            ("kind", f"{item.type}  {kind}".strip()),
            ("made", around.moment(item.created_at)),
            ("from", _source(row, around)),
            ("snapshots", "\n".join(f"{each.name or each.id[:8]}  {each.status}" for each in _snapshots(row, around))),
            ("about", item.description),
        )


def _vms(row: Entry[Volume], around: Around) -> list[str]:
    return [around.vm_name(row.cloud, each.vm_id) for each in row.item.attachments]


def _snapshots(row: Entry[Volume], around: Around) -> Iterator[VolumeSnapshot]:
    for each in around.all(row.cloud, CatalogKind.VOLUME_SNAPSHOT):
        if each.volume_id == row.item.id:
            yield each


def _source(row: Entry[Volume], around: Around) -> str:
    item = row.item
    if item.snapshot_id:
        return f"snapshot {around.name(row.cloud, CatalogKind.VOLUME_SNAPSHOT, item.snapshot_id)}"
    return f"image {item.image_name}" if item.image_name else ""


RESOURCE = Volumes()
