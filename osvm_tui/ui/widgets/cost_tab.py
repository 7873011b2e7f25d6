"""`CostTab`: what one VM costs, has cost this month, and what verbs would change: rates at once, the bill later."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from textual import work
from textual.content import Content

from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.errors import OsvmError
from osvm_tui.domain.forecast import month_of
from osvm_tui.domain.vm import Flavor
from osvm_tui.ui.action_plan import verb
from osvm_tui.ui.printable import printable
from osvm_tui.ui.vm_cost_facts import BLOCKS, bill_block, change_block, prices_block, rate_block
from osvm_tui.ui.widgets.sections import Sections

if TYPE_CHECKING:
    from datetime import datetime

    from osvm_tui.domain.burn import Change
    from osvm_tui.domain.vm import Vm
    from osvm_tui.services.api import ConsoleApi
    from osvm_tui.ui.options import UiOptions

_VERBS = ("start", "stop", "shelve", "unshelve", "delete")
_SIZES = 2
"""How many other sizes are told on each side of the present one; the form tells all."""


class CostTab(Sections):
    """Blocks about the money of one VM."""

    def __init__(self, api: ConsoleApi, options: UiOptions) -> None:
        super().__init__(BLOCKS, id="cost")
        self._api = api
        self._options = options

    def draw(self, vm: Vm) -> None:
        """Show what memory knows: rate, what verbs would change, prices."""
        costs, entry = self._api.costs, self._api.entry_of(vm.ref)
        self.show(
            {
                "rate": rate_block(costs.burn(vm.ref)),
                "what would change": change_block(self._changes(vm, entry)),
                "prices": prices_block(costs.rates(entry), costs.problems(), self._day),
            }
        )

    def _day(self, at: datetime) -> str:
        return f"{at:%Y-%m-%d} UTC"

    def _changes(self, vm: Vm, entry: str) -> Iterator[tuple[str, Sequence[Change]]]:
        for action_id in _VERBS:
            if self._api.verdict(vm.ref, action_id).allowed:
                yield verb(ACTIONS[action_id]), self._api.costs.what_if(action_id, (vm.ref,))
        if self._api.verdict(vm.ref, "resize").allowed:
            for flavor in self._sizes(vm, entry):
                params = {"flavor_id": flavor.id or flavor.name}
                yield f"resize to {printable(flavor.name)}", self._api.costs.what_if("resize", (vm.ref,), params)

    def _sizes(self, vm: Vm, entry: str) -> list[Flavor]:
        """Return the sizes nearest to the VM's own that its disk fits into, smaller ones first."""
        view = self._api.catalog(entry, CatalogKind.FLAVOR)
        have = vm.flavor
        if view is None or have is None:
            return []
        fits = [each for each in view.items if isinstance(each, Flavor) and each.disk_gib >= have.disk_gib]
        fits.sort(key=_size)
        smaller = [each for each in fits if _size(each) < _size(have) and each.name != have.name]
        larger = [each for each in fits if _size(each) > _size(have) and each.name != have.name]
        return [*smaller[-_SIZES:], *larger[:_SIZES]]

    @work(group="vm-tab", exclusive=True, exit_on_error=False)
    async def read(self, vm: Vm) -> None:
        """Show what is known, then read what the VM has cost since the month began."""
        self.draw(vm)
        now = self._options.clock()
        try:
            await self._api.costs.refresh()
            bill = await self._api.costs.bill(vm.ref, month_of(now)[0], now)
        except OsvmError as error:
            told = printable(f"not read: {error.detail or error.title}")
            self.show({"this month": Content.styled(told, "$state-wrong")})
            return
        self.show({"this month": bill_block(bill, now, utc=self._options.utc)})
        self.draw(vm)


def _size(flavor: Flavor) -> tuple[int, int, int]:
    return flavor.vcpus, flavor.memory_mib, flavor.disk_gib
