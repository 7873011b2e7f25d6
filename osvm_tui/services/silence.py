"""`Silence`: since when VMs that run tell nothing, as far as this console would know. Begins and ends no alert.

Silent is who was measured, runs, and is not measured any more though this console tries: not who began to run a moment
ago, whom only another console can measure, or whom nobody asked because this machine slept.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Collection
from datetime import datetime

from osvm_tui.domain.measured import Measured
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.collector import runs
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.measured_picture import MeasuredPicture

_SLICE = 100
"""So many VMs are looked at between two breaths of the loop."""
_LEAST_S = 60.0
_ABSENT_S = 120.0


class Silence:
    """What this console knows of VMs that are not heard of."""

    def __init__(self, fleet: Fleet, picture: MeasuredPicture, now: Callable[[], datetime]) -> None:
        self._fleet, self._picture, self._now = fleet, picture, now
        self._asked: set[VmRef] = set()
        self._still: set[VmRef] = set()
        self._ran_at: dict[VmRef, datetime] = {}
        self._awake_since = self._looked_at = now()

    def asked(self, ref: VmRef) -> None:
        """Note that this console measures a VM, or could: what it does not hear from now on is silence."""
        self._asked.add(ref)

    def forget(self, refs: Collection[VmRef]) -> None:
        """Drop VMs that are gone or run no more."""
        self._asked.difference_update(refs)
        self._still.difference_update([ref for ref in refs if self._fleet.get(ref) is None])

    @property
    def awake_s(self) -> float:
        """For how long this console has been looking without a longer break."""
        return (self._now() - self._awake_since).total_seconds()

    def notice_absence(self) -> None:
        """Count from now when this machine slept, or was too busy to look: it was not the VMs that were silent."""
        now = self._now()
        if (now - self._looked_at).total_seconds() > _ABSENT_S:
            self._awake_since = now
        self._looked_at = now

    async def all(self) -> AsyncIterator[tuple[Vm, Measured, datetime, float]]:
        """Yield silent VMs with what was measured last, since when they are silent, and for how many seconds this
        console has known it.
        """
        now, awake_s = self._now(), self.awake_s
        self._ran_at = {ref: at for ref, at in self._ran_at.items() if self._lacks(ref, at)}
        for number, ref in enumerate([found.ref for found in self._picture.all()], 1):
            if number % _SLICE == 0:
                await asyncio.sleep(0)
            vm, found = self._fleet.get(ref), self._picture.get(ref)  # as they are by now
            if vm is None or found is None or found.sample is None or not self._runs(vm, now):
                continue
            since = max(found.sample.at, self._ran_at.get(vm.ref, found.sample.at))
            silent_s = (now - since).total_seconds()
            if vm.ref in self._asked and silent_s >= max(_LEAST_S, self._picture.fresh_s(vm.ref)):
                yield vm, found, since, min(silent_s, awake_s)

    def _runs(self, vm: Vm, now: datetime) -> bool:
        """Return whether a VM runs, and note since when: what was measured before it was stopped tells nothing."""
        if not runs(vm):
            self._still.add(vm.ref)
            return False
        if vm.ref in self._still:
            self._still.remove(vm.ref)
            self._ran_at[vm.ref] = now
        return True

    def _lacks(self, ref: VmRef, ran_at: datetime) -> bool:
        found = self._picture.get(ref)
        return found is not None and found.sample is not None and found.sample.at < ran_at
