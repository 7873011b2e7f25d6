"""`Costs`: the services of money put together behind `CostsApi`."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from osvm_tui.domain.accrual import vm_parts
from osvm_tui.domain.advice import VmMetrics
from osvm_tui.domain.burn import Change, Total
from osvm_tui.domain.errors import OsvmError, Refused, StoreError
from osvm_tui.domain.events import CostsChanged
from osvm_tui.domain.forecast import DAYS, Forecast, forecast, month_of
from osvm_tui.domain.gating import Verdict
from osvm_tui.domain.money import ZERO
from osvm_tui.domain.resource import ResourceTarget
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.rollup import day_bounds
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.audit_writer import AuditWriter
from osvm_tui.services.bus import EventBus
from osvm_tui.services.catalogs import Catalogs
from osvm_tui.services.cost_bills import begins_note, bill_of
from osvm_tui.services.cost_burns import Burns, Coming
from osvm_tui.services.cost_changes import CostChanges
from osvm_tui.services.cost_days import CostDays, ProjectDay
from osvm_tui.services.cost_earlier import Earlier
from osvm_tui.services.cost_lives import Counted, Lives
from osvm_tui.services.cost_metrics import UsedOf
from osvm_tui.services.cost_rates import CostSource as CostSource
from osvm_tui.services.cost_rates import Rates
from osvm_tui.services.cost_reports import (
    InSight,
    budget_note,
    budget_view,
    by_day,
    grouped,
    totals,
    unpriced_notes,
    with_tag,
)
from osvm_tui.services.cost_states import states_since
from osvm_tui.services.cost_stock import Stock
from osvm_tui.services.cost_usage import compare
from osvm_tui.services.cost_waste import CostWaste
from osvm_tui.services.costs_api import (
    BurnTotals,
    By,
    CostReport,
    CostsApi,
    Day,
    Dismissed,
    MonthView,
    RatesView,
    Sum,
    UsageCheck,
    VmBill,
    VmCost,
    WasteList,
)
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.monitor_api import MonitorApi
from osvm_tui.services.scopes import Scopes
from osvm_tui.services.tasks import end
from osvm_tui.store.base import Dismissal, Store

STOCK_S = 900.0
"""How old catalogs may be that costs are counted from."""
_FIRST_S = 10.0
"""After the start first things are for the fleet."""
_KEEP_S = 600.0
_BACK_DAYS = 62
"""How far back days are counted of themselves; older ones when they are asked for."""
_log = logging.getLogger("osvm.costs")


class Costs(CostsApi):
    """Money of one console."""

    def __init__(
        self,
        source: CostSource | None,
        fleet: Fleet,
        scopes: Scopes,
        catalogs: Catalogs,
        bus: EventBus,
        store: Callable[[], Store | None],
        verdict: Callable[[VmRef, str], Verdict],
        writer: AuditWriter,
        operator: str,
        console_role: ConsoleRole,
        now: Callable[[], datetime],
        monitor: MonitorApi | None = None,
    ) -> None:
        self._fleet, self._scopes, self._catalogs, self._bus = fleet, scopes, catalogs, bus
        self._store, self._now = store, now
        self._writer, self._operator, self._role = writer, operator, console_role
        self._rates = Rates(source, scopes, bus, now)
        self._stock = Stock(catalogs)
        self._burns = Burns(fleet, scopes, self._rates, self._stock, now)
        self._earlier = Earlier(fleet, store, bus)
        self._changes = CostChanges(fleet, self._rates, self._stock, self._burns, self._earlier)
        self._lives = Lives(fleet, scopes, self._rates, self._stock, store, now)
        self._days = CostDays(self._lives, self._stock, store, now)
        self._used = UsedOf(monitor) if monitor is not None else None
        self._waste = CostWaste(fleet, scopes, self._rates, self._stock, verdict, now)

    # life

    async def keep(self, store_ready: Callable[[], Awaitable[None]]) -> None:
        """Follow the files, and count days now and then; until cancelled."""
        beside = [asyncio.create_task(self._rates.keep(), name="rates")]
        try:
            await store_ready()
            beside.append(asyncio.create_task(self._earlier.keep(lambda: self._rates.revision), name="earlier"))
            await asyncio.sleep(_FIRST_S)
            beside.append(asyncio.create_task(self._keep_used(), name="used"))
            while True:
                await self._keep_once()
                await asyncio.sleep(_KEEP_S)
        finally:
            await end(beside)

    async def _keep_used(self) -> None:
        """Read what VMs were measured to use: of a large fleet that takes longer than days may wait to be counted."""
        while self._used is not None:
            await self._used.read_ahead(self._running(), self._now())
            await asyncio.sleep(_KEEP_S)

    async def _keep_once(self) -> None:
        """Read catalogs, note what there is, and count what is missing of each scope that this console leads."""
        try:
            await self._read_stock()
            self._bus.publish(CostsChanged(self._rates.revision))
            now = self._now()
            for one in self._lives.counted()[0]:
                if self._scopes.view(one.entry, now).leader:
                    await self._days.note_things(one)
                    await self._days.roll(one, _BACK_DAYS)
        except OsvmError as error:
            _log.info("costs not counted", extra={"detail": error.detail})

    async def refresh(self) -> None:
        await self._rates.refresh()
        await self._read_stock()
        await self._earlier.read()

    async def _read_stock(self) -> tuple[str, ...]:
        entries = [f.status.entry for f in self._scopes.followers() if f.scope is not None]
        found = await asyncio.gather(*(self._stock.read(entry, STOCK_S) for entry in entries))
        for entry in entries:
            await self._catalogs.load_names(entry)
        return tuple(note for notes in found for note in notes)

    # memory only

    def burn(self, ref: VmRef) -> VmCost:
        return self._burns.of(ref)

    def rate(self, ref: VmRef) -> Total | None:
        return self._burns.rate(ref)

    def burn_totals(self, refs: Sequence[VmRef] | None = None) -> BurnTotals:
        return self._burns.totals(refs)

    def what_if(
        self, action_id: str, refs: Sequence[VmRef], params: Mapping[str, object] | None = None
    ) -> tuple[Change, ...]:
        return self._changes.of_action(action_id, refs, params or {})

    async def what_if_many(
        self, action_id: str, refs: Sequence[VmRef], params: Mapping[str, object] | None = None
    ) -> tuple[Change, ...]:
        return await self._changes.of_many(action_id, refs, params or {})

    def what_if_create(
        self, entry: str, flavor_id: str, image_id: str = "", count: int = 1, *, floating_ips: int = 0
    ) -> tuple[Change, ...]:
        return self._changes.of_creation(entry, flavor_id, image_id, count, floating_ips)

    def what_if_resource(
        self, action_id: str, targets: Sequence[ResourceTarget], params: Mapping[str, object] | None = None
    ) -> tuple[Change, ...]:
        return self._changes.of_things(action_id, targets, params or {})

    def rates(self, entry: str) -> RatesView:
        return self._rates.view(entry)

    def problems(self) -> tuple[str, ...]:
        return self._rates.problems

    # may wait

    async def bill(self, ref: VmRef, since: datetime, until: datetime) -> VmBill:
        until = min(until, self._now())
        entry = self._fleet.entry_of(ref)
        tariff = self._rates.tariff(entry) if entry else None
        if tariff is None:
            return VmBill(ref=ref, since=since, until=until, notes=(self._burns.of(ref).note,))
        counted = Counted(entry, self._scopes.scope(entry), tariff)
        await self._stock.read(entry, STOCK_S)
        billed = await self._lives.billed(counted, since, ask=True, refs=(ref,))
        parts = [part for one in billed for part in vm_parts(one.life, one.made, tariff, since, until)]
        return bill_of(ref, since, until, parts, entry, tariff)

    async def report(
        self, since: datetime, until: datetime, by: Sequence[By] = (By.PROJECT,), tag: str = ""
    ) -> CostReport:
        troubles = await self._read_stock()
        until = min(until, self._now())
        found, notes = await self._days.read(since, until, parts=By.COMPONENT in by)
        if tag:
            found = with_tag(found, tag)
            notes = (*notes, f"only VMs with the tag {tag}: volumes, images and addresses have none")
        return CostReport(
            since=since,
            until=until,
            by=tuple(by),
            groups=await asyncio.to_thread(grouped, found, tuple(by), self._project),
            totals=await asyncio.to_thread(totals, found, held=By.COMPONENT not in by),
            notes=(*notes, *await self._unpriced(found, since), *troubles),
            simulated=self._simulated(),
        )

    async def _unpriced(self, found: Sequence[ProjectDay], since: datetime) -> tuple[str, ...]:
        """Return what had no price, and which clouds had none at all at first."""
        late = [note for one in self._lives.counted()[0] for note in begins_note(one.entry, one.tariff, since)]
        return (*late, *await asyncio.to_thread(unpriced_notes, found))

    async def trend(self, days: int = 30) -> tuple[Day, ...]:
        await self._read_stock()
        today = self._now().date()
        wanted = [today - timedelta(days=back) for back in range(days - 1, -1, -1)]
        found, _ = await self._days.read(day_bounds(wanted[0])[0], self._now())
        return await asyncio.to_thread(by_day, found, wanted)

    async def month(self) -> MonthView:
        now = self._now()
        since, until = month_of(now)
        troubles = await self._read_stock()
        wanted = [(now - timedelta(days=back)).date() for back in range(DAYS, 0, -1)]
        read, notes = await self._days.read(min(since, day_bounds(wanted[0])[0]), now)
        found = [each for each in read if each.day >= since.date()]
        recent = await asyncio.to_thread(by_day, [each for each in read if each.day in wanted], wanted)
        coming = self._burns.coming(now, until)
        sight = self._in_sight((*found, *coming))
        return MonthView(
            since=since,
            until=until,
            forecasts=self._forecasts(await asyncio.to_thread(totals, found), recent, coming, now),
            budgets=tuple(
                [
                    await asyncio.to_thread(
                        budget_view, budget, found, coming, self._project, budget_note(budget, sight, self._project)
                    )
                    for budget in self._rates.budgets
                    if budget.holds_in(now)
                ]
            ),
            notes=(*notes, *await self._unpriced(found, since), *troubles),
            simulated=self._simulated(),
        )

    def _in_sight(self, costing: Iterable[ProjectDay | Coming]) -> InSight:
        currencies: dict[str, str | None] = {}
        projects = {(one.entry, one.project_id) for one in costing}
        for follower in self._scopes.followers():
            entry = follower.status.entry
            tariff = self._rates.tariff(entry)
            currencies[entry] = tariff.card.currency if tariff is not None else None
            projects |= {(entry, project_id) for project_id in self._catalogs.names(entry)[0]}
            if follower.scope is not None:
                currencies[entry] = currencies[entry] or ""
                projects.add((entry, follower.scope.project_id))
        return InSight(currencies, frozenset(projects))

    def _forecasts(
        self, sums: Sequence[Sum], recent: Sequence[Day], coming: Sequence[Coming], now: datetime
    ) -> tuple[Forecast, ...]:
        burn = {total.currency: total.hourly for total in self._burns.totals().totals}
        accrued = {one.currency: (one.amount, one.amount_max) for one in sums}
        found = []
        for currency in sorted(burn.keys() | accrued.keys() | {one.currency for one in coming}):
            daily = [(one.amount, one.amount_max) for day in recent for one in day.sums if one.currency == currency]
            so_far = accrued.get(currency, (ZERO, ZERO))
            rest = sum((one.amount for one in coming if one.currency == currency), ZERO)
            found.append(forecast(currency, so_far, burn.get(currency, ZERO), daily, now, rest))
        return tuple(found)

    async def waste(self, metrics: Mapping[VmRef, VmMetrics] | None = None) -> WasteList:
        notes = list(await self._read_stock())
        if metrics is None and self._used is not None:
            metrics = await self._used.of(self._running(), self._now())
        if not metrics:
            notes.append("no metrics: idle and wrongly sized VMs are not looked for")
        store = self._store()
        dismissed: dict[str, Dismissed] = {}
        since: dict[VmRef, datetime] = {}
        if store is not None:
            dismissed = {
                one.advice_id: Dismissed(advice_id=one.advice_id, reason=one.reason, operator=one.operator, at=one.at)
                for one in await store.dismissals()
            }
            scopes = {f.scope.key: f.scope for f in self._scopes.followers() if f.scope is not None}
            since = await states_since(store, scopes.values(), self._fleet.get, self._now())
        return await self._waste.look(metrics or {}, since, dismissed, notes)

    def _running(self) -> list[Vm]:
        return [vm for vm in self._fleet.vms() if vm.vm_state == "active"]

    async def dismiss(self, advice_id: str, reason: str) -> None:
        if not reason.strip():
            raise Refused("say why: a dismissal is kept with its reason")
        await self._audit("dismissed", f"{advice_id}: {reason.strip()}")
        await self._kept().dismiss(Dismissal(advice_id, reason.strip(), self._operator, self._now()))
        self._bus.publish(CostsChanged(self._rates.revision))

    async def restore(self, advice_id: str) -> None:
        await self._audit("restored", advice_id)
        await self._kept().undismiss(advice_id)
        self._bus.publish(CostsChanged(self._rates.revision))

    async def _audit(self, phase: str, detail: str) -> None:
        """Write what is done to the advice of all; Refused for a role that may change nothing."""
        if not self._role.may(ConsoleRole.OPERATOR):
            raise Refused(f"console role {self._role} may not dismiss advice")
        entry = self._writer.session(phase, detail, "console")
        await self._kept().append_audit([replace(entry, action="cost.advice")])

    async def check_usage(self, entry: str, since: datetime, until: datetime) -> UsageCheck:
        until = min(until, self._now())
        scope = self._scopes.scope(entry)
        told = await self._scopes.client(entry).usage(since, until)
        ours = await self._lives.histories(entry, scope, since)
        rows = await asyncio.to_thread(compare, told, ours, since, until)
        return UsageCheck(
            entry=entry,
            since=since,
            until=until,
            rows=rows,
            nova_hours=sum((row.nova_hours for row in rows if row.nova_hours is not None), ZERO),
            our_hours=sum((row.our_hours for row in rows if row.our_hours is not None), ZERO),
            notes=("Nova counts hours held whatever the state, ours go by the same rule here; money does not",),
        )

    # shared

    def _project(self, entry: str, project_id: str) -> str:
        scope = self._scopes.follower(entry).scope
        if scope is not None and scope.project_id == project_id and scope.project_name:
            return scope.project_name
        return self._catalogs.names(entry)[0].get(project_id, project_id)

    def _simulated(self) -> bool:
        return any(one.tariff.card.simulated for one in self._lives.counted()[0])

    def _kept(self) -> Store:
        store = self._store()
        if store is None:
            raise StoreError("the store is not open")
        return store
