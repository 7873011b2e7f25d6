"""What processes of our own cost: CPU over a while, and memory."""

from __future__ import annotations

import time
from collections.abc import Mapping

import psutil

Cost = dict[str, float]


def cpu_percent(pids: Mapping[str, int], seconds: float) -> Cost:
    """Watch processes, their children included, for `seconds`; return percent of one core each."""
    before = {name: _spent(pid) for name, pid in pids.items()}
    began = time.perf_counter()
    time.sleep(seconds)
    took = time.perf_counter() - began
    return {name: round(100 * (_spent(pid) - before[name]) / took, 2) for name, pid in pids.items()}


def memory_mib(pid: int) -> Cost:
    """Return resident and unshared memory of a process in MiB."""
    found = psutil.Process(pid).memory_full_info()
    return {"rss_mib": round(found.rss / 2**20, 1), "uss_mib": round(found.uss / 2**20, 1)}


def _spent(pid: int) -> float:
    process = psutil.Process(pid)
    times = [one.cpu_times() for one in (process, *process.children(recursive=True))]
    return float(sum(one.user + one.system for one in times))
