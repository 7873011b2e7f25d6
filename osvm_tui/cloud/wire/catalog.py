"""Flavors, images, key pairs, limits, projects and names of users: wire rows -> domain catalog."""

from __future__ import annotations

from datetime import datetime

from msgspec import Raw, Struct, field

from osvm_tui.cloud.wire import rows
from osvm_tui.cloud.wire.times import utc
from osvm_tui.domain.catalog import Flavor, Image, KeyPair, Project, QuotaItem


class FlavorRow(Struct, gc=False):
    """One flavor of `GET /flavors/detail`; extra_specs inline from 2.61, description from 2.55."""

    id: str = ""
    name: str = ""
    vcpus: int = 0
    ram: int = 0
    disk: int = 0
    swap: int | str | None = 0
    description: str | None = None
    extra_specs: dict[str, str] | None = None
    ephemeral: int = field(default=0, name="OS-FLV-EXT-DATA:ephemeral")
    is_public: bool = field(default=True, name="os-flavor-access:is_public")

    def value(self) -> Flavor:
        """Return it as the domain's flavor."""
        return Flavor(
            name=self.name,
            vcpus=self.vcpus,
            memory_mib=self.ram,
            disk_gib=self.disk,
            ephemeral_gib=self.ephemeral,
            swap_mib=int(self.swap or 0),
            id=self.id,
            is_public=self.is_public,
            description=self.description or "",
            extra_specs=tuple(sorted((self.extra_specs or {}).items())),
        )


class ImageRow(Struct, gc=False):
    """One image of `GET /v2/images`; properties stand beside the fields."""

    id: str = ""
    name: str | None = None
    status: str = ""
    visibility: str = ""
    size: int | None = None
    min_disk: int | None = None
    min_ram: int | None = None
    disk_format: str | None = None
    owner: str | None = None
    os_distro: str | None = None
    os_version: str | None = None
    created_at: datetime | None = None
    updated_at: datetime | None = None
    image_type: str | None = None
    instance_uuid: str | None = None
    protected: bool = False
    tags: list[str] = []

    def value(self) -> Image:
        """Return it as the domain's image; an image without a name is called by its id."""
        return Image(
            id=self.id,
            name=self.name or self.id,
            status=self.status,
            visibility=self.visibility,
            size_bytes=self.size,
            min_disk_gib=self.min_disk or 0,
            min_memory_mib=self.min_ram or 0,
            disk_format=self.disk_format or "",
            owner=self.owner or "",
            os_distro=self.os_distro or "",
            os_version=self.os_version or "",
            created_at=utc(self.created_at),
            updated_at=utc(self.updated_at),
            snapshot=self.image_type in ("snapshot", "backup"),
            protected=self.protected,
            tags=tuple(self.tags),
            vm_id=self.instance_uuid or "",
        )


class KeyPairFields(Struct, gc=False):
    """A key pair's own fields; `type` from 2.2."""

    name: str = ""
    fingerprint: str | None = None
    type: str = "ssh"
    public_key: str | None = None


class KeyPairRow(Struct, gc=False):
    """One entry of `GET /os-keypairs`, wrapped once more than elsewhere."""

    keypair: KeyPairFields = field(default_factory=KeyPairFields)

    def value(self) -> KeyPair:
        """Return it as the domain's key pair."""
        key = self.keypair
        return KeyPair(key.name, key.fingerprint or "", key.type, key.public_key or "")


class NameRow(Struct, gc=False):
    """A user of Keystone."""

    id: str = ""
    name: str = ""


class ProjectRow(NameRow, gc=False):
    """One entry of `GET /v3/projects` or `/v3/auth/projects`."""

    enabled: bool | None = None
    description: str | None = None
    domain_id: str | None = None

    def value(self) -> Project:
        """Return it as the domain's project."""
        return Project(self.id, self.name, self.enabled is not False, self.description or "", self.domain_id or "")


_COMPUTE_LIMITS = (
    ("instances", "totalInstancesUsed", "maxTotalInstances"),
    ("cores", "totalCoresUsed", "maxTotalCores"),
    ("ram", "totalRAMUsed", "maxTotalRAMSize"),
    ("server_groups", "totalServerGroupsUsed", "maxServerGroups"),
)
_VOLUME_LIMITS = (
    ("volumes", "totalVolumesUsed", "maxTotalVolumes"),
    ("gigabytes", "totalGigabytesUsed", "maxTotalVolumeGigabytes"),
    ("snapshots", "totalSnapshotsUsed", "maxTotalSnapshots"),
)
_NETWORK_LIMITS = ("floatingip", "port", "network", "subnet", "router", "security_group", "security_group_rule")


class LimitsRow(Struct, gc=False):
    """The member of `GET /limits` that counts."""

    absolute: dict[str, int] = {}


class UsedRow(Struct, gc=False):
    """One resource of Neutron's quota details."""

    used: int = 0
    limit: int = -1


def compute_quota(body: bytes) -> tuple[QuotaItem, ...]:
    """Decode `GET /limits`; memory is in MiB."""
    return _absolute(body, _COMPUTE_LIMITS)


def volume_quota(body: bytes) -> tuple[QuotaItem, ...]:
    """Decode Cinder's `GET /limits`; sizes are in GiB."""
    return _absolute(body, _VOLUME_LIMITS)


def _absolute(body: bytes, names: tuple[tuple[str, str, str], ...]) -> tuple[QuotaItem, ...]:
    absolute = rows.one(rows.parts(body).get("limits", Raw(b"{}")), LimitsRow).absolute
    return tuple(
        QuotaItem(name, absolute[used], absolute[limit])
        for name, used, limit in names
        if used in absolute and limit in absolute
    )


def network_quota(body: bytes) -> tuple[QuotaItem, ...]:
    """Decode `GET /v2.0/quotas/{project}/details.json`."""
    found = rows.parts(rows.parts(body).get("quota", Raw(b"{}")))
    pairs = [(name, rows.one(found[name], UsedRow)) for name in _NETWORK_LIMITS if name in found]
    return tuple(QuotaItem(name, row.used, row.limit) for name, row in pairs)
