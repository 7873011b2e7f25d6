"""`Probe`: one way to read what a machine does; services see only this.

A probe keeps its connections, not its history.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from osvm_tui.domain.guest import Login
from osvm_tui.domain.metrics import Reading, Sample, Source
from osvm_tui.domain.vm import Vm, VmRef


class Target(Struct, frozen=True, kw_only=True):
    """One VM to be read, with all that any source may need to find it."""

    vm: Vm
    entry: str
    address: str = ""
    """Where the guest is reached by SSH, empty when nowhere."""
    login: Login | None = None
    """How to log in to the guest, None where no rule allows it."""
    host_name: str = ""
    """The name under which its accepted host key is kept."""


class Probe(ABC):
    """One source of readings. Every call has its own time-out; failures are ProbeError and its kinds, nothing else."""

    source: Source
    grain_s: float = 0.0
    """How far apart the source's own values are, where it has no newer ones in between. Readings of the same values
    carry the same `clock_s`."""
    calls: int = 1
    """How many calls of the cloud's API a reading is on average, where it is one at all."""

    @abstractmethod
    async def read(self, target: Target) -> Reading:
        """Read one machine now.

        Raises of `domain/errors.py`: ProbeNotPermitted (the cloud or the guest refuses us: asking again soon is
        useless), ProbeUnfit (this source can never tell about this VM: no address, no rule, not in Prometheus),
        ProbeFailed (no answer, time-out, a reply that makes no sense), GuestError's HostKeyChanged for a wrong key.
        """

    async def history(self, target: Target, since: datetime, until: datetime, step_s: int) -> tuple[Sample, ...]:
        """Return what the source itself keeps of the past, by time: means, `at` the begin of what they stand for.

        One sample a step, where the source has no steps of its own; none where it has no value. Most sources keep
        nothing. Raises as `read` does.
        """
        return ()

    def know(  # noqa: B027
        self, vms: Iterable[Vm], gone: Iterable[VmRef] = (), *, anew: bool = False
    ) -> None:
        """Take note of VMs that are there now, read by this source or not, and of those that are no more; `anew`: of
        all that are there, as if nothing had been said before.

        Most sources need no more than the VM that is read.
        """

    @abstractmethod
    async def forget(self, ref: VmRef) -> None:
        """Let go of what is kept for a machine (a connection) that is not read any more; it may be gone."""

    @abstractmethod
    async def close(self) -> None:
        """Let go of everything."""
