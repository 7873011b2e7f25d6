"""`Lookout`: one list of what changed serves everybody who waits for a VM. Knows no states."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta

from osvm_tui.cloud.rest import RestCloud
from osvm_tui.domain.vm import Vm

_PAUSE_S = (0.2, 1.0)
"""The shortest and the longest pause between two lists; between these, twice as long as the last list took."""
_OVERLAP = timedelta(seconds=5)
"""Times on the wire are whole seconds, and the cloud's servers disagree a little."""


class Lookout:
    """Reads what changed, a third of the time at most; who asks gets a reading that began after the question.

    Addresses and a host's fate change without a sign in such lists: who waits for them reads the VM itself.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._begun = self._ended = 0
        self._pause_s = 0.0
        self._since: datetime | None = None
        self._vms: dict[str, Vm] = {}
        self._moved: set[str] = set()

    async def read(self, client: RestCloud, vm_id: str, *, leaving: bool = False) -> Vm:
        """Return one VM; NotFound when the cloud says 404. `leaving` for one that is expected to go away."""
        wanted = self._begun + 1
        async with self._lock:
            if self._ended < wanted:
                await self._list(client)
        vm = self._vms.get(vm_id)
        # Nova never tells of the deletion of what has no host: it leaves the list without a word.
        if vm is None or (leaving and not vm.has_host and vm_id not in self._moved):
            return await client.get_vm(vm_id)
        return vm

    async def _list(self, client: RestCloud) -> None:
        await asyncio.sleep(self._pause_s)
        self._begun += 1
        began = time.monotonic()
        since = self._since - _OVERLAP if self._since else None
        self._moved = set()
        moments: list[datetime] = []
        async for page in client.list_vms(since):
            self._vms |= {vm.id: vm for vm in page.vms}
            self._moved |= {vm.id for vm in page.vms}
            for vm_id in page.gone:
                self._vms.pop(vm_id, None)
            assert page.server_time is not None, "no time in the answer"
            moments.append(page.server_time - timedelta(seconds=time.monotonic() - began))
        # When the first page was asked for: a busy cloud dates its answer long after it has looked.
        self._since = moments[0]
        self._ended = self._begun
        self._pause_s = min(max(2 * (time.monotonic() - began), _PAUSE_S[0]), _PAUSE_S[1])
