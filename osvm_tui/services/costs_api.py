"""`CostsApi`: what everything costs, has cost and will cost, and what would cost less. Every value is serialisable.

Methods without `async` answer from memory. Amounts are exact; rounding for a screen is the screen's. Where a cloud has
no rate card there is no amount at all, never a zero. Currencies are never summed.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from msgspec import Struct

from osvm_tui.domain.accrual import Certainty as Certainty
from osvm_tui.domain.accrual import Line as Line
from osvm_tui.domain.advice import Advice as Advice
from osvm_tui.domain.advice import VmMetrics as VmMetrics
from osvm_tui.domain.burn import Burn as Burn
from osvm_tui.domain.burn import BurnLine as BurnLine
from osvm_tui.domain.burn import Change as Change
from osvm_tui.domain.burn import Total as Total
from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.forecast import Forecast as Forecast
from osvm_tui.domain.resource import ResourceTarget as ResourceTarget
from osvm_tui.domain.vm import VmRef


class By(StrEnum):
    """By what amounts are grouped. A VM with several tags is told under all of them as one group, in their order."""

    PROJECT = "project"
    FLAVOR = "flavor"
    STATE = "state"
    TAG = "tag"
    COMPONENT = "component"
    CLOUD = "cloud"


class RatesView(Struct, frozen=True, kw_only=True):
    """By which prices and policy one entry is counted; `card` empty means that it has no rates."""

    entry: str
    card: str = ""
    currency: str = ""
    source: str = ""
    """As the card tells it, for example `list price, monal.cloud, 2026-04-22`."""
    valid_from: datetime | None = None
    """Since when the present prices hold."""
    policy: str = ""
    policy_title: str = ""
    simulated: bool = False
    """The built-in sample card: SIMULATED list prices."""
    note: str = ""
    """Why there are none: `no rates for prod-fra1: ...`; empty when all is well."""


class AttachedCost(Struct, frozen=True, kw_only=True):
    """A volume or floating IP of a VM, which is paid apart from it."""

    kind: CatalogKind
    id: str
    name: str
    burn: Burn


class VmCost(Struct, frozen=True, kw_only=True):
    """What a VM costs now. `own` is None where there is no rate, with the reason in `note`."""

    ref: VmRef
    own: Burn | None = None
    attached: tuple[AttachedCost, ...] = ()
    """As far as the catalogs of volumes and floating IPs have been read."""
    note: str = ""
    simulated: bool = False


class Uncounted(Struct, frozen=True):
    """A catalog of an entry whose items are not in the totals; `why` is empty when it was not read yet."""

    entry: str
    kind: CatalogKind
    why: str = ""


class BurnTotals(Struct, frozen=True, kw_only=True):
    """What everything in sight costs now: VMs, volumes, snapshots, images and floating IPs, each counted once."""

    totals: tuple[Total, ...] = ()
    """One per currency; empty where nothing has a price."""
    unpriced_vms: int = 0
    """VMs in clouds without rates, or of flavors without a price: not in the totals."""
    vms: int = 0
    simulated: bool = False
    uncounted: tuple[Uncounted, ...] = ()
    """Catalogs that the rate cards price and that are not in the totals; of some VMs alone there are none."""
    unpriced: tuple[str, ...] = ()
    """What has no price, `flavor m1.small`, `volume gold`: not in the totals."""

    @property
    def complete(self) -> bool:
        """Whether the totals hold everything; otherwise it costs this at least."""
        return not self.unpriced_vms and not self.uncounted and not self.unpriced


class Sum(Struct, frozen=True, kw_only=True):
    """An amount of one currency over a stretch of time: the least and the most that it can be."""

    currency: str
    amount: Decimal
    amount_max: Decimal
    hours: Decimal | None = Decimal(0)
    """VM hours in it, whatever their state; None by component: hours are those of whole VMs."""

    @property
    def bounded(self) -> bool:
        """Whether a part of it was not seen."""
        return self.amount != self.amount_max


class Group(Struct, frozen=True):
    """One group of a report: its keys in the order of `CostReport.by`, names where they are known."""

    keys: tuple[str, ...]
    sum: Sum
    unpriced: tuple[str, ...] = ()
    """What of it had no price at times: the sum is without it, and a zero then is none."""


class CostReport(Struct, frozen=True, kw_only=True):
    """What was accrued. The sums of the groups of a currency add up to its total, to the last digit."""

    since: datetime
    until: datetime
    by: tuple[By, ...]
    groups: tuple[Group, ...]
    """The dearest first."""
    totals: tuple[Sum, ...]
    notes: tuple[str, ...] = ()
    """What is not in it: clouds without rates, components without a price, days that could not be read."""
    simulated: bool = False


class Day(Struct, frozen=True):
    """What one day (UTC) came to, one sum per currency; `complete` False for the present day."""

    day: date
    sums: tuple[Sum, ...]
    complete: bool = True


class BudgetView(Struct, frozen=True, kw_only=True):
    """A budget of a month with what is accrued and expected of it."""

    name: str
    entry: str = ""
    """Empty: all clouds."""
    project: str = ""
    """Name or id; empty: all projects."""
    currency: str
    limit: Decimal
    accrued: Decimal
    expected: Decimal
    reached: Decimal
    """Percent of the limit that is accrued."""
    alert: str = ""
    """A sentence once a mark is passed or will be: `80 % reached`, `will be 112 %`; empty when all is well."""
    note: str = ""
    """Why it can never fill: no prices in its currency, no cloud or project of its name; empty when all is well."""
    over: bool = False


class MonthView(Struct, frozen=True, kw_only=True):
    """The present month (UTC)."""

    since: datetime
    until: datetime
    forecasts: tuple[Forecast, ...]
    """One per currency; `Forecast.accrued` is the month to date."""
    budgets: tuple[BudgetView, ...] = ()
    notes: tuple[str, ...] = ()
    simulated: bool = False


class VmBill(Struct, frozen=True, kw_only=True):
    """What one VM (without what is attached to it) has cost from `since` to `until`, line by line."""

    ref: VmRef
    since: datetime
    until: datetime
    lines: tuple[Line, ...] = ()
    sums: tuple[Sum, ...] = ()
    notes: tuple[str, ...] = ()
    simulated: bool = False


class Dismissed(Struct, frozen=True, kw_only=True):
    """A piece of advice that an operator does not want to see again, and why."""

    advice_id: str
    reason: str
    operator: str
    at: datetime


class WasteList(Struct, frozen=True, kw_only=True):
    """Where money is wasted, the greatest saving first."""

    advice: tuple[Advice, ...]
    savings: tuple[Total, ...] = ()
    """What following all of it would save, per currency."""
    dismissed: tuple[tuple[Advice, Dismissed], ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be looked at: no metrics, catalogs that the token may not see."""


class HoursHeld(Struct, frozen=True, kw_only=True):
    """How long one VM was held in a window, by Nova's own usage record and by ours."""

    vm_id: str
    name: str
    project_id: str
    nova_hours: Decimal | None
    """None: Nova tells nothing of it (never launched)."""
    our_hours: Decimal | None
    """None: no console of this store ever saw it."""
    explained: str = ""
    """Why they differ; empty when they agree within a minute."""


class UsageCheck(Struct, frozen=True, kw_only=True):
    """Nova's usage record of an entry beside ours."""

    entry: str
    since: datetime
    until: datetime
    rows: tuple[HoursHeld, ...] = ()
    nova_hours: Decimal = Decimal(0)
    our_hours: Decimal = Decimal(0)
    notes: tuple[str, ...] = ()


class CostsApi(ABC):
    """Money: now, so far, to come, and what to do about it. A `CostsChanged` event tells when memory is newer."""

    # memory only
    @abstractmethod
    def burn(self, ref: VmRef) -> VmCost:
        """Return what a VM costs now."""

    @abstractmethod
    def rate(self, ref: VmRef) -> Total | None:
        """Return a VM's own burn rate, None where there is none; cheap enough to sort a fleet by."""

    @abstractmethod
    def burn_totals(self, refs: Sequence[VmRef] | None = None) -> BurnTotals:
        """Return what everything costs now, or these VMs alone; cheap enough for every frame."""

    @abstractmethod
    def what_if(
        self, action_id: str, refs: Sequence[VmRef], params: Mapping[str, object] | None = None
    ) -> tuple[Change, ...]:
        """Return what an action on these VMs would change once it has arrived; empty where nothing has a price.

        `params` are those of the action (`flavor_id` of a resize). An action that changes no cost gives a zero
        change. Volumes and addresses stay and go on costing when a VM is deleted, but for volumes that Nova deletes
        together with it: `note` says so. What a revert of a resize gives back is not known where no console saw the VM
        before; `unpriced` names it then. Takes some microseconds per VM: of more than a few hundred ask `what_if_many`.
        """

    @abstractmethod
    async def what_if_many(
        self, action_id: str, refs: Sequence[VmRef], params: Mapping[str, object] | None = None
    ) -> tuple[Change, ...]:
        """Return what `what_if` does, counted in parts between which the loop turns."""

    @abstractmethod
    def what_if_create(
        self, entry: str, flavor_id: str, image_id: str = "", count: int = 1, *, floating_ips: int = 0
    ) -> tuple[Change, ...]:
        """Return what `count` new VMs would cost; empty where the flavor is not known or nothing has a price."""

    @abstractmethod
    def what_if_resource(
        self, action_id: str, targets: Sequence[ResourceTarget], params: Mapping[str, object] | None = None
    ) -> tuple[Change, ...]:
        """Return what a change of these resources would change, added up; empty where nothing has a price, where the
        catalog was not read yet, or where the change has nothing to do with the bill.

        Of a new volume without a type `at_most` is set when the cloud's types differ in price.
        """

    @abstractmethod
    def rates(self, entry: str) -> RatesView:
        """Return by which prices an entry is counted."""

    @abstractmethod
    def problems(self) -> tuple[str, ...]:
        """Return what is wrong in rate, policy and budget files, one sentence per file; the last good ones hold."""

    # may wait
    @abstractmethod
    async def refresh(self) -> None:
        """Read what costs stand on if it is old: rate files, and catalogs of at most a quarter of an hour."""

    @abstractmethod
    async def bill(self, ref: VmRef, since: datetime, until: datetime) -> VmBill:
        """Return a VM's lines; where no console saw it, the cloud's action log is read."""

    @abstractmethod
    async def report(
        self, since: datetime, until: datetime, by: Sequence[By] = (By.PROJECT,), tag: str = ""
    ) -> CostReport:
        """Return what was accrued from `since` to `until` (cut to now), of whole days from pre-rolled totals; with
        `tag` of the VMs alone that carry it."""

    @abstractmethod
    async def month(self) -> MonthView:
        """Return month to date, forecast and budgets."""

    @abstractmethod
    async def trend(self, days: int = 30) -> tuple[Day, ...]:
        """Return the last days, oldest first, the present one last."""

    @abstractmethod
    async def waste(self, metrics: Mapping[VmRef, VmMetrics] | None = None) -> WasteList:
        """Return where money is wasted. `metrics` go before what the console measured itself; where there are none,
        what only they can tell is left out, and the notes say so."""

    @abstractmethod
    async def dismiss(self, advice_id: str, reason: str) -> None:
        """Show a piece of advice no more, on any console of this store. Refused without a reason; StoreError."""

    @abstractmethod
    async def restore(self, advice_id: str) -> None:
        """Show a dismissed piece of advice again."""

    @abstractmethod
    async def check_usage(self, entry: str, since: datetime, until: datetime) -> UsageCheck:
        """Compare with Nova's usage record ("hours held"); raises what the cloud raises, Forbidden for instance."""
