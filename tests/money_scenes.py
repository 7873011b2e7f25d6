"""Moments of money to take pictures of: a month that is told, a budget that will not hold, waste, no rates at all."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal

from osvm_tui.domain.accrual import Certainty, Line
from osvm_tui.domain.advice import Advice, Confidence, Waste
from osvm_tui.domain.burn import Total, thing_burn
from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.events import CostsChanged
from osvm_tui.domain.forecast import forecast, month_of
from osvm_tui.domain.network import FloatingIp
from osvm_tui.domain.rates import Component, Price
from osvm_tui.domain.sample_rates import SAMPLE
from osvm_tui.domain.things import ip_item, volume_item
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.domain.volume import Volume
from osvm_tui.services.costs_api import (
    AttachedCost,
    BudgetView,
    By,
    CostReport,
    Day,
    Group,
    HoursHeld,
    MonthView,
    Sum,
    UsageCheck,
    VmBill,
    WasteList,
)
from tests.pilot.fake_console import FakeConsole
from tests.pilot.fake_fleet import NOW
from tests.scenes import Scene

SINCE, UNTIL = month_of(NOW)
"""The month of the pictures."""
CHANGED = CostsChanged(2)
"""Tells that rates are others."""


def spending() -> Scene:
    """Return a console that has counted for a month, the cursor on a VM that runs."""
    api = FakeConsole()
    vm = api.in_state("active")
    costs = api.costs
    costs.attached[vm.ref] = _attached()
    costs.bills[vm.ref] = bill(vm)
    costs.days = days()
    costs.month_view = month()
    costs.waste_list = waste(api)
    costs.usage = usage(api)
    costs.reports = {(by,): report(by, keys) for by, keys in _GROUPS.items()}
    return Scene(api, vm.ref)


def unpriced() -> Scene:
    """Return a cloud that no rate card is for."""
    scene = spending()
    costs = scene.api.costs
    costs.priced = False
    costs.trouble = ("rates.toml:12: card.version.hourly.vcpu: not a number: 0,01",)
    costs.bills, costs.days, costs.month_view, costs.reports = {}, (), None, {}
    return scene


def _attached() -> tuple[AttachedCost, ...]:
    prices = SAMPLE.versions[-1]
    volume = Volume(id="v-1", name="web-data", status="in-use", size_gib=100, type="ssd")
    return (
        AttachedCost(
            kind=CatalogKind.VOLUME, id="v-1", name="web-data", burn=thing_burn(volume_item(volume), prices, "EUR")
        ),
        AttachedCost(
            kind=CatalogKind.FLOATING_IP, id="f-1", name="203.0.112.2", burn=thing_burn(ip_item(), prices, "EUR")
        ),
    )


def bill(vm: Vm) -> VmBill:
    """Return a month of a VM that ran, was shelved, and was out of sight for a night."""
    stretches = (
        ("active", Certainty.REBUILT, "2.10", "2.10"),
        ("shelved_offloaded", Certainty.KNOWN, "0", "0"),
        ("unknown", Certainty.BOUNDED, "0", "0.21"),
        ("active", Certainty.KNOWN, "4.87", "4.87"),
    )
    lines = tuple(_line(state, certainty, Decimal(least), Decimal(most)) for state, certainty, least, most in stretches)
    note = "no console looked at times between 2026-11-12 18:02 and 2026-11-13 07:40 UTC: least to most"
    total = Sum(currency="EUR", amount=Decimal("6.97"), amount_max=Decimal("7.18"))
    return VmBill(ref=vm.ref, since=SINCE, until=NOW, lines=lines, sums=(total,), notes=(note,), simulated=True)


def _line(vm_state: str, certainty: Certainty, least: Decimal, most: Decimal) -> Line:
    return Line(
        component=Component.VCPU, what="", since=SINCE, until=NOW, quantity=Decimal(1), price=Price(Decimal("0.01")),
        share=Decimal(1), currency="EUR", amount=least, amount_max=most, certainty=certainty, vm_state=vm_state,
        flavor="m1.small",
    )  # fmt: skip


def days() -> tuple[Day, ...]:
    """Return thirty days: growing, a costly week, one night unseen, today half over."""
    return tuple(_days())


def _days() -> Iterator[Day]:
    for back in range(29, -1, -1):
        amount = Decimal(140 + (29 - back) * 2) + (Decimal(60) if 8 <= back <= 13 else 0)
        most = amount * Decimal("1.4") if back == 21 else amount
        if back == 0:
            amount = most = amount / 2
        sums = (Sum(currency="EUR", amount=amount, amount_max=most, hours=Decimal(1440)),)
        yield Day(_day(back), sums, complete=back > 0)


def _day(back: int) -> date:
    return (NOW - timedelta(days=back)).date()


def month() -> MonthView:
    """Return the month: a band, a budget that holds, one that will not, one that is over."""
    daily = [(day.sums[0].amount, day.sums[0].amount_max) for day in days()[:-1]]
    accrued = (Decimal("3610.20"), Decimal("3684.60"))
    return MonthView(
        since=SINCE,
        until=UNTIL,
        forecasts=(forecast("EUR", accrued, Decimal("7.1200"), daily, NOW),),
        budgets=(
            _budget("all clouds", "", "8000", "3647.40", "5410.12", ""),
            _budget("web team", "web", "1200", "905.30", "1344.00", "will be 112 % of 1 200.00 EUR"),
            _budget("data team", "data", "400", "431.90", "640.00", "108 % of 400.00 EUR reached"),
        ),
        simulated=True,
    )


def _budget(name: str, project: str, limit: str, accrued: str, expected: str, alert: str) -> BudgetView:
    spent, whole = Decimal(accrued), Decimal(limit)
    return BudgetView(
        name=name, project=project, currency="EUR", limit=whole, accrued=spent, expected=Decimal(expected),
        reached=spent * 100 / whole, alert=alert, over=spent > whole,
    )  # fmt: skip


_GROUPS: dict[By, tuple[tuple[str, str, str, str], ...]] = {
    By.PROJECT: (("web", "2410.20", "2410.20", "14210"), ("data", "1200.00", "1274.40", "8120.5")),
    By.FLAVOR: (
        ("c2.xlarge", "1804.10", "1878.50", "5120"),
        ("m1.large", "1120.40", "1120.40", "7004.2"),
        ("volume", "402.00", "402.00", "0"),
        ("m1.small", "283.70", "283.70", "10206.3"),
    ),
}


def report(by: By, rows: tuple[tuple[str, str, str, str], ...]) -> CostReport:
    """Return what was accrued, by one way of grouping."""
    groups = tuple(Group((name,), _sum(least, most, hours)) for name, least, most, hours in rows)
    total = _sum("3610.20", "3684.60", "22330.5")
    return CostReport(since=SINCE, until=NOW, by=(by,), groups=groups, totals=(total,), simulated=True)


def _sum(least: str, most: str, hours: str) -> Sum:
    return Sum(currency="EUR", amount=Decimal(least), amount_max=Decimal(most), hours=Decimal(hours))


def waste(api: FakeConsole) -> WasteList:
    """Return one advice of most kinds, on VMs and things of the fake."""
    idle, off = api.in_state("active"), api.in_state("stopped")
    volumes, addresses = api.resources.items[CatalogKind.VOLUME], api.resources.items[CatalogKind.FLOATING_IP]
    volume = next(each for each in volumes if isinstance(each, Volume) and not each.attachments)
    address = next(each for each in addresses if isinstance(each, FloatingIp) and not each.port_id)
    found = (
        _advice(Waste.STOPPED, off.name, "14.74", "SHUTOFF for 21 d and still 14.74 EUR a month", "shelve",
                "shelve it", off.ref),
        _advice(Waste.IDLE, idle.name, "58.96",
                "CPU 0.6 % on average over 30 d, 3.1 % in the busiest 10 min, network 112 B/s; "
                "measured 98 % of that time",
                "shelve", "shelve it", idle.ref, Confidence.HIGH),
        _thing(Waste.VOLUME, CatalogKind.VOLUME, volume.id, volume.name, "12.00",
               "100 GB ssd attached to nothing for 93 d at least, made 148 d ago", "volume.delete",
               "delete it, once what matters is copied: it is nowhere else"),
        _thing(Waste.FLOATING_IP, CatalogKind.FLOATING_IP, address.id, address.address, "5.00", "leads nowhere",
               "floating-ip.release", "release it"),
    )  # fmt: skip
    saved = Decimal("90.70")
    return WasteList(advice=found, savings=(Total("EUR", saved / 730, saved),))


def _advice(
    kind: Waste, name: str, saving: str, evidence: str, action: str, detail: str, ref: VmRef,
    sure: Confidence = Confidence.MEDIUM,
) -> Advice:  # fmt: skip
    return Advice(
        id=f"{kind.value}:{ref.id}", waste=kind, name=name, entry="mock", project_id="p-web", ref=ref,
        evidence=evidence, currency="EUR", saving_monthly=Decimal(saving), confidence=sure, action_id=action,
        detail=detail,
    )  # fmt: skip


def _thing(
    waste: Waste, kind: CatalogKind, thing_id: str, name: str, saving: str, evidence: str, action: str, detail: str
) -> Advice:
    return Advice(
        id=f"{waste.value}:{thing_id}", waste=waste, name=name, entry="mock", project_id="p-data", kind=kind,
        thing_id=thing_id, evidence=evidence, currency="EUR", saving_monthly=Decimal(saving),
        confidence=Confidence.MEDIUM, action_id=action, detail=detail,
    )  # fmt: skip


def usage(api: FakeConsole) -> UsageCheck:
    """Return hours that agree, that differ, and that only Nova knows."""
    one, two, three = list(api.fleet.values())[:3]
    rows = (
        _held(one, "465.68", "465.68", ""),
        _held(two, "12.40", "465.68", "Nova counts from 2026-11-19 21:17 UTC alone: a resize begins its record anew"),
        _held(three, "90.00", None, "no console of this store ever saw it"),
    )
    note = "Nova counts hours held whatever the state, ours go by the same rule here; money does not"
    return UsageCheck(
        entry="mock", since=SINCE, until=NOW, rows=rows, nova_hours=Decimal("568.08"), our_hours=Decimal("931.36"),
        notes=(note,),
    )  # fmt: skip


def _held(vm: Vm, nova: str, ours: str | None, why: str) -> HoursHeld:
    return HoursHeld(
        vm_id=vm.id, name=vm.name, project_id=vm.project_id, nova_hours=Decimal(nova),
        our_hours=Decimal(ours) if ours is not None else None, explained=why,
    )  # fmt: skip
