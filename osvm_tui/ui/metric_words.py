"""How measurements are told: values with their unit, where they come from and how old they are. Pure; draws nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from textual.content import Content

from osvm_tui.domain.measured import Measured
from osvm_tui.domain.metrics import UNITS, Memory, Metric, Mount, Sample, Unit
from osvm_tui.ui.bars import bar
from osvm_tui.ui.format import age, long_age, size
from osvm_tui.ui.printable import printable

TITLES: dict[Metric, str] = {
    Metric.CPU: "cpu",
    Metric.LOAD: "load",
    Metric.MEMORY: "memory",
    Metric.DISK: "disk full",
    Metric.DISK_READ: "disk read",
    Metric.DISK_WRITE: "disk write",
    Metric.DISK_READ_OPS: "disk reads",
    Metric.DISK_WRITE_OPS: "disk writes",
    Metric.NET_IN: "network in",
    Metric.NET_OUT: "network out",
    Metric.NET_IN_PACKETS: "packets in",
    Metric.NET_OUT_PACKETS: "packets out",
}
_DOING = (
    ("cpu", Metric.CPU),
    ("memory", Metric.MEMORY),
    ("disk", Metric.DISK),
    ("read", Metric.DISK_READ),
    ("write", Metric.DISK_WRITE),
    ("in", Metric.NET_IN),
    ("out", Metric.NET_OUT),
)
_BAR = 10


def value_words(metric: Metric, value: float) -> str:
    """Return a value with its unit: `12 %`, `3.4 MiB/s`, `120 op/s`."""
    return amount(value, UNITS[metric])


def amount(value: float, unit: Unit) -> str:
    """Return a number with its unit, two significant figures at least."""
    if unit is Unit.PERCENT:
        return f"{value:.0f} %" if value >= 10 or value == 0 else f"{value:.1f} %"
    if unit is Unit.BYTES_S:
        return f"{size(round(value))}/s"
    number = f"{value:.0f}" if value >= 100 or value == 0 else f"{value:.2f}" if unit is Unit.NONE else f"{value:.1f}"
    return f"{number} {unit}".rstrip()


def doing_words(seen: Measured | None) -> str:
    """Return what a VM does now in one line, empty when nothing is known."""
    told = [(word, metric, value_of(seen, metric)) for word, metric in _DOING]
    return "  ".join(
        f"{word} {short(metric, value)}{'/s' if UNITS[metric] is Unit.BYTES_S else ''}"
        for word, metric, value in told
        if value is not None
    )


def value_of(seen: Measured | None, metric: Metric) -> float | None:
    """Return the newest value, None when it is not known."""
    return seen.sample.value(metric) if seen is not None and seen.sample is not None else None


def short(metric: Metric, value: float) -> str:
    """Return a value as cells tell it, as short as can be: `4 %`, `3.4 MiB`, `0.52`; a second is not told."""
    unit = UNITS[metric]
    if unit is Unit.PERCENT:
        return f"{value:.0f} %"
    if unit is Unit.BYTES_S:
        return _bytes(value)
    return f"{value:.2f}" if unit is Unit.NONE else f"{value:.0f}"


def source_words(seen: Measured | None, now: datetime) -> str:
    """Return where the newest values come from and how old they are, or why there are none."""
    if seen is None:
        return "not measured yet"
    told = f"{seen.sample.source}, {age((now - seen.sample.at).total_seconds())} ago" if seen.sample else ""
    trouble = f"not measured: {printable(seen.trouble)}" if seen.trouble else ""
    return " · ".join(part for part in (trouble, told) if part) or "the first values are under way"


def standing(sample: Sample | None) -> tuple[str, ...]:
    """Return what has no curve of its own: load, memory in bytes, the fullest file system, time since boot."""
    if sample is None:
        return ()
    parts = []
    if sample.load:
        parts.append("load " + " ".join(f"{value:.2f}" for value in sample.load))
    memory = amount_of_memory(sample.memory)
    if memory:
        parts.append(f"memory {memory}")
    fullest = sample.fullest
    if fullest is not None:
        parts.append(f"{printable(fullest.path)} {size(fullest.used)} of {size(fullest.size)}")
    if sample.uptime_s is not None:
        parts.append(f"up {long_age(sample.uptime_s)}")
    return tuple(parts)


def amount_of_memory(memory: Memory | None) -> str:
    """Return how much is used of how much: `1.2 GiB of 4 GiB`; empty when it is not known."""
    if memory is None or not memory.total:
        return ""
    return f"{size(memory.taken)} of {size(memory.total)}"


DEVICE_BLOCKS = ("cores", "file systems", "disks", "interfaces", "sources")


def device_sections(seen: Measured | None, now: datetime, glyphs: str) -> dict[str, Content]:
    """Return the newest values device by device, and what became of every source, as blocks."""
    sample = seen.sample if seen else None
    return {
        "cores": _lines([(f"core {n}", _bar(value, glyphs)) for n, value in enumerate(sample.cores)] if sample else []),
        "file systems": _lines(
            [
                (printable(one.path), f"{_bar(one.percent or 0.0, glyphs)}  {_filled(one)}")
                for one in (sample.mounts if sample else ())
            ]
        ),
        "disks": _lines(
            [
                (
                    printable(one.device),
                    f"{_rate(one.read_bytes)} read, {_rate(one.write_bytes)} written, "
                    f"{one.read_ops:.0f} + {one.write_ops:.0f} op/s",
                )
                for one in (sample.disks if sample and sample.disks else ())
            ]
        ),
        "interfaces": _lines(
            [
                (
                    printable(one.device),
                    f"{_rate(one.in_bytes)} in, {_rate(one.out_bytes)} out, "
                    f"{one.in_packets:.0f} + {one.out_packets:.0f} pkt/s",
                )
                for one in (sample.nics if sample and sample.nics else ())
            ]
        ),
        "sources": _lines([(str(source), printable(told)) for source, told in (seen.tried if seen else ())]),
    }  # fmt: skip


def _filled(mount: Mount) -> str:
    # What is kept for root is neither used nor free: without the latter the share would look wrong.
    free = "" if mount.available is None else f", {size(mount.available)} free"
    return f"{size(mount.used)} of {size(mount.size)}{free}"


def _rate(value: float) -> str:
    return f"{_bytes(value)}/s"


def _bar(percent: float, glyphs: str) -> str:
    return f"{''.join(bar(percent / 100, _BAR, glyphs))} {percent:3.0f} %"


def _lines(facts: Sequence[tuple[str, str]]) -> Content:
    if not facts:
        return Content("")
    wide = max(len(name) for name, _ in facts)
    return Content("\n").join(Content.assemble((f"{name:<{wide}}  ", "$dim"), (told, "")) for name, told in facts)


def _bytes(value: float) -> str:
    for unit in ("B", "KiB", "MiB", "GiB"):
        if value < 1000 or unit == "GiB":
            break
        value /= 1024
    return f"{value:.0f} {unit}" if unit == "B" or value >= 100 else f"{value:.1f} {unit}"
