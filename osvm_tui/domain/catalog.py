"""What VMs are made from and stand on: flavors, images, networks, key pairs, security groups, quota; knows no wire."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from osvm_tui.domain.vm import Flavor as Flavor


class CatalogKind(StrEnum):
    """Which catalog of a cloud."""

    FLAVOR = "flavor"
    IMAGE = "image"
    NETWORK = "network"
    PORT = "port"
    ROUTER = "router"
    FLOATING_IP = "floating-ip"
    SECURITY_GROUP = "security-group"
    VOLUME = "volume"
    VOLUME_SNAPSHOT = "volume-snapshot"
    VOLUME_TYPE = "volume-type"
    KEYPAIR = "keypair"
    SERVER_GROUP = "server-group"
    QUOTA = "quota"
    HYPERVISOR = "hypervisor"
    SERVICE = "service"
    ZONE = "zone"
    PROJECT = "project"


class Image(Struct, frozen=True):
    """A Glance image. Sizes in bytes, minimum disk in GiB, minimum memory in MiB."""

    id: str
    name: str
    status: str = "active"
    visibility: str = ""
    size_bytes: int | None = None
    min_disk_gib: int = 0
    min_memory_mib: int = 0
    disk_format: str = ""
    owner: str = ""
    os_distro: str = ""
    os_version: str = ""
    created_at: datetime | None = None
    updated_at: datetime | None = None
    snapshot: bool = False
    protected: bool = False
    tags: tuple[str, ...] = ()
    vm_id: str = ""
    """Of a snapshot: the VM that it was taken of, empty where Glance was not told."""

    @property
    def bootable(self) -> bool:
        """Whether Nova would boot it: only an active image."""
        return self.status == "active"


class Subnet(Struct, frozen=True):
    """One address range of a network."""

    id: str
    name: str
    cidr: str
    version: int = 4
    gateway: str = ""
    network_id: str = ""


class Network(Struct, frozen=True):
    """A Neutron network with its subnets."""

    id: str
    name: str
    status: str = ""
    external: bool = False
    shared: bool = False
    admin_state_up: bool = True
    mtu: int = 0
    project_id: str = ""
    subnets: tuple[Subnet, ...] = ()


class KeyPair(Struct, frozen=True):
    """A public key known to Nova. It belongs to the user, not to the project."""

    name: str
    fingerprint: str
    type: str = "ssh"
    public_key: str = ""


class SecurityRule(Struct, frozen=True, kw_only=True):
    """One thing that a security group lets through. Ports are None for all of them; for ICMP they are type and code."""

    id: str = ""
    direction: str = "ingress"
    ethertype: str = "IPv4"
    protocol: str = ""
    """`tcp`, `udp`, `icmp`, a number, or empty for any."""
    port_min: int | None = None
    port_max: int | None = None
    remote_cidr: str = ""
    remote_group_id: str = ""
    description: str = ""

    @property
    def open_to_world(self) -> bool:
        """Whether anybody on the internet may come in by it: ingress without a remote group from everywhere."""
        everywhere = self.remote_cidr in ("", "0.0.0.0/0", "::/0")
        return self.direction == "ingress" and everywhere and not self.remote_group_id


class SecurityGroup(Struct, frozen=True):
    """A named set of rules; `name` is not unique, `id` is."""

    id: str
    name: str
    description: str = ""
    project_id: str = ""
    rules: tuple[SecurityRule, ...] = ()


class QuotaItem(Struct, frozen=True):
    """One limit with its use; `limit` -1 means unlimited. Memory is in MiB."""

    resource: str
    used: int
    limit: int

    @property
    def left(self) -> int | None:
        """How many are left, None when unlimited."""
        return None if self.limit < 0 else max(0, self.limit - self.used)


class PortAddress(Struct, frozen=True, gc=False):
    """One live address of a VM as Neutron knows it, joined from ports and floating IPs."""

    vm_id: str
    addr: str
    version: int
    floating: bool
    network_id: str
    mac: str
    port_id: str


class InstanceAction(Struct, frozen=True):
    """One entry of Nova's instance action log. `events` is empty in list answers."""

    action: str
    request_id: str
    started_at: datetime | None
    updated_at: datetime | None
    user_id: str
    project_id: str
    message: str = ""
    events: tuple[InstanceEvent, ...] = ()


class InstanceEvent(Struct, frozen=True):
    """One step that a compute host took for an instance action; `finished_at` is None while it runs."""

    event: str
    started_at: datetime | None
    finished_at: datetime | None
    result: str
    host: str = ""


class RemoteConsole(Struct, frozen=True):
    """A console URL. It carries a token that expires (600 s by default): never written to log, store or audit."""

    protocol: str
    type: str
    url: str


class Zone(Struct, frozen=True):
    """An availability zone of compute."""

    name: str
    available: bool = True


class Project(Struct, frozen=True):
    """A project that the token may use or see."""

    id: str
    name: str
    enabled: bool = True
    description: str = ""
    domain_id: str = ""
