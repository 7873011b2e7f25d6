"""The console over a simulated cloud in its own process, beside the skeleton: starts, keys, stalls, CPU, memory."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

from msgspec import Struct

from tests.bench.keys import CURSOR, key_to_paint
from tests.bench.machine import spread
from tests.bench.mock_cloud import REPOSITORY, MockProcess
from tests.bench.processes import cpu_percent, memory_mib
from tests.bench.skeleton import ROWS_FOR_KEYS
from tests.bench.terminal import Terminal

HEAD = b"STATUS"
LIVE = b"live "
_SETTLED_S = 12.0


class Size(Struct, frozen=True, kw_only=True):
    """How much of everything."""

    vms: int
    starts: int
    seconds: float
    rate: float
    downs: int = 150
    pages: int = 75

    @classmethod
    def of(cls, options: argparse.Namespace) -> Size:
        """Return the size that the command line asks for."""
        if options.quick:
            return cls(vms=options.vms or 1000, starts=3, seconds=5.0, rate=options.rate, downs=30, pages=15)
        return cls(vms=options.vms or 10_000, starts=options.starts, seconds=options.seconds, rate=options.rate)


class Bench:
    """One mock cloud, and consoles and skeletons started against it."""

    def __init__(self, folder: Path, size: Size, seed: int) -> None:
        self.size, self.seed = size, seed
        self.cloud = MockProcess(folder, vms=size.vms, seed=seed)
        self._dumps = folder / "dumps"
        self._dumps.mkdir()
        self._count = 0

    def console(self, *watch: str) -> Watched:
        """Start the console, watched from inside."""
        return self._watched(*watch, "--cloud", "admin")

    def skeleton(self, rows: int, *watch: str) -> Watched:
        """Start the skeleton, watched from inside."""
        return self._watched(*watch, "--skeleton", str(rows))

    def plain(self, *arguments: str) -> Terminal:
        """Start a module as its command does, with nobody watching."""
        return Terminal([sys.executable, "-m", *arguments], self.cloud.environ, REPOSITORY)

    def _watched(self, *arguments: str) -> Watched:
        self._count += 1
        dump = self._dumps / f"{self._count}.json"
        return Watched(self.plain("tests.bench.run_console", str(dump), *arguments), dump)


class Watched:
    """A terminal whose program tells at its end what it saw."""

    def __init__(self, terminal: Terminal, dump: Path) -> None:
        self.terminal = terminal
        self._dump = dump

    def end(self) -> dict[str, Any]:
        """Leave and return what was seen."""
        self.terminal.quit()
        found: dict[str, Any] = json.loads(self._dump.read_text(encoding="utf-8"))
        return found


def measure_console(size: Size, *, seed: int) -> dict[str, Any]:
    """Return all figures."""
    figures: dict[str, Any] = {"seed": seed, "size": {name: getattr(size, name) for name in size.__struct_fields__}}
    parts = {"first_start": _first_start, "starts": _starts, "running": _running, "stalls": _stalls}
    with _bench(size, seed) as bench:
        for name, part in parts.items():
            print(f"{name} ...", file=sys.stderr, flush=True)
            figures[name] = part(bench)
    return {**figures, "aims": _aims(figures)}


def _aims(figures: dict[str, Any]) -> dict[str, Any]:
    """Set the figures beside what was aimed at. Whoever reads them sees from the load what they are worth."""
    quiet, stalls = figures["running"]["quiet"], figures["stalls"]
    keys, cpu = quiet["keys"], quiet["cpu_percent"]
    after_table = [part["longest_ms"] for name, part in stalls.items() if name != "skeleton"]
    cpu_ms = [part["longest_cpu_ms"] for name, part in stalls.items() if name != "skeleton"]
    return {
        "first_table_ratio": [figures["starts"]["first_table_ratio"], "at most 1.25"],
        "key_p95_beyond_skeleton_ms": [
            round(keys["console"]["both_ms"]["p95"] - keys["skeleton"]["both_ms"]["p95"], 1), "at most 10",
        ],
        "longest_stall_ms": [max(after_table), "at most 50", f"the skeleton's is {stalls['skeleton']['longest_ms']}"],
        "longest_stall_cpu_ms": [max(cpu_ms), f"the skeleton's is {stalls['skeleton']['longest_cpu_ms']}"],
        "quiet_cpu_beyond_skeleton_percent": [round(cpu["console"] - cpu["skeleton"], 2), "at most 2"],
        "rss_mib": [max(quiet["memory"]["rss_mib"], figures["running"]["churn"]["memory"]["rss_mib"]), "at most 150"],
    }  # fmt: skip


@contextmanager
def _bench(size: Size, seed: int) -> Iterator[Bench]:
    with tempfile.TemporaryDirectory(prefix="osvm-bench-") as folder:
        bench = Bench(Path(folder), size, seed)
        try:
            yield bench
        finally:
            bench.cloud.close()


def _first_start(bench: Bench) -> dict[str, Any]:
    """Start once with nothing kept: no snapshot, no store."""
    watched = bench.console("--stalls")
    terminal = watched.terminal
    _, head = terminal.wait_for(HEAD)
    _, row = terminal.wait_for(CURSOR)
    _, live = terminal.wait_for(LIVE, timeout_s=120.0)
    time.sleep(_SETTLED_S)
    memory = memory_mib(terminal.process.pid)
    seen = watched.end()
    return {
        "head_s": since_start(terminal, head),
        "first_row_s": since_start(terminal, row),
        "whole_and_live_s": since_start(terminal, live),
        "memory": memory,
        "stalls": _told(seen, head, time.perf_counter()),
    }


def _starts(bench: Bench) -> dict[str, Any]:
    """Start skeleton and console in turn; the console has the snapshot of the start before."""
    head: list[float] = []
    table: list[float] = []
    live: list[float] = []
    for _ in range(bench.size.starts):
        skeleton = bench.plain("tests.bench.skeleton", "0")
        head.append(_ms(skeleton, skeleton.wait_for(HEAD)[1]))
        time.sleep(0.3)
        skeleton.quit()
        console = bench.plain("osvm_tui", "--cloud", "admin")
        table.append(_ms(console, console.wait_for(CURSOR)[1]))
        live.append(_ms(console, console.wait_for(LIVE)[1]))
        time.sleep(0.3)
        console.quit()
    return {
        "skeleton_head_ms": spread(head),
        "first_table_ms": spread(table),
        "first_table_ratio": round(median(table) / median(head), 3),
        "live_ms": spread(live),
    }


def _running(bench: Bench) -> dict[str, Any]:
    """Watch CPU, keys, calls and memory, quiet and in churn."""
    size = bench.size
    skeleton, console = bench.skeleton(ROWS_FOR_KEYS), bench.console()
    for one in (skeleton, console):
        one.terminal.wait_for(CURSOR)
    console.terminal.wait_for(LIVE)
    time.sleep(_SETTLED_S)
    pids = {
        "skeleton": skeleton.terminal.process.pid,
        "console": console.terminal.process.pid,
        "mock": bench.cloud.server.pid,
    }
    spans = {"quiet": time.perf_counter()}
    quiet_cpu = cpu_percent(pids, size.seconds)
    spans["quiet_end"] = time.perf_counter()
    both = {"skeleton": skeleton.terminal, "console": console.terminal}
    quiet = {"cpu_percent": quiet_cpu, "keys": _keys(bench, both), "memory": memory_mib(pids["console"])}
    churn = bench.cloud.churn(size.rate, seconds=size.seconds + 30.0 + 0.8 * (size.downs + size.pages))
    time.sleep(5.0)
    spans["churn"] = time.perf_counter()
    churn_cpu = cpu_percent({**pids, "churn": churn.pid}, size.seconds)
    spans["churn_end"] = time.perf_counter()
    busy = {"cpu_percent": churn_cpu, "keys": _keys(bench, both), "memory": memory_mib(pids["console"])}
    still = churn.poll() is None
    churn.terminate()
    skeleton.end()
    requests = console.end()["requests"]
    quiet["calls"] = _calls(requests, spans["quiet"], spans["quiet_end"])
    busy["calls"] = _calls(requests, spans["churn"], spans["churn_end"])
    return {"quiet": quiet, "churn": {**busy, "lasted": still}}


def _keys(bench: Bench, terminals: Mapping[str, Terminal]) -> dict[str, Any]:
    return key_to_paint(terminals, downs=bench.size.downs, pages=bench.size.pages, seed=bench.seed)


def _stalls(bench: Bench) -> dict[str, Any]:
    """Watch the loop of a start from the snapshot, then quiet, keys and churn; and that of the skeleton."""
    size = bench.size
    skeleton = bench.skeleton(ROWS_FOR_KEYS, "--stalls")
    _, table = skeleton.terminal.wait_for(CURSOR)
    time.sleep(5.0)
    _keys(bench, {"skeleton": skeleton.terminal})
    ended = time.perf_counter()
    baseline = _told(skeleton.end(), table, ended)
    console = bench.console("--stalls")
    moments = {"start": console.terminal.wait_for(CURSOR)[1]}
    console.terminal.wait_for(LIVE)
    time.sleep(_SETTLED_S)
    moments["quiet"] = time.perf_counter()
    time.sleep(size.seconds / 2)
    moments["keys"] = time.perf_counter()
    _keys(bench, {"console": console.terminal})
    moments["churn"] = time.perf_counter()
    churn = bench.cloud.churn(size.rate, seconds=size.seconds)
    churn.wait()
    moments["end"] = time.perf_counter()
    seen = console.end()
    names = list(moments)
    found = {a: _told(seen, moments[a], moments[b]) for a, b in pairwise(names)}
    return {"skeleton": baseline, **found}


def _told(seen: dict[str, Any], begin: float, end: float) -> dict[str, Any]:
    """Return the longest stalls between two moments; those in CPU time are free of what else the machine does."""
    stalls = [ms for at, ms in seen["stalls"] if begin < at <= end]
    callbacks = sorted(((cpu, ms, what) for at, ms, cpu, what in seen["callbacks"] if begin < at <= end), reverse=True)
    return {
        "longest_ms": round(max(stalls, default=0.0), 1),
        "over_20_ms": sum(1 for ms in stalls if ms > 20),
        "over_50_ms": sum(1 for ms in stalls if ms > 50),
        "longest_cpu_ms": round(max((cpu for cpu, _, _ in callbacks), default=0.0), 1),
        "callbacks": [f"{cpu:.0f} ms CPU, {ms:.0f} ms: {what}" for cpu, ms, what in callbacks[:8]],
    }


def _calls(requests: list[dict[str, Any]], begin: float, end: float) -> dict[str, Any]:
    inside = [one for one in requests if begin <= one["at"] < end]
    counts = Counter(one["kind"] for one in inside)
    minutes = (end - begin) / 60
    return {
        "per_minute": {kind: round(number / minutes, 1) for kind, number in counts.items()},
        "kib_per_minute": round(sum(one["bytes"] for one in inside) / 1024 / minutes, 1),
    }


def since_start(terminal: Terminal, moment: float) -> float:
    """Return the seconds from a program's start to a moment."""
    return round(moment - terminal.began, 3)


def _ms(terminal: Terminal, moment: float) -> float:
    return (moment - terminal.began) * 1000
