"""`Burns`: what everything costs now, from memory. VMs that are alike are priced once; totals follow what moved."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple

from msgspec import Struct
from msgspec.structs import replace

from osvm_tui.domain.accrual import Held, Tariff, dated
from osvm_tui.domain.burn import Burn, Item, Total, burn_totals, kind_burn, priced, thing_burn, times
from osvm_tui.domain.money import ZERO, exact_hours, product
from osvm_tui.domain.rates import PriceList
from osvm_tui.domain.roles import Scope
from osvm_tui.domain.things import KINDS
from osvm_tui.domain.vm import Flavor, Vm, VmRef
from osvm_tui.services.cost_rates import Rates
from osvm_tui.services.cost_stock import Stock
from osvm_tui.services.costs_api import AttachedCost, BurnTotals, Uncounted, VmCost
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.scopes import Scopes

_Pieces = list[tuple[PriceList, Decimal]]
"""Prices that will hold, each with its hours."""


class Kind(NamedTuple):
    """What VMs have in common that cost the same."""

    entry: str
    vm_state: str
    flavor: Flavor | None
    launched: bool
    image_name: str | None
    root_disk: bool


class Coming(Struct, frozen=True):
    """What one project's VMs and things in one cloud will come to if nothing changes but prices."""

    entry: str
    project_id: str
    currency: str
    amount: Decimal


class Burns:
    """Burn rates of VMs and totals of everything; `now` only chooses which version of the prices holds."""

    def __init__(self, fleet: Fleet, scopes: Scopes, rates: Rates, stock: Stock, now: Callable[[], datetime]) -> None:
        self._fleet, self._scopes, self._rates, self._stock, self._now = fleet, scopes, rates, stock, now
        self._memo: dict[Kind, Burn | None] = {}
        self._missing: dict[Kind, tuple[str, ...]] = {}
        self._basis: tuple[object, ...] = ()
        self._kinds: dict[VmRef, Kind] = {}
        self._projects: dict[VmRef, str] = {}
        self._counts: Counter[tuple[str, Kind]] = Counter()
        """By project and kind."""
        self._revision = 0
        self._alike: tuple[tuple[object, ...], Counter[tuple[str, str, Item]]] = ((), Counter())
        self._things: tuple[tuple[object, ...], tuple[Burn, ...]] = ((), ())
        self._all: BurnTotals | None = None

    def of(self, ref: VmRef) -> VmCost:
        """Return what a VM costs now."""
        vm, entry = self._fleet.get(ref), self._fleet.entry_of(ref)
        if vm is None or not entry:
            return VmCost(ref=ref, note=f"the VM {ref.short} is gone")
        self.follow()
        found = self._rates.priced(entry)
        if found is None:
            return VmCost(ref=ref, note=self._rates.view(entry).note)
        own = self.alike(self._kind(vm, entry))
        return VmCost(
            ref=ref,
            own=own,
            attached=self._attached(entry, vm, *found),
            note="" if own is not None else f"no price for the flavor of {vm.name}",
            simulated=found[0].card.simulated,
        )

    def rate(self, ref: VmRef) -> Total | None:
        """Return a VM's own burn rate, None where there is none."""
        self.follow()
        self._follow_fleet()
        key = self._kinds.get(ref)
        burn = self.alike(key) if key is not None else None
        return Total(burn.currency, burn.hourly, burn.monthly) if burn is not None else None

    def kinds(self) -> Mapping[VmRef, Kind]:
        """Return what kind every VM is of now that an entry sees; true until the next turn of the loop."""
        self.follow()
        self._follow_fleet()
        return self._kinds

    def _attached(self, entry: str, vm: Vm, tariff: Tariff, prices: PriceList) -> tuple[AttachedCost, ...]:
        currency = tariff.card.currency
        return tuple(
            AttachedCost(kind=one.kind, id=one.id, name=one.name, burn=thing_burn(one.item, prices, currency))
            for one in self._stock.hanging(entry, vm)
        )

    def totals(self, refs: Sequence[VmRef] | None = None) -> BurnTotals:
        """Return the sum of these VMs, or of everything with what hangs on it and what hangs on nothing."""
        self.follow()
        if refs is not None:
            chosen = [
                (vm, entry) for ref in refs if (vm := self._fleet.get(ref)) and (entry := self._fleet.entry_of(ref))
            ]
            return self._sum(Counter(self._kind(vm, entry) for vm, entry in chosen), ())
        self._follow_fleet()
        if self._all is None:
            counts: Counter[Kind] = Counter()
            for (_, key), count in self._counts.items():
                counts[key] += count
            self._all = replace(self._sum(counts, self._thing_burns()), uncounted=self._uncounted())
        return self._all

    def coming(self, since: datetime, until: datetime) -> tuple[Coming, ...]:
        """Return what all that there is now will come to between two moments, by the prices already written down."""
        self.follow()
        self._follow_fleet()
        pieces: dict[str, _Pieces] = {}
        for follower in self._scopes.followers():
            tariff = self._rates.tariff(follower.status.entry)
            cut = dated(tariff.card, since, until) if tariff is not None else ()
            pieces[follower.status.entry] = [(prices, exact_hours(other - one)) for one, other, prices in cut]
        found: dict[tuple[str, str, str], Decimal] = {}
        for one in (*self._coming_vms(pieces), *self._coming_things(pieces)):
            key = (one.entry, one.project_id, one.currency)
            found[key] = found.get(key, ZERO) + one.amount
        return tuple(Coming(*key, amount) for key, amount in found.items())

    def _coming_vms(self, pieces: Mapping[str, _Pieces]) -> Iterator[Coming]:
        whole: dict[Kind, tuple[str, Decimal]] = {}
        for (project_id, key), count in self._counts.items():
            if count and key not in whole:
                burns = [(self._burn_by(key, prices), hours) for prices, hours in pieces.get(key[0], ())]
                known = [(burn, hours) for burn, hours in burns if burn is not None]
                currency = known[0][0].currency if known else ""
                whole[key] = (currency, sum((product(burn.hourly, hours) for burn, hours in known), ZERO))
            if count and whole[key][0]:
                yield Coming(key[0], project_id, whole[key][0], whole[key][1] * count)

    def _coming_things(self, pieces: Mapping[str, _Pieces]) -> Iterator[Coming]:
        for (entry, project_id, item), count in self._things_alike().items():
            tariff = self._rates.tariff(entry)
            if tariff is None:
                continue
            for prices, hours in pieces.get(entry, ()):
                burn = thing_burn(item, prices, tariff.card.currency)
                yield Coming(entry, project_id, burn.currency, product(burn.hourly, hours) * count)

    def _sum(self, counts: Mapping[Kind, int], things: tuple[Burn, ...]) -> BurnTotals:
        found = [(burn, count) for key, count in counts.items() if count and (burn := self.alike(key)) is not None]
        vms, priced_vms = sum(counts.values()), sum(count for _, count in found)
        totals = burn_totals([*(times(burn, count) for burn, count in found), *things])
        simulated = any(self._simulated(key[0]) for key, count in counts.items() if count)
        missing = {name for key, count in counts.items() if count for name in self._missing.get(key, ())}
        missing.update(name for burn in things for name in burn.unpriced)
        return BurnTotals(
            totals=totals, unpriced_vms=vms - priced_vms, vms=vms, simulated=simulated, unpriced=tuple(sorted(missing))
        )

    def _uncounted(self) -> tuple[Uncounted, ...]:
        found = []
        for follower in self._scopes.followers():
            entry = follower.status.entry
            priced_by = self._rates.priced(entry) if follower.scope is not None else None
            prices = priced_by[1].prices if priced_by is not None else {}
            for kind, component in KINDS.items():
                why = self._stock.unread(entry, kind) if component in prices else None
                if why is not None:
                    found.append(Uncounted(entry, kind, why))
        return tuple(found)

    def _simulated(self, entry: str) -> bool:
        tariff = self._rates.tariff(entry)
        return tariff is not None and tariff.card.simulated

    def _kind(self, vm: Vm, entry: str) -> Kind:
        flavor = self._stock.flavor_of(entry, vm)
        return Kind(entry, vm.vm_state, flavor, vm.launched, self._stock.image_of(entry, vm), vm.root_disk)

    def alike(self, key: Kind) -> Burn | None:
        """Return what a VM of this kind costs, None where it has no price; `kinds` must have been called before."""
        if key not in self._memo:
            self._memo[key] = self._price(key)
        return self._memo[key]

    def _price(self, key: Kind) -> Burn | None:
        found = self._rates.priced(key[0])
        burn = self._whole(key, *found) if found is not None else None
        self._missing[key] = burn.unpriced if burn is not None else ()
        return burn if burn is not None and priced(burn) else None

    def _burn_by(self, key: Kind, prices: PriceList) -> Burn | None:
        """Return what a VM costs by prices that need not be the present ones."""
        found = self._rates.priced(key[0])
        if found is not None and found[1] is prices:
            return self.alike(key)
        tariff = self._rates.tariff(key[0])
        burn = self._whole(key, tariff, prices) if tariff is not None else None
        return burn if burn is not None and priced(burn) else None

    def _whole(self, key: Kind, tariff: Tariff, prices: PriceList) -> Burn | None:
        _, vm_state, flavor, launched, image_name, root_disk = key
        if flavor is None:
            return None
        return kind_burn(
            vm_state, flavor, prices, tariff.policy, tariff.card.currency, image_name,
            launched=launched, root_disk=root_disk,
        )  # fmt: skip

    def follow(self) -> None:
        """Forget everything when the book, the prices that hold, a scope or a catalog is another one."""
        basis: list[object] = [self._rates.revision]
        for follower in self._scopes.followers():
            entry = follower.status.entry
            found = self._rates.priced(entry)
            basis += [follower.scope, found[1] if found is not None else None, *self._stock.marks(entry)]
        # By identity: whatever is read again is another object, and comparing whole catalogs would cost a frame.
        same = len(basis) == len(self._basis) and basis[0] == self._basis[0]
        if same and all(a is b for a, b in zip(basis[1:], self._basis[1:], strict=True)):
            return
        self._basis = tuple(basis)
        self._memo.clear()
        self._missing.clear()
        self._kinds.clear()
        self._projects.clear()
        self._counts.clear()
        self._revision = 0
        self._all = None

    def _follow_fleet(self) -> None:
        delta = self._fleet.since(self._revision)
        if delta.complete or delta.revision != self._revision:
            self._all = None
        if delta.complete:
            self._kinds.clear()
            self._projects.clear()
            self._counts.clear()
        self._revision = delta.revision
        for ref in delta.removed:
            self._drop(ref)
        for vm in delta.upserts:
            ref = vm.ref
            self._drop(ref)
            if entry := self._fleet.entry_of(ref):
                kind = self._kinds[ref] = self._kind(vm, entry)
                self._projects[ref] = vm.project_id
                self._counts[vm.project_id, kind] += 1

    def _drop(self, ref: VmRef) -> None:
        if (key := self._kinds.pop(ref, None)) is not None:
            self._counts[self._projects.pop(ref), key] -= 1

    def _thing_burns(self) -> tuple[Burn, ...]:
        if self._things[0] is not self._basis:
            self._things = (self._basis, tuple(self._price_things()))
        return self._things[1]

    def _things_alike(self) -> Counter[tuple[str, str, Item]]:
        """Return how many things there are of each kind by entry and project."""
        if self._alike[0] is not self._basis:
            self._alike = (self._basis, self._count_things())
        return self._alike[1]

    def _count_things(self) -> Counter[tuple[str, str, Item]]:
        alike: Counter[tuple[str, str, Item]] = Counter()
        seen: set[tuple[str, str]] = set()
        for follower in self._scopes.followers():
            entry, scope = follower.status.entry, follower.scope
            for one in self._held(entry, scope):
                key = (scope.endpoint if scope else entry, one.id)
                if key not in seen:
                    seen.add(key)
                    alike[entry, one.project_id, Item(one.component, one.what, one.quantity)] += 1
        return alike

    def _price_things(self) -> list[Burn]:
        alike: Counter[tuple[str, Item]] = Counter()
        for (entry, _, item), count in self._things_alike().items():
            alike[entry, item] += count
        found = []
        for (entry, item), count in alike.items():
            priced_by = self._rates.priced(entry)
            if priced_by is not None:
                tariff, prices = priced_by
                found.append(times(thing_burn(item, prices, tariff.card.currency), count))
        return found

    def _held(self, entry: str, scope: Scope | None) -> Sequence[Held]:
        return self._stock.held(entry, scope, self._now()) if scope is not None else ()
