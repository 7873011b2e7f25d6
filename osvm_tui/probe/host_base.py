"""`HostProbe`: what the machine that the console runs on does, and what this console takes of it; services see this."""

from __future__ import annotations

from abc import ABC, abstractmethod

from msgspec import Struct

from osvm_tui.domain.metrics import Reading


class HostLook(Struct, frozen=True, kw_only=True):
    """One look at this machine."""

    reading: Reading
    name: str
    own_cpu_percent: float = 0.0
    """Since the look before, of one core."""
    own_rss_mib: float = 0.0
    own_threads: int = 0
    own_files: int = 0


class HostProbe(ABC):
    """Reads this machine. It asks nobody, so it cannot be refused."""

    @abstractmethod
    async def look(self) -> HostLook:
        """Read it now. Raises ProbeFailed."""

    @abstractmethod
    async def close(self) -> None: ...
