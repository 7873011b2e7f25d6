"""Snapshots of volumes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.filter import Field, Kind
from osvm_tui.domain.volume import VolumeSnapshot
from osvm_tui.ui.columns import Column
from osvm_tui.ui.resources.around import Around
from osvm_tui.ui.resources.cells import born, gib, ident, number, state, words
from osvm_tui.ui.resources.resource import Entry, Facts, Jump, Resource, condition


class VolumeSnapshots(Resource[VolumeSnapshot]):
    """Volumes as they were at one moment."""

    place = "snapshot"
    kind = CatalogKind.VOLUME_SNAPSHOT
    noun = "volume snapshots"
    one = "volume snapshot"
    delete = "volume-snapshot.delete"
    service = "volume"
    beside = (CatalogKind.VOLUME,)
    owned = True

    def columns(self, around: Around) -> tuple[Column[Entry[VolumeSnapshot]], ...]:
        return (
            words("name", "NAME", 20, lambda row: self.name(row.item), grow=2),
            state("status", "STATUS", 16, lambda row: row.item.status, around),
            number("size", "SIZE", 8, lambda row: row.item.size_gib, gib),
            words("volume", "VOLUME", 16, lambda row: _volume(row, around), grow=2),
            ident(priority=5),
            born(lambda row: row.item.created_at, around, priority=1),
        )

    def fields(self, around: Around) -> Mapping[str, Field[Entry[VolumeSnapshot]]]:
        return {"size": Field(Kind.SIZE, lambda row: row.item.size_gib * 1024)}

    def uses(self, row: Entry[VolumeSnapshot], around: Around) -> int:
        return 0

    def owners(self, row: Entry[VolumeSnapshot], around: Around) -> Sequence[Jump]:
        return (Jump(f"volume {_volume(row, around)}", "volume", condition("id", row.item.volume_id)),)

    def detail(self, row: Entry[VolumeSnapshot], around: Around) -> Facts:
        item = row.item
        return (
            ("id", item.id),
            ("volume", f"{_volume(row, around)}  {item.volume_id}"),
            ("made", around.moment(item.created_at)),
            ("about", item.description),
        )


def _volume(row: Entry[VolumeSnapshot], around: Around) -> str:
    return around.name(row.cloud, CatalogKind.VOLUME, row.item.volume_id)


RESOURCE = VolumeSnapshots()
