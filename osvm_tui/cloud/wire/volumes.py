"""Cinder's volumes, snapshots and types, and Nova's attachments: wire rows -> domain values."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct, field

from osvm_tui.cloud.wire.times import utc
from osvm_tui.domain.volume import AttachedVolume, Volume, VolumeAttachment, VolumeSnapshot, VolumeType


class AttachmentFields(Struct, gc=False):
    """One of a volume's `attachments`."""

    server_id: str | None = None
    device: str | None = None
    attachment_id: str | None = None


class VolumeRow(Struct, gc=False):
    """One volume of `GET /volumes/detail`; `bootable` is a word."""

    id: str = ""
    name: str | None = None
    status: str | None = None
    size: int | None = None
    volume_type: str | None = None
    bootable: str | bool | None = None
    encrypted: bool | None = None
    multiattach: bool | None = None
    attachments: list[AttachmentFields] | None = None
    availability_zone: str | None = None
    description: str | None = None
    snapshot_id: str | None = None
    volume_image_metadata: dict[str, str | None] | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    project_id: str | None = field(default=None, name="os-vol-tenant-attr:tenant_id")

    def value(self) -> Volume:
        """Return it as the domain's volume; one without a name is called by its id."""
        return Volume(
            id=self.id,
            name=self.name or self.id,
            status=self.status or "",
            size_gib=self.size or 0,
            type=self.volume_type or "",
            bootable=self.bootable in (True, "true"),
            encrypted=bool(self.encrypted),
            multiattach=bool(self.multiattach),
            attachments=tuple(
                VolumeAttachment(one.server_id, one.device or "", one.attachment_id or "")
                for one in self.attachments or ()
                if one.server_id
            ),
            zone=self.availability_zone or "",
            description=self.description or "",
            snapshot_id=self.snapshot_id or "",
            image_name=(self.volume_image_metadata or {}).get("image_name") or "",
            created_at=utc(self.created_at),
            updated_at=utc(self.updated_at),
            project_id=self.project_id or "",
        )


class SnapshotRow(Struct, gc=False):
    """One snapshot of `GET /snapshots/detail`."""

    id: str = ""
    name: str | None = None
    status: str | None = None
    size: int | None = None
    volume_id: str | None = None
    description: str | None = None
    created_at: datetime | None = None
    project_id: str | None = field(default=None, name="os-extended-snapshot-attributes:project_id")

    def value(self) -> VolumeSnapshot:
        """Return it as the domain's snapshot; one without a name is called by its id."""
        return VolumeSnapshot(
            id=self.id,
            name=self.name or self.id,
            status=self.status or "",
            size_gib=self.size or 0,
            volume_id=self.volume_id or "",
            description=self.description or "",
            created_at=utc(self.created_at),
            project_id=self.project_id or "",
        )


class TypeRow(Struct, gc=False):
    """One type of `GET /types`."""

    id: str = ""
    name: str | None = None
    description: str | None = None
    is_public: bool | None = None

    def value(self) -> VolumeType:
        """Return it as the domain's type."""
        return VolumeType(self.id, self.name or self.id, self.description or "", self.is_public is not False)


class AttachedRow(Struct, gc=False):
    """One entry of `GET /servers/{id}/os-volume_attachments`.

    delete_on_termination is told from 2.79 on, attachment_id from 2.89 on.
    """

    volume_id: str = field(default="", name="volumeId")
    device: str | None = None
    delete_on_termination: bool | None = None
    attachment_id: str | None = None

    def value(self) -> AttachedVolume:
        """Return it as the domain's attached volume."""
        return AttachedVolume(self.volume_id, self.device or "", self.delete_on_termination, self.attachment_id or "")
