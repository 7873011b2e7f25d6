"""`CostWaste`: looks for waste among VMs and what stands about, and keeps what operators dismissed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypeVar

from osvm_tui.domain.advice import Advice, VmMetrics, Waste
from osvm_tui.domain.burn import Total
from osvm_tui.domain.catalog import CatalogKind, Image
from osvm_tui.domain.gating import Verdict
from osvm_tui.domain.money import MONTH_S, Money, per_hour, totals
from osvm_tui.domain.network import FloatingIp
from osvm_tui.domain.thing_advice import image_advice, ip_advice, snapshot_advice, volume_advice
from osvm_tui.domain.vm import Flavor, Vm, VmRef
from osvm_tui.domain.vm_advice import LEAST_COVERED, MIN_DAYS, Subject, advise, tells
from osvm_tui.domain.vm_prices import VmPrices
from osvm_tui.domain.volume import Volume, VolumeSnapshot
from osvm_tui.services.cost_rates import Rates
from osvm_tui.services.cost_stock import Stock
from osvm_tui.services.costs_api import Dismissed, WasteList
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.scopes import Scopes

T = TypeVar("T")
_SLICE_S = 0.005
"""So long the loop is held; a frame is drawn in three times that."""
_LOST = frozenset({"error", "soft-delete", "deleted"})
"""Here an image of a VM may be all that is left of it."""
_SPECS_LISTED = (2, 61)
"""From here on flavors are listed with their extra specs (Nova's API history)."""


class CostWaste:
    """Advice on everything in sight."""

    def __init__(
        self,
        fleet: Fleet,
        scopes: Scopes,
        rates: Rates,
        stock: Stock,
        verdict: Callable[[VmRef, str], Verdict],
        now: Callable[[], datetime],
    ) -> None:
        self._fleet, self._scopes, self._rates, self._stock = fleet, scopes, rates, stock
        self._verdict, self._now = verdict, now

    async def look(
        self,
        metrics: Mapping[VmRef, VmMetrics],
        since: Mapping[VmRef, datetime],
        dismissed: Mapping[str, Dismissed],
        notes: Sequence[str],
    ) -> WasteList:
        """Return the waste list; `since` tells when each VM's present state began. Keys are heard meanwhile."""
        found: dict[str, Advice] = {}
        began = time.perf_counter()
        for each in self._all(metrics, since):
            if each is not None:
                found[each.id] = each
            if time.perf_counter() - began > _SLICE_S:
                await asyncio.sleep(0)
                began = time.perf_counter()
        silent = await asyncio.to_thread(_silent, list(self._fleet.vms()), metrics)
        return await asyncio.to_thread(_listed, found, dict(dismissed), (*notes, *silent))

    def _all(self, metrics: Mapping[VmRef, VmMetrics], since: Mapping[VmRef, datetime]) -> Iterator[Advice | None]:
        """Yield advice, and None for all that needs none."""
        now = self._now()
        followed = [follower.status.entry for follower in self._scopes.followers() if follower.scope is not None]
        prices: dict[str, VmPrices] = {}
        vms = list(self._fleet.vms())
        for vm in vms:
            entry = self._fleet.entry_of(vm.ref)
            if entry and entry not in prices:
                prices[entry] = VmPrices(self._rates.tariff(entry), now, self._choices(entry))
            yield self._of_vm(vm, entry, prices[entry], metrics, since, now) if entry else None
        alive = {vm.id for vm in vms if vm.vm_state not in _LOST}
        booted = {vm.image_id for vm in vms if vm.image_id}
        for entry in followed:
            yield from self._of_things(entry, alive, booted, now)

    def _choices(self, entry: str) -> Iterable[Flavor]:
        """Return what VMs of an entry may be resized to. Older clouds list flavors without their extra specs: there
        nobody can tell a GPU flavor from a plain one."""
        scope = self._scopes.follower(entry).scope
        if scope is None or scope.profile.max_microversion < _SPECS_LISTED:
            return ()
        return [flavor for flavor in self._stock.flavors(entry).values() if flavor.is_public]

    def _of_vm(
        self, vm: Vm, entry: str, prices: VmPrices, metrics: Mapping[VmRef, VmMetrics],
        since: Mapping[VmRef, datetime], now: datetime,
    ) -> Advice | None:  # fmt: skip
        flavor = self._stock.flavor_of(entry, vm)
        if flavor is None:
            return None
        ref = vm.ref
        subject = Subject(
            vm=vm,
            entry=entry,
            flavor=flavor,
            prices=prices,
            image_name=self._stock.image_name(entry, vm),
            state_since=since.get(ref) or vm.updated_at,
            metrics=metrics.get(ref),
            legal=lambda action_id: self._verdict(ref, action_id).allowed,
        )
        return advise(subject, now)

    def _of_things(self, entry: str, alive: Container[str], booted: Container[str], now: datetime) -> Iterator[Advice]:
        tariff = self._rates.tariff(entry)
        scope = self._scopes.scope(entry)

        def mine(project_id: str) -> bool:
            return scope.all_projects or project_id in ("", scope.project_id)

        volumes = self._of(entry, CatalogKind.VOLUME, Volume)
        yield from volume_advice([one for one in volumes if mine(one.project_id)], entry, tariff, now)
        addresses = self._of(entry, CatalogKind.FLOATING_IP, FloatingIp)
        yield from ip_advice([one for one in addresses if mine(one.project_id)], entry, tariff, now)
        snapshots = [
            one for one in self._of(entry, CatalogKind.VOLUME_SNAPSHOT, VolumeSnapshot) if mine(one.project_id)
        ]
        yield from snapshot_advice(snapshots, {volume.id for volume in volumes}, entry, tariff, now)
        images = [one for one in self._of(entry, CatalogKind.IMAGE, Image) if one.owner and mine(one.owner)]
        yield from image_advice(images, alive, booted, entry, tariff, now)

    def _of(self, entry: str, kind: CatalogKind, of: type[T]) -> list[T]:
        return [value for value in self._stock.values(entry, kind) if isinstance(value, of)]


def _silent(vms: Sequence[Vm], metrics: Mapping[VmRef, VmMetrics]) -> tuple[str, ...]:
    """Return of how many VMs nothing can be told; of none the caller says so himself."""
    running = [vm for vm in vms if vm.vm_state == "active"] if metrics else []
    told = sum((used := metrics.get(vm.ref)) is not None and tells(vm, used) for vm in running)
    if told == len(running):
        return ()
    missing = f"{len(running) - told} of {len(running)} running VMs"
    least = f"less than {LEAST_COVERED:.0%} of {MIN_DAYS:g} d measured since they came up"
    return (f"{missing} not looked at for idleness and size: {least}",)


def _listed(found: Mapping[str, Advice], dismissed: Mapping[str, Dismissed], notes: tuple[str, ...]) -> WasteList:
    shown = sorted((each for key, each in found.items() if key not in dismissed), key=_order)
    saved = [money for each in shown if (money := _saved(each)) is not None]
    return WasteList(
        advice=tuple(shown),
        savings=tuple(Total(m.currency, per_hour(m.amount, MONTH_S), m.amount) for m in totals(saved)),
        dismissed=tuple((found[key], each) for key, each in dismissed.items() if key in found),
        notes=notes,
    )


def _saved(advice: Advice) -> Money | None:
    if advice.saving_monthly is None or advice.waste is Waste.UNDERSIZED:
        return None
    return Money(advice.currency, advice.saving_monthly)


def _order(advice: Advice) -> tuple[Decimal, str, str]:
    return -(advice.saving_monthly or Decimal(0)), advice.waste.value, advice.name
