"""Where the lab and the simulated cloud differ, each with its cause. Every entry must occur, and nothing else may."""

from __future__ import annotations

from msgspec import Struct


class Difference(Struct, frozen=True):
    """A state that only one of the two shows in some walks."""

    walks: tuple[str, ...]
    step: tuple[str, str, str]
    only_mock: bool
    cause: str

    @property
    def words(self) -> str:
        """The difference in one line."""
        where = "the simulated cloud" if self.only_mock else "the lab"
        return f"only on {where}: {'/'.join(part for part in self.step if part)}: {self.cause}"


DIFFERENCES: tuple[Difference, ...] = ()
"""None on the lab of Zed: what its hypervisor has no work for is held long enough to be read."""
