"""`PsutilHost`: this machine and this process, by psutil; asks nobody and keeps no history."""

from __future__ import annotations

import asyncio
import os
import platform
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from osvm_tui.domain.errors import ProbeFailed
from osvm_tui.domain.metrics import DiskCounters, Memory, Mount, NicCounters, Reading, Source
from osvm_tui.probe.host_base import HostLook, HostProbe

_MIB = 1024**2
_BELOW = ("loop", "ram", "zram", "dm-", "md")
"""Devices that stand on others or hold no disk: their bytes would be counted twice."""
_UNREAL = ("squashfs", "iso9660", "erofs")
"""File systems that are always full."""


class PsutilHost(HostProbe):
    """Reads Linux, macOS and Windows; what a system does not tell is left out."""

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._now = now
        self._own: Any = None

    async def look(self) -> HostLook:
        return await asyncio.to_thread(self._look)

    async def close(self) -> None:
        """Nothing is kept."""

    def _look(self) -> HostLook:
        import psutil

        try:
            reading = _reading(psutil, self._now())
            if self._own is None:
                self._own = psutil.Process()
                self._own.cpu_percent(None)  # the first answer is always 0: it begins the count
            own = self._own
            with own.oneshot():
                return HostLook(
                    reading=reading, name=platform.node(), own_cpu_percent=own.cpu_percent(None),
                    own_rss_mib=own.memory_info().rss / _MIB, own_threads=own.num_threads(), own_files=_files(own),
                )  # fmt: skip
        except (psutil.Error, OSError) as error:
            raise ProbeFailed(f"this machine tells nothing of itself: {error}") from None


def _reading(psutil: Any, at: datetime) -> Reading:
    cores = tuple(_busy(each) for each in psutil.cpu_times(percpu=True))
    booted = psutil.boot_time()
    memory = psutil.virtual_memory()
    return Reading(
        at=at, source=Source.HOST, clock_s=time.monotonic(), boot_id=f"{booted:.0f}", vcpus=len(cores) or None,
        cpu_busy_s=sum(cores), core_busy_s=cores, load=_load(psutil),
        memory=Memory(total=memory.total, available=memory.available, used=memory.total - memory.available),
        mounts=tuple(_mounts(psutil)), disks=_disks(psutil.disk_io_counters(perdisk=True) or {}),
        nics=_nics(psutil.net_io_counters(pernic=True) or {}), uptime_s=max(0.0, time.time() - booted),
    )  # fmt: skip


def _busy(times: Any) -> float:
    # Linux counts a guest's time in user's too; time that was stolen or waited for a disk is nobody's work.
    idle = ("idle", "iowait", "steal", "guest", "guest_nice")
    return float(sum(getattr(times, name) for name in times._fields if name not in idle))


def _load(psutil: Any) -> tuple[float, float, float] | None:
    with suppress(OSError, AttributeError):
        one, five, fifteen = psutil.getloadavg()
        return one, five, fifteen
    return None


def _mounts(psutil: Any) -> Iterable[Mount]:
    seen = set()
    for part in psutil.disk_partitions(all=False):
        if part.device in seen or part.fstype in _UNREAL or not os.path.isdir(part.mountpoint):
            continue
        with suppress(OSError):
            found = psutil.disk_usage(part.mountpoint)
            seen.add(part.device)
            yield Mount(part.mountpoint, found.total, found.used, found.free)


def _disks(counters: Mapping[str, Any]) -> tuple[DiskCounters, ...]:
    return tuple(
        DiskCounters(name, each.read_bytes, each.write_bytes, each.read_count, each.write_count)
        for name, each in sorted(counters.items())
        if not name.startswith(_BELOW) and not _is_part(name, counters)
    )


def _is_part(name: str, counters: Mapping[str, Any]) -> bool:
    whole = name.rstrip("0123456789")
    return whole != name and (whole in counters or (whole.endswith("p") and whole[:-1] in counters))


def _nics(counters: Mapping[str, Any]) -> tuple[NicCounters, ...]:
    return tuple(
        NicCounters(name, each.bytes_recv, each.bytes_sent, each.packets_recv, each.packets_sent)
        for name, each in sorted(counters.items())
        if name not in ("lo", "lo0") and not name.startswith(("veth", "tap", "vnet"))
    )


def _files(own: Any) -> int:
    return int(own.num_fds()) if hasattr(own, "num_fds") else int(own.num_handles())
