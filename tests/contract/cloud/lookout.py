"""`Lookout`: one list of all VMs serves everybody who waits for one of them. Knows no states."""

from __future__ import annotations

import asyncio

from osvm_tui.cloud.rest import RestCloud
from osvm_tui.domain.vm import Vm

_PAUSE_S = 0.3


class Lookout:
    """Reads all VMs at most every 0.3 s; who asks gets a reading that began after the question."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._begun = self._ended = 0
        self._vms: dict[str, Vm] = {}

    async def read(self, client: RestCloud, vm_id: str) -> Vm:
        """Return one VM; NotFound when the cloud says 404."""
        wanted = self._begun + 1
        async with self._lock:
            if self._ended < wanted:
                await self._list(client)
        # A list leaves out what was deleted, and nothing else; the cloud shall say so itself.
        return self._vms.get(vm_id) or await client.get_vm(vm_id)

    async def _list(self, client: RestCloud) -> None:
        await asyncio.sleep(_PAUSE_S)
        self._begun += 1
        self._vms = {vm.id: vm async for page in client.list_vms() for vm in page.vms}
        self._ended = self._begun
