"""`Load`: what one simulated guest does, as a pure function of its seed and of time. Knows no file and no request.

Counters are sums of curves since the guest booted: monotone, and at no cost whenever they are asked for.
"""

from __future__ import annotations

from random import Random

import msgspec

from osvm_tui.cloud.mock.load_curves import DAY_S, HOUR_S, Burst, Curve, saw
from osvm_tui.cloud.mock.load_shapes import IDLE, SHAPES, WEEKS, Shape

PACKET, READ, WRITE = 740, 24 * 1024, 12 * 1024
"""Bytes of a packet and of an operation, on the average."""
_GIB = 1024**3
_RUNAWAY, _FORGOTTEN = 0.03, 0.08
"""How many VMs of any role are stuck in a loop, and how many do nothing."""
_FULLEST = 0.975


class Counts(msgspec.Struct, frozen=True):
    """Sums of a guest since it booted: seconds of CPU of all cores, and bytes."""

    cpu_s: float
    net_in: float
    net_out: float
    read: float
    write: float


class Load:
    """One guest of `vcpus` cores, `ram_mib` and a root disk of `disk_gib`, that does what its `role` does."""

    def __init__(self, seed: str, role: str, vcpus: int, ram_mib: int, disk_gib: int) -> None:
        chance = Random(f"{seed}:load")
        shape = IDLE if chance.random() < _FORGOTTEN else SHAPES.get(role, IDLE)
        self.vcpus, self.ram = max(1, vcpus), int(ram_mib * 1024**2 * 0.97)
        self.disk = max(2, disk_gib) * _GIB
        self._cpu = _cpu(shape, chance)
        self._rates = [_rate(shape, peak, chance) for peak in (shape.net_in, shape.net_out, shape.read, shape.write)]
        self._memory = Curve(shape.memory * chance.uniform(0.75, 1.1), 0.12, WEEKS[shape.week], 0.02)
        self._leak_s = chance.uniform(3, 9) * DAY_S if chance.random() < shape.leaks else 0.0
        self._fill_s = chance.uniform(25, 60) * DAY_S if chance.random() < shape.fills else 0.0
        self._phase = chance.random()
        self._used = chance.uniform(0.15, 0.6)

    def sums(self, t: float) -> Counts:
        """Return the sums since a fixed moment; differences of two are what was done between them."""
        return Counts(self.vcpus * self._cpu.sum(t), *(curve.sum(t) for curve in self._rates))

    def counts(self, t: float, boot: float) -> Counts:
        """Return what the guest's counters say that began with `boot`."""
        before, now = self.sums(boot), self.sums(t)
        return Counts(*(getattr(now, name) - getattr(before, name) for name in Counts.__struct_fields__))

    def cpu(self, t: float) -> float:
        """Return the share of all cores that is busy, 0 to 1."""
        return self._cpu.at(t)

    def memory(self, t: float) -> int:
        """Return the bytes that are used: a leak rises until its service is restarted."""
        share = self._memory.at(t)
        if self._leak_s:
            share += (0.96 - share) * saw(t, self._leak_s, self._phase) ** 1.5
        return int(self.ram * min(share, 0.98))

    def disk_used(self, t: float) -> int:
        """Return the bytes used of the root disk: it grows until nearly full, stays so, and is cleaned in the end."""
        share = self._used + 0.03 * saw(t, 7 * DAY_S, self._phase)
        if self._fill_s:
            share += (_FULLEST - share) * min(1.0, 1.12 * saw(t, self._fill_s, self._phase))
        return int(self.disk * min(share, _FULLEST))


def _cpu(shape: Shape, chance: Random) -> Curve:
    phase = chance.uniform(0, 6.28)
    if chance.random() < _RUNAWAY:
        return Curve(0.93, ripple=0.05, phase=phase)
    scale = chance.uniform(0.7, 1.0)
    burst = Burst(shape.burst_s * chance.uniform(0.8, 1.6), shape.burst * scale, chance.getrandbits(60))
    floor, swing = shape.cpu * scale, shape.swing * scale
    ripple = min(0.2 * (floor + swing), max(0.0, 0.98 - floor - swing - burst.height))
    return Curve(floor, swing, WEEKS[shape.week], ripple, phase=phase, burst=burst)


def _rate(shape: Shape, peak: float, chance: Random) -> Curve:
    peak *= 10 ** chance.uniform(-0.3, 0.3)
    burst = Burst(shape.burst_s * chance.uniform(0.8, 1.6), 1.5 * shape.burst * peak, chance.getrandbits(60))
    periods = (chance.uniform(0.3, 1.2) * HOUR_S, chance.uniform(60, 500))
    return Curve(0.02 * peak + 40, peak, WEEKS[shape.week], 0.3 * peak, *periods, chance.uniform(0, 6.28), burst)
