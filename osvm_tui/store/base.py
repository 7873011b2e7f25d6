"""`Store`: the face of everything that is kept, one implementation for SQLite and PostgreSQL; services see only this.

Every method may raise StoreError and its kinds, nothing else. Each writing method is one transaction.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from msgspec import Struct

from osvm_tui.domain.accrual import Held
from osvm_tui.domain.audit import AuditEntry, AuditRow, ChainReport
from osvm_tui.domain.operations import Control, ItemState, Operation, OperationItem
from osvm_tui.domain.rates import Component
from osvm_tui.domain.roles import Scope
from osvm_tui.domain.rollup import CostDay
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.store.alert_base import AlertStore


class Lease(Struct, frozen=True):
    """A right that one process holds for a while. `epoch` grows with each new owner and fences the old one out."""

    name: str
    owner: str
    epoch: int
    expires_at: datetime


class FleetRows(Struct, frozen=True):
    """The VMs of a scope that moved after a store revision."""

    revision: int
    vms: tuple[Vm, ...]
    removed: tuple[VmRef, ...]
    seen_at: datetime | None = None
    """When the scope's leader last had a good answer of the cloud."""


class Snapshot(Struct, frozen=True, kw_only=True):
    """The last picture of one entry, as the first paint shows it. A cache: on any mismatch it is thrown away."""

    entry: str
    scope: Scope
    taken_at: datetime
    server_time: datetime | None
    """Where the next delta list may start, by the cloud's own clock."""
    vms: tuple[Vm, ...]


class SnapshotShelf(ABC):
    """Where snapshots lie: one file per entry. Both methods block; neither raises for a bad or missing file."""

    @abstractmethod
    def read(self, entry: str) -> Snapshot | None:
        """Return the last picture, None when there is none or it does not hold (format, schema, checksum)."""

    @abstractmethod
    def write(self, snapshot: Snapshot) -> bool:
        """Write by temp file and rename, mode 0600; False when the disk would not take it."""


class StateInterval(Struct, frozen=True):
    """A VM was in one state from `since` to `until`; None means that it still is, as far as was seen."""

    vm_state: str
    task_state: str
    status: str
    power_state: int
    flavor_name: str
    since: datetime
    until: datetime | None
    seen_at: datetime
    """When a console last saw this state: what lies behind it is not known."""


class VmLife(Struct, frozen=True):
    """A VM as last read with its state intervals, oldest first; `gone` says that it exists no more."""

    vm: Vm
    gone: bool
    intervals: tuple[StateInterval, ...]


class Dismissal(Struct, frozen=True):
    """A piece of advice that nobody wants to see again, and why."""

    advice_id: str
    reason: str
    operator: str
    at: datetime


class AuditQuery(Struct, frozen=True):
    """Which audit rows; newest first. Empty fields match all; `before_seq` pages backwards."""

    text: str = ""
    operator: str = ""
    vm_id: str = ""
    action: str = ""
    since: datetime | None = None
    until: datetime | None = None
    before_seq: int = 0
    limit: int = 200


class StoreInfo(Struct, frozen=True):
    """What health and doctor tell of the store. `url` carries no password."""

    url: str
    schema: str
    size_bytes: int
    writable: bool
    spooled: int
    """Audit rows that wait in the spool file for the store to be writable again."""
    detail: str = ""


class Store(ABC):
    """Everything that is kept, behind one face."""

    notices: list[str]
    """What the operator must be told once: a damaged file set aside, a migration, a damaged spool."""
    alerts: AlertStore

    @abstractmethod
    async def open(self) -> None:
        """Open and, for SQLite, migrate after a backup copy.

        A damaged file is set aside and a new one made; a file that cannot be written is opened for reading
        (`info().writable`). Both are told in `notices`. SchemaMismatch: another release's schema, nothing was touched.
        """

    @abstractmethod
    async def close(self) -> None: ...

    @abstractmethod
    async def info(self) -> StoreInfo: ...

    # leases
    @abstractmethod
    async def acquire(self, name: str, owner: str, ttl_s: float) -> Lease | None:
        """Take a free or expired lease (epoch grows) or renew one's own; None while another holds it."""

    @abstractmethod
    async def release(self, lease: Lease) -> None: ...

    @abstractmethod
    async def lease(self, name: str) -> Lease | None:
        """Return who holds it now, expired or not."""

    # the fleet
    @abstractmethod
    async def save_vms(
        self, scope: Scope, upserts: Sequence[Vm], removed: Sequence[VmRef], seen_at: datetime, lease: Lease | None
    ) -> int:
        """Write changed rows, their addresses and state intervals; return the store's revision, new if a row changed.

        Every VM of the scope that is not mentioned counts as seen unchanged at `seen_at`, so a healthy poll without
        changes may be saved too, now and then: it costs one row and keeps the intervals' `seen_at` true. With a
        `lease` whose epoch is no longer the current one nothing is written and StoreError is raised. Fields that only
        admins may see are kept when a member's reading lacks them.
        """

    @abstractmethod
    async def load_vms(self, scope: Scope) -> FleetRows:
        """Return every living VM of the scope."""

    @abstractmethod
    async def vms_since(self, scope: Scope, revision: int) -> FleetRows:
        """Return what moved after `revision`; cost grows with what moved.

        An answer with a smaller revision than asked for means that the store was replaced: call `load_vms`.
        """

    @abstractmethod
    async def lacking(self, scope: Scope, picture: Mapping[VmRef, Vm]) -> tuple[VmRef, ...]:
        """Return which VMs to save or remove for the store to hold this picture of the scope.

        Reads every row of the scope, but keeps none. May name a VM that a save then finds unchanged.
        """

    @abstractmethod
    async def intervals(self, ref: VmRef) -> tuple[StateInterval, ...]:
        """Return a VM's state intervals, oldest first."""

    # operations
    @abstractmethod
    async def plan(self, operation: Operation, audit: Sequence[AuditEntry]) -> None:
        """Write an operation with its items and their audit rows in one transaction, before anything is sent.

        Raises StoreError when the database does not take it: then nothing may be sent. Items without an owner belong
        to the store's own. Parameters named like secrets are left out and user_data is masked; `Operation.secret` is
        then set in what is stored.
        """

    @abstractmethod
    async def move_item(
        self,
        item: OperationItem,
        expected: frozenset[ItemState],
        audit: Sequence[AuditEntry],
        *,
        owner: str,
    ) -> bool:
        """Write `item` if it is still in one of `expected` and owned by `owner`; False when somebody else moved it.

        A move to SENDING is also False unless the operation's control is RUN. This is the compare-and-swap that keeps
        two owners from sending the same call. A move out of PLANNED needs the database and raises StoreError without
        it: nothing may be sent. A later move tells of a call that is out: without the database it goes to the spool
        with its audit rows, is replayed in order, and answers True. StoreReadOnly then means that neither took it:
        keep it and try again. `item.owner` is not written.
        """

    @abstractmethod
    async def claim_items(
        self, owner: str, ttl_s: float, now: datetime, scope_keys: frozenset[str], actions: frozenset[str] | None = None
    ) -> tuple[OperationItem, ...]:
        """Take over other owners' open items of these scopes whose lease has expired; return those newly owned.

        Only of these actions, where they are named: what `owner` could not follow is left to who can.

        What dead processes left in their spools is replayed first. `owner` must be unique to a process's run. Here and
        in `keep_items` PostgreSQL goes by its own clock, not by `now`.
        """

    @abstractmethod
    async def keep_items(self, owner: str, ttl_s: float, now: datetime, stale_s: float = 60.0) -> None:
        """Renew the owner leases of this owner's open items, and count their operations as cared for.

        An operation that nobody has cared for during `stale_s` stays so, until an operator steers it.
        """

    @abstractmethod
    async def steer(self, operation_id: str, control: Control, audit: Sequence[AuditEntry]) -> bool:
        """Write what is to become of an operation's unsent items, with its audit rows, or raise StoreError.

        False when it says so already, was cancelled (which is final), or is not known; then nothing is audited.
        """

    @abstractmethod
    async def operation(self, operation_id: str) -> Operation | None: ...

    @abstractmethod
    async def operations(self, change: int = 0, limit: int = 1000) -> tuple[Operation, ...]:
        """Return the newest operations without their items, oldest first; with `change` those written after it."""

    @abstractmethod
    async def items(self, *, open_only: bool = False, limit: int = 500) -> tuple[OperationItem, ...]:
        """Return items, newest first."""

    @abstractmethod
    async def items_since(self, change: int) -> tuple[int, tuple[OperationItem, ...]]:
        """Return items written after change number `change`, and the newest number: how other consoles follow."""

    # audit
    @abstractmethod
    async def append_audit(self, entries: Sequence[AuditEntry]) -> None:
        """Append to the chain; if the database cannot be written, to the spool file, to be replayed later.

        Raises StoreReadOnly only when neither can be written: then no change may be made.
        """

    @abstractmethod
    async def audit(self, query: AuditQuery) -> tuple[AuditRow, ...]: ...

    @abstractmethod
    async def verify_audit(self) -> ChainReport:
        """Check the whole chain in batches."""

    @abstractmethod
    async def replay_spool(self) -> int:
        """Move spooled audit rows into the database; return how many."""

    # costs
    @abstractmethod
    async def lives(self, scope: Scope, since: datetime, refs: Sequence[VmRef] = ()) -> tuple[VmLife, ...]:
        """Return every VM of the scope that was there at `since` or later, with its intervals from then on and the
        last one before; or these VMs alone, with all intervals."""

    @abstractmethod
    async def save_things(self, scope: Scope, component: Component, things: Sequence[Held], seen_at: datetime) -> None:
        """Write what there is of a component (volumes, images, ...) in the scope's reach at `seen_at`, whole.

        What is missing has ended then; what has another size or type ends and begins anew. `since` of a thing is
        taken at its first writing alone.
        """

    @abstractmethod
    async def things(self, scope: Scope, since: datetime) -> tuple[Held, ...]:
        """Return what existed at `since` or later beside VMs."""

    @abstractmethod
    async def save_cost_days(self, scope: Scope, days: Sequence[CostDay]) -> None:
        """Write the sums of these days, in place of all that was there of them in the scope's reach."""

    @abstractmethod
    async def cost_days(self, scope: Scope, first: date, last: date, *, parts: bool = False) -> tuple[CostDay, ...]:
        """Return the sums of these days, both included, in the scope's reach; `parts` by component too."""

    @abstractmethod
    async def dismiss(self, dismissal: Dismissal) -> None:
        """Write a dismissal, in place of an earlier one of the same advice."""

    @abstractmethod
    async def undismiss(self, advice_id: str) -> None: ...

    @abstractmethod
    async def dismissals(self) -> tuple[Dismissal, ...]: ...
