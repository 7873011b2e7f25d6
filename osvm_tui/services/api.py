"""`ConsoleApi`: all that the ui and the headless verbs see of the services. Every value is frozen and serialisable.

Methods without `async` answer from memory at once and may be called on the path of a key press. Those with `async` may
wait for the network or the store. Part of the contract: a later release answers them over a socket.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from osvm_tui.cloud.base import ApiCall as ApiCall
from osvm_tui.domain.audit import AuditRow, ChainReport
from osvm_tui.domain.catalog import CatalogKind as CatalogKind
from osvm_tui.domain.catalog import RemoteConsole
from osvm_tui.domain.catalog_item import CatalogItem as CatalogItem
from osvm_tui.domain.diff import FleetDelta
from osvm_tui.domain.events import Event
from osvm_tui.domain.gating import Verdict
from osvm_tui.domain.operations import ActionRequest, CreateVm, OperationItem, Submission
from osvm_tui.domain.roles import ConsoleRole, Scope
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.costs_api import CostsApi
from osvm_tui.services.guests_api import GuestsApi
from osvm_tui.services.insight_api import InsightApi
from osvm_tui.services.insight_api import Stuck as Stuck
from osvm_tui.services.monitor_api import MonitorApi
from osvm_tui.services.operations_api import OperationsApi
from osvm_tui.services.resources_api import ResourcesApi
from osvm_tui.store.base import AuditQuery as AuditQuery
from osvm_tui.store.base import StateInterval as StateInterval
from osvm_tui.store.base import StoreInfo


class ScopeState(StrEnum):
    """How well a scope is read."""

    CONNECTING = "connecting"
    CACHED = "cached"
    """Only the last picture so far; no answer of this cloud yet."""
    LIVE = "live"
    STALE = "stale"
    """It was live; the last poll failed or is overdue. The picture stays, with its age."""
    FAILED = "failed"
    """Never connected: wrong credentials, no route, certificate."""


class ScopeView(Struct, frozen=True, kw_only=True):
    """One clouds.yaml entry as the header, `:cloud` and `:health` show it."""

    entry: str
    state: ScopeState
    scope: Scope | None = None
    acting: bool = False
    """Whether actions on VMs that several entries see go through this one."""
    read_only: bool = False
    """Whether nothing may be changed through this entry."""
    vms: int = 0
    last_good_at: datetime | None = None
    leader: bool = False
    leader_owner: str = ""
    poll_ms: float = 0.0
    calls_per_minute: int = 0
    error_title: str = ""
    error_detail: str = ""
    error_hint: str = ""
    request_id: str = ""
    token_expires_at: datetime | None = None
    troubles: tuple[str, ...] = ()
    """What is read beside the list and fails at present: addresses, sweep, details; each with since when and why."""


class CatalogView(Struct, frozen=True):
    """A catalog as last read. `error` is set when the last reading failed; the items then are the ones before."""

    entry: str
    kind: CatalogKind
    items: tuple[CatalogItem, ...] = ()
    fetched_at: datetime | None = None
    error: str = ""


class TimelineEntry(Struct, frozen=True, kw_only=True):
    """One line of a VM's time line, newest first: its states, its fault, and Nova's action log joined with our audit by
    request id.
    """

    at: datetime | None
    source: str
    """`nova`, `osvm` or `both` (one request), `state` (another state began) or `fault`."""
    action: str
    """The action; of a state its status."""
    result: str = ""
    who: str = ""
    request_id: str = ""
    detail: str = ""
    events: tuple[str, ...] = ()
    state: tuple[str, str, str] = ("", "", "")
    """(status, vm_state, task_state) that the VM was in at that time, as far as a console saw it."""
    lasted_s: float | None = None
    """Of a state that has ended, how long it lasted."""


class Check(Struct, frozen=True):
    """One line of health and doctor: what was looked at, whether it is well, and what to do if not."""

    name: str
    ok: bool
    detail: str
    hint: str = ""
    warning: bool = False


class HealthView(Struct, frozen=True, kw_only=True):
    """What `:health` and `osvm doctor` show."""

    scopes: tuple[ScopeView, ...]
    store: StoreInfo | None
    checks: tuple[Check, ...] = ()
    version: str = ""
    versions: tuple[tuple[str, str], ...] = ()
    rss_mib: float = 0.0
    cpu_percent: float = 0.0
    operator: str = ""
    console_role: ConsoleRole = ConsoleRole.OPERATOR


class ConsoleApi(ABC):
    """The services behind one face."""

    operator: str
    console_role: ConsoleRole
    simulated: bool
    resources: ResourcesApi
    """Changes of what VMs stand on, and what can be chosen for an action."""
    bulk: OperationsApi
    """Operations as a whole: pause, cancel, retry, undo, script."""
    insight: InsightApi
    """What is usual, what is stuck, and what would help."""
    guests: GuestsApi
    """The way into a guest by SSH."""
    monitor: MonitorApi
    """What every VM does, and what is wrong."""
    costs: CostsApi
    """What everything costs, has cost and will cost."""

    @abstractmethod
    async def start(self) -> None:
        """Start following the clouds in the background; returns at once, failures show in `scopes()`."""

    @abstractmethod
    async def close(self) -> None:
        """Stop, hand leases back and write the snapshot."""

    @abstractmethod
    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        """Call `listener` on the loop for every event; return the function that ends it."""

    # memory only
    @abstractmethod
    def fleet_since(self, revision: int) -> FleetDelta:
        """Return what moved in the merged fleet after `revision`; 0 or too old a revision gives all of it."""

    @abstractmethod
    def vm(self, ref: VmRef) -> Vm | None: ...

    @abstractmethod
    def scopes(self) -> tuple[ScopeView, ...]: ...

    @abstractmethod
    def scope_of(self, ref: VmRef) -> ScopeView | None:
        """Return the entry through which an action on this VM would go."""

    @abstractmethod
    def entry_of(self, ref: VmRef) -> str:
        """Return the entry that gives the VM's row, empty when none shows it; cheap enough for every row drawn."""

    @abstractmethod
    def verdict(self, ref: VmRef, action_id: str) -> Verdict:
        """Ask the gate about the VM as it is now."""

    @abstractmethod
    def create_verdict(self, entry: str) -> Verdict:
        """Ask the gate whether a VM may be created through this entry."""

    @abstractmethod
    def pending(self, ref: VmRef) -> OperationItem | None:
        """Return the open operation item of a VM, the newest when there are several."""

    @abstractmethod
    def operations(self) -> tuple[OperationItem, ...]:
        """Return recent items of all consoles on this store, newest first."""

    @abstractmethod
    def catalog(self, entry: str, kind: CatalogKind) -> CatalogView | None:
        """Return a catalog as last read, None when it never was."""

    @abstractmethod
    def names(self, entry: str) -> tuple[dict[str, str], dict[str, str]]:
        """Return (project names by id, user names by id) as far as known."""

    @abstractmethod
    def calls(self) -> tuple[ApiCall, ...]:
        """Return the last API calls, newest first."""

    # may wait
    @abstractmethod
    async def submit(self, request: ActionRequest) -> Submission:
        """Gate again, write audit and operation, and send. Raises Refused when no target passes, StoreReadOnly when
        no audit row can be written; nothing was sent then. Returns as soon as the items are planned."""

    @abstractmethod
    async def note_refused(self, request: ActionRequest) -> None:
        """Audit a request that the gate refused at the key press; what would be allowed now is left out, nothing is
        sent. Never raises for the store's sake: a refusal changes nothing."""

    @abstractmethod
    async def create(
        self, entry: str, order: CreateVm, count: int = 1, source: str = "console", asked_in: str = ""
    ) -> Submission:
        """Create one VM, or `count` of them named by pattern (`web-{n}`, else `-1`, `-2` appended). Refused when the
        entry is in another project than `asked_in`, where that is given."""

    @abstractmethod
    async def wait(self, operation_id: str, timeout_s: float) -> tuple[OperationItem, ...]:
        """Return the items when all have ended, or as they are when the time is over."""

    @abstractmethod
    async def refresh(self) -> None:
        """Poll every scope now."""

    @abstractmethod
    async def use_entry(self, entry: str) -> None:
        """Let actions go through this entry first."""

    @abstractmethod
    async def switch_project(self, entry: str, project_id: str) -> None:
        """Let an entry see another project of its user: the old project's VMs leave the fleet. Raises Unknown, Refused
        (operations under way, or an entry that is bound to its project) and what the login raises; nothing moved then.
        """

    @abstractmethod
    async def load_catalog(self, entry: str, kind: CatalogKind, max_age_s: float = 60.0) -> CatalogView: ...

    @abstractmethod
    async def console_log(self, ref: VmRef, lines: int | None = 500) -> str: ...

    @abstractmethod
    async def console_url(self, ref: VmRef) -> RemoteConsole: ...

    @abstractmethod
    async def diagnostics(self, ref: VmRef) -> str:
        """Return the hypervisor's counters of a VM as JSON text."""

    @abstractmethod
    async def timeline(self, ref: VmRef) -> tuple[TimelineEntry, ...]: ...

    @abstractmethod
    async def raw(self, ref: VmRef) -> str:
        """Return the VM's JSON as the cloud has it now, indented."""

    @abstractmethod
    async def intervals(self, ref: VmRef) -> tuple[StateInterval, ...]: ...

    @abstractmethod
    async def audit(self, query: AuditQuery) -> tuple[AuditRow, ...]: ...

    @abstractmethod
    async def verify_audit(self) -> ChainReport: ...

    @abstractmethod
    async def health(self) -> HealthView: ...
