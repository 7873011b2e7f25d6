"""What VMs of each role are busy with, and at which hours of the week. Only data."""

from __future__ import annotations

import msgspec

from osvm_tui.cloud.mock.load_curves import Week


class Shape(msgspec.Struct, frozen=True):
    """How busy a kind of VM is. CPU and memory are shares of 1; rates are bytes a second at full swing."""

    week: str
    cpu: float
    """Always."""
    swing: float
    """On top, at the week's peak."""
    net_in: float
    net_out: float
    read: float
    write: float
    memory: float = 0.4
    burst: float = 0.2
    burst_s: float = 21600.0
    """How often a burst comes."""
    leaks: float = 0.05
    """The chance that its memory fills up until a service is restarted."""
    fills: float = 0.08
    """The chance that its disk fills up until somebody cleans it."""


KIB, MIB = 1024.0, 1024.0**2
SHAPES = {
    "web": Shape("day", 0.06, 0.45, 900 * KIB, 4 * MIB, 40 * KIB, 300 * KIB, memory=0.45, leaks=0.15),
    "api": Shape("day", 0.08, 0.5, 700 * KIB, 1.5 * MIB, 60 * KIB, 400 * KIB, memory=0.5, leaks=0.2),
    "db": Shape("day", 0.12, 0.35, 600 * KIB, 900 * KIB, 5 * MIB, 8 * MIB, memory=0.72, fills=0.5),
    "cache": Shape("day", 0.05, 0.25, 2 * MIB, 3 * MIB, 8 * KIB, 60 * KIB, memory=0.7, leaks=0.4),
    "lb": Shape("day", 0.04, 0.3, 6 * MIB, 6 * MIB, 4 * KIB, 90 * KIB, memory=0.25),
    "k8s-worker": Shape("day", 0.2, 0.4, 2 * MIB, 2 * MIB, 900 * KIB, 2 * MIB, memory=0.6, leaks=0.2, fills=0.2),
    "k8s-master": Shape("flat", 0.14, 0.06, 400 * KIB, 500 * KIB, 60 * KIB, 1.2 * MIB, memory=0.55),
    "ci-runner": Shape("office", 0.02, 0.35, 3 * MIB, 500 * KIB, 4 * MIB, 9 * MIB, burst=0.55, burst_s=3600, fills=0.3),
    "batch": Shape("night", 0.02, 0.88, 2 * MIB, 1 * MIB, 20 * MIB, 12 * MIB, memory=0.3, burst=0.05),
    "etl": Shape("night", 0.03, 0.7, 12 * MIB, 6 * MIB, 25 * MIB, 30 * MIB, memory=0.35, fills=0.3),
    "render": Shape("night", 0.1, 0.82, 500 * KIB, 3 * MIB, 2 * MIB, 6 * MIB, memory=0.5, burst=0.05),
    "mail": Shape("office", 0.05, 0.2, 300 * KIB, 250 * KIB, 500 * KIB, 800 * KIB, memory=0.5, fills=0.6),
    "metrics": Shape("flat", 0.18, 0.1, 1.5 * MIB, 500 * KIB, 3 * MIB, 6 * MIB, memory=0.65, leaks=0.5, fills=0.5),
    "vpn": Shape("office", 0.02, 0.12, 900 * KIB, 900 * KIB, 2 * KIB, 12 * KIB, memory=0.3),
    "win-jump": Shape("office", 0.04, 0.25, 60 * KIB, 150 * KIB, 200 * KIB, 300 * KIB, memory=0.6),
}
IDLE = Shape("flat", 0.004, 0.004, 300, 200, 0, 4 * KIB, memory=0.14, burst=0.01, leaks=0, fills=0)
"""Bastions, sandboxes and what is forgotten."""
_DAY = (12, 8, 6, 5, 5, 8, 15, 30, 55, 75, 88, 92, 85, 88, 95, 96, 92, 88, 84, 82, 78, 62, 40, 22)
_OFFICE = (1, 1, 1, 1, 1, 2, 6, 25, 70, 95, 100, 90, 55, 80, 98, 95, 85, 55, 20, 8, 4, 3, 2, 1)
_NIGHT = (60, 95, 100, 100, 96, 80, 30, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2, 6, 20, 40)
_FLAT = (50,) * 24
# The week begins on a Thursday: its third and fourth day are Saturday and Sunday.
_WEEKEND = (2, 3)


def _week(hours: tuple[int, ...], weekend: float) -> Week:
    return Week([hour / 100 * (weekend if day in _WEEKEND else 1) for day in range(7) for hour in hours])


WEEKS = {"day": _week(_DAY, 0.7), "office": _week(_OFFICE, 0.08), "night": _week(_NIGHT, 0.9), "flat": _week(_FLAT, 1)}
