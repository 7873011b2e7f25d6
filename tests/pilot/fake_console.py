"""`FakeConsole`: a scripted ConsoleApi for tests of the console. It really gates; time passes only by `advance()`."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from msgspec.structs import replace

from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.audit import AuditEntry, AuditRow, ChainReport, link
from osvm_tui.domain.catalog import RemoteConsole
from osvm_tui.domain.diff import FleetDelta
from osvm_tui.domain.errors import NotFound, OsvmError, Refused
from osvm_tui.domain.events import Event, FleetChanged, OperationChanged, ScopesChanged
from osvm_tui.domain.gating import Verdict, check, elsewhere, policy
from osvm_tui.domain.operations import ActionRequest, CreateVm, ItemState, OperationItem, Submission
from osvm_tui.domain.roles import ConsoleRole, ReleaseProfile, Scope
from osvm_tui.domain.states import status_of
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.services.api import (
    ApiCall,
    CatalogKind,
    CatalogView,
    Check,
    ConsoleApi,
    HealthView,
    ScopeState,
    ScopeView,
    TimelineEntry,
)
from osvm_tui.store.base import AuditQuery, StateInterval, StoreInfo
from tests.pilot.fake_bulk import FakeBulk
from tests.pilot.fake_costs import FakeCosts
from tests.pilot.fake_fleet import ENDPOINT, FLAVORS, NOW, seeded_fleet
from tests.pilot.fake_guests import FakeGuests
from tests.pilot.fake_insight import FakeInsight
from tests.pilot.fake_monitor import FakeMonitor
from tests.pilot.fake_resources import FakeResources

TASKS = {
    "start": "powering-on",
    "stop": "powering-off",
    "reboot-soft": "rebooting",
    "reboot-hard": "rebooting_hard",
    "pause": "pausing",
    "unpause": "unpausing",
    "suspend": "suspending",
    "resume": "resuming",
    "shelve": "shelving",
    "unshelve": "unshelving",
    "delete": "deleting",
}
"""The task_state an accepted verb sets at once."""


class FakeConsole(ConsoleApi):
    """Answer from memory. `fail_next` is raised by the next call that may wait; `advance()` lets open verbs arrive."""

    resources: FakeResources
    guests: FakeGuests
    bulk: FakeBulk
    costs: FakeCosts
    insight: FakeInsight
    monitor: FakeMonitor

    def __init__(
        self,
        count: int = 60,
        seed: int = 7,
        *,
        role: ConsoleRole = ConsoleRole.OPERATOR,
        cloud_roles: Iterable[str] = ("member", "reader"),
        simulated: bool = True,
        vms: Iterable[Vm] | None = None,
    ) -> None:
        self.operator = "ops-1"
        self.console_role = role
        self.simulated = simulated
        self.now = NOW
        self.random = random.Random(seed)
        self.revision = 1
        fleet = seeded_fleet(count, seed) if vms is None else tuple(vms)
        self.fleet: dict[VmRef, Vm] = {vm.ref: vm for vm in fleet}
        self.moved: dict[VmRef, int] = dict.fromkeys(self.fleet, 1)
        self.gone: dict[VmRef, int] = {}
        self.items: dict[str, OperationItem] = {}
        self.rows: list[AuditRow] = []
        self.requests: list[ActionRequest] = []
        self.refusals: list[ActionRequest] = []
        self.orders: list[tuple[CreateVm, int]] = []
        self.fail_next: OsvmError | None = None
        self.started = self.closed = False
        self.refreshes = 0
        self.listeners: list[Callable[[Event], None]] = []
        self.scope = Scope(
            entry="mock",
            endpoint=ENDPOINT,
            region="RegionOne",
            project_id="p-web",
            project_name="web",
            user_id="u-1",
            user_name="ops",
            roles=frozenset(cloud_roles),
            profile=ReleaseProfile(services=frozenset({"compute", "image", "network", "volume"})),
            simulated=simulated,
        )
        self.scope_state = ScopeState.LIVE
        self.last_good_at: datetime | None = self.now - timedelta(seconds=2)
        self.resources = FakeResources(self)
        self.guests = FakeGuests(self)
        self.bulk = FakeBulk(self)
        self.costs = FakeCosts(self)
        self.insight = FakeInsight()
        self.monitor = FakeMonitor.of(self.now, fleet)

    # scripting
    def tell(self, event: Event) -> None:
        """Send an event to every listener."""
        for listener in list(self.listeners):
            listener(event)

    def put(self, *vms: Vm) -> None:
        """Let VMs appear or change, as one revision."""
        self.revision += 1
        for vm in vms:
            self.fleet[vm.ref] = vm
            self.moved[vm.ref] = self.revision
            self.gone.pop(vm.ref, None)
        self.tell(FleetChanged(self.revision))

    def remove(self, *refs: VmRef) -> None:
        """Let VMs vanish, as one revision."""
        self.revision += 1
        for ref in refs:
            self.fleet.pop(ref, None)
            self.moved.pop(ref, None)
            self.gone[ref] = self.revision
        self.tell(FleetChanged(self.revision))

    def turn_scope(self, state: ScopeState, error_title: str = "", error_detail: str = "") -> None:
        """Let the only scope go to `state`."""
        self.scope_state, self.error = state, (error_title, error_detail)
        self.tell(ScopesChanged(self.revision))

    def named(self, name: str) -> Vm:
        """Return the first VM of this name."""
        return next(vm for vm in self.fleet.values() if vm.name == name)

    def in_state(self, vm_state: str, *, idle: bool = True) -> Vm:
        """Return the first unlocked VM in this vm_state of the token's project, idle unless told."""
        return next(
            vm
            for vm in self.fleet.values()
            if vm.vm_state == vm_state and not vm.locked and vm.launched and (not idle or vm.task_state is None)
        )

    def advance(self, state: ItemState = ItemState.ARRIVED, message: str = "") -> None:
        """Let every open item end in `state`; an arrived verb moves its VM to the first state it expects."""
        for item in [item for item in self.items.values() if item.state.open]:
            if state is ItemState.ARRIVED:
                self._arrive(item)
            ended = replace(item, state=state, message=message, ended_at=self.now)
            self.items[item.id] = ended
            self.tell(OperationChanged(ended))
            self.bulk.ended(ended.operation_id)

    def _arrive(self, item: OperationItem) -> None:
        spec, vm = ACTIONS[item.action_id], self.fleet.get(item.ref)
        if vm is None:
            return
        if spec.expect.gone:
            self.remove(item.ref)
            return
        wanted = sorted(spec.expect.vm_states - {"*same"})
        vm_state = wanted[0] if wanted else vm.vm_state
        power = {"active": 1, "paused": 3, "suspended": 7}.get(vm_state, 4)
        self.put(replace(vm, vm_state=vm_state, task_state=None, status=status_of(vm_state, None), power_state=power))

    async def _wait(self) -> None:
        if self.fail_next:
            error, self.fail_next = self.fail_next, None
            raise error

    # ConsoleApi
    async def start(self) -> None:
        self.started = True

    async def close(self) -> None:
        self.closed = True

    def subscribe(self, listener: Callable[[Event], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    def fleet_since(self, revision: int) -> FleetDelta:
        if revision <= 0:
            return FleetDelta(self.revision, tuple(self.fleet.values()), complete=True)
        if revision == self.revision:
            return FleetDelta(revision)
        upserts = tuple(self.fleet[ref] for ref, at in self.moved.items() if at > revision)
        return FleetDelta(self.revision, upserts, tuple(ref for ref, at in self.gone.items() if at > revision))

    def vm(self, ref: VmRef) -> Vm | None:
        return self.fleet.get(ref)

    error = ("", "")

    def scopes(self) -> tuple[ScopeView, ...]:
        return (
            ScopeView(
                entry="mock",
                state=self.scope_state,
                scope=self.scope,
                acting=True,
                vms=len(self.fleet),
                last_good_at=self.last_good_at,
                leader=True,
                leader_owner="fake:1",
                poll_ms=42.0,
                calls_per_minute=12,
                error_title=self.error[0],
                error_detail=self.error[1],
            ),
        )

    def scope_of(self, ref: VmRef) -> ScopeView | None:
        return self.scopes()[0] if ref.endpoint == ENDPOINT else None

    def entry_of(self, ref: VmRef) -> str:
        return "mock" if ref.endpoint == ENDPOINT else ""

    def verdict(self, ref: VmRef, action_id: str) -> Verdict:
        vm = self.fleet.get(ref)
        if vm is None:
            return Verdict(False, "the VM is gone")
        actor = self.scope.actor(self.operator, self.console_role)
        return check(ACTIONS[action_id], vm, actor, self.scope.profile)

    def create_verdict(self, entry: str) -> Verdict:
        actor = self.scope.actor(self.operator, self.console_role)
        return policy(ACTIONS["create-server"], actor, self.scope.profile) or Verdict(True)

    def pending(self, ref: VmRef) -> OperationItem | None:
        found = [item for item in self.items.values() if item.ref == ref and item.state.open]
        return found[-1] if found else None

    def operations(self) -> tuple[OperationItem, ...]:
        return tuple(reversed(self.items.values()))

    def catalog(self, entry: str, kind: CatalogKind) -> CatalogView | None:
        return CatalogView(entry, kind, tuple(self.resources.items[kind]), self.now)

    def names(self, entry: str) -> tuple[dict[str, str], dict[str, str]]:
        return {"p-web": "web", "p-data": "data"}, {"u-1": "ops"}

    def calls(self) -> tuple[ApiCall, ...]:
        return (ApiCall("mock", "compute", "GET", "/servers/detail", 200, 0.042, self.now, "req-1f0c9a52"),)

    async def note_refused(self, request: ActionRequest) -> None:
        self.refusals.append(request)

    async def submit(self, request: ActionRequest) -> Submission:
        await self._wait()
        self.requests.append(request)
        passed, refused = [], []
        for ref in request.targets:
            verdict = self.verdict(ref, request.action_id)
            (passed.append(ref) if verdict.allowed else refused.append((ref, verdict.reason)))
        if not passed:
            raise Refused(refused[0][1] if refused else "no target")
        operation_id = f"op-{len(self.items) + 1}"
        items = tuple(self._plan(operation_id, request.action_id, ref) for ref in passed)
        return Submission(operation_id, items, tuple(refused))

    def _plan(self, operation_id: str, action_id: str, ref: VmRef) -> OperationItem:
        vm, spec = self.fleet[ref], ACTIONS[action_id]
        item = OperationItem(
            id=f"item-{len(self.items) + 1}",
            operation_id=operation_id,
            action_id=action_id,
            ref=ref,
            vm_name=vm.name,
            entry="mock",
            scope_key=self.scope.key,
            operator=self.operator,
            state=ItemState.SENT,
            before=vm.vm_state,
            request_id=f"req-{self.random.randrange(16**8):08x}",
            planned_at=self.now,
            sent_at=self.now,
        )
        self._audit("requested", action_id, vm)
        task = TASKS.get(action_id)
        locked = spec.expect.locked
        if task:
            self.put(replace(vm, task_state=task, status=status_of(vm.vm_state, task)))
        elif locked is not None:
            self.put(replace(vm, locked=locked))
        self.items[item.id] = item
        self.tell(OperationChanged(item))
        return item

    def _audit(self, phase: str, action: str, vm: Vm) -> None:
        entry = AuditEntry(
            at=self.now, operator=self.operator, phase=phase, action=action, vm_id=vm.id, vm_name=vm.name, entry="mock"
        )
        head = self.rows[-1].hash if self.rows else "0" * 64
        self.rows.append(link(head, len(self.rows) + 1, entry))

    async def create(
        self, entry: str, order: CreateVm, count: int = 1, source: str = "console", asked_in: str = ""
    ) -> Submission:
        await self._wait()
        if no := elsewhere(entry, asked_in, self.scope.project_id):
            raise Refused(no.reason)
        self.orders.append((order, count))
        vm = Vm(
            endpoint=ENDPOINT, id=f"new-{len(self.orders)}", name=order.name, status="BUILD", vm_state="building",
            task_state="spawning", project_id="p-web", created_at=self.now, flavor=FLAVORS[0],
        )  # fmt: skip
        self.put(vm)
        return Submission("op-new", (self._plan(f"op-{len(self.items) + 1}", "create-server", vm.ref),))

    async def wait(self, operation_id: str, timeout_s: float) -> tuple[OperationItem, ...]:
        return tuple(item for item in self.items.values() if item.operation_id == operation_id)

    async def refresh(self) -> None:
        await self._wait()
        self.refreshes += 1

    async def use_entry(self, entry: str) -> None:
        await self._wait()

    async def switch_project(self, entry: str, project_id: str) -> None:
        await self._wait()
        self.scope = replace(self.scope, project_id=project_id, project_name=self.names(entry)[0].get(project_id, ""))
        self.tell(ScopesChanged(self.revision))

    async def load_catalog(self, entry: str, kind: CatalogKind, max_age_s: float = 60.0) -> CatalogView:
        await self._wait()
        return CatalogView(entry, kind, tuple(self.resources.items[kind]), self.now)

    async def console_log(self, ref: VmRef, lines: int | None = 500) -> str:
        await self._wait()
        name = self._known(ref).name
        return "\n".join(f"[{n:5d}.000000] {name} kernel: line {n}" for n in range(lines or 500))

    async def console_url(self, ref: VmRef) -> RemoteConsole:
        await self._wait()
        return RemoteConsole("vnc", "novnc", f"http://console.invalid/vnc?vm={self._known(ref).id[:8]}")

    async def diagnostics(self, ref: VmRef) -> str:
        await self._wait()
        self._known(ref)
        return '{"state": "running", "uptime": 4711, "num_cpus": 2}'

    async def timeline(self, ref: VmRef) -> tuple[TimelineEntry, ...]:
        await self._wait()
        vm = self._known(ref)
        return (
            TimelineEntry(
                at=vm.created_at, source="nova", action="create", result="Success", who="ops",
                request_id="req-1f0c9a52", events=("compute__do_build_and_run_instance Success",),
            ),
        )  # fmt: skip

    async def raw(self, ref: VmRef) -> str:
        await self._wait()
        return f'{{\n  "id": "{ref.id}",\n  "name": "{self._known(ref).name}"\n}}'

    async def intervals(self, ref: VmRef) -> tuple[StateInterval, ...]:
        await self._wait()
        return ()

    async def audit(self, query: AuditQuery) -> tuple[AuditRow, ...]:
        await self._wait()
        return tuple(row for row in reversed(self.rows) if query.text in row.entry.vm_name)[: query.limit]

    async def verify_audit(self) -> ChainReport:
        await self._wait()
        return ChainReport(len(self.rows))

    async def health(self) -> HealthView:
        await self._wait()
        return HealthView(
            scopes=self.scopes(),
            store=StoreInfo("sqlite:///osvm.db", "0002", 65536, True, 0),
            checks=(Check("store", True, "writable"), Check("clock", True, "0.1 s off")),
            version="0.1.0",
            operator=self.operator,
            console_role=self.console_role,
        )

    def _known(self, ref: VmRef) -> Vm:
        vm = self.fleet.get(ref)
        if vm is None:
            raise NotFound("the VM is gone")
        return vm
