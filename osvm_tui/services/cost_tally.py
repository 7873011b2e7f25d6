"""`Tally`: what one action on VMs changes of the bill, counted VM by VM; those that are alike are priced once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from osvm_tui.domain.burn import Burn, Change, Item, change, thing_burn, times
from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.money import ZERO, Money, digits, totals
from osvm_tui.domain.rates import Component
from osvm_tui.domain.things import volume_item
from osvm_tui.domain.vm import Flavor, Vm, VmRef
from osvm_tui.domain.volume import Volume
from osvm_tui.domain.what_if import COPIES, DELETES, copied_volumes, image_of_disk, state_after
from osvm_tui.services.cost_burns import Burns, Kind
from osvm_tui.services.cost_earlier import Earlier
from osvm_tui.services.cost_rates import Rates
from osvm_tui.services.cost_stock import Stock, hung_on
from osvm_tui.services.fleet import Fleet

NOT_KNOWN = "the flavor before the resize"
"""What a revert gives back where nobody saw the VM before."""
_Things = Counter[tuple[str, Item]]
"""How many there are of an item in an entry."""


class Tally:
    """One action with its parameters; VMs are added in parts, and may have changed between two of them."""

    def __init__(
        self, action_id: str, params: Mapping[str, object], fleet: Fleet, rates: Rates, stock: Stock, burns: Burns,
        earlier: Earlier,
    ) -> None:  # fmt: skip
        self._action_id, self._params = action_id, params
        self._fleet, self._rates, self._stock, self._burns, self._earlier = fleet, rates, stock, burns, earlier
        self._vms: Counter[tuple[Kind, Kind | None]] = Counter()
        """By kind before and after; None is gone."""
        self._ended, self._made, self._stays, self._left = _Things(), _Things(), _Things(), _Things()
        """What ends with VMs, what is made of them, what stays when they are gone, what is left as they rest."""
        self._not_known: set[str] = set()
        """Currencies of VMs of which it is not known what they will be."""
        self._left_out = 0

    def add(self, refs: Sequence[VmRef]) -> None:
        """Count these VMs, too."""
        kinds = self._burns.kinds()
        alike: dict[Kind, list[Vm]] = {}
        for ref in refs:
            vm, kind = self._fleet.get(ref), kinds.get(ref)
            if vm is None or kind is None:
                self._left_out += 1
            else:
                alike.setdefault(kind, []).append(vm)
        for kind, vms in alike.items():
            self._left_out += len(vms) - self._count(kind, vms)

    def _count(self, kind: Kind, vms: Sequence[Vm]) -> int:
        """Count VMs of one kind as they are and as they will be; return how many have a price then and now."""
        if self._action_id in COPIES:
            return self._copied(kind, vms) if self._rates.priced(kind.entry) is not None else 0
        if self._burns.alike(kind) is None:
            return 0
        if self._action_id in DELETES:
            self._gone(kind, vms)
            return len(vms)
        if self._action_id == "revert-resize":
            return sum(self._reverted(kind, vm) for vm in vms)
        flavor = self._size(kind.entry) if self._action_id == "resize" else kind.flavor
        given = str(self._params.get("state", ""))
        states = Counter(state_after(vm, self._action_id, given) for vm in vms)
        return sum(
            self._moved(kind, kind._replace(vm_state=state, flavor=flavor), count)
            for state, count in states.items()
            if state is not None
        )

    def _moved(self, kind: Kind, later: Kind, count: int) -> int:
        if self._burns.alike(later) is None:
            return 0
        self._vms[kind, later] += count
        if self._action_id == "shelve" and (image := _image(kind)) is not None:
            self._left[kind.entry, image] += count
        return count

    def _size(self, entry: str) -> Flavor | None:
        return self._stock.flavor(entry, str(self._params.get("flavor_id", "")))

    def _reverted(self, kind: Kind, vm: Vm) -> int:
        before, now = self._earlier.of(vm), self._burns.alike(kind)
        flavor = self._stock.flavor(kind.entry, before.flavor_name) if before is not None else None
        if before is not None and flavor is not None:
            return self._moved(kind, kind._replace(flavor=flavor, vm_state=before.vm_state), 1)
        if now is not None:
            self._not_known.add(now.currency)
        return 1

    def _gone(self, kind: Kind, vms: Sequence[Vm]) -> None:
        """Count VMs that will be gone, with what dies with them and what of theirs stays."""
        self._vms[kind, None] += len(vms)
        hung = self._stock.hung(kind.entry)
        for vm in vms:
            for one in hung_on(vm, hung):
                dies = one.kind is CatalogKind.VOLUME and one.id in vm.dying_volume_ids
                (self._ended if dies else self._stays)[kind.entry, one.item] += 1

    def _copied(self, kind: Kind, vms: Sequence[Vm]) -> int:
        """Count what images of VMs would be; how large they become is known when they are made."""
        image = _image(kind)
        if image is not None:
            self._made[kind.entry, image] += len(vms)
            return len(vms)
        # Nova makes no backup of a VM that boots from a volume.
        found = [self._copies(kind.entry, vm) for vm in vms] if self._action_id != "create-backup" else []
        for copy in (copy for copies in found for copy in copies):
            self._made[kind.entry, copy] += 1
        return sum(bool(copies) for copies in found)

    def _copies(self, entry: str, vm: Vm) -> tuple[Item, ...]:
        found = [self._stock.item(entry, CatalogKind.VOLUME, each) for each in vm.volume_ids]
        sized = [volume_item(each) for each in found if isinstance(each, Volume)]
        return copied_volumes(vm, sized) if len(sized) == len(found) else ()

    def changes(self) -> tuple[Change, ...]:
        """Return the change per currency; see `CostsApi.what_if`."""
        self._burns.follow()
        before, after = list[Burn](), list[Burn]()
        for (kind, later), count in self._vms.items():
            now, then = self._burns.alike(kind), self._burns.alike(later) if later is not None else None
            if now is not None:
                before.append(times(now, count))
                after.append(times(then, count) if then is not None else _nothing(now.currency))
        before += self._priced(self._ended)
        after += self._priced(self._made)
        after += [Burn(currency, ZERO, ZERO, unpriced=(NOT_KNOWN,)) for currency in self._not_known]
        at_most = any(item.component is Component.IMAGE for _, item in self._made)
        return change(before, after, "; ".join(self._notes()), at_most=at_most)

    def _priced(self, things: _Things) -> Iterator[Burn]:
        for (entry, item), count in things.items():
            found = self._rates.priced(entry)
            if found is not None:
                yield times(thing_burn(item, found[1], found[0].card.currency), count)

    def _notes(self) -> Iterator[str]:
        if stays := self._monthly(self._stays):
            yield f"volumes and floating IPs that stay go on costing {stays} a month"
        if missing := sum(count for one, count in self._stays.items() if self._lacks_price(*one)):
            yield f"{missing} that stay{'s' if missing == 1 else ''} without a price, not in it"
        if left := self._monthly(self._left):
            one = self._left.total() == 1
            yield f"the {'image that it leaves costs' if one else 'images that they leave cost'} up to {left} a month"
        if self._left_out:
            yield f"{self._left_out} without a price left out"

    def _lacks_price(self, entry: str, item: Item) -> bool:
        """Return whether a card prices things like this one, but not this one; what it does not price is free."""
        found = self._rates.priced(entry)
        prices = found[1] if found is not None else None
        return prices is not None and item.component in prices.prices and not prices.price(item.component, item.what)

    def _monthly(self, things: _Things) -> str:
        found = totals(Money(burn.currency, burn.monthly) for burn in self._priced(things))
        return " and ".join(f"{digits(each.amount)} {each.currency}" for each in found if each.amount)


def _image(kind: Kind) -> Item | None:
    return image_of_disk(kind.flavor) if kind.root_disk and kind.flavor is not None else None


def _nothing(currency: str) -> Burn:
    return Burn(currency, ZERO, ZERO)
