"""`CostChanges`: what an action or a creation would change, from memory, before it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from osvm_tui.domain.accrual import Tariff
from osvm_tui.domain.burn import Burn, Change, change, priced, thing_burn, vm_burn
from osvm_tui.domain.money import ZERO, Money, totals
from osvm_tui.domain.rates import PriceList
from osvm_tui.domain.things import ip_item
from osvm_tui.domain.vm import Flavor, Vm, VmRef
from osvm_tui.domain.what_if import DELETES, burn_after, shelved_image
from osvm_tui.services.cost_rates import Rates
from osvm_tui.services.cost_stock import Stock
from osvm_tui.services.fleet import Fleet


class CostChanges:
    """What-if, for one VM or many."""

    def __init__(self, fleet: Fleet, rates: Rates, stock: Stock) -> None:
        self._fleet, self._rates, self._stock = fleet, rates, stock

    def of_action(self, action_id: str, refs: Sequence[VmRef], params: Mapping[str, object]) -> tuple[Change, ...]:
        """Return the change per currency; see `CostsApi.what_if`."""
        before: list[Burn] = []
        after: list[Burn] = []
        staying: list[Money] = []
        images: list[Money] = []
        left_out = 0
        for ref in refs:
            vm, entry = self._fleet.get(ref), self._fleet.entry_of(ref)
            found = self._rates.priced(entry) if entry else None
            flavor = self._stock.flavor_of(entry, vm) if vm is not None else None
            if vm is None or found is None or flavor is None:
                left_out += 1
                continue
            tariff, prices = found
            name = self._stock.image_name(entry, vm)
            now = vm_burn(vm, flavor, prices, tariff.policy, tariff.card.currency, name)
            then = self._after(vm, action_id, entry, params, tariff, prices, flavor)
            if then is None or not priced(now):
                left_out += 1
                continue
            before.append(now)
            after.append(then)
            staying += self._staying(entry, vm, tariff, prices)
            images.append(Money(tariff.card.currency, shelved_image(flavor, prices) or ZERO))
        note = _note(action_id, staying, images, left_out)
        return change(before, after, note)

    def _after(
        self, vm: Vm, action_id: str, entry: str, params: Mapping[str, object], tariff: Tariff, prices: PriceList,
        flavor: Flavor,
    ) -> Burn | None:  # fmt: skip
        if action_id == "resize":
            wanted = self._stock.flavor(entry, str(params.get("flavor_id", "")))
            if wanted is None:
                return None
            flavor = wanted
        name = self._stock.image_name(entry, vm)
        given = str(params.get("state", ""))
        return burn_after(vm, action_id, prices, tariff, name, flavor=flavor, given=given)

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


def _note(action_id: str, staying: Sequence[Money], images: Sequence[Money], left_out: int) -> str:
    notes = []
    if action_id in DELETES and (words := _words(staying)):
        notes.append(f"volumes and floating IPs that stay go on costing {words} a month")
    if action_id == "shelve" and (words := _words(images)):
        notes.append(f"the image that it leaves costs up to {words} a month")
    if left_out:
        notes.append(f"{left_out} without a price left out")
    return "; ".join(notes)


def _words(amounts: Sequence[Money]) -> str:
    return " and ".join(f"{each.amount:.2f} {each.currency}" for each in totals(amounts) if each.amount)
