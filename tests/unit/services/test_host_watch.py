"""The reading of this machine goes on after a look that failed, whatever it failed with."""

from __future__ import annotations

import pytest

from osvm_tui.domain.errors import ProbeFailed
from osvm_tui.domain.metrics import Reading, Source
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.probe.host_base import HostLook, HostProbe
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.host_watch import HostWatch
from osvm_tui.services.scopes import Scopes
from tests.unit.services.scripted_probe import NOON


class Machine(HostProbe):
    def __init__(self) -> None:
        self.error: Exception | None = None

    async def look(self) -> HostLook:
        if self.error is not None:
            raise self.error
        return HostLook(reading=Reading(at=NOON, source=Source.HOST, cpu_percent=5.0), name="desk")

    async def close(self) -> None: ...


@pytest.mark.parametrize("error", [ProbeFailed("no"), ValueError("not sure how to interpret a line"), RuntimeError()])
async def test_a_look_that_fails_leaves_the_last_one(error: Exception) -> None:
    machine = Machine()
    watch = HostWatch(lambda: machine, Scopes(Fleet([]), "ops-1", ConsoleRole.VIEWER), 5)
    await watch.look(machine)
    machine.error = error
    await watch.look(machine)
    assert watch.view is not None
    assert (watch.view.name, watch.view.sample.cpu) == ("desk", 5.0)
