"""`Backoff`: what went wrong with one machine, and when it may be tried again. Time is an argument."""

from __future__ import annotations

from osvm_tui.domain.errors import HostKeyChanged, OsvmError, ProbeNotPermitted

FIRST_S, LONGEST_S = 15.0, 300.0
"""Between tries of a machine that fails: doubled each time."""
REFUSED_S = 600.0
"""After a refusal: more tries would only fill the guest's logs and wake what counts failed logins."""


class Backoff:
    """The failures of one machine since it last worked."""

    def __init__(self) -> None:
        self._failures = 0
        self._until = 0.0
        self._error: OsvmError | None = None
        self._circumstances: object = None

    def check(self, now: float, circumstances: object) -> None:
        """Raise the last error again while it is too early; not when the circumstances are others now."""
        if self._error is not None and now < self._until and circumstances == self._circumstances:
            raise self._error.with_traceback(None)

    def failed(self, error: OsvmError, now: float, circumstances: object) -> None:
        """Wait: long after a refusal, longer with each failure else."""
        if circumstances != self._circumstances:
            self._failures = 0
        self._error, self._circumstances = error, circumstances
        self._failures += 1
        wait = min(LONGEST_S, FIRST_S * 2 ** min(self._failures - 1, 10))
        self._until = now + (REFUSED_S if isinstance(error, ProbeNotPermitted | HostKeyChanged) else wait)

    def worked(self) -> None:
        """Forget every failure."""
        self._failures, self._error = 0, None

    def waits(self, now: float) -> bool:
        """Return whether there is something to be remembered."""
        return self._error is not None and now < self._until + LONGEST_S
