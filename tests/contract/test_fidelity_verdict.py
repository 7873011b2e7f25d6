"""The comparison of the simulated cloud with the lab: what it calls equal, listed and different."""

from __future__ import annotations

import pytest

from tests.bench.fidelity import compared
from tests.bench.fidelity_causes import Difference
from tests.bench.fidelity_walk import Seen, Trace

ON: Seen = ("active", "", "ACTIVE")
STOPPING: Seen = ("active", "powering-off", "ACTIVE")
OFF: Seen = ("stopped", "", "SHUTOFF")
HIDDEN = Difference(("stop",), STOPPING, only_mock=True, cause="no guest that takes time to stop")


@pytest.mark.parametrize(
    ("mock", "lab", "known", "mark"),
    [
        (Trace(202, (ON, STOPPING, OFF)), Trace(202, (ON, STOPPING, OFF)), (), "equal"),
        (Trace(202, (ON, STOPPING, OFF)), Trace(202, (ON, OFF)), (HIDDEN,), "listed"),
        (Trace(202, (ON, STOPPING, OFF)), Trace(202, (ON, OFF)), (), "DIFFERENT"),
        (Trace(202, (ON, STOPPING, OFF)), Trace(202, (ON, STOPPING, OFF)), (HIDDEN,), "DIFFERENT"),
        (Trace(202, (ON, OFF)), Trace(202, (OFF, ON)), (), "DIFFERENT"),
        (Trace(202, (ON, OFF)), Trace(200, (ON, OFF)), (), "DIFFERENT"),
        (Trace(202, (ON, OFF)), None, (), "DIFFERENT"),
    ],
)
def test_a_difference_is_listed_or_it_fails(
    mock: Trace, lab: Trace | None, known: tuple[Difference, ...], mark: str
) -> None:
    verdict = compared("stop", mock, lab, known)
    assert verdict.mark == mark
    assert bool(verdict.wrong) is (mark == "DIFFERENT")
