"""`CostWaste`: looks for waste among VMs and what stands about, and keeps what operators dismissed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
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
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.domain.vm_advice import Subject, advise
from osvm_tui.domain.volume import Volume, VolumeSnapshot
from osvm_tui.services.cost_rates import Rates
from osvm_tui.services.cost_stock import Stock
from osvm_tui.services.costs_api import Dismissed, WasteList
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.scopes import Scopes

T = TypeVar("T")


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

    def look(
        self,
        metrics: Mapping[VmRef, VmMetrics],
        since: Mapping[VmRef, datetime],
        dismissed: Mapping[str, Dismissed],
        notes: Sequence[str],
    ) -> WasteList:
        """Return the waste list; `since` tells when each VM's present state began."""
        found = {each.id: each for each in self._all(metrics, since)}
        shown = sorted((each for key, each in found.items() if key not in dismissed), key=_order)
        saved = [money for each in shown if (money := _saved(each)) is not None]
        return WasteList(
            advice=tuple(shown),
            savings=tuple(Total(m.currency, per_hour(m.amount, MONTH_S), m.amount) for m in totals(saved)),
            dismissed=tuple((found[key], each) for key, each in dismissed.items() if key in found),
            notes=tuple(notes),
        )

    def _all(self, metrics: Mapping[VmRef, VmMetrics], since: Mapping[VmRef, datetime]) -> Iterator[Advice]:
        now = self._now()
        for vm in list(self._fleet.vms()):
            advice = self._of_vm(vm, metrics.get(vm.ref), since.get(vm.ref), now)
            if advice is not None:
                yield advice
        for follower in self._scopes.followers():
            if follower.scope is not None:
                yield from self._of_things(follower.status.entry, now)

    def _of_vm(self, vm: Vm, metrics: VmMetrics | None, since: datetime | None, now: datetime) -> Advice | None:
        entry = self._fleet.entry_of(vm.ref)
        flavor = self._stock.flavor_of(entry, vm) if entry else None
        if not entry or flavor is None:
            return None
        subject = Subject(
            vm=vm,
            entry=entry,
            flavor=flavor,
            flavors=tuple(each for each in self._stock.flavors(entry).values() if each.is_public),
            tariff=self._rates.tariff(entry),
            image_name=self._stock.image_name(entry, vm),
            state_since=since or vm.updated_at,
            metrics=metrics,
            legal=lambda action_id: self._verdict(vm.ref, action_id).allowed,
        )
        return advise(subject, now)

    def _of_things(self, entry: str, now: datetime) -> Iterator[Advice]:
        tariff = self._rates.tariff(entry)
        scope = self._scopes.scope(entry)

        def mine(project_id: str) -> bool:
            return scope.all_projects or project_id in ("", scope.project_id)

        volumes = self._of(entry, CatalogKind.VOLUME, Volume)
        yield from volume_advice([one for one in volumes if mine(one.project_id)], entry, tariff, now)
        addresses = self._of(entry, CatalogKind.FLOATING_IP, FloatingIp)
        yield from ip_advice([one for one in addresses if mine(one.project_id)], entry, tariff, now)
        snapshots = self._of(entry, CatalogKind.VOLUME_SNAPSHOT, VolumeSnapshot)
        yield from snapshot_advice([one for one in snapshots if mine(one.project_id)], entry, tariff, now)
        images = self._of(entry, CatalogKind.IMAGE, Image)
        yield from image_advice([one for one in images if one.owner and mine(one.owner)], entry, tariff, now)

    def _of(self, entry: str, kind: CatalogKind, of: type[T]) -> list[T]:
        return [value for value in self._stock.values(entry, kind) if isinstance(value, of)]


def _saved(advice: Advice) -> Money | None:
    if advice.saving_monthly is None or advice.waste is Waste.UNDERSIZED:
        return None
    return Money(advice.currency, advice.saving_monthly)


def _order(advice: Advice) -> tuple[Decimal, str, str]:
    return -(advice.saving_monthly or Decimal(0)), advice.waste.value, advice.name
