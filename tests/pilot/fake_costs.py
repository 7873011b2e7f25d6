"""`FakeCosts`: a CostsApi for tests of the console: real burn rates from the sample card, the rest is put in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from msgspec.structs import replace

from osvm_tui.domain.accrual import Tariff
from osvm_tui.domain.billing import SHELVED_FREE
from osvm_tui.domain.burn import Burn, Total, burn_totals, change, vm_burn
from osvm_tui.domain.catalog import CatalogKind, Flavor
from osvm_tui.domain.errors import Refused
from osvm_tui.domain.events import CostsChanged
from osvm_tui.domain.forecast import month_of
from osvm_tui.domain.rates import PriceList
from osvm_tui.domain.resources import RESOURCE_ACTIONS
from osvm_tui.domain.sample_rates import SAMPLE
from osvm_tui.domain.thing_what_if import burns, step_of
from osvm_tui.domain.things import paid_item
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.domain.volume import VolumeType
from osvm_tui.domain.what_if import after as left_by
from osvm_tui.services.costs_api import (
    AttachedCost,
    BurnTotals,
    By,
    Change,
    CostReport,
    CostsApi,
    Day,
    Dismissed,
    MonthView,
    RatesView,
    ResourceTarget,
    Uncounted,
    UsageCheck,
    VmBill,
    VmCost,
    VmMetrics,
    WasteList,
)

if TYPE_CHECKING:
    from tests.pilot.fake_console import FakeConsole

TARIFF = Tariff(SAMPLE, SHELVED_FREE)


class FakeCosts(CostsApi):
    """Burn rates of the fake's fleet; reports answer what was put into `reports`, `months`, `days`, ..."""

    def __init__(self, console: FakeConsole) -> None:
        self._console = console
        self.priced = True
        """False: no card is for the cloud."""
        self.uncounted: tuple[Uncounted, ...] = ()
        self.nameless: tuple[str, ...] = ()
        """What has no price."""
        self.trouble: tuple[str, ...] = ()
        self.attached: dict[VmRef, tuple[AttachedCost, ...]] = {}
        self.bills: dict[VmRef, VmBill] = {}
        self.reports: dict[tuple[By, ...], CostReport] = {}
        self.days: tuple[Day, ...] = ()
        self.month_view: MonthView | None = None
        self.waste_list = WasteList(advice=())
        self.usage: UsageCheck | None = None
        self.dismissals: dict[str, str] = {}

    @property
    def _prices(self) -> PriceList:
        prices = SAMPLE.at(self._console.now)
        assert prices is not None
        return prices

    def _burn(self, vm: Vm) -> Burn | None:
        if not self.priced or vm.flavor is None:
            return None
        return vm_burn(vm, vm.flavor, self._prices, SHELVED_FREE, SAMPLE.currency)

    def burn(self, ref: VmRef) -> VmCost:
        vm = self._console.fleet.get(ref)
        own = self._burn(vm) if vm is not None else None
        note = "" if own is not None else "no rates for mock: no rate card is for it"
        return VmCost(ref=ref, own=own, attached=self.attached.get(ref, ()), note=note, simulated=True)

    def rate(self, ref: VmRef) -> Total | None:
        burn = self.burn(ref).own
        return Total(burn.currency, burn.hourly, burn.monthly) if burn is not None else None

    def burn_totals(self, refs: Sequence[VmRef] | None = None) -> BurnTotals:
        vms = [self._console.fleet[ref] for ref in (self._console.fleet if refs is None else refs)]
        burns = [burn for vm in vms if (burn := self._burn(vm)) is not None]
        return BurnTotals(
            totals=burn_totals(burns),
            unpriced_vms=len(vms) - len(burns),
            vms=len(vms),
            simulated=bool(burns),
            uncounted=self.uncounted if refs is None else (),
            unpriced=self.nameless,
        )

    def what_if(
        self, action_id: str, refs: Sequence[VmRef], params: Mapping[str, object] | None = None
    ) -> tuple[Change, ...]:
        vms = [vm for ref in refs if (vm := self._console.fleet.get(ref)) is not None]
        before = [burn for vm in vms if (burn := self._burn(vm)) is not None]
        if not before:
            return ()
        wanted = self._flavor(str((params or {}).get("flavor_id", "")))
        after = [
            vm_burn(left, wanted or vm.flavor, self._prices, SHELVED_FREE, SAMPLE.currency)
            for vm in vms
            if vm.flavor is not None and (left := left_by(vm, action_id)) is not None
        ]
        left_out = len(vms) - len(before)
        return change(before, after, f"{left_out} without a price left out" if left_out else "")

    async def what_if_many(
        self, action_id: str, refs: Sequence[VmRef], params: Mapping[str, object] | None = None
    ) -> tuple[Change, ...]:
        return self.what_if(action_id, refs, params)

    def what_if_create(
        self, entry: str, flavor_id: str, image_id: str = "", count: int = 1, *, floating_ips: int = 0
    ) -> tuple[Change, ...]:
        flavor = self._flavor(flavor_id)
        if flavor is None or not self.priced:
            return ()
        like = Vm(
            endpoint="", id="", name="", status="ACTIVE", vm_state="active", flavor=flavor, image_id="i",
            launched_at=self._console.now,
        )  # fmt: skip
        burn = self._burn(like)
        return change((), [burn] * count if burn is not None else [])

    def what_if_resource(
        self, action_id: str, targets: Sequence[ResourceTarget], params: Mapping[str, object] | None = None
    ) -> tuple[Change, ...]:
        spec, items = RESOURCE_ACTIONS[action_id], self._console.resources.items
        types = [each.name for each in items[CatalogKind.VOLUME_TYPE] if isinstance(each, VolumeType)]
        given = params or {}
        found = []
        for target in targets if self.priced else ():
            value = next((each for each in items[spec.kind] if getattr(each, "id", "") == target.id), None)
            step = step_of(
                spec, paid_item(value), given, [str(given.get("volume_type"))] if "volume_type" in given else types
            )
            found += [burns(step, self._prices, SAMPLE.currency)] if step is not None else []
        return change([one[0] for one in found], [one[1] for one in found], at_most=any(one[2] for one in found))

    def _flavor(self, flavor_id: str) -> Flavor | None:
        view = self._console.catalog("mock", CatalogKind.FLAVOR)
        found = [each for each in (view.items if view else ()) if isinstance(each, Flavor)]
        return next((each for each in found if flavor_id in (each.id, each.name)), None)

    def rates(self, entry: str) -> RatesView:
        if not self.priced:
            return RatesView(entry=entry, note=f"no rates for {entry}: no rate card is for it")
        return RatesView(
            entry=entry, card="sample", currency="EUR", source=SAMPLE.source, valid_from=self._prices.since,
            policy=SHELVED_FREE.name, policy_title=SHELVED_FREE.title, simulated=True,
        )  # fmt: skip

    def problems(self) -> tuple[str, ...]:
        return self.trouble

    async def refresh(self) -> None:
        return None

    async def bill(self, ref: VmRef, since: datetime, until: datetime) -> VmBill:
        return self.bills.get(ref, VmBill(ref=ref, since=since, until=until, simulated=True))

    async def report(
        self, since: datetime, until: datetime, by: Sequence[By] = (By.PROJECT,), tag: str = ""
    ) -> CostReport:
        empty = CostReport(since=since, until=until, by=tuple(by), groups=(), totals=(), simulated=True)
        return self.reports.get(tuple(by), empty)

    async def month(self) -> MonthView:
        since, until = month_of(self._console.now)
        return self.month_view or MonthView(since=since, until=until, forecasts=(), simulated=True)

    async def trend(self, days: int = 30) -> tuple[Day, ...]:
        today = self._console.now.date()
        return self.days or tuple(Day(today - timedelta(days=back), ()) for back in range(days - 1, -1, -1))

    async def waste(self, metrics: Mapping[VmRef, VmMetrics] | None = None) -> WasteList:
        shown = tuple(each for each in self.waste_list.advice if each.id not in self.dismissals)
        away = tuple(
            (each, Dismissed(advice_id=each.id, reason=reason, operator="ops-1", at=self._console.now))
            for each in self.waste_list.advice
            if (reason := self.dismissals.get(each.id))
        )
        return replace(self.waste_list, advice=shown, dismissed=away)

    async def dismiss(self, advice_id: str, reason: str) -> None:
        if not reason.strip():
            raise Refused("say why: a dismissal is kept with its reason")
        self.dismissals[advice_id] = reason
        self._console.tell(CostsChanged(1))

    async def restore(self, advice_id: str) -> None:
        self.dismissals.pop(advice_id, None)
        self._console.tell(CostsChanged(1))

    async def check_usage(self, entry: str, since: datetime, until: datetime) -> UsageCheck:
        return self.usage or UsageCheck(entry=entry, since=since, until=until, nova_hours=Decimal(0))
