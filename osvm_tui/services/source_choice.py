"""`SourceChoice`: which source to ask about one VM, by what worked and what did not. No I/O; time is an argument."""

from __future__ import annotations

from collections.abc import Iterable

from osvm_tui.domain.errors import GuestError, OsvmError, ProbeNotPermitted, ProbeUnfit
from osvm_tui.domain.metrics import Source

RANK = (Source.SSH, Source.PROMETHEUS, Source.GNOCCHI, Source.DIAGNOSTICS)
"""The best first: what tells most, and costs the cloud least."""
REFUSED_S, UNFIT_S, FAILED_S = 1800.0, 300.0, 30.0
"""How long a source is left alone."""
_LONGEST_S = 900.0
_SSH_S = 30.0
"""The SSH source itself knows how long a guest is to be left alone: until then asking it costs nothing."""
_PATIENCE = 2
"""So often one that worked may fail before others are asked."""


class _Trouble:
    __slots__ = ("count", "lasting", "reason", "until")

    def __init__(self) -> None:
        self.until, self.count, self.reason, self.lasting = 0.0, 0, "", False


class SourceChoice:
    """What is known of the sources of one VM."""

    __slots__ = ("_troubles", "chosen")

    def __init__(self) -> None:
        self.chosen: Source | None = None
        """The one that worked last."""
        self._troubles: dict[Source, _Trouble] = {}

    def candidates(self, offered: Iterable[Source], now: float) -> list[Source]:
        """Return whom to ask now, in order: what is on hold is left out, and tried again by itself afterwards."""
        return [source for source in offered if (held := self._troubles.get(source)) is None or held.until <= now]

    def worked(self, source: Source) -> None:
        """Remember the source; what is wrong with better ones stays known."""
        self.chosen = source
        self._troubles.pop(source, None)

    def failed(self, source: Source, error: OsvmError, now: float) -> bool:
        """Remember why a source gave nothing; return whether another one is to be asked at once."""
        held = self._troubles.setdefault(source, _Trouble())
        held.count, held.reason = held.count + 1, reason(error)
        held.lasting = isinstance(error, ProbeNotPermitted | ProbeUnfit)
        if source is self.chosen and held.count < _PATIENCE and not held.lasting:
            return False
        if source is self.chosen:
            self.chosen = None
        held.until = now + _hold(source, error, held.count)
        return True

    def refused(self, source: Source, why: str) -> None:
        """Remember that nobody was asked: the source refuses all VMs of this cloud."""
        held = self._troubles.setdefault(source, _Trouble())
        held.reason, held.lasting = why, True

    def missed(self, source: Source) -> bool:
        """Return whether a source was asked, can tell of this VM as far as we know, and gave nothing."""
        held = self._troubles.get(source)
        return held is not None and not held.lasting

    def anew(self) -> None:
        """Forget how long sources are to be left alone: the VM is another one now, or an operator looks at it."""
        for held in self._troubles.values():
            held.until = 0.0

    def tried(self) -> tuple[tuple[Source, str], ...]:
        """Return every source that was asked and what became of it."""
        told = [(source, held.reason) for source, held in self._troubles.items()]
        good = [(self.chosen, "measured")] if self.chosen and self.chosen not in self._troubles else []
        return tuple(sorted([*told, *good], key=lambda one: _rank(one[0])))

    def trouble(self) -> str:
        """Return why the VM is not measured: the reason of the best source that was asked; empty when it is."""
        if self.chosen is not None and self.chosen not in self._troubles:
            return ""
        found = self.tried()
        return next((why for source, why in found if source is self.chosen), found[0][1] if found else "not asked yet")


def reason(error: OsvmError) -> str:
    """Return why a source gave nothing, in words."""
    if isinstance(error, GuestError):
        return error.title if error.title != GuestError.title else error.detail
    return error.detail or error.title


def _hold(source: Source, error: OsvmError, count: int) -> float:
    if source is Source.SSH:
        return _SSH_S
    if isinstance(error, ProbeNotPermitted):
        return REFUSED_S
    return UNFIT_S if isinstance(error, ProbeUnfit) else min(FAILED_S * 2.0 ** min(count - 1, 8), _LONGEST_S)


def _rank(source: Source) -> int:
    return RANK.index(source) if source in RANK else len(RANK)
