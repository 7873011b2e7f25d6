"""300 guests of which 30 % drop every packet: what the dead ones cost the others, on real sshds.

In network namespaces where this machine allows them; else on loopback, where dead hosts are ports whose queue is full.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from osvm_tui.domain.errors import ProbeFailed
from osvm_tui.domain.metrics import Reading
from osvm_tui.probe.probe import Target
from osvm_tui.probe.ssh import SshLimits, SshProbe
from osvm_tui.probe.ssh_line import Waits
from tests.e2e.guest_field import LEAVING, Field, Loopback, Namespaces, namespaces_missing
from tests.e2e.sshd import missing

pytestmark = [
    pytest.mark.skipif("OSVM_TEST_SSHD" not in os.environ, reason="no sshd: OSVM_TEST_SSHD is not set"),
    pytest.mark.timeout(300),
]
LIVE, DEAD, GONE = 210, 90, 20
CONNECT_S = 60.0
"""Far beyond what the living ones need: they must be done while every dead one is still waited for."""
LIMITS = SshLimits(connections=300, connect_s=CONNECT_S, waits=Waits(command_s=CONNECT_S, channel_s=CONNECT_S))


@pytest.fixture(scope="module")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    assert not missing(), f"not installed: {missing()}"
    folder: Path = tmp_path_factory.mktemp("field")
    why_not = namespaces_missing()
    with ExitStack() as stack:
        if why_not:
            print(f"no network namespaces ({why_not}): loopback")
            loopback = Loopback(folder)
            stack.enter_context(loopback.built(DEAD))
            yield loopback
        else:
            namespaces = Namespaces(folder)
            stack.enter_context(namespaces.built())
            yield namespaces


class Asked:
    """Targets that are being read, and when each was done."""

    def __init__(self, probe: SshProbe, targets: list[Target]) -> None:
        self.began = time.monotonic()
        self.tasks = [asyncio.create_task(self._one(probe, target)) for target in targets]

    async def _one(self, probe: SshProbe, target: Target) -> tuple[float, Reading | ProbeFailed]:
        try:
            outcome: Reading | ProbeFailed = await probe.read(target)
        except ProbeFailed as error:
            outcome = error
        return time.monotonic() - self.began, outcome

    async def took(self) -> list[float]:
        """Wait for all and return how long each took; each must have been read."""
        done = await asyncio.gather(*self.tasks)
        assert not [outcome for _, outcome in done if isinstance(outcome, ProbeFailed)]
        return sorted(took for took, _ in done)

    @property
    def pending(self) -> int:
        return sum(not task.done() for task in self.tasks)

    async def cancel(self) -> None:
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


async def test_dead_hosts_cost_the_living_nothing(field: Field) -> None:
    probe = SshProbe(field.keys, LIMITS)
    living = [field.target(number) for number in range(LIVE)]
    dead = [field.target(number, dead=True) for number in range(DEAD)]
    await asyncio.to_thread(field.accept, *living)
    await asyncio.to_thread(lambda: field.accept(*dead, shown_by=living[0]))
    try:
        silent = Asked(probe, dead)
        logins = await Asked(probe, living).took()
        assert silent.pending == DEAD
        among_dead = await Asked(probe, living).took()
        assert silent.pending == DEAD
        assert probe.connections == LIVE
        await silent.cancel()
        alone = await Asked(probe, living).took()
    finally:
        await probe.close()
    told = {"logins": logins, "alone": alone, "among dead": among_dead}
    print(*(f"{name}: p50 {row[LIVE // 2]:.2f} s, all {row[-1]:.2f} s" for name, row in told.items()), sep="\n")


async def test_those_that_fail_are_not_tried_again_soon(field: Field) -> None:
    probe = SshProbe(field.keys, SshLimits(connect_s=1.0))
    dead = [field.target(number, dead=True) for number in range(DEAD)]
    living = field.target(0)
    await asyncio.to_thread(field.accept, living)
    await asyncio.to_thread(lambda: field.accept(*dead, shown_by=living))
    try:
        first = await asyncio.gather(*Asked(probe, dead).tasks)
        again = await asyncio.gather(*Asked(probe, dead).tasks)
    finally:
        await probe.close()
    assert {str(outcome) for _, outcome in first + again} == {"no answer"}
    assert min(took for took, _ in first) >= 1.0
    assert max(took for took, _ in again) < 1.0


async def test_hosts_that_vanish_take_only_their_own_connections_with_them(field: Field) -> None:
    probe = SshProbe(field.keys, LIMITS)
    living, vanishing = [field.target(number) for number in range(60)], [field.target(LEAVING + n) for n in range(GONE)]
    await asyncio.to_thread(field.accept, *living, *vanishing)
    try:
        await Asked(probe, [*living, *vanishing]).took()
        for number in range(GONE):
            field.vanish(LEAVING + number)
        silent = Asked(probe, vanishing)
        await Asked(probe, living).took()
        assert silent.pending == GONE
        await silent.cancel()
        assert probe.connections == len(living)
    finally:
        await probe.close()
