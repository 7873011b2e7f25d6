"""`CostChanges`: what an action or a creation would change, from memory, before it is asked for."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from osvm_tui.domain.burn import Burn, Change, change, priced, thing_burn, vm_burn
from osvm_tui.domain.rates import Component, PriceList
from osvm_tui.domain.resource import ResourceTarget
from osvm_tui.domain.resources import RESOURCE_ACTIONS
from osvm_tui.domain.thing_what_if import Step, burns, step_of
from osvm_tui.domain.things import ip_item, paid_item
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.cost_burns import Burns
from osvm_tui.services.cost_earlier import Earlier
from osvm_tui.services.cost_rates import Rates
from osvm_tui.services.cost_stock import Stock
from osvm_tui.services.cost_tally import Tally
from osvm_tui.services.fleet import Fleet

_PART = 250
"""So many VMs are counted between two turns of the loop."""
_PUBLIC = "public images are the provider's own: no project pays for them"


class CostChanges:
    """What-if, for one VM or thing, or for many."""

    def __init__(self, fleet: Fleet, rates: Rates, stock: Stock, burns: Burns, earlier: Earlier) -> None:
        self._fleet, self._rates, self._stock, self._burns, self._earlier = fleet, rates, stock, burns, earlier

    def of_action(self, action_id: str, refs: Sequence[VmRef], params: Mapping[str, object]) -> tuple[Change, ...]:
        """Return the change per currency; see `CostsApi.what_if`."""
        tally = self._tally(action_id, params)
        tally.add(refs)
        return tally.changes()

    async def of_many(self, action_id: str, refs: Sequence[VmRef], params: Mapping[str, object]) -> tuple[Change, ...]:
        """Return the change per currency, giving the loop a turn after every part; see `CostsApi.what_if_many`."""
        tally = self._tally(action_id, params)
        for at in range(0, len(refs), _PART):
            tally.add(refs[at : at + _PART])
            await asyncio.sleep(0)
        return tally.changes()

    def _tally(self, action_id: str, params: Mapping[str, object]) -> Tally:
        return Tally(action_id, params, self._fleet, self._rates, self._stock, self._burns, self._earlier)

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
        notes = [_PUBLIC] if public else []
        if left_out:
            notes.append(f"{left_out} without a price left out")
        return change(before, after, "; ".join(notes), at_most=at_most)

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
