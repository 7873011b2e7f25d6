"""What a VM waits for: the operator's word after a resize, or the end of a live migration. Knows no widget."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.ui.format import long_age

if TYPE_CHECKING:
    from osvm_tui.services.api import ConsoleApi

_EVERY_S = 3.0
"""A migration's progress is asked for at most this often."""


def waits_for(vm: Vm) -> str:
    """Return what only the operator can end, empty when it is nothing."""
    if vm.vm_state == "resized" and vm.task_state is None:
        return "waiting for confirm or revert: a C keeps the new size or host, a V goes back"
    return ""


class MigrationWatch:
    """How far the live migration of the VM in sight is; the cloud may keep it from members, then only its age."""

    def __init__(self, api: ConsoleApi, now: Callable[[], datetime]) -> None:
        self._api, self._now = api, now
        self._ref: VmRef | None = None
        self._at: datetime | None = None
        self._since: datetime | None = None
        self._told = ""

    def words(self, vm: Vm) -> str:
        """Return the progress of this VM's migration, empty when it does not migrate."""
        if vm.task_state != "migrating":
            return ""
        item = self._api.pending(vm.ref)
        since = (item.sent_at or item.planned_at) if item else self._since if vm.ref == self._ref else None
        ago = f" for {long_age((self._now() - since).total_seconds())}" if since else ""
        told = f": {self._told}" if self._told and vm.ref == self._ref else ""
        return f"live migration{ago}{told}"

    def due(self, vm: Vm) -> bool:
        """Return whether `read` should be called for this VM now."""
        if vm.task_state != "migrating":
            return False
        return vm.ref != self._ref or self._at is None or (self._now() - self._at).total_seconds() >= _EVERY_S

    async def read(self, vm: Vm) -> None:
        """Ask the cloud; what it keeps to itself stays unknown."""
        if vm.ref != self._ref:
            self._ref, self._since, self._told = vm.ref, self._now(), ""
        self._at = self._now()
        with suppress(OsvmError):
            found = await self._api.resources.choices("migration", self._api.entry_of(vm.ref), vm.ref)
            self._told = f"{found[0].label}, {found[0].detail}" if found and vm.ref == self._ref else ""
