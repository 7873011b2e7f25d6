"""`CloudStates`: the open entries beside each other: which VM is whose, which rows are not live and since when."""

from __future__ import annotations

from datetime import datetime

from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.api import ConsoleApi, ScopeState
from osvm_tui.ui.cloud_look import Wear, wear
from osvm_tui.ui.columns import Cell, Column
from osvm_tui.ui.format import Token, age
from osvm_tui.ui.options import UiOptions

_NOT_LIVE = (ScopeState.STALE, ScopeState.FAILED, ScopeState.CACHED)
_AGE_ROOM = 5
_WIDEST = 12


class CloudStates:
    """Reads the scopes when told; answers for every row from memory."""

    def __init__(self, api: ConsoleApi, options: UiOptions) -> None:
        self._api = api
        self._options = options
        self._wears: dict[str, Wear] = {}
        self._stale: dict[str, datetime | None] = {}
        self._acting = ""
        self.read()

    def read(self) -> bool:
        """Read the scopes again; return whether VMs may be seen through other entries than before."""
        views = self._api.scopes()
        acting, self._acting = self._acting, next((view.entry for view in views if view.acting), "")
        entries = [view.entry for view in views]
        self._wears = {entry: wear(self._options, entries, entry) for entry in entries}
        self._stale = {view.entry: view.last_good_at for view in views if view.state in _NOT_LIVE}
        return acting != self._acting

    def wear(self, ref: VmRef) -> Wear | None:
        """Return how the cloud looks that gives a VM's row."""
        return self._wears.get(self._api.entry_of(ref))

    def tone(self, ref: VmRef) -> Token | None:
        """Return the token of a row whose entry is not live, None for a live one."""
        return Token.DIM if self._stale and self._api.entry_of(ref) in self._stale else None

    def column(self) -> Column[Vm] | None:
        """Return the column of the clouds, None when only one is open. It tells the age of what is not live."""
        if len(self._wears) < 2:
            return None
        width = max(len("CLOUD "), min(_WIDEST, max(len(each.title) for each in self._wears.values())))
        return Column("cloud", "CLOUD", width, self._cell, self._entry, priority=1, raw=self._entry)

    @property
    def widest(self) -> int:
        """How wide the column must be to tell all that it has to tell now."""
        names = max((len(each.title) for each in self._wears.values()), default=0)
        return names + (_AGE_ROOM if self._stale else 0)

    def _entry(self, vm: Vm) -> str:
        return self._api.entry_of(vm.ref)

    def _cell(self, vm: Vm) -> Cell:
        entry = self._api.entry_of(vm.ref)
        known = self._wears.get(entry)
        if known is None:
            return Cell(entry or "-", Token.DIM)
        since = self._stale.get(entry)
        if since is not None:
            return Cell(f"{known.title} {age((self._options.clock() - since).total_seconds())}", Token.DIM)
        return Cell(known.title, known.hue or Token.PLAIN)
