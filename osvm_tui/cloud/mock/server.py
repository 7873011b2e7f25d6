"""Holds the record of one simulated VM as the cloud's file keeps it. Knows nothing of requests, JSON views or rules."""

from __future__ import annotations

from typing import Any

import msgspec


class Flavor(msgspec.Struct, frozen=True, omit_defaults=True):
    """A flavor as a server embeds it: `ram` in MiB, `disk`, `ephemeral` in GiB, `swap` in MiB."""

    id: str
    name: str
    vcpus: int
    ram: int
    disk: int
    ephemeral: int = 0
    swap: int = 0
    extra_specs: dict[str, str] = {}


class Fault(msgspec.Struct, frozen=True):
    """What Nova keeps of a failure; shown only while the status is ERROR or DELETED."""

    code: int
    message: str
    created: float
    details: str = ""


class Moment(msgspec.Struct, frozen=True, omit_defaults=True):
    """The whole changing part of a server from cloud time `at` (seconds since 1970) on."""

    at: float
    flavor: Flavor
    vm_state: str = "building"
    task_state: str | None = None
    power_state: int = 0
    host: str | None = None
    image: str = ""
    launched_at: float | None = None
    terminated_at: float | None = None
    fault: Fault | None = None
    deleted: bool = False
    request: bool = False
    """Still a build request: no host, no stored time of update, part of every changes-since answer."""
    quiet: bool = False
    """True for a step that does not move `updated` (the row flagging of a delete)."""


class Nic(msgspec.Struct, frozen=True, omit_defaults=True):
    """One port as Nova's network info cache knows it; the cache learns of floating IPs seconds late."""

    port: str
    network: str
    network_name: str
    mac: str
    ip: str
    floating: str | None = None
    next_floating: str | None = None
    next_at: float | None = None
    until: float | None = None
    """When the port is detached; None while it stays."""

    def held_at(self, now: float) -> bool:
        """Tell whether the port is there at cloud time `now`."""
        return self.until is None or now < self.until

    def floating_at(self, now: float) -> str | None:
        """Return the floating address that the cache shows at cloud time `now`."""
        if self.next_at is not None and now >= self.next_at:
            return self.next_floating
        return self.floating


class Disk(msgspec.Struct, frozen=True, omit_defaults=True):
    """One attached volume as Nova's block device mapping knows it, until cloud time `until` (None: for good)."""

    volume: str
    device: str
    attachment: str
    mapping: str
    dies: bool = False
    """Deleted together with the server."""
    boot: bool = False
    until: float | None = None

    def held_at(self, now: float) -> bool:
        """Tell whether the mapping is there at cloud time `now`."""
        return self.until is None or now < self.until


class Server(msgspec.Struct, omit_defaults=True):
    """One simulated VM: what does not change by itself, and its time line `line` (sorted by `at`, never empty)."""

    id: str
    number: int
    name: str
    project: str
    user: str
    created: float
    line: list[Moment]
    hostname: str = ""
    reservation: str = ""
    description: str | None = None
    key_name: str | None = None
    metadata: dict[str, str] = {}
    tags: list[str] = []
    security_groups: list[str] = []
    nics: list[Nic] = []
    disks: list[Disk] = []
    user_data: str | None = None
    config_drive: bool = False
    locked_by: str | None = None
    locked_reason: str | None = None
    touched: float = 0.0
    """The last change outside the time line that moves `updated` (lock, rename, metadata)."""
    group: str | None = None
    was: Moment | None = None
    """Before a resize or migration: what revert returns to. Before a soft delete likewise."""

    odd: dict[str, Any] = {}
    """Fields that the view overrides as they stand, for odd nulls and unknown values."""
    root_device: str | None = "/dev/sda"
    """None for a server that never got a host."""


SERVER_DECODER = msgspec.msgpack.Decoder(Server)
SERVER_ENCODER = msgspec.msgpack.Encoder()
