"""`RestVolumes`: volumes, snapshots and types of Cinder, and what Nova says about volumes in VMs."""

from __future__ import annotations

from osvm_tui.cloud.rest_base import RestBase
from osvm_tui.cloud.wire import volumes
from osvm_tui.domain.volume import AttachedVolume, Volume, VolumeSnapshot, VolumeType


class RestVolumes(RestBase):
    """Disks. A cloud without Cinder raises Unreachable for the first three, saying so."""

    async def volumes(self) -> tuple[Volume, ...]:
        call = self._cinder("/volumes/detail", *self._reach())
        return tuple(row.value() for row in await self._catalog(call, "volumes", volumes.VolumeRow) if row.id)

    async def volume_snapshots(self) -> tuple[VolumeSnapshot, ...]:
        call = self._cinder("/snapshots/detail", *self._reach())
        return tuple(row.value() for row in await self._catalog(call, "snapshots", volumes.SnapshotRow) if row.id)

    async def volume_types(self) -> tuple[VolumeType, ...]:
        found = await self._catalog(self._cinder("/types"), "volume_types", volumes.TypeRow)
        return tuple(row.value() for row in found if row.id)

    async def volume_attachments(self, vm_id: str) -> tuple[AttachedVolume, ...]:
        call = self._nova(f"/servers/{vm_id}/os-volume_attachments")
        found = await self._catalog(call, "volumeAttachments", volumes.AttachedRow)
        return tuple(row.value() for row in found if row.volume_id)
