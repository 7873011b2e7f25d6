"""`VmPrices`: what VMs would cost a month in another state or with another flavor, at one moment; pure.

Fleets are made of few kinds of VMs: each kind is priced once, and which flavors are cheaper is told once for all alike.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from osvm_tui.domain.accrual import Tariff
from osvm_tui.domain.burn import Burn, Item, kind_burn, priced, thing_burn
from osvm_tui.domain.money import ZERO
from osvm_tui.domain.vm import Flavor, Vm
from osvm_tui.domain.what_if import after, largest_image

_Kind = tuple[str, bool, bool]
"""Its image's name, whether its disk is its own, whether it ever ran."""
_LEAVE_AN_IMAGE = frozenset({"shelve", "create-image"})


class VmPrices:
    """Monthly prices of VMs by one tariff, as it stands at `now`; `flavors` are all that could be chosen."""

    def __init__(self, tariff: Tariff | None, now: datetime, flavors: Iterable[Flavor] = ()) -> None:
        self._tariff, self._flavors = tariff, tuple(flavors)
        self._prices = tariff.card.at(now) if tariff is not None else None
        self._burns: dict[tuple[str, Flavor, _Kind], Burn | None] = {}
        self._images: dict[Item, Decimal] = {}
        self._like: dict[Flavor, tuple[Flavor, ...]] = {}
        self._cheaper: dict[tuple[str, Flavor, _Kind], tuple[tuple[Decimal, Flavor], ...]] = {}

    @property
    def currency(self) -> str:
        """The currency of all of it, empty without rates."""
        return self._tariff.card.currency if self._tariff is not None and self._prices is not None else ""

    def monthly(self, vm: Vm, flavor: Flavor, image_name: str) -> Decimal | None:
        """Return what a VM costs a month as it is now, None where it has no price."""
        burn = self._burn(vm.vm_state, flavor, _kind(vm, image_name))
        return burn.monthly if burn is not None else None

    def saved_by(self, vm: Vm, action_id: str, flavor: Flavor, image_name: str) -> Decimal | None:
        """Return what an action saves a month, None where the VM has no price.

        An image that it leaves is taken off in full: the saving is that or more.
        """
        kind = _kind(vm, image_name)
        before = self._burn(vm.vm_state, flavor, kind)
        if before is None:
            return None
        left = after(vm, action_id)
        later = self._burn(left.vm_state, flavor, kind) if left is not None else None
        saved = before.monthly - (later.monthly if later is not None else ZERO)
        return saved - self.image(vm, flavor) if action_id in _LEAVE_AN_IMAGE else saved

    def image(self, vm: Vm, flavor: Flavor) -> Decimal:
        """Return what the largest image costs a month that a VM's disk can become; 0 where it leaves none."""
        item = largest_image(vm, flavor)
        if item is None or self._prices is None:
            return ZERO
        if item not in self._images:
            self._images[item] = thing_burn(item, self._prices, self.currency).monthly
        return self._images[item]

    def like(self, flavor: Flavor) -> tuple[Flavor, ...]:
        """Return the other flavors that a VM could be resized to: Nova makes no disk smaller, and a flavor with other
        extra specs is another machine (a GPU, pinned CPUs, local disks, licences, other hosts)."""
        found = self._like.get(flavor)
        if found is None:
            found = self._like[flavor] = tuple(
                other
                for other in self._flavors
                if other.name != flavor.name
                and other.extra_specs == flavor.extra_specs
                and other.disk_gib >= flavor.disk_gib
                and other.ephemeral_gib >= flavor.ephemeral_gib
            )
        return found

    def cheaper(self, vm: Vm, flavor: Flavor, image_name: str) -> tuple[tuple[Decimal, Flavor], ...]:
        """Return flavors like its own with what each would save a month, the greatest saving first."""
        key = (vm.vm_state, flavor, _kind(vm, image_name))
        found = self._cheaper.get(key)
        if found is None:
            others = ((self.saved_with(vm, flavor, other, image_name), other) for other in self.like(flavor))
            better = [(saved, other) for saved, other in others if saved is not None and saved > 0]
            found = self._cheaper[key] = tuple(sorted(better, key=lambda each: (-each[0], each[1].name)))
        return found

    def saved_with(self, vm: Vm, flavor: Flavor, other: Flavor, image_name: str) -> Decimal | None:
        """Return what another flavor saves a month (negative: costs more), None where that cannot be told."""
        kind = _kind(vm, image_name)
        before, later = self._burn(vm.vm_state, flavor, kind), self._burn(vm.vm_state, other, kind)
        # What has no price is in neither sum; when it is in one of them only, they cannot be compared.
        if before is None or later is None or not set(later.unpriced) <= set(before.unpriced):
            return None
        return before.monthly - later.monthly

    def _burn(self, vm_state: str, flavor: Flavor, kind: _Kind) -> Burn | None:
        key = (vm_state, flavor, kind)
        if key not in self._burns:
            self._burns[key] = self._priced(vm_state, flavor, kind)
        return self._burns[key]

    def _priced(self, vm_state: str, flavor: Flavor, kind: _Kind) -> Burn | None:
        if self._tariff is None or self._prices is None:
            return None
        image_name, root_disk, launched = kind
        burn = kind_burn(
            vm_state, flavor, self._prices, self._tariff.policy, self.currency, image_name,
            launched=launched, root_disk=root_disk,
        )  # fmt: skip
        return burn if priced(burn) else None


def _kind(vm: Vm, image_name: str) -> _Kind:
    return image_name, vm.root_disk, vm.launched
