"""`MetricStore`: the face of what is kept of measurements, in a database of their own; services see only this.

It is a cache of what was seen: nothing else depends on it. Every method may raise StoreError and its kinds.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence

from msgspec import Struct

from osvm_tui.domain.measured import Measured
from osvm_tui.domain.metrics import Metric
from osvm_tui.domain.slots import Slot, Track
from osvm_tui.domain.vm import VmRef


class MetricInfo(Struct, frozen=True):
    """How much is kept. `url` carries no password."""

    url: str
    vms: int
    slots: int
    size_bytes: int


class MetricStore(ABC):
    """Slots of every VM, and the newest of each, shared by all consoles on one store."""

    notices: list[str]
    """What the operator must be told once: a damaged file set aside, one of another release made anew."""

    @abstractmethod
    async def open(self) -> None:
        """Open or make it; a damaged file is set aside. SchemaMismatch: a later release's, nothing was touched."""

    @abstractmethod
    async def close(self) -> None: ...

    @abstractmethod
    async def append(self, slots: Sequence[tuple[VmRef, Slot]], newest: Sequence[Measured] = ()) -> int:
        """Merge slots into what is kept, of their own step and of every coarser one, and write the newest of VMs.

        One transaction. Several consoles may tell of one VM and slot; of the newest the later sample stays. What is
        there and cannot be read is written over. Returns the number of this change.
        """

    @abstractmethod
    async def read(
        self,
        ref: VmRef,
        step: int,
        since: int,
        until: int,
        *,
        metrics: Collection[Metric] = (),
        devices: bool = False,
    ) -> tuple[Track, ...]:
        """Return a VM's slots of one step that begin from `since` to before `until` (seconds since 1970).

        Of these metrics only (all when none is named): of all devices together, or with `devices` of each.
        Of the devices only the mean is kept beyond a day.
        """

    @abstractmethod
    async def newest(self, change: int = 0) -> tuple[int, tuple[Measured, ...]]:
        """Return the newest of every VM that others wrote after `change`, and the number of the last change."""

    @abstractmethod
    async def tidy(self, now_s: float) -> int:
        """Delete what is older than its step is kept, of some hundred VMs at each call; return how many rows.

        `now_s` is this machine's time: a server goes by its own, whatever the clocks of its consoles say.
        """

    @abstractmethod
    async def info(self) -> MetricInfo: ...
