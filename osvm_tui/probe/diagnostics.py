"""`DiagnosticsProbe`: the hypervisor's own counters of a VM, as Nova passes them on. Knows bodies, no HTTP.

Nova's microversion 2.48 gave the answer one form for all drivers; before it was the driver's own flat map, of which
libvirt's is read here. Any value may be null: what is missing is not told.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec

from osvm_tui.domain.errors import CloudError, Conflict, Forbidden, NotFound, ProbeFailed, ProbeNotPermitted, ProbeUnfit
from osvm_tui.domain.metrics import DiskCounters, Memory, NicCounters, Reading, Source
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.probe.probe import Probe, Target

NOT_PERMITTED = "not permitted"
_FLAT = re.compile(r"(?P<device>.+?)_(?P<what>read|write|rx|tx)(?P<count>_req|_packets)?\Z")
_CORE = re.compile(r"cpu(\d+)_time\Z")
_KIB, _MIB, _NS = 1024, 1024**2, 1e9
_DISK = ("read_bytes", "write_bytes", "read_requests", "write_requests")
_NIC = ("rx_octets", "tx_octets", "rx_packets", "tx_packets")


class DiagnosticsProbe(Probe):
    """Reads VMs by `fetch(entry, vm_id)`, which returns the body as text and raises CloudError."""

    source = Source.DIAGNOSTICS

    def __init__(
        self, fetch: Callable[[str, str], Awaitable[str]], *, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._fetch, self._now = fetch, now

    async def read(self, target: Target) -> Reading:
        try:
            text = await self._fetch(target.entry, target.vm.id)
        except Forbidden as error:
            raise ProbeNotPermitted(NOT_PERMITTED, hint=f"Nova's policy: {error.detail}") from None
        except NotFound as error:
            raise ProbeUnfit("Nova knows no diagnostics of it", hint=error.detail) from None
        except Conflict as error:
            raise ProbeFailed("the hypervisor says that it is not running", hint=error.detail) from None
        except CloudError as error:
            if error.status == 501:
                raise ProbeUnfit("its hypervisor tells no diagnostics", hint=error.detail) from None
            raise ProbeFailed(error.detail, hint=error.hint) from None
        return parse_diagnostics(text, target.vm, self._now())

    async def forget(self, ref: VmRef) -> None:
        """Nothing is kept."""

    async def close(self) -> None:
        """Nothing is kept."""


def parse_diagnostics(text: str, vm: Vm, at: datetime) -> Reading:
    """Return what a body of either form tells; ProbeFailed for one that is neither."""
    try:
        body = msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeError):
        raise ProbeFailed("Nova's diagnostics are no JSON") from None
    if not isinstance(body, dict):
        raise ProbeFailed("Nova's diagnostics make no sense")
    return _modern(body, vm, at) if "cpu_details" in body else _flat(body, vm, at)


def _modern(body: Mapping[str, Any], vm: Vm, at: datetime) -> Reading:
    state = body.get("state")
    if state not in ("running", None):
        raise ProbeFailed(f"the hypervisor says that it is {state}")
    cores = _rows(body, "cpu_details")
    busy = [_number(core.get("time")) for core in cores]
    percents = [_number(core.get("utilisation")) for core in cores]
    return _reading(
        vm, at, vcpus=int(_number(body.get("num_cpus")) or len(cores)) or None, busy=busy,
        percent=_mean(percents), memory=_of_flavor(vm),
        disks=tuple(
            disk for number, row in enumerate(_rows(body, "disk_details"))
            if (disk := _disk(f"disk {number}", [row.get(name) for name in _DISK]))
        ),
        nics=tuple(
            nic for number, row in enumerate(_rows(body, "nic_details"))
            if (nic := _nic(str(row.get("mac_address") or f"nic {number}"), [row.get(name) for name in _NIC]))
        ),
    )  # fmt: skip


def _flat(body: Mapping[str, Any], vm: Vm, at: datetime) -> Reading:
    cores = sorted((int(found[1]), value) for name, value in body.items() if (found := _CORE.match(name)))
    devices: dict[str, dict[str, Any]] = {}
    for name, value in body.items():
        if found := _FLAT.match(name):
            devices.setdefault(found["device"], {})[found["what"] + (found["count"] or "")] = value
    disks = (_disk(name, [row.get(key) for key in ("read", "write", "read_req", "write_req")])
             for name, row in devices.items() if "read" in row)  # fmt: skip
    nics = (_nic(name, [row.get(key) for key in ("rx", "tx", "rx_packets", "tx_packets")])
            for name, row in devices.items() if "rx" in row)  # fmt: skip
    if not cores and not devices and "memory" not in body:
        raise ProbeUnfit("its hypervisor tells diagnostics of its own kind")
    return _reading(
        vm, at, vcpus=len(cores) or None, busy=[_number(value) for _, value in cores], percent=None,
        memory=_balloon(body) or _of_flavor(vm),
        disks=tuple(each for each in disks if each), nics=tuple(each for each in nics if each),
    )  # fmt: skip


def _reading(
    vm: Vm, at: datetime, *, vcpus: int | None, busy: list[float | None], percent: float | None,
    memory: Memory | None, disks: tuple[DiskCounters, ...], nics: tuple[NicCounters, ...],
) -> Reading:  # fmt: skip
    seconds = tuple(each / _NS for each in busy if each is not None)
    whole = bool(seconds) and len(seconds) == len(busy)
    # Counters begin anew with each power cycle and on each host: another launch or host is another boot.
    boot = f"{vm.launched_at.isoformat() if vm.launched_at else ''} {vm.host_id}".strip()
    return Reading(
        at=at, source=Source.DIAGNOSTICS, boot_id=boot, vcpus=vcpus, cpu_busy_s=sum(seconds) if whole else None,
        core_busy_s=seconds if whole else (), cpu_percent=None if whole else percent, memory=memory,
        disks=disks or None, nics=nics or None,
    )  # fmt: skip


def _of_flavor(vm: Vm) -> Memory | None:
    # libvirt's driver tells whole GiB where MiB are documented, and the balloon as "used": neither is the guest's use.
    return Memory(total=vm.flavor.memory_mib * _MIB) if vm.flavor and vm.flavor.memory_mib else None


def _balloon(body: Mapping[str, Any]) -> Memory | None:
    """Return what the guest's balloon driver told (KiB); its use only where the guest reports it."""
    told = {name: _number(body.get(f"memory-{name}")) for name in ("available", "unused", "usable", "actual")}
    total = told["available"] or told["actual"] or _number(body.get("memory"))
    if not total:
        return None
    free = told["usable"] if told["usable"] is not None else told["unused"]
    if free is None or not told["available"]:
        return Memory(total=int(total) * _KIB)
    return Memory(total=int(total) * _KIB, available=int(free) * _KIB, used=int(max(0.0, total - free)) * _KIB)


def _disk(device: str, values: list[Any]) -> DiskCounters | None:
    counts = _counts(values)
    return DiskCounters(device, *counts) if counts else None


def _nic(device: str, values: list[Any]) -> NicCounters | None:
    counts = _counts(values)
    return NicCounters(device, *counts) if counts else None


def _counts(values: list[Any]) -> list[int] | None:
    numbers = [int(value) for value in map(_number, values) if value is not None and value >= 0]
    return numbers if len(numbers) == len(values) else None


def _rows(body: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    found = body.get(name)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _number(value: Any) -> float | None:
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _mean(values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if known and len(known) == len(values) else None
