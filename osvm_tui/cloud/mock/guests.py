"""`SimulatedGuests`: what the guests of a simulated cloud say of themselves, now and in the past.

Reads the cloud's file and writes nothing. A reading is made of one server's record, its actions and the clock; nothing
of the fleet is held in memory. Blocking; safe from any thread.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from sqlite3 import Connection

import msgspec

from osvm_tui.cloud.mock import database, timeline
from osvm_tui.cloud.mock.clock import CloudClock
from osvm_tui.cloud.mock.load import PACKET, READ, WRITE, Counts, Load
from osvm_tui.cloud.mock.power import Run, runs
from osvm_tui.cloud.mock.server import SERVER_DECODER, Server
from osvm_tui.domain.metrics import (
    DiskCounters,
    DiskRates,
    Memory,
    Mount,
    NicCounters,
    NicRates,
    Reading,
    Sample,
    Source,
)


@lru_cache(maxsize=4096)
def _load(seed: str, role: str, vcpus: int, ram: int, disk: int) -> Load:
    return Load(seed, role, vcpus, ram, disk)


def load_of(server: Server, seed: int, now: float) -> Load:
    """Return what a server's guest does; its flavor is the present one."""
    flavor = timeline.present(server, now).flavor
    role = server.metadata.get("role") or server.name.rsplit("-", 1)[0]
    return _load(f"{seed}:{server.id}", role, flavor.vcpus, flavor.ram, flavor.disk)


class Guest(msgspec.Struct, frozen=True):
    """One server, ready to be asked."""

    load: Load
    runs: list[Run]
    nics: tuple[str, ...]
    disks: tuple[str, ...]


class SimulatedGuests:
    """The guests of the cloud in the file at `path`."""

    def __init__(self, path: Path, now: Callable[[], float] = time.time) -> None:
        self._path, self._now = path, now
        self._lock = threading.Lock()
        self._connection: Connection | None = None

    def reading(self, vm_id: str) -> Reading | None:
        """Return what a guest says now, None when it does not run or is not there."""
        real = self._now()
        with self._lock:
            clock, guest = self._clock(), self._guest(vm_id, real)
        now = clock.at(real)
        run = guest.runs[-1] if guest and guest.runs else None
        if guest is None or run is None or run.until is not None:
            return None
        return _reading(guest, run, now, datetime.fromtimestamp(real, UTC))

    def past(self, vm_id: str, since: datetime, until: datetime, step_s: int) -> tuple[Sample, ...]:
        """Return what it did: means of `step_s` seconds of our time, nothing where it did not run the whole of them."""
        real = self._now()
        with self._lock:
            clock, guest = self._clock(), self._guest(vm_id, real)
        if guest is None:
            return ()
        first, last = _up(since.timestamp(), step_s), min(until.timestamp(), real)
        return tuple(_samples(guest, clock, first, last, step_s))

    def close(self) -> None:
        """Close the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _file(self) -> Connection:
        if self._connection is None:
            self._connection = database.connect(self._path)
        return self._connection

    def _clock(self) -> CloudClock:
        return msgspec.convert(database.setting(self._file(), "clock", {}), CloudClock)

    def _guest(self, vm_id: str, real: float) -> Guest | None:
        file = self._file()
        row = file.execute("SELECT record FROM servers WHERE id = ? AND record IS NOT NULL", (vm_id,)).fetchone()
        if row is None:
            return None
        now = self._clock().at(real)
        server = SERVER_DECODER.decode(row[0])
        rows = file.execute("SELECT record FROM actions WHERE server = ?", (vm_id,))
        ran = runs(server, [msgspec.json.decode(record) for (record,) in rows], now)
        nics = sum(nic.held_at(now) for nic in server.nics)
        disks = sum(disk.held_at(now) and not disk.boot for disk in server.disks)
        seed = int(database.setting(file, "seed", 0))
        return Guest(
            load_of(server, seed, now), ran, tuple(f"eth{n}" for n in range(nics)),
            tuple(f"vd{'abcdefghijklmnopqrstuvwxyz'[n % 26]}" for n in range(1 + disks)),
        )  # fmt: skip


def _reading(guest: Guest, run: Run, now: float, at: datetime) -> Reading:
    load = guest.load
    counts = load.counts(now, run.boot)
    cpu = load.cpu(now) * load.vcpus
    nics, disks = max(1, len(guest.nics)), len(guest.disks)
    return Reading(
        at=at, source=Source.SIMULATED, clock_s=now - run.boot, boot_id=f"{run.boot:.0f}", vcpus=load.vcpus,
        cpu_busy_s=counts.cpu_s, core_busy_s=(counts.cpu_s / load.vcpus,) * load.vcpus,
        load=(cpu * 1.08, cpu * 1.02, cpu), memory=_memory(load, now), mounts=_mounts(load, now),
        disks=tuple(
            DiskCounters(name, int(counts.read / disks), int(counts.write / disks),
                         int(counts.read / disks / READ), int(counts.write / disks / WRITE))
            for name in guest.disks
        ),
        nics=tuple(
            NicCounters(name, int(counts.net_in / nics), int(counts.net_out / nics),
                        int(counts.net_in / nics / PACKET), int(counts.net_out / nics / PACKET))
            for name in guest.nics
        ),
        # Nobody logs in on a terminal here: the newest in the guest's record is its boot.
        uptime_s=now - run.boot, login_at=at - timedelta(seconds=now - run.boot),
    )  # fmt: skip


def _samples(guest: Guest, clock: CloudClock, first: float, last: float, step_s: int) -> Iterator[Sample]:
    places = iter(guest.runs)
    run = next(places, None)
    begin, before = first, None
    while begin + step_s <= last and run is not None:
        since, until = clock.before(begin), clock.before(begin + step_s)
        while run is not None and run.until is not None and run.until <= since:
            run = next(places, None)
        if run is not None and run.since <= since < until and (run.until is None or until <= run.until):
            before = before or guest.load.sums(since)
            after = guest.load.sums(until)
            yield _sample(guest, before, after, since, until, datetime.fromtimestamp(begin, UTC))
            before = after
        else:
            before = None
        begin += step_s


def _sample(guest: Guest, before: Counts, after: Counts, since: float, until: float, at: datetime) -> Sample:
    load, span, middle = guest.load, until - since, (since + until) / 2
    cpu = (after.cpu_s - before.cpu_s) / span
    each, disk = max(1, len(guest.nics)) * span, len(guest.disks) * span
    net_in, net_out = (after.net_in - before.net_in) / each, (after.net_out - before.net_out) / each
    read, write = (after.read - before.read) / disk, (after.write - before.write) / disk
    return Sample(
        at=at, source=Source.SIMULATED, span_s=span, cpu=100 * cpu / load.vcpus, load=(cpu * 1.08, cpu * 1.02, cpu),
        memory=_memory(load, middle), mounts=_mounts(load, middle), uptime_s=None,
        disks=tuple(DiskRates(name, read, write, read / READ, write / WRITE) for name in guest.disks),
        nics=tuple(NicRates(name, net_in, net_out, net_in / PACKET, net_out / PACKET) for name in guest.nics),
    )  # fmt: skip


def _memory(load: Load, t: float) -> Memory:
    used = load.memory(t)
    return Memory(load.ram, load.ram - used, used)


def _mounts(load: Load, t: float) -> tuple[Mount, ...]:
    used = load.disk_used(t)
    return (Mount("/", load.disk, used, load.disk - used),)


def _up(moment: float, step: int) -> float:
    return -(-moment // step) * step
