"""`GnocchiProbe`: VMs as Ceilometer measured them and Gnocchi keeps them, every five minutes. Knows no HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime

from osvm_tui.domain.errors import CloudError, Forbidden, NotFound, ProbeFailed, ProbeNotPermitted, ProbeUnfit
from osvm_tui.domain.measure import Measure, Past
from osvm_tui.domain.metrics import DiskCounters, Memory, NicCounters, Reading, Sample, Source
from osvm_tui.domain.sampling import sample
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.probe.probe import Probe, Target

_MIB = 1024**2
_DISK = (
    "disk.device.read.bytes", "disk.device.write.bytes", "disk.device.read.requests", "disk.device.write.requests",
)  # fmt: skip
_NIC = (
    "network.incoming.bytes", "network.outgoing.bytes", "network.incoming.packets", "network.outgoing.packets",
)  # fmt: skip
Values = Mapping[tuple[str, str], float]
"""By device and name."""
Fetch = Callable[[str, str, Past | None], Awaitable[Sequence[Measure]]]
"""Returns what is kept of a VM's last half hour, or of another time, by (entry, vm_id, past); raises CloudError."""


class GnocchiProbe(Probe):
    """Reads VMs by `fetch`."""

    source = Source.GNOCCHI
    grain_s = 300.0
    calls = 2
    """One for the values; each half hour three or more for what there is of the VM."""

    def __init__(self, fetch: Fetch) -> None:
        self._fetch = fetch

    async def read(self, target: Target) -> Reading:
        return reading_of(await self._measures(target, None), target.vm)

    async def history(self, target: Target, since: datetime, until: datetime, step_s: int) -> tuple[Sample, ...]:
        measures = await self._measures(target, Past(since, until, step_s))
        # A mean of counters that is not whole yet makes a rate too low; the present is told by readings.
        over = until.timestamp() - step_s
        whole = [each for each in measures if each.at.timestamp() + each.span_s <= over]
        found = await asyncio.to_thread(samples_of, whole, target.vm)
        return tuple(one for one in found if since <= one.at)

    async def _measures(self, target: Target, past: Past | None) -> Sequence[Measure]:
        try:
            return await self._fetch(target.entry, target.vm.id, past)
        except Forbidden as error:
            raise ProbeNotPermitted("not permitted", hint=f"Gnocchi's policy: {error.detail}") from None
        except NotFound as error:
            raise ProbeUnfit("not known to Gnocchi", hint=error.detail) from None
        except CloudError as error:
            raise ProbeFailed(error.detail, hint=error.hint) from None

    async def forget(self, ref: VmRef) -> None:
        """Nothing is kept."""

    async def close(self) -> None:
        """Nothing is kept."""


def reading_of(measures: Sequence[Measure], vm: Vm) -> Reading:
    """Return the newest moment that all metrics tell of; ProbeFailed when there is none."""
    if not measures:
        raise ProbeFailed("Gnocchi has nothing of the last half hour")
    # What archives of several grains tell of one poll stands in stretches that begin within the longest one.
    span_s = max(each.span_s for each in measures)
    at = _moment([each for each in measures if each.span_s == span_s])
    values: dict[tuple[str, str], float] = {}
    for each in sorted(measures, key=lambda one: one.at):
        if 0 <= (each.at - at).total_seconds() < max(span_s, 1):
            values[each.device, each.name] = each.value
    return _reading(values, at, vm)


def samples_of(measures: Sequence[Measure], vm: Vm) -> list[Sample]:
    """Return what measures tell, by time and by how long they stand for: those of two archives do not mix.

    A rate stands where Gnocchi's own `rate:mean` does: at the begin of the later one of its two stretches.
    """
    told: dict[float, dict[datetime, dict[tuple[str, str], float]]] = {}
    for each in measures:
        told.setdefault(each.span_s, {}).setdefault(each.at, {})[each.device, each.name] = each.value
    found: list[Sample] = []
    for span_s, moments in told.items():
        readings = [_reading(moments[at], at, vm) for at in sorted(moments)]
        before: list[Reading | None] = [None, *readings[:-1]]
        # An archive of seconds is no finer than the polls that fill it.
        longest_s = 3.5 * max(span_s, GnocchiProbe.grain_s)
        found += [sample(old, new, longest_s=longest_s) for old, new in zip(before, readings, strict=True)]
    return sorted(found, key=lambda one: one.at)


def _reading(values: Values, at: datetime, vm: Vm) -> Reading:
    cpu, percent = values.get(("", "cpu")), values.get(("", "cpu_util"))
    vcpus = values.get(("", "vcpus")) or (vm.flavor.vcpus if vm.flavor else 0)
    boot = f"{vm.launched_at.isoformat() if vm.launched_at else ''} {vm.host_id}".strip()
    return Reading(
        at=at.astimezone(UTC), source=Source.GNOCCHI, clock_s=at.timestamp(), boot_id=boot, vcpus=int(vcpus) or None,
        cpu_busy_s=None if cpu is None else cpu / 1e9, cpu_percent=percent if cpu is None else None,
        memory=_memory(values, vm),
        disks=tuple(DiskCounters(device, *counts) for device, counts in _counted(values, _DISK)) or None,
        nics=tuple(NicCounters(device, *counts) for device, counts in _counted(values, _NIC)) or None,
    )  # fmt: skip


def _moment(measures: Sequence[Measure]) -> datetime:
    """Return the newest time that every metric has a value of; else the newest of any: polls cross a boundary."""
    times: dict[tuple[str, str], set[datetime]] = {}
    for each in measures:
        times.setdefault((each.device, each.name), set()).add(each.at)
    common = set.intersection(*times.values())
    return max(common or {each.at for each in measures})


def _memory(values: Values, vm: Vm) -> Memory | None:
    total = values.get(("", "memory")) or (vm.flavor.memory_mib if vm.flavor else 0)
    used = values.get(("", "memory.usage"))
    if not total:
        return None
    return Memory(int(total * _MIB), used=None if used is None else int(used * _MIB))


def _counted(values: Values, names: tuple[str, ...]) -> list[tuple[str, list[int]]]:
    devices = sorted({device for device, name in values if name in names})
    told = ((device, [values.get((device, name)) for name in names]) for device in devices)
    return [(device, [int(each) for each in row if each is not None]) for device, row in told if None not in row]
