"""`StockTab`: the Network and storage tab: what a VM is plugged into, read from the catalogs of its cloud."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from textual import work

from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.errors import OsvmError
from osvm_tui.services.api import CatalogView
from osvm_tui.ui.vm_stock import BLOCKS, KINDS, stock_sections
from osvm_tui.ui.widgets.sections import Sections

if TYPE_CHECKING:
    from osvm_tui.domain.vm import Vm
    from osvm_tui.services.api import ConsoleApi


class StockTab(Sections):
    """Blocks of what stands in the catalogs; the last reading stays while a new one is under way."""

    def __init__(self, api: ConsoleApi) -> None:
        super().__init__(BLOCKS, id="network")
        self._api = api
        self._views: dict[CatalogKind, CatalogView] = {}

    @work(group="stock", exclusive=True, exit_on_error=False)
    async def read(self, vm: Vm, max_age_s: float = 30.0) -> None:
        """Read the catalogs of the VM's cloud where they are older than that, and show them as they come."""
        entry = self._api.entry_of(vm.ref)
        for kind in KINDS:
            known = self._api.catalog(entry, kind)
            if known is not None:
                self._views[kind] = known
        self._draw(vm)
        await asyncio.gather(*(self._load(vm, entry, kind, max_age_s) for kind in KINDS))

    async def _load(self, vm: Vm, entry: str, kind: CatalogKind, max_age_s: float) -> None:
        try:
            self._views[kind] = await self._api.load_catalog(entry, kind, max_age_s)
        except OsvmError as error:
            last = self._views.get(kind)
            self._views[kind] = CatalogView(entry, kind, last.items if last else (), error=error.detail or error.title)
        self._draw(vm)

    def _draw(self, vm: Vm) -> None:
        self.show(stock_sections(vm, self._views))
