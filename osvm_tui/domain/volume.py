"""What Cinder keeps: volumes, their snapshots and types; knows no wire."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct


class VolumeAttachment(Struct, frozen=True):
    """Where a volume is attached."""

    vm_id: str
    device: str = ""
    attachment_id: str = ""


class AttachedVolume(Struct, frozen=True):
    """A volume in a VM, as Nova keeps it. `delete_on_termination` is None where the cloud does not tell it."""

    volume_id: str
    device: str = ""
    delete_on_termination: bool | None = None
    attachment_id: str = ""


class Volume(Struct, frozen=True, kw_only=True):
    """A disk. `status` is Cinder's own word: available, in-use, creating, error, ..."""

    id: str
    name: str = ""
    status: str = ""
    size_gib: int = 0
    type: str = ""
    bootable: bool = False
    encrypted: bool = False
    multiattach: bool = False
    attachments: tuple[VolumeAttachment, ...] = ()
    zone: str = ""
    description: str = ""
    snapshot_id: str = ""
    image_name: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    """When anything of it was changed last; detaching is such a change."""
    project_id: str = ""


class VolumeSnapshot(Struct, frozen=True, kw_only=True):
    """A copy of a volume as it was at one moment."""

    id: str
    name: str = ""
    status: str = ""
    size_gib: int = 0
    volume_id: str = ""
    description: str = ""
    created_at: datetime | None = None
    project_id: str = ""


class VolumeType(Struct, frozen=True):
    """A kind of storage."""

    id: str
    name: str
    description: str = ""
    is_public: bool = True
