"""`past`: what a Prometheus server keeps of one machine, as samples: a range query a name, then counters to rates.

Only that machine's series are asked for. A step in which nothing was scraped gives no sample: the server would repeat
the last value for five minutes.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from itertools import pairwise
from math import ceil
from typing import Protocol

from msgspec.structs import replace

from osvm_tui.domain.errors import ProbeFailed
from osvm_tui.domain.metrics import Sample
from osvm_tui.domain.sampling import sample
from osvm_tui.probe.prometheus_http import Line
from osvm_tui.probe.prometheus_names import Family, narrowed
from osvm_tui.probe.prometheus_sheet import Key, Machine, device_of, reading_of

MOST_POINTS = 10_000
"""A server refuses more than 11 000 points a series."""
PAST_S = 30.0
"""So long all queries of one machine's past may take."""
_LEVELS = ("load", "memory", "mount")
_TIMES = 240
"""So many times of scrapes are asked for at once: Prometheus 2.42 needs the square of what `timestamp()` goes over."""
_JITTER = 0.05
"""Scrapes do not come by the clock: this share of a step is no reason to double it."""
_FINER, _FINEST_S = 10, 15
"""Means of levels are made of so many values a step at most, and of values so far apart at least."""


class Ranges(Protocol):
    """What answers range queries; every call blocks."""

    def query_range(self, text: str, since: int, until: int, step: int) -> list[Line]:
        """Raises ProbeError."""


def past(
    server: Ranges, family: Family, key: Key, since: int, until: int, step: int, *, memory: int = 0
) -> tuple[Sample, ...]:
    """Return means of steps of `step` seconds or more, as the server scrapes; `memory` as in `reading_of`.

    Blocks; raises ProbeError.
    """
    end = time.monotonic() + PAST_S
    step *= ceil((until - since) / step / MOST_POINTS)
    since -= since % step
    scrapes = _scrapes(server, narrowed(family.queries["time"], family.join, key), since, until, step)
    every = _interval(scrapes)
    coarse = step * max(1, ceil(every / step - _JITTER))
    machines = _machines(scrapes, coarse)
    if len(machines) < 2:
        return ()
    first, last = int(min(machines)), int(max(machines))
    for name, text in family.queries.items():
        if name in ("time", "info"):
            continue
        if time.monotonic() > end:
            raise ProbeFailed(f"Prometheus takes more than {PAST_S:g} s for the past of one machine")
        query = narrowed(text, family.join, key)
        if name.startswith(_LEVELS) and (finer := max(_FINEST_S, coarse // _FINER)) < coarse:
            query = f"avg_over_time(({query})[{coarse}s:{finer}s])"
        _put(machines, family, name, server.query_range(query, first, last, coarse))
    return tuple(_samples(machines, coarse, memory, " ".join((family.name, *key))))


def _scrapes(server: Ranges, query: str, since: int, until: int, step: int) -> dict[float, float]:
    """Return when the last scrape was, by the ends of steps."""
    found: dict[float, float] = {}
    for begin in range(since, until + 1, _TIMES * step):
        for line in server.query_range(query, begin, min(until, begin + (_TIMES - 1) * step), step):
            for at, scraped in line.points:
                found[at] = max(scraped, found.get(at, 0.0))
    return found


def _interval(scrapes: dict[float, float]) -> float:
    """Return how far apart scrapes are; 0 when that is not known.

    By the nearest of them: a step that is no multiple of the interval sees one scrape now and two then.
    """
    apart = sorted(after - before for before, after in pairwise(sorted(set(scrapes.values()))))
    return apart[len(apart) // 10] if apart else 0.0


def _machines(scrapes: dict[float, float], step: int) -> dict[float, Machine]:
    """Return an empty machine for each whole step that something was scraped in, by its end."""
    found, newest = dict[float, Machine](), 0.0
    for at in sorted(scrapes):
        if at % step == 0 and scrapes[at] > newest:
            newest = scrapes[at]
            found[at] = Machine({"time": {"": newest}}, at)
    return found


def _put(machines: dict[float, Machine], family: Family, name: str, lines: list[Line]) -> None:
    for line in lines:
        device = device_of(family, line.labels)
        for at, value in line.points:
            if (machine := machines.get(at)) is not None:
                machine.values.setdefault(name, {})[device] = value


def _samples(machines: dict[float, Machine], step: int, memory: int, called: str) -> list[Sample]:
    told = [(at, reading_of(machine, datetime.fromtimestamp(at, UTC), memory, called)) for at, machine in
            sorted(machines.items())]  # fmt: skip
    found = [(at, sample(before, after, longest_s=3.5 * step)) for (_, before), (at, after) in pairwise(told)]
    return [replace(one, at=datetime.fromtimestamp(at - step, UTC)) for at, one in found]
