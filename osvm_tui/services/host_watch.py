"""`HostWatch`: this machine as last read, for `:host`. It reads now and then, off the loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from osvm_tui.domain.errors import ProbeError
from osvm_tui.domain.metrics import Reading
from osvm_tui.domain.sampling import sample
from osvm_tui.probe.host_base import HostProbe
from osvm_tui.services.monitor_api import HostView
from osvm_tui.services.scopes import Scopes

_log = logging.getLogger("osvm.monitor")


class HostWatch:
    """The reading of one machine; `make` is called late."""

    def __init__(self, make: Callable[[], HostProbe], scopes: Scopes, every_s: float) -> None:
        self._make, self._scopes, self._every_s = make, scopes, every_s
        self._before: Reading | None = None
        self.view: HostView | None = None

    async def keep(self) -> None:
        """Read again and again; until cancelled."""
        probe = await asyncio.to_thread(self._make)
        try:
            while True:
                await self.look(probe)
                await asyncio.sleep(self._every_s)
        finally:
            await probe.close()

    async def look(self, probe: HostProbe) -> None:
        """Read once; a failure leaves the view as it was."""
        try:
            found = await probe.look()
        except ProbeError as error:
            _log.info("this machine was not read", extra={"detail": error.detail})
            return
        except Exception as error:
            # psutil passes on what it cannot make sense of in /proc: this look is lost, the next one may succeed.
            _log.warning("this machine was not read", extra={"detail": repr(error)})
            return
        calls = {follower.status.entry: 0 for follower in self._scopes.followers()}
        for call in self._scopes.calls():
            if call.entry in calls and (found.reading.at - call.at).total_seconds() <= 60:
                calls[call.entry] += 1
        self.view = HostView(
            sample=sample(self._before, found.reading, longest_s=10 * self._every_s),
            name=found.name,
            own_cpu_percent=found.own_cpu_percent,
            own_rss_mib=found.own_rss_mib,
            own_threads=found.own_threads,
            own_files=found.own_files,
            api_calls_per_minute=tuple(calls.items()),
        )
        self._before = found.reading
