"""Operations: actions asked for and followed, with one item per VM; the states they pass and the rules between them.

A row is written before anything is sent, and marked SENDING before the call leaves: whoever finds SENDING without an
owner knows that the call may have happened, and reads the cloud instead of sending again.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from osvm_tui.domain.action import Expect
from osvm_tui.domain.vm import Vm, VmRef


class ItemState(StrEnum):
    """Where one item stands."""

    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    LATE = "late"
    """Accepted, its deadline has passed, still followed."""
    UNCONFIRMED = "unconfirmed"
    """Sent, but the answer was lost and the cloud cannot tell; never sent again."""
    ARRIVED = "arrived"
    FAILED = "failed"
    GONE = "gone"
    """The VM vanished while another end was expected."""
    REFUSED = "refused"
    CANCELLED = "cancelled"

    @property
    def ended(self) -> bool:
        """Whether nothing more will happen to it by itself."""
        return self not in _OPEN

    @property
    def open(self) -> bool:
        """Whether somebody has to follow it."""
        return self in _OPEN


_OPEN = frozenset({ItemState.PLANNED, ItemState.SENDING, ItemState.SENT, ItemState.LATE})


class OperationItem(Struct, frozen=True, kw_only=True):
    """One action on one VM. `id` is ours (uuid text), made before anything is sent."""

    id: str
    operation_id: str
    action_id: str
    ref: VmRef
    """For a creation `ref.id` is empty until the cloud has answered."""
    vm_name: str
    vm_uuid: str = ""
    """Our own id of the VM: written into its metadata at create, so that it is found again after a crash."""
    entry: str
    scope_key: str
    operator: str
    state: ItemState = ItemState.PLANNED
    before: str = ""
    """vm_state at the moment of planning."""
    message: str = ""
    request_id: str = ""
    planned_at: datetime
    sent_at: datetime | None = None
    cloud_sent_at: datetime | None = None
    """`sent_at` by the cloud's clock, by which its action log is searched: another console's clock may differ."""
    ended_at: datetime | None = None
    deadline_s: float = 60.0
    owner: str = ""


class Operation(Struct, frozen=True, kw_only=True):
    """One request of an operator: an action, its parameters without secrets, and an item per VM."""

    id: str
    action_id: str
    operator: str
    console_role: str
    source: str
    """`console` or `headless`."""
    requested_at: datetime
    params: dict[str, object] = {}
    secret: bool = False
    """Whether a parameter was withheld from the store: then only its own console can send it."""
    items: tuple[OperationItem, ...] = ()


class ActionRequest(Struct, frozen=True):
    """What the ui or a headless verb asks for; targets were frozen when the key was pressed."""

    action_id: str
    targets: tuple[VmRef, ...]
    params: dict[str, object] = {}
    entry: str = ""
    """Through which clouds.yaml entry; empty lets the fleet choose the acting one."""
    source: str = "console"


class CreateVm(Struct, frozen=True, kw_only=True):
    """An order for one new VM. `user_data` is plain bytes as text; it may hold secrets and is kept out of logs."""

    name: str
    flavor_id: str
    image_id: str
    network_ids: tuple[str, ...] = ()
    """Empty means Nova's `auto`; the single word `none` means no network."""
    security_groups: tuple[str, ...] = ()
    key_name: str = ""
    user_data: str = ""
    metadata: tuple[tuple[str, str], ...] = ()
    description: str = ""
    availability_zone: str = ""
    server_group_id: str = ""
    hints: tuple[tuple[str, str], ...] = ()
    """Scheduler hints beside the server group; a key that comes twice is a list."""
    vm_uuid: str = ""


class Submission(Struct, frozen=True):
    """The answer to a request: what was accepted for sending, and what was refused with its reason."""

    operation_id: str
    items: tuple[OperationItem, ...]
    refused: tuple[tuple[VmRef, str], ...] = ()


class Progress(StrEnum):
    """What one reading of a VM says about an accepted action."""

    WAITING = "waiting"
    ARRIVED = "arrived"
    ENDED_ELSEWHERE = "ended elsewhere"
    """Idle, but not where it should be: Nova gave up silently; its action log says why."""
    ERROR = "error"
    GONE = "gone"


def progress(expect: Expect, before: str, vm: Vm | None) -> Progress:
    """Judge one reading taken after the cloud's answer; `vm` None means that the cloud says 404.

    Nova sets the task before it answers an action, so an idle VM in the right state has arrived.
    """
    if vm is None:
        return Progress.ARRIVED if expect.gone else Progress.GONE
    if expect.immediate:
        return Progress.ARRIVED
    if expect.locked is not None:
        return Progress.ARRIVED if vm.locked is expect.locked else Progress.WAITING
    if expect.gone:
        return _deleting(before, vm)
    wanted = {before if state == "*same" else state for state in expect.vm_states}
    if vm.task_state is None and vm.vm_state in wanted:
        return Progress.ARRIVED
    if vm.vm_state == "error" and vm.task_state is None:
        return Progress.ENDED_ELSEWHERE if before == "error" else Progress.ERROR
    if vm.busy or (before == "resized" and vm.vm_state == "resized"):
        return Progress.WAITING
    return Progress.ENDED_ELSEWHERE


def _deleting(before: str, vm: Vm) -> Progress:
    if vm.vm_state in ("deleted", "soft-delete"):
        return Progress.ARRIVED
    failed = vm.vm_state == "error" and before != "error" and vm.task_state is None
    return Progress.ERROR if failed else Progress.WAITING
