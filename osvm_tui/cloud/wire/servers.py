"""Nova's servers -> `Vm`: pages, single servers and the deletions that a delta list reports.

Field sets by microversion: Nova's API history, 2.1 to 2.95. Cost matters here: 10,000 rows pass through.
"""

from __future__ import annotations

from datetime import datetime
from sys import intern

import msgspec
from msgspec import UNSET, Raw, Struct, UnsetType, field

from osvm_tui.cloud.wire import rows
from osvm_tui.cloud.wire.times import utc
from osvm_tui.domain.vm import Address, Fault, Flavor, Vm

GONE = frozenset({"DELETED", "SOFT_DELETED"})


class AddressRow(Struct, gc=False):
    """One address as Nova's cached copy has it."""

    addr: str = ""
    version: int = 4
    kind: str = field(default="fixed", name="OS-EXT-IPS:type")
    mac: str | None = field(default=None, name="OS-EXT-IPS-MAC:mac_addr")


class FaultRow(Struct, gc=False):
    """The fault of an ERROR or DELETED server."""

    code: int = 0
    message: str | None = None
    created: datetime | None = None
    details: str | None = None


class FlavorRow(Struct, gc=False):
    """A server's flavor: the embedded form of 2.47 on, or only an id before."""

    id: str = ""
    original_name: str = ""
    vcpus: int = 0
    ram: int = 0
    disk: int = 0
    ephemeral: int = 0
    swap: int | str = 0
    extra_specs: dict[str, str] = {}


class Named(Struct, gc=False):
    """An object of which only the name counts."""

    name: str = ""


class Identified(Struct, gc=False):
    """An object of which only the id counts."""

    id: str = ""


class VolumeRow(Struct, gc=False):
    """An attached volume. The flag is told from 2.3 on; of any type here, so that an odd one does not cost the id."""

    id: str = ""
    delete_on_termination: object = None


class ServerRow(Struct, gc=False):
    """One server of a detail list or a show. Absent and null are the same, except for the image."""

    id: str = ""
    name: str | None = None
    status: str | None = None
    tenant_id: str | None = None
    user_id: str | None = None
    created: datetime | None = None
    updated: datetime | None = None
    flavor: Raw = Raw()
    image: Identified | str | None = None
    addresses: dict[str, list[AddressRow]] | None = None
    key_name: str | None = None
    host_id: str | None = field(default=None, name="hostId")
    host_status: str | None = None
    metadata: dict[str, str] | None = None
    tags: list[str] | None = None
    description: str | None = None
    locked: bool | None = None
    locked_reason: str | None = None
    config_drive: str | bool | None = None
    fault: FaultRow | None = None
    progress: int | None = None
    security_groups: list[Named] | None = None
    vm_state: str | UnsetType | None = field(default=UNSET, name="OS-EXT-STS:vm_state")
    task_state: str | None = field(default=None, name="OS-EXT-STS:task_state")
    power_state: int | None = field(default=None, name="OS-EXT-STS:power_state")
    launched_at: datetime | None = field(default=None, name="OS-SRV-USG:launched_at")
    terminated_at: datetime | None = field(default=None, name="OS-SRV-USG:terminated_at")
    zone: str | None = field(default=None, name="OS-EXT-AZ:availability_zone")
    host: str | None = field(default=None, name="OS-EXT-SRV-ATTR:host")
    hypervisor: str | None = field(default=None, name="OS-EXT-SRV-ATTR:hypervisor_hostname")
    instance_name: str | None = field(default=None, name="OS-EXT-SRV-ATTR:instance_name")
    volumes: list[VolumeRow] | None = field(default=None, name="os-extended-volumes:volumes_attached")


class ServerPage(Struct, frozen=True):
    """One decoded page: live VMs, ids of deleted ones, and the query of the next page (empty at the end)."""

    vms: tuple[Vm, ...]
    gone: tuple[str, ...]
    next_query: rows.Query
    rows: int


class VmDecoder:
    """Turns server JSON into `Vm` values of one endpoint; keeps one copy of each repeated flavor and word."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint
        self._flavors: dict[bytes, Flavor] = {}

    def page(self, body: bytes) -> ServerPage:
        """Decode one answer of `GET /servers/detail`; raise msgspec.DecodeError when it is not JSON at all."""
        members = rows.parts(body)
        found = [row for row in rows.many_in_turns(members.get("servers", Raw(b"[]")), ServerRow) if row.id]
        live = tuple(self._vm(row) for row in found if row.status not in GONE)
        gone = tuple(row.id for row in found if row.status in GONE)
        return ServerPage(live, gone, rows.next_query(members, "servers"), len(found))

    def one(self, body: bytes) -> Vm:
        """Decode one answer of `GET /servers/{id}`."""
        return self._vm(rows.one(rows.parts(body).get("server", Raw(b"{}")), ServerRow))

    def _vm(self, row: ServerRow) -> Vm:
        return Vm(
            endpoint=self._endpoint,
            id=row.id,
            name=row.name or row.id,
            status=_word(row.status) or "UNKNOWN",
            vm_state=_vm_state(row),
            task_state=_word(row.task_state) or None,
            power_state=row.power_state or 0,
            project_id=_word(row.tenant_id),
            user_id=_word(row.user_id),
            created_at=utc(row.created),
            updated_at=utc(row.updated),
            launched_at=utc(row.launched_at),
            terminated_at=utc(row.terminated_at),
            flavor=self._flavor(row.flavor),
            image_id=_image(row.image),
            volume_ids=tuple(volume.id for volume in row.volumes or ()),
            dying_volume_ids=tuple(each.id for each in row.volumes or () if each.delete_on_termination is True),
            addresses=_addresses(row.addresses or {}),
            key_name=_word(row.key_name),
            locked=bool(row.locked),
            locked_reason=row.locked_reason or "",
            availability_zone=_word(row.zone),
            host=_word(row.host),
            hypervisor_hostname=_word(row.hypervisor),
            host_id=_word(row.host_id),
            host_status=_word(row.host_status),
            instance_name=row.instance_name or "",
            security_groups=tuple(sorted({_word(group.name) for group in row.security_groups or ()})),
            metadata=tuple(sorted((row.metadata or {}).items())),
            tags=tuple(sorted(row.tags or ())),
            description=row.description or "",
            fault=_fault(row.fault),
            progress=row.progress,
            config_drive=str(row.config_drive).lower() == "true",
        )

    def _flavor(self, raw: Raw) -> Flavor | None:
        key = bytes(raw)
        if key in (b"", b"null"):
            return None
        known = self._flavors.get(key)
        if known is None:
            if len(self._flavors) > 4096:
                self._flavors.clear()
            known = self._flavors[key] = _flavor(rows.one(key, FlavorRow))
        return known


def ids(body: bytes) -> tuple[tuple[str, ...], rows.Query]:
    """Decode one answer of `GET /servers` into its ids and the query of the next page."""
    members = rows.parts(body)
    found = rows.many(members.get("servers", Raw(b"[]")), Identified)
    return tuple(row.id for row in found if row.id), rows.next_query(members, "servers")


def without_secrets(body: bytes) -> bytes:
    """Return the JSON of one server, its user_data (which admins see and which may hold secrets) withheld."""
    key = "OS-EXT-SRV-ATTR:user_data"
    if key.encode() not in body:
        return body
    found = msgspec.json.decode(body)
    server = found.get("server", found) if isinstance(found, dict) else {}
    if isinstance(server, dict) and server.get(key):
        server[key] = "(withheld)"
    return msgspec.json.encode(found)


def _vm_state(row: ServerRow) -> str:
    # A cell that is down leaves a stub of id and status; one without a vm_state is not to be gated as if idle.
    return _word(row.vm_state) if isinstance(row.vm_state, str) and row.vm_state else "unknown"


def _word(text: str | UnsetType | None) -> str:
    return intern(text) if isinstance(text, str) else ""


def _image(image: Identified | str | None) -> str | None:
    return _word(image.id) or None if isinstance(image, Identified) else None


def _addresses(found: dict[str, list[AddressRow]]) -> tuple[Address, ...]:
    return tuple(
        Address(intern(network), row.addr, row.version, row.kind == "floating", row.mac or "")
        for network, addresses in found.items()
        for row in addresses
    )


def _fault(row: FaultRow | None) -> Fault | None:
    return None if row is None else Fault(row.code, row.message or "", utc(row.created), row.details or "")


def _flavor(row: FlavorRow) -> Flavor:
    return Flavor(
        name=row.original_name or row.id,
        vcpus=row.vcpus,
        memory_mib=row.ram,
        disk_gib=row.disk,
        ephemeral_gib=row.ephemeral,
        swap_mib=int(row.swap or 0),
        id=row.id,
        extra_specs=tuple(sorted(row.extra_specs.items())),
    )
