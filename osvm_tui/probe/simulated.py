"""`SimulatedProbe`: guests of the simulated cloud, which are generated; holds no generator itself."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Protocol

from osvm_tui.domain.errors import ProbeFailed
from osvm_tui.domain.metrics import Reading, Sample, Source
from osvm_tui.domain.vm import VmRef
from osvm_tui.probe.probe import Probe, Target


class Guests(Protocol):
    """What tells of simulated guests; every call blocks."""

    def reading(self, vm_id: str) -> Reading | None:
        """Return what a guest says now, None when it does not run."""

    def past(self, vm_id: str, since: datetime, until: datetime, step_s: int) -> tuple[Sample, ...]:
        """Return means of whole steps, nothing where it did not run."""

    def close(self) -> None: ...


class SimulatedProbe(Probe):
    """Reads guests that are made up; everything from here is named so."""

    source = Source.SIMULATED

    def __init__(self, guests: Guests) -> None:
        self._guests = guests

    async def read(self, target: Target) -> Reading:
        try:
            found = await asyncio.to_thread(self._guests.reading, target.vm.id)
        except Exception as error:
            # A full disk or a damaged file under the simulator is to this console what a silent guest is.
            raise ProbeFailed(f"the simulated guest failed: {error}") from None
        if found is None:
            raise ProbeFailed("it does not run")
        return found

    async def history(self, target: Target, since: datetime, until: datetime, step_s: int) -> tuple[Sample, ...]:
        try:
            return await asyncio.to_thread(self._guests.past, target.vm.id, since, until, step_s)
        except Exception as error:
            raise ProbeFailed(f"the simulated guest failed: {error}") from None

    async def forget(self, ref: VmRef) -> None:
        """Nothing is kept."""

    async def close(self) -> None:
        await asyncio.to_thread(self._guests.close)
