"""`Sheet`: everything that one round of queries told of all machines of one exporter, and readings out of it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from typing import TypeVar

from msgspec import Struct

from osvm_tui.domain.metrics import DiskCounters, Memory, Mount, NicCounters, Reading, Source
from osvm_tui.probe.prometheus_http import Element
from osvm_tui.probe.prometheus_names import Family

T = TypeVar("T")
Key = tuple[str, ...]
_DISK = ("read", "write", "read_ops", "write_ops")
_NIC = ("in", "out", "in_packets", "out_packets")


class Machine(Struct):
    """What was told of one machine: values by our name and device."""

    values: dict[str, dict[str, float]]
    asked_at: float = 0.0
    """The server's clock."""

    def one(self, name: str) -> float | None:
        """Return a value that has no device."""
        return next(iter(self.values.get(name, {}).values()), None)


class Sheet:
    """One round; `put` what each query gave."""

    def __init__(self, family: Family) -> None:
        self.family = family
        self._machines: dict[Key, Machine] = {}
        self._called: dict[str, set[Key]] = {}

    def put(self, name: str, elements: Iterable[Element]) -> None:
        """Take over the elements of one query."""
        for each in elements:
            key = tuple(each.labels.get(label, "") for label in self.family.join)
            for label in self.family.vm:
                if word := each.labels.get(label):
                    self._called.setdefault(_plain(word), set()).add(key)
            if name != "info":
                machine = self._machines.setdefault(key, Machine({}))
                machine.values.setdefault(name, {})[device_of(self.family, each.labels)] = each.value
                machine.asked_at = each.at

    def __bool__(self) -> bool:
        return bool(self._machines)

    def find(self, word: str, *, certain: bool) -> Key | None:
        """Return the machine that is called so. Of several the newest if the word is `certain` (a VM that moved)."""
        found = [key for key in self._called.get(word, ()) if "time" in self._machines.get(key, Machine({})).values]
        if len(found) > 1 and not certain:
            return None
        return max(found, key=lambda key: self._machines[key].one("time") or 0.0, default=None)

    def reading(self, key: Key, now: datetime, memory: int) -> Reading:
        """Return what is told of a machine. `memory`: bytes of its flavor, where it tells no total itself."""
        return reading_of(self._machines[key], now, memory, " ".join((self.family.name, *key)))


def device_of(family: Family, labels: Mapping[str, str]) -> str:
    """Return what names the device of an element, empty where it has none."""
    return next((labels[label] for label in family.device if label in labels), "")


def reading_of(told: Machine, now: datetime, memory: int, machine: str) -> Reading:
    """Return what was told at one moment, `now`; `machine` is what it is called, `memory` as above."""
    moment = told.one("time") or told.asked_at
    cores = told.values.get("cpu", {})
    busy = tuple(cores[core] for core in sorted(cores, key=_number)) if set(cores) != {""} else ()
    boot, loads = told.one("boot"), [told.one(name) for name in ("load1", "load5", "load15")]
    vcpus = told.one("vcpus")
    return Reading(
        # The values are as old as the server's last scrape, by its own clock.
        at=now - timedelta(seconds=max(0.0, told.asked_at - moment)),
        source=Source.PROMETHEUS, clock_s=moment, boot_id=f"{machine} {boot or ''}",
        vcpus=int(vcpus) if vcpus else len(busy) or None, core_busy_s=busy,
        cpu_busy_s=sum(cores.values()) if cores else None,
        load=(loads[0], loads[1], loads[2]) if None not in loads else None,  # type: ignore[arg-type]
        memory=_memory(told, memory), mounts=tuple(_mounts(told.values)),
        disks=_counters(told.values, _DISK, DiskCounters), nics=_counters(told.values, _NIC, NicCounters),
        uptime_s=moment - boot if boot else None,
    )  # fmt: skip


def _memory(told: Machine, of_flavor: int) -> Memory | None:
    total, available = told.one("memory"), told.one("memory_available")
    if not total:
        return Memory(of_flavor) if of_flavor else None
    if available is None:
        return Memory(int(total))
    return Memory(int(total), int(available), int(max(0.0, total - available)))


def _mounts(values: Mapping[str, Mapping[str, float]]) -> Iterable[Mount]:
    free, available = values.get("mount_free", {}), values.get("mount_available", {})
    for path, size in sorted(values.get("mount", {}).items()):
        if path in free:
            left = available.get(path)
            yield Mount(path, int(size), int(max(0.0, size - free[path])), None if left is None else int(left))


def _counters(
    values: Mapping[str, Mapping[str, float]], names: tuple[str, ...], kind: Callable[[str, int, int, int, int], T]
) -> tuple[T, ...] | None:
    told = [values.get(name, {}) for name in names]
    devices = sorted(set(told[0]).intersection(*told[1:]))
    found = ([int(each[device]) for each in told] for device in devices)
    return tuple(kind(device, *counts) for device, counts in zip(devices, found, strict=True)) or None


def _plain(word: str) -> str:
    """Return a label without the port of an address: `10.0.0.5:9100`, `[fe80::1]:9100`."""
    host, colon, port = word.rpartition(":")
    return host.strip("[]") if colon and port.isdigit() and (":" not in host or host.startswith("[")) else word


def _number(text: str) -> int:
    return int(text) if text.isdigit() else 0
