"""`Console`: the services put together behind `ConsoleApi`. Adapters come as factories, made late and off the loop."""

from __future__ import annotations

import asyncio
import os
import socket
import uuid
from collections.abc import Callable, Coroutine, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import msgspec

from osvm_tui.cloud.base import CloudClient
from osvm_tui.domain.audit import AuditRow, ChainReport
from osvm_tui.domain.catalog import RemoteConsole
from osvm_tui.domain.diff import Delta, FleetDelta
from osvm_tui.domain.errors import OsvmError, StoreError, StoreReadOnly
from osvm_tui.domain.events import Event, FleetChanged, Notice, ScopesChanged, Severity
from osvm_tui.domain.gating import Verdict
from osvm_tui.domain.operations import ActionRequest, CreateVm, OperationItem, Submission
from osvm_tui.domain.roles import ConsoleRole
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services import health, timeline
from osvm_tui.services.allocator import return_big_blocks
from osvm_tui.services.api import ApiCall, CatalogKind, CatalogView, ConsoleApi, HealthView, ScopeView, TimelineEntry
from osvm_tui.services.audit_writer import AuditWriter
from osvm_tui.services.bulk import Bulk
from osvm_tui.services.bus import EventBus
from osvm_tui.services.cadence import Cadence
from osvm_tui.services.catalogs import Catalogs
from osvm_tui.services.choices import Choices
from osvm_tui.services.costs import Costs, CostSource
from osvm_tui.services.entries import Entries
from osvm_tui.services.entry import EntryPlan
from osvm_tui.services.fleet import Fleet
from osvm_tui.services.guests import GuestPlan, Guests
from osvm_tui.services.insight import Insight
from osvm_tui.services.lifecycle import Lifecycle
from osvm_tui.services.monitor_plan import MonitorPlan
from osvm_tui.services.monitoring import Monitoring
from osvm_tui.services.operation_book import OperationBook
from osvm_tui.services.resources import Resources
from osvm_tui.services.scopes import Scopes
from osvm_tui.services.sharing import share_texts
from osvm_tui.services.snapshot_keeper import SnapshotKeeper
from osvm_tui.services.tasks import end
from osvm_tui.store.base import AuditQuery, SnapshotShelf, StateInterval, Store

_AGE_S = 2.0
_STORE_S = 10.0
"""How long a request waits for a store that is still being opened."""


def utc_now() -> datetime:
    """Return the present time with its zone."""
    return datetime.now(UTC)


class Console(ConsoleApi):
    """One console: its entries, its operator, its part in the shared store."""

    def __init__(
        self,
        entries: Sequence[EntryPlan],
        open_store: Callable[[str], Store],
        shelf: SnapshotShelf | None,
        *,
        operator: str,
        console_role: ConsoleRole = ConsoleRole.OPERATOR,
        cadence: Cadence | None = None,
        now: Callable[[], datetime] = utc_now,
        source: str = "console",
        guests: GuestPlan | None = None,
        rates: CostSource | None = None,
        monitor: MonitorPlan | None = None,
    ) -> None:
        self.operator, self.console_role = operator, console_role
        self.simulated = any(plan.simulated for plan in entries)
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{uuid.uuid4().hex[:6]}"
        self.store_error = ""
        self._cadence, self._now, self._source = cadence or Cadence(), now, source
        self._store: Store | None = None
        self._candidate: Store | None = None
        self._bus, self._open_store = EventBus(), open_store
        self._fleet = Fleet([plan.entry for plan in entries])
        self._scopes = Scopes(self._fleet, operator, console_role)
        self._book = OperationBook(self._bus, self.owner, lambda: self._store)
        self._writer = AuditWriter(operator, console_role, self.owner.rpartition(":")[0], now)
        self._lifecycle = Lifecycle(
            self._fleet, self._scopes, self._book, self._writer, self._bus, lambda: self._store,
            owner=self.owner, operator=operator, console_role=console_role, cadence=self._cadence, now=now,
        )  # fmt: skip
        self.bulk = self._bulk = Bulk(
            self._fleet, self._scopes, self._book, self._lifecycle, self._writer, self._bus, self._writable,
            console_role, now,
        )  # fmt: skip
        self._catalogs = Catalogs(self._scopes, self._bus, now)
        choices = Choices(self._scopes, self._catalogs, self._fleet)
        self.resources = self._resources = Resources(
            self._scopes, self._catalogs, choices, self._writer, self._writable, now
        )
        self.insight = self._insight = Insight(
            self._fleet, self._scopes, self._book, self._bus, lambda: self._store, self.store_ready, self.verdict, now
        )
        self.guests = self._guests = Guests(
            guests, self._fleet, self._scopes, self._catalogs, self._writer, self._writable, source
        )
        self.monitor: Monitoring = Monitoring(
            monitor, self._fleet, self._scopes, self._catalogs, self._guests, self.insight, self._bus, self._writer,
            lambda: self._store, operator, console_role, now, source,
        )  # fmt: skip
        self.costs = self._costs = Costs(
            rates, self._fleet, self._scopes, self._catalogs, self._bus, lambda: self._store, self.verdict,
            self._writer, operator, console_role, now, self.monitor,
        )  # fmt: skip
        self._tasks: list[asyncio.Task[None]] = []
        self._store_ready, self._scope_revision = asyncio.Event(), 0
        self._snapshots = SnapshotKeeper(shelf, self._fleet, self._scopes, self._cadence)
        self._entries = Entries(
            self._fleet, self._scopes, self._book, self._cadence, now, lambda: self._store, self.owner,
            apply=self._apply, changed=self._scopes_changed,
        )  # fmt: skip
        self._entries.open(entries, shelf)

    # life

    async def start(self) -> None:
        return_big_blocks()
        self._spawn(share_texts(self.vms()), "share texts")
        self._entries.follow()
        self._spawn(self._bring_up_store(), "store")
        self._spawn(self._lifecycle.keep(), "operations")
        self._spawn(self._snapshots.keep(), "snapshots")
        self._spawn(self._insight.keep(), "insight")
        self._spawn(self._guests.keep(), "accepted host keys")
        self._spawn(self._costs.keep(self.store_ready), "costs")
        self._spawn(self.monitor.keep(self.store_ready), "monitor")
        self._spawn(self._watch_age(), "age")

    async def load(self, *, vms: bool = True) -> tuple[OsvmError, ...]:
        """Connect every entry, read its VMs once and open the store, for headless verbs; return what failed."""
        await self._bring_up_store()
        work = [one.load_once() if vms else one.connect_once() for one in self._scopes.followers()]
        outcomes = await asyncio.gather(*work, return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException) and not isinstance(outcome, OsvmError):
                raise outcome
        return tuple(outcome for outcome in outcomes if isinstance(outcome, OsvmError))

    async def follow_operations(self) -> None:
        """Start the care for operations without the polling of fleets, for headless verbs."""
        self._spawn(self._lifecycle.keep(), "operations")

    async def close(self) -> None:
        await end(self._tasks)
        await self._entries.stop()
        await self.monitor.close()
        await self._lifecycle.stop()
        await self._resources.stop()
        await self._snapshots.write()
        if self._store is not None:
            await self._session("end")
        await self._entries.close()
        if self._candidate is not None:
            await self._candidate.close()

    async def store_ready(self) -> None:
        """Return when the store has been opened or has failed to open."""
        await self._store_ready.wait()

    async def _bring_up_store(self) -> None:
        try:
            store = self._candidate = await asyncio.to_thread(self._open_store, self.owner)
            await store.open()
            self._store = store
            await self._session("start")
            await self._book.keep()
        except StoreError as error:
            self._store_failed(error)
        except OsvmError as error:
            self._store_failed(StoreError(error.detail, hint=error.hint))
        finally:
            self._store_ready.set()
        for text in getattr(self._candidate, "notices", ()):
            self._bus.publish(Notice(text, Severity.WARNING))
        for follower in self._scopes.followers():
            follower.poke()

    def _store_failed(self, error: StoreError) -> None:
        self.store_error = error.detail
        self._bus.publish(Notice(f"{error.title}: {error.detail}", Severity.ERROR))

    async def _session(self, phase: str) -> None:
        if self._store is None or self._source != "console":
            return  # a headless verb is told by what it does
        entries = ", ".join(self._fleet.order)
        try:
            await self._store.append_audit([self._writer.session(phase, f"clouds: {entries}", self._source)])
        except StoreError as error:
            self._store_failed(error)

    # events and the fleet

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        return self._bus.subscribe(listener)

    def _apply(self, entry: str, delta: Delta) -> None:
        if self._fleet.apply(entry, delta):
            self._lifecycle.noticed(delta.upserts)
            self._bus.publish(FleetChanged(self._fleet.revision))

    def _scopes_changed(self) -> None:
        self._scope_revision += 1
        self._bus.publish(ScopesChanged(self._scope_revision))
        for follower in self._scopes.followers():
            if follower.scope is not None and not self._catalogs.names(follower.status.entry)[0]:
                self._spawn(self._catalogs.load_names(follower.status.entry), "names")

    def fleet_since(self, revision: int) -> FleetDelta:
        return self._fleet.since(revision)

    def vm(self, ref: VmRef) -> Vm | None:
        return self._fleet.get(ref)

    def vms(self) -> tuple[Vm, ...]:
        """Return the whole merged fleet, in no order."""
        return tuple(self._fleet.vms())

    def scopes(self) -> tuple[ScopeView, ...]:
        return self._scopes.views(self._now())

    def scope_of(self, ref: VmRef) -> ScopeView | None:
        entry = self._fleet.entry_of(ref)
        return self._scopes.view(entry, self._now()) if entry else None

    def entry_of(self, ref: VmRef) -> str:
        return self._fleet.entry_of(ref)

    async def refresh(self) -> None:
        for follower in self._scopes.followers():
            follower.poke()

    async def use_entry(self, entry: str) -> None:
        self._scopes.follower(entry)
        moved = self._fleet.prefer(entry)
        self._scopes_changed()
        if moved:
            self._bus.publish(FleetChanged(self._fleet.revision))

    async def switch_project(self, entry: str, project_id: str) -> None:
        await self._entries.switch(entry, project_id)
        self._catalogs.forget(entry)
        self._scopes_changed()

    async def _watch_age(self) -> None:
        """Tell when a scope has become stale by the mere passing of time: a poll that hangs says nothing."""
        before = [view.state for view in self.scopes()]
        while True:
            await asyncio.sleep(_AGE_S)
            states = [view.state for view in self.scopes()]
            if states != before:
                self._scopes_changed()
            before = states

    # actions

    def verdict(self, ref: VmRef, action_id: str) -> Verdict:
        return self._lifecycle.verdict(ref, action_id)

    def create_verdict(self, entry: str) -> Verdict:
        return self._lifecycle.create_verdict(entry)

    def pending(self, ref: VmRef) -> OperationItem | None:
        return self._book.pending(ref)

    def operations(self) -> tuple[OperationItem, ...]:
        return self._book.recent()

    async def submit(self, request: ActionRequest) -> Submission:
        await self._writable()
        return await self._lifecycle.submit(request)

    async def note_refused(self, request: ActionRequest) -> None:
        await self._lifecycle.note_refused(request)

    async def create(
        self, entry: str, order: CreateVm, count: int = 1, source: str = "console", asked_in: str = ""
    ) -> Submission:
        await self._writable()
        return await self._lifecycle.create(entry, order, count, source, asked_in)

    async def _writable(self) -> Store:
        """Return the store to write the audit to, when it is open; StoreReadOnly when there is none."""
        with suppress(TimeoutError):
            async with asyncio.timeout(_STORE_S):
                await self._store_ready.wait()
        if self._store is None:
            raise StoreReadOnly(f"nothing is changed without an audit row: {self.store_error or 'opening the store'}")
        return self._store

    async def wait(self, operation_id: str, timeout_s: float) -> tuple[OperationItem, ...]:
        return await self._bulk.wait(operation_id, timeout_s)

    # looking

    def catalog(self, entry: str, kind: CatalogKind) -> CatalogView | None:
        return self._catalogs.view(entry, kind)

    async def load_catalog(self, entry: str, kind: CatalogKind, max_age_s: float = 60.0) -> CatalogView:
        return await self._catalogs.load(entry, kind, max_age_s)

    def names(self, entry: str) -> tuple[dict[str, str], dict[str, str]]:
        return self._catalogs.names(entry)

    def calls(self) -> tuple[ApiCall, ...]:
        return self._scopes.calls()

    async def console_log(self, ref: VmRef, lines: int | None = 500) -> str:
        return await self._lifecycle.look(ref, "console-output", lambda client: client.console_output(ref.id, lines))

    async def console_url(self, ref: VmRef) -> RemoteConsole:
        return await self._lifecycle.look(ref, "remote-console", lambda client: client.remote_console(ref.id))

    async def diagnostics(self, ref: VmRef) -> str:
        return await self._lifecycle.look(ref, "diagnostics", lambda client: client.diagnostics(ref.id))

    def _client(self, ref: VmRef) -> CloudClient:
        return self._scopes.client(self._scopes.entry_for(ref))

    async def timeline(self, ref: VmRef) -> tuple[TimelineEntry, ...]:
        entry = self._scopes.entry_for(ref)
        actions = await timeline.actions_with_events(self._scopes.client(entry), ref.id)
        rows: tuple[AuditRow, ...] = ()
        seen: tuple[StateInterval, ...] = ()
        if self._store is not None:
            rows, seen = await self._store.audit(AuditQuery(vm_id=ref.id)), await self._store.intervals(ref)
        return tuple(timeline.join(actions, rows, self._catalogs.names(entry)[1], seen, self.vm(ref)))

    async def raw(self, ref: VmRef) -> str:
        body = await self._client(ref).raw_vm(ref.id)
        return msgspec.json.format(body, indent=2).decode()

    async def intervals(self, ref: VmRef) -> tuple[StateInterval, ...]:
        return await self._kept().intervals(ref)

    async def audit(self, query: AuditQuery) -> tuple[AuditRow, ...]:
        return await self._kept().audit(query)

    async def verify_audit(self) -> ChainReport:
        return await self._kept().verify_audit()

    def _kept(self) -> Store:
        if self._store is None:
            raise StoreError(self.store_error or "the store is not open yet")
        return self._store

    async def health(self) -> HealthView:
        info = None
        if self._store is not None:
            try:
                info = await self._store.info()
            except StoreError as error:
                self.store_error = "; ".join(filter(None, (error.detail, error.hint)))
        scopes = self.scopes()
        rss, cpu = await asyncio.to_thread(health.own_cost)
        versions = await asyncio.to_thread(health.versions)
        return HealthView(
            scopes=scopes,
            store=info,
            checks=tuple(health.checks(scopes, info, self.store_error, self._now())),
            version=versions[0][1],
            versions=versions,
            rss_mib=rss,
            cpu_percent=cpu,
            operator=self.operator,
            console_role=self.console_role,
        )

    def find(self, name: str) -> Vm:
        """Return the VM of this name or id; see `Fleet.find`."""
        return self._fleet.find(name)

    def _spawn(self, work: Coroutine[Any, Any, None], name: str) -> None:
        self._tasks = [task for task in self._tasks if not task.done()]
        self._tasks.append(asyncio.create_task(work, name=name))
