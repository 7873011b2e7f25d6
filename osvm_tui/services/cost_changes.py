"""`CostChanges`: what an action or a creation would change, from memory, before it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from osvm_tui.domain.accrual import Tariff
from osvm_tui.domain.burn import Burn, Change, change, priced, thing_burn, vm_burn
from osvm_tui.domain.money import ZERO, Money, totals
from osvm_tui.domain.rates import PriceList
from osvm_tui.domain.things import ip_item
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.domain.what_if import DELETES, shelved_image
from osvm_tui.domain.what_if import after as after_action
from osvm_tui.services.cost_burns import Burns
from osvm_tui.services.cost_rates import Rates
from osvm_tui.services.cost_stock import Stock
from osvm_tui.services.fleet import Fleet


class CostChanges:
    """What-if, for one VM or many."""

    def __init__(self, fleet: Fleet, rates: Rates, stock: Stock, burns: Burns) -> None:
        self._fleet, self._rates, self._stock, self._burns = fleet, rates, stock, burns

    def of_action(self, action_id: str, refs: Sequence[VmRef], params: Mapping[str, object]) -> tuple[Change, ...]:
        """Return the change per currency; see `CostsApi.what_if`."""
        self._burns.follow()
        before: list[Burn] = []
        after: list[Burn] = []
        kept: list[Money] = []
        left_out = 0
        for ref in refs:
            vm, entry = self._fleet.get(ref), self._fleet.entry_of(ref)
            now = self._burns.alike(vm, entry) if vm is not None and entry else None
            then = self._after(vm, action_id, entry, params, now) if vm is not None and now is not None else None
            if vm is None or now is None or then is None:
                left_out += 1
                continue
            before.append(now)
            after.append(then)
            kept += self._kept(action_id, entry, vm)
        return change(before, after, _note(action_id, kept, left_out))

    def _after(self, vm: Vm, action_id: str, entry: str, params: Mapping[str, object], now: Burn) -> Burn | None:
        later = after_action(vm, action_id, str(params.get("state", "")))
        if later is None:
            return Burn(now.currency, ZERO, ZERO)
        if action_id == "resize":
            wanted = self._stock.flavor(entry, str(params.get("flavor_id", "")))
            if wanted is None:
                return None
            later = replace(later, flavor=wanted)
        return self._burns.alike(later, entry)

    def _kept(self, action_id: str, entry: str, vm: Vm) -> list[Money]:
        """Return what goes on costing per month when the VM does no more, or what it leaves behind."""
        found = self._rates.priced(entry) if action_id in DELETES or action_id == "shelve" else None
        if found is None:
            return []
        tariff, prices = found
        if action_id == "shelve":
            flavor = self._stock.flavor_of(entry, vm)
            image = shelved_image(flavor, prices) if flavor is not None else None
            return [Money(tariff.card.currency, image)] if image else []
        return self._staying(entry, vm, tariff, prices)

    def _staying(self, entry: str, vm: Vm, tariff: Tariff, prices: PriceList) -> list[Money]:
        burns = [thing_burn(one.item, prices, tariff.card.currency) for one in self._stock.hanging(entry, vm)]
        return [Money(burn.currency, burn.monthly) for burn in burns]

    def of_creation(
        self, entry: str, flavor_id: str, image_id: str, count: int, floating_ips: int
    ) -> tuple[Change, ...]:
        """Return what new VMs would cost; see `CostsApi.what_if_create`."""
        found, flavor = self._rates.priced(entry), self._stock.flavor(entry, flavor_id)
        if found is None or flavor is None:
            return ()
        tariff, prices = found
        like = Vm(
            endpoint="", id="", name="", status="ACTIVE", vm_state="active", flavor=flavor, image_id=image_id,
            launched_at=prices.since,
        )  # fmt: skip
        name = self._stock.image_name(entry, like)
        own = vm_burn(like, flavor, prices, tariff.policy, tariff.card.currency, name)
        if not priced(own):
            return ()
        ips = [thing_burn(ip_item(), prices, tariff.card.currency)] * floating_ips
        return change((), [*[own] * count, *ips])


def _note(action_id: str, kept: Sequence[Money], left_out: int) -> str:
    notes = []
    words = " and ".join(f"{each.amount:.2f} {each.currency}" for each in totals(kept) if each.amount)
    if words and action_id == "shelve":
        notes.append(f"the image that it leaves costs up to {words} a month")
    elif words:
        notes.append(f"volumes and floating IPs that stay go on costing {words} a month")
    if left_out:
        notes.append(f"{left_out} without a price left out")
    return "; ".join(notes)
