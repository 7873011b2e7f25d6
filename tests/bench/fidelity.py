"""The simulated cloud beside a real one: for each verb the answer's code and the states that are seen on the way.

One VM is walked through every verb on both. The lab's states are held long enough to be read, so what differs is a
difference: it is listed with its cause or the comparison fails, and so it does for a listed one that is no more.
"""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path

from msgspec import Struct

from osvm_tui.cloud.mock.releases import RELEASES
from osvm_tui.domain.actions import offered
from tests.bench.fidelity_causes import DIFFERENCES, Difference
from tests.bench.fidelity_walk import Seen, SlowedLab, SlowedMock, Trace, walked


class Verdict(Struct, frozen=True):
    """How one walk compares: the listed differences that it has, and in `wrong` what nobody explains."""

    name: str
    listed: tuple[Difference, ...] = ()
    wrong: tuple[str, ...] = ()

    @property
    def mark(self) -> str:
        """The verdict in one word."""
        return "DIFFERENT" if self.wrong else "listed" if self.listed else "equal"


def compared(name: str, mock: Trace | None, lab: Trace | None, known: tuple[Difference, ...] = DIFFERENCES) -> Verdict:
    """Compare the traces of one walk: the same code, and the same states in the same order but for what is listed."""
    if mock is None or lab is None:
        return Verdict(name, (), ("not walked on both",))
    if lab.code != mock.code:
        return Verdict(name, (), (f"answered {mock.code} by the simulated cloud, {lab.code} by the lab",))
    listed = tuple(one for one in known if name in one.walks)
    mock_path, lab_path = list(mock.path), list(lab.path)
    wrong = []
    for one in listed:
        path, other = (mock_path, lab_path) if one.only_mock else (lab_path, mock_path)
        if one.step in other or one.step not in path:
            wrong.append(f"no longer so: {_shown([one.step])}: {one.cause}")
        else:
            path.remove(one.step)
    if mock_path != lab_path:
        wrong.append(f"the lab shows {_shown(lab.path)}")
    return Verdict(name, listed, tuple(wrong))


def _shown(path: Iterable[Seen]) -> str:
    return " > ".join("/".join(part for part in step if part) for step in path)


def report(mock: Mapping[str, Trace], lab: Mapping[str, Trace]) -> int:
    """Print the table and what differs; return how many differences nobody explains."""
    verbs = ["create-server", *(spec.id for spec in offered())]
    names = [*verbs, *sorted({*mock, *lab} - set(verbs))]
    verdicts = [compared(name, mock.get(name), lab.get(name)) for name in names]
    for verdict in verdicts:
        trace = mock.get(verdict.name)
        code, way = (trace.code, _shown(trace.path)) if trace else ("-", "")
        print(f"{verdict.name:28} {code:>4}  {verdict.mark:9} {way}")
        for line in (*(one.words for one in verdict.listed), *verdict.wrong):
            print(f"{'':35}  {line}")
    marks = Counter(verdict.mark for verdict in verdicts)
    steps = sum(len(trace.path) for trace in lab.values())
    said = ", ".join(f"{count} {mark}" for mark, count in sorted(marks.items()))
    print(f"{len(verbs)} verbs in {len(names)} walks, {steps} states of the lab: {said}")
    missing = {walk for one in DIFFERENCES for walk in one.walks} - set(names)
    for name in sorted(missing):
        print(f"listed but never walked: {name}")
    return marks["DIFFERENT"] + len(missing)


def main() -> None:
    """Walk both clouds and print how they compare; exit 1 for a difference that nobody explains."""
    if not os.environ.get("OSVM_TEST_CLOUD"):
        sys.exit("no real cloud to compare with: set OSVM_TEST_CLOUD (and OS_CLIENT_CONFIG_FILE)")
    began = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="osvm-fidelity-") as folder:
        lab = asyncio.run(walked(SlowedLab(Path(folder))))
        release = next(one.name for one in RELEASES.values() if one.maximum >= lab.maximum)
        os.environ["OSVM_TEST_MOCK_RELEASE"] = release
        mock = asyncio.run(walked(SlowedMock(Path(folder))))
    print(f"simulated release {release}, the lab's highest microversion {lab.maximum[0]}.{lab.maximum[1]}")
    wrong = report(mock.traces, lab.traces)
    print(f"{time.perf_counter() - began:.0f} s")
    sys.exit(1 if wrong else 0)
