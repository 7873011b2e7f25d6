"""`sample`: two readings of a machine become what it did between them. Pure; knows no source, no clock and no store.

What cannot be told is None or left out, never zero: the first reading, another boot, a counter that was reset, a span
that is too long or too short, a device that is new. Rates go by the machine's own clock where it tells one, so that a
step of the console's clock changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeVar

from osvm_tui.domain.metrics import DiskCounters, DiskRates, NicCounters, NicRates, Reading, Sample, Source

LEAST_SPAN_S = 0.1
"""Under this the kernel's own granularity (10 ms of CPU time) would be most of what is seen."""
_WIDTHS = (2**32, 2**64)
_SECTOR_WIDTHS = (2**32 * 512, 2**64)
"""Where counters wrap: at the 32 or 64 bits of the guest's kernel, which counts sectors of 512 bytes of a disk."""
_WIDE = (2**64,)
_KERNELS = (Source.SSH, Source.HOST)
"""These tell a kernel's own counters; all others count with 64 bits."""
_DISK_BYTES = ("read_bytes", "write_bytes")
_OPS = ("read_ops", "write_ops")


class _Device(Protocol):
    @property
    def device(self) -> str: ...


D = TypeVar("D", bound=_Device)
R = TypeVar("R")


def sample(before: Reading | None, after: Reading, *, longest_s: float | None = None) -> Sample:
    """Return what happened between two readings of one machine; levels are those of `after`.

    `longest_s`: a longer span is a gap and gives no rates (some intervals of the asker; None: any span is taken).
    A device that is not in both readings, or whose counters were reset, is left out; were all of them, that part is
    None. CPU is 0 to 100 percent, rates are never negative.
    """
    span = _span(before, after, longest_s)
    plain = Sample(
        at=after.at, source=after.source, cpu=_finished(after), load=after.load, memory=after.memory,
        mounts=after.mounts, uptime_s=after.uptime_s, login_at=after.login_at,
    )  # fmt: skip
    if before is None or span is None:
        return plain
    cores = _cores(before, after, span)
    wide = _is_wide(before) or _is_wide(after)
    return Sample(
        at=plain.at, source=plain.source, span_s=span, load=plain.load, memory=plain.memory, mounts=plain.mounts,
        uptime_s=plain.uptime_s, login_at=plain.login_at, cores=cores,
        cpu=_first(plain.cpu, _cpu(before, after, span, cores)),
        disks=_rates(before.disks, after.disks, lambda old, new: _disk(old, new, span, wide)),
        nics=_rates(before.nics, after.nics, lambda old, new: _nic(old, new, span, wide)),
    )  # fmt: skip


def _span(before: Reading | None, after: Reading, longest_s: float | None) -> float | None:
    """Return the seconds that rates may stand for, None where there can be none."""
    if before is None or before.source is not after.source:
        return None
    if before.boot_id and after.boot_id and before.boot_id != after.boot_id:
        return None
    if before.clock_s is not None and after.clock_s is not None:
        span = after.clock_s - before.clock_s
    else:
        span = (after.at - before.at).total_seconds()
    if span < LEAST_SPAN_S or (longest_s is not None and span > longest_s):
        return None
    return span


def _finished(after: Reading) -> float | None:
    return None if after.cpu_percent is None else _percent(after.cpu_percent)


def _cpu(before: Reading, after: Reading, span: float, cores: tuple[float, ...]) -> float | None:
    if before.cpu_busy_s is None or after.cpu_busy_s is None:
        return sum(cores) / len(cores) if cores else None
    count = after.vcpus or len(after.core_busy_s)
    was = before.vcpus or len(before.core_busy_s)
    busy = after.cpu_busy_s - before.cpu_busy_s
    if not count or count != was or busy < 0:
        return None
    return _percent(100 * busy / (span * count))


def _cores(before: Reading, after: Reading, span: float) -> tuple[float, ...]:
    """Return the percentage of each core; none at all when one was added, taken away or reset."""
    if len(before.core_busy_s) != len(after.core_busy_s):
        return ()
    busy = [new - old for old, new in zip(before.core_busy_s, after.core_busy_s, strict=True)]
    return () if any(each < 0 for each in busy) else tuple(_percent(100 * each / span) for each in busy)


def _is_wide(reading: Reading) -> bool:
    """Return whether its counters have 64 bits: with 32 most of those that are reset would look wrapped."""
    return reading.source not in _KERNELS or any(
        nic.in_bytes >= 2**32 or nic.out_bytes >= 2**32 for nic in reading.nics or ()
    )


def _disk(old: DiskCounters, new: DiskCounters, span: float, wide: bool) -> DiskRates | None:
    found = _per_second(old, new, span, dict.fromkeys(_DISK_BYTES, _WIDE if wide else _SECTOR_WIDTHS))
    found |= _per_second(old, new, span, dict.fromkeys(_OPS, _WIDE if wide else _WIDTHS))
    return None if None in found.values() else DiskRates(new.device, **found)  # type: ignore[arg-type]


def _nic(old: NicCounters, new: NicCounters, span: float, wide: bool) -> NicRates | None:
    fields = ("in_bytes", "out_bytes", "in_packets", "out_packets")
    found = _per_second(old, new, span, dict.fromkeys(fields, _WIDE if wide else _WIDTHS))
    return None if None in found.values() else NicRates(new.device, **found)  # type: ignore[arg-type]


def _per_second(
    old: object, new: object, span: float, widths: Mapping[str, tuple[int, ...]]
) -> dict[str, float | None]:
    counted = {name: grown(getattr(old, name), getattr(new, name), width) for name, width in widths.items()}
    return {name: None if count is None else count / span for name, count in counted.items()}


def grown(old: int, new: int, widths: Iterable[int] = _WIDTHS) -> int | None:
    """Return by how much a counter grew, None when it was reset.

    A counter that went back has wrapped when it stood in the last quarter of its width and is now in the first half of
    what would follow; anything else is a reset.
    """
    if new >= old:
        return new - old
    for width in widths:
        if width - width // 4 <= old < width:
            count = new + width - old
            return count if count < width // 2 else None
    return None


def _rates(
    before: tuple[D, ...] | None, after: tuple[D, ...] | None, rate: Callable[[D, D], R | None]
) -> tuple[R, ...] | None:
    if before is None or after is None:
        return None
    old = {each.device: each for each in before}
    found = [rates for each in after if each.device in old and (rates := rate(old[each.device], each)) is not None]
    return tuple(found) if found or not after else None


def _percent(value: float) -> float:
    # Busy time and clock are not read at one instant: a full core may come out as 100.4.
    return min(100.0, max(0.0, value))


def _first(*values: float | None) -> float | None:
    return next((value for value in values if value is not None), None)
