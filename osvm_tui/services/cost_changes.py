"""`CostChanges`: what an action or a creation would change, from memory, before it is asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from osvm_tui.domain.accrual import Tariff
from osvm_tui.domain.burn import Burn, Change, Item, change, priced, thing_burn, vm_burn
from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.money import ZERO, Money, totals
from osvm_tui.domain.rates import Component, PriceList
from osvm_tui.domain.resource import ResourceTarget
from osvm_tui.domain.resources import RESOURCE_ACTIONS
from osvm_tui.domain.thing_what_if import Step, burns, step_of
from osvm_tui.domain.things import ip_item, paid_item, volume_item
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.domain.volume import Volume
from osvm_tui.domain.what_if import COPIES, DELETES, copied_volumes, largest_image
from osvm_tui.domain.what_if import after as after_action
from osvm_tui.services.cost_burns import Burns
from osvm_tui.services.cost_rates import Rates
from osvm_tui.services.cost_stock import Stock
from osvm_tui.services.fleet import Fleet

_PUBLIC = "public images are the provider's own: no project pays for them"


class CostChanges:
    """What-if, for one VM or thing, or for many."""

    def __init__(self, fleet: Fleet, rates: Rates, stock: Stock, burns: Burns) -> None:
        self._fleet, self._rates, self._stock, self._burns = fleet, rates, stock, burns

    def of_action(self, action_id: str, refs: Sequence[VmRef], params: Mapping[str, object]) -> tuple[Change, ...]:
        """Return the change per currency; see `CostsApi.what_if`."""
        if action_id in COPIES:
            return self._of_copies(action_id, refs)
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
            image = self._image(entry, vm)
            burn = thing_burn(image, prices, tariff.card.currency) if image is not None else None
            return [Money(burn.currency, burn.monthly)] if burn is not None else []
        return self._staying(entry, vm, tariff, prices)

    def _staying(self, entry: str, vm: Vm, tariff: Tariff, prices: PriceList) -> list[Money]:
        burns = [thing_burn(one.item, prices, tariff.card.currency) for one in self._stock.hanging(entry, vm)]
        return [Money(burn.currency, burn.monthly) for burn in burns]

    def _image(self, entry: str, vm: Vm) -> Item | None:
        flavor = self._stock.flavor_of(entry, vm)
        return largest_image(vm, flavor) if flavor is not None else None

    def _of_copies(self, action_id: str, refs: Sequence[VmRef]) -> tuple[Change, ...]:
        """Return what images of VMs would cost; how large they become is known when they are made."""
        after: list[Burn] = []
        left_out, at_most = 0, False
        for ref in refs:
            vm, entry = self._fleet.get(ref), self._fleet.entry_of(ref)
            found = self._rates.priced(entry) if vm is not None and entry else None
            copies = self._copies(action_id, entry, vm) if vm is not None else ()
            if found is None or not copies:
                left_out += 1
                continue
            tariff, prices = found
            after += [thing_burn(copy, prices, tariff.card.currency) for copy in copies]
            at_most = at_most or any(copy.component is Component.IMAGE for copy in copies)
        return change((), after, _note(action_id, (), left_out), at_most=at_most)

    def _copies(self, action_id: str, entry: str, vm: Vm) -> tuple[Item, ...]:
        image = self._image(entry, vm)
        if image is not None:
            return (image,)
        # Nova makes no backup of a VM that boots from a volume.
        volumes = () if action_id == "create-backup" else vm.volume_ids
        found = [self._stock.item(entry, CatalogKind.VOLUME, each) for each in volumes]
        sized = [volume_item(each) for each in found if isinstance(each, Volume)]
        return copied_volumes(vm, sized) if len(sized) == len(found) else ()

    def of_things(
        self, action_id: str, targets: Sequence[ResourceTarget], params: Mapping[str, object]
    ) -> tuple[Change, ...]:
        """Return the change per currency; see `CostsApi.what_if_resource`."""
        before: list[Burn] = []
        after: list[Burn] = []
        left_out, at_most, public = 0, False, False
        for target in targets:
            found = self._rates.priced(target.entry)
            step = self._step(action_id, target, params, found[1]) if found is not None else None
            if found is None or step is None:
                left_out += 1
                continue
            public = public or step == Step()
            now, then, most = burns(step, found[1], found[0].card.currency)
            before.append(now)
            after.append(then)
            at_most = at_most or most
        note = "; ".join(filter(None, (_PUBLIC if public else "", _note(action_id, (), left_out))))
        return change(before, after, note, at_most=at_most)

    def _step(
        self, action_id: str, target: ResourceTarget, params: Mapping[str, object], prices: PriceList
    ) -> Step | None:
        spec = RESOURCE_ACTIONS[action_id]
        value = self._stock.item(target.entry, spec.kind, target.id) if target.id else None
        if value is None and not spec.creates:
            return None
        return step_of(spec, paid_item(value), params, self._types(target.entry, params, prices))

    def _types(self, entry: str, params: Mapping[str, object], prices: PriceList) -> tuple[str, ...]:
        """Return the names of the types that a new volume may have; where none is given the cloud chooses."""
        known = self._stock.volume_types(entry)
        given = str(params.get("volume_type", ""))
        if given:
            return (known.get(given, given),)
        # A price is found by its pattern, too: without the cloud's list it may be any of the card.
        listed = tuple(each.name for each in prices.prices.get(Component.VOLUME, ()))
        return tuple(known.values()) or listed or ("",)

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
