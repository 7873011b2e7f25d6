"""What sampling guests by SSH costs this process: CPU a sample, samples a second, and stalls of the event loop.

The guests are real sshds on this same machine (in network namespaces where it allows them), so their own work takes the
cores that samples a second need; `light` guests answer from a file, which leaves most of them to us.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from osvm_tui.domain.errors import ProbeFailed
from osvm_tui.probe.probe import Target
from osvm_tui.probe.ssh import SshLimits, SshProbe
from tests.bench.loop_monitor import LoopMonitor
from tests.bench.machine import spread
from tests.e2e.guest_field import Field, Loopback, Namespaces, namespaces_missing

CONNECTIONS, DEAD_SHARE = 100, 0.3
Work = Callable[[], Awaitable[list[float]]]
"""Samples guests and returns how long each took, in seconds."""
_ANSWER = Path(__file__).parents[1] / "data" / "guest" / "debian.txt"


def measure_ssh(vms: int, seconds: float) -> dict[str, Any]:
    """Return the figures; `vms` are sampled while the loop is watched, `seconds` long where samples are paced."""
    dead = int(vms * DEAD_SHARE)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        field, where = _field(Path(folder), dead, stack)
        living = [field.target(number) for number in range(vms)]
        silent = [field.target(number, dead=True) for number in range(dead)]
        field.accept(*living)
        field.accept(*silent, shown_by=living[0])
        costs = asyncio.run(_costs(field, living, seconds))
        monitor = LoopMonitor()
        monitor.install()
        stalls = asyncio.run(_stalls(field, living, silent, seconds, monitor))
    return {"guests": where, "vms": vms, "bounds": SshLimits().words, "costs": costs, "stalls": stalls}


def _field(folder: Path, dead: int, stack: ExitStack) -> tuple[Field, str]:
    if why_not := namespaces_missing():
        loopback = Loopback(folder)
        stack.enter_context(loopback.built(dead))
        return loopback, f"sshd on loopback ({why_not})"
    namespaces = Namespaces(folder)
    stack.enter_context(namespaces.built())
    return namespaces, "sshd in 3 network namespaces"


async def _costs(field: Field, living: Sequence[Target], seconds: float) -> dict[str, Any]:
    """Measure without a watcher, which works as well."""
    probe = SshProbe(field.keys, SshLimits(connections=len(living)))
    some = living[:CONNECTIONS]
    try:
        return {
            f"{len(some)} logins, each with a sample": await _costing(lambda: _all(probe, some)),
            "one after another": await _costing(lambda: _each(probe, living[0], 200)),
            f"{len(some)} connections, as fast as they go": await _costing(lambda: _for(probe, some, seconds / 2)),
            "light": await _costing(lambda: _light(field, lambda: _for(probe, some, seconds / 2))),
            "kept, no samples": await _costing(lambda: _nothing(seconds / 4)),
        }
    finally:
        await probe.close()


async def _costing(work: Work) -> dict[str, Any]:
    began, cpu = time.perf_counter(), time.process_time()
    samples = await work()
    took, cpu = time.perf_counter() - began, time.process_time() - cpu
    found: dict[str, Any] = {"seconds": round(took, 2), "cpu_percent": round(100 * cpu / took, 2)}
    if samples:
        found |= {
            "samples": len(samples),
            "samples_a_second": round(len(samples) / took, 1),
            "cpu_ms_a_sample": round(cpu * 1000 / len(samples), 2),
            "sample_ms": spread([sample * 1000 for sample in samples]),
        }
    return found


async def _stalls(
    field: Field, living: Sequence[Target], silent: Sequence[Target], seconds: float, monitor: LoopMonitor
) -> dict[str, Any]:
    """Measure how long the loop was held up; those that came round in time (10 ms) are not counted."""
    probe = SshProbe(field.keys, SshLimits(connections=len(living), connect_s=5.0))
    both, count = [*living, *silent], len(living)
    works: dict[str, Work] = {
        "loop alone": lambda: _nothing(seconds / 2),
        f"{count} first logins, paced over {seconds:g} s": lambda: _paced(probe, living, seconds),
        f"{count} samples, paced over {seconds:g} s": lambda: _paced(probe, living, seconds),
        f"{count} samples at once": lambda: _all(probe, living),
        f"{len(both)} paced, {len(silent)} of them dead": lambda: _paced(probe, both, seconds),
        "loop alone again": lambda: _nothing(seconds / 2),
    }
    try:
        return {name: await _watched(monitor, work) for name, work in works.items()}
    finally:
        await probe.close()


async def _watched(monitor: LoopMonitor, work: Work) -> dict[str, Any]:
    monitor.stalls.clear()
    monitor.callbacks.clear()
    samples = await work()
    longest = max(monitor.callbacks, key=lambda callback: callback[1], default=(0.0, 0.0, 0.0, ""))
    told = {"ms": round(longest[1], 1), "cpu_ms": round(longest[2], 1), "what": longest[3]}
    stalls = spread([stall for _, stall in monitor.stalls])
    return {"samples": len(samples), "stall_ms": stalls, "longest_callback": told}


async def _one(probe: SshProbe, target: Target) -> list[float]:
    began = time.perf_counter()
    try:
        await probe.read(target)
    except ProbeFailed:
        return []
    return [time.perf_counter() - began]


async def _all(probe: SshProbe, targets: Sequence[Target]) -> list[float]:
    return _joined(await asyncio.gather(*(_one(probe, target) for target in targets)))


async def _each(probe: SshProbe, target: Target, count: int) -> list[float]:
    return _joined([await _one(probe, target) for _ in range(count)])


async def _for(probe: SshProbe, targets: Sequence[Target], seconds: float) -> list[float]:
    end = time.perf_counter() + seconds

    async def again(target: Target) -> list[float]:
        found: list[float] = []
        while time.perf_counter() < end:
            found += await _one(probe, target)
        return found

    return _joined(await asyncio.gather(*(again(target) for target in targets)))


async def _paced(probe: SshProbe, targets: Sequence[Target], seconds: float) -> list[float]:
    async def at(after: float, target: Target) -> list[float]:
        await asyncio.sleep(after)
        return await _one(probe, target)

    step = seconds / len(targets)
    return _joined(await asyncio.gather(*(at(step * number, target) for number, target in enumerate(targets))))


async def _light(field: Field, work: Work) -> list[float]:
    """Let the guests answer from a file meanwhile."""
    usual = (field.servers[0].folder / "shell").read_text()
    for server in field.servers:
        (server.folder / "shell").write_text(f"#!/bin/sh\nexec cat {_ANSWER}\n")
    try:
        return await work()
    finally:
        for server in field.servers:
            (server.folder / "shell").write_text(usual)


async def _nothing(seconds: float) -> list[float]:
    await asyncio.sleep(seconds)
    return []


def _joined(lists: Sequence[list[float]]) -> list[float]:
    return [each for some in lists for each in some]
