"""What a machine does: `Reading` as a source gives it (counters and levels), `Sample` as it is shown (rates), and
`Metric`, the numbers that are kept, drawn, compared and alerted on. Knows no source and no store.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Source(StrEnum):
    """Where a reading came from; shown beside every value, with its age."""

    SSH = "ssh"
    DIAGNOSTICS = "diagnostics"
    PROMETHEUS = "prometheus"
    GNOCCHI = "gnocchi"
    SIMULATED = "simulated"
    HOST = "host"


class Metric(StrEnum):
    """A number that is kept. What is kept of a VM is one value per metric and slot of time."""

    CPU = "cpu"
    """Percent of all its cores, 0 to 100."""
    LOAD = "load"
    """Load average of one minute."""
    MEMORY = "memory"
    """Percent used."""
    DISK = "disk"
    """Percent used of its fullest file system."""
    DISK_READ = "disk-read"
    """Bytes a second, as all below unless said."""
    DISK_WRITE = "disk-write"
    DISK_READ_OPS = "disk-read-ops"
    """Operations a second."""
    DISK_WRITE_OPS = "disk-write-ops"
    NET_IN = "net-in"
    NET_OUT = "net-out"
    NET_IN_PACKETS = "net-in-packets"
    """Packets a second."""
    NET_OUT_PACKETS = "net-out-packets"


class Unit(StrEnum):
    """What a metric's numbers are."""

    PERCENT = "%"
    BYTES_S = "B/s"
    OPS_S = "op/s"
    PACKETS_S = "pkt/s"
    NONE = ""


UNITS: dict[Metric, Unit] = {
    Metric.CPU: Unit.PERCENT,
    Metric.LOAD: Unit.NONE,
    Metric.MEMORY: Unit.PERCENT,
    Metric.DISK: Unit.PERCENT,
    Metric.DISK_READ: Unit.BYTES_S,
    Metric.DISK_WRITE: Unit.BYTES_S,
    Metric.DISK_READ_OPS: Unit.OPS_S,
    Metric.DISK_WRITE_OPS: Unit.OPS_S,
    Metric.NET_IN: Unit.BYTES_S,
    Metric.NET_OUT: Unit.BYTES_S,
    Metric.NET_IN_PACKETS: Unit.PACKETS_S,
    Metric.NET_OUT_PACKETS: Unit.PACKETS_S,
}


class Memory(Struct, frozen=True, gc=False):
    """In bytes; None where the source does not tell."""

    total: int
    available: int | None = None
    used: int | None = None

    @property
    def taken(self) -> int | None:
        """What is used, told or left by what is available; None when neither is told."""
        if self.used is not None or self.available is None:
            return self.used
        return self.total - self.available


class Mount(Struct, frozen=True, gc=False):
    """A mounted file system, in bytes. `used + available` may be less than `size`: some is kept for root."""

    path: str
    size: int
    used: int
    available: int | None = None

    @property
    def percent(self) -> float | None:
        """How full it is of what users may fill, as df tells it; None for one without size."""
        whole = self.used + self.available if self.available is not None else self.size
        return 100 * self.used / whole if whole else None


class DiskCounters(Struct, frozen=True, gc=False):
    """Bytes and operations since the device came up."""

    device: str
    read_bytes: int
    write_bytes: int
    read_ops: int
    write_ops: int


class NicCounters(Struct, frozen=True, gc=False):
    """Bytes and packets since the interface came up, as the guest sees them: in is received."""

    device: str
    in_bytes: int
    out_bytes: int
    in_packets: int
    out_packets: int


class Reading(Struct, frozen=True, kw_only=True, gc=False):
    """What one source said at one moment. None and empty: this source does not tell; never zero instead."""

    at: datetime
    """By this console's clock."""
    source: Source
    clock_s: float | None = None
    """The machine's own steady clock (seconds since boot): rates go by it, where it is there."""
    boot_id: str = ""
    """Changes with each boot, where the source tells: counters of two boots are never subtracted."""
    vcpus: int | None = None
    cpu_busy_s: float | None = None
    """Seconds of work of all cores together, since boot."""
    core_busy_s: tuple[float, ...] = ()
    """The same of each core."""
    cpu_percent: float | None = None
    """Where the source gives a finished percentage (of all cores) and no counter."""
    load: tuple[float, float, float] | None = None
    memory: Memory | None = None
    mounts: tuple[Mount, ...] = ()
    disks: tuple[DiskCounters, ...] | None = None
    nics: tuple[NicCounters, ...] | None = None
    uptime_s: float | None = None
    login_at: datetime | None = None
    """After this nobody logged in on a terminal, by the machine's own record; its boots are in that, too."""


class DiskRates(Struct, frozen=True, gc=False):
    """Per second."""

    device: str
    read_bytes: float
    write_bytes: float
    read_ops: float
    write_ops: float


class NicRates(Struct, frozen=True, gc=False):
    """Per second."""

    device: str
    in_bytes: float
    out_bytes: float
    in_packets: float
    out_packets: float


class Sample(Struct, frozen=True, kw_only=True, gc=False):
    """What a machine did between two readings. None: not known (no counter, first reading, gap, reset)."""

    at: datetime
    source: Source
    span_s: float | None = None
    """The time that the rates stand for; None for a first reading, which has none."""
    cpu: float | None = None
    cores: tuple[float, ...] = ()
    """Percent of each core."""
    load: tuple[float, float, float] | None = None
    memory: Memory | None = None
    mounts: tuple[Mount, ...] = ()
    disks: tuple[DiskRates, ...] | None = None
    nics: tuple[NicRates, ...] | None = None
    uptime_s: float | None = None
    login_at: datetime | None = None
    """As that of a reading."""

    def value(self, metric: Metric) -> float | None:
        """Return one number of this sample, summed over devices (of mounts: the fullest); None when not known."""
        if metric is Metric.CPU:
            return self.cpu
        if metric is Metric.LOAD:
            return self.load[0] if self.load else None
        if metric is Metric.MEMORY:
            return self._memory_percent()
        if metric is Metric.DISK:
            return self.fullest.percent if self.fullest is not None else None
        devices, field = (
            (self.disks, _DISK_FIELDS[metric]) if metric in _DISK_FIELDS else (self.nics, _NIC_FIELDS[metric])
        )
        return None if devices is None else float(sum(getattr(device, field) for device in devices))

    @property
    def fullest(self) -> Mount | None:
        """The fullest file system, None where none is known."""
        sized = [mount for mount in self.mounts if mount.percent is not None]
        return max(sized, key=lambda mount: mount.percent or 0.0, default=None)

    def _memory_percent(self) -> float | None:
        if self.memory is None or not self.memory.total:
            return None
        taken = self.memory.taken
        return None if taken is None else 100 * taken / self.memory.total


_DISK_FIELDS = {
    Metric.DISK_READ: "read_bytes",
    Metric.DISK_WRITE: "write_bytes",
    Metric.DISK_READ_OPS: "read_ops",
    Metric.DISK_WRITE_OPS: "write_ops",
}
_NIC_FIELDS = {
    Metric.NET_IN: "in_bytes",
    Metric.NET_OUT: "out_bytes",
    Metric.NET_IN_PACKETS: "in_packets",
    Metric.NET_OUT_PACKETS: "out_packets",
}
