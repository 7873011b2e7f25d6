"""The machine and the versions that figures belong to, and how many figures become a few."""

from __future__ import annotations

import os
import platform
from collections.abc import Sequence
from importlib import metadata
from typing import Any

import psutil

_PACKAGES = ("textual", "rich", "openstacksdk", "keystoneauth1", "sqlalchemy", "aiosqlite", "msgspec", "paramiko")


def machine() -> dict[str, Any]:
    """Return what the figures depend on beside our code."""
    return {
        "machine": {
            "system": platform.platform(),
            "cores": os.cpu_count(),
            "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
            "load_before": [round(load, 2) for load in os.getloadavg()],
        },
        "versions": {"python": platform.python_version(), **{name: metadata.version(name) for name in _PACKAGES}},
    }


def spread(values: Sequence[float]) -> dict[str, float]:
    """Return least, median, 95th, 99th and highest of some figures, in their unit."""
    if not values:
        return {}
    ordered = sorted(values)
    found = {"n": float(len(ordered)), "min": ordered[0], "p50": _at(ordered, 0.5), "p95": _at(ordered, 0.95)}
    return {name: round(value, 2) for name, value in {**found, "p99": _at(ordered, 0.99), "max": ordered[-1]}.items()}


def _at(ordered: Sequence[float], share: float) -> float:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
