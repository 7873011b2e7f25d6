"""A probe that answers what it is told to, and a steady clock that moves when told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.metrics import Memory, Reading, Sample, Source
from osvm_tui.domain.vm import VmRef
from osvm_tui.probe.probe import Probe, Target

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Time:
    """Steady seconds and the wall's time, moved together."""

    def __init__(self) -> None:
        self.steady_s = 1000.0

    def __call__(self) -> float:
        return self.steady_s

    def now(self) -> datetime:
        """Return the wall's time."""
        return NOON + timedelta(seconds=self.steady_s - 1000)

    def pass_by(self, seconds: float) -> None:
        """Move on."""
        self.steady_s += seconds


class ScriptedProbe(Probe):
    """Answer with CPU counters of `cpu` percent, or raise `error`. `reads` are the names of the VMs asked about."""

    def __init__(self, source: Source, now: Callable[[], datetime], *, cpu: float = 50.0) -> None:
        self.source, self._now, self.cpu = source, now, cpu
        self.error: OsvmError | Exception | None = None
        self.errors: dict[str, OsvmError] = {}
        self.reads: list[str] = []
        self.forgotten: list[VmRef] = []
        self.past: tuple[Sample, ...] = ()
        self.hold: asyncio.Event | None = None
        self.at_once = self.most_at_once = 0
        self.closed = False

    async def read(self, target: Target) -> Reading:
        self.reads.append(target.vm.name)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            if self.hold is not None:
                await self.hold.wait()
        finally:
            self.at_once -= 1
        if error := self.errors.get(target.vm.name, self.error):
            raise error
        return Reading(at=self._now(), source=self.source, cpu_percent=self.cpu, memory=Memory(1000, 250))

    async def history(self, target: Target, since: datetime, until: datetime, step_s: int) -> tuple[Sample, ...]:
        return tuple(one for one in self.past if since <= one.at < until)

    async def forget(self, ref: VmRef) -> None:
        self.forgotten.append(ref)

    async def close(self) -> None:
        self.closed = True
