"""Operations: actions asked for and followed, with one item per VM; the states they pass and the rules between them.

A row is written before anything is sent, and marked SENDING before the call leaves: whoever finds SENDING without an
owner knows that the call may have happened, and reads the cloud instead of sending again.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from osvm_tui.domain.vm import VmRef


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
    was: dict[str, object] = {}
    """What of the VM as it was before is needed to follow the action or to take it back."""


class Control(StrEnum):
    """What whoever owns an operation's items is told to do with those not sent yet."""

    RUN = "run"
    PAUSE = "pause"
    CANCEL = "cancel"
    """Final."""


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
    control: Control = Control.RUN
    idle_s: float = 0.0
    """How long nobody has cared for it when it was read: no owner alive, not planned or steered."""
    items: tuple[OperationItem, ...] = ()


class ActionRequest(Struct, frozen=True):
    """What the ui or a headless verb asks for; targets were frozen when the key was pressed."""

    action_id: str
    targets: tuple[VmRef, ...]
    params: dict[str, object] = {}
    entry: str = ""
    """Through which clouds.yaml entry; empty lets the fleet choose the acting one."""
    source: str = "console"
    refers: str = ""
    """What it repeats or takes back, in words for the audit: `undoes stop 1a2b3c4d`."""


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


class OperationView(Struct, frozen=True, kw_only=True):
    """One operation with its items counted."""

    id: str
    action_id: str
    operator: str
    source: str
    requested_at: datetime
    control: Control = Control.RUN
    counts: tuple[tuple[ItemState, int], ...] = ()
    """Only states that occur."""
    params: tuple[tuple[str, str], ...] = ()
    """As the audit tells them: no secret."""

    @property
    def total(self) -> int:
        """How many items it has."""
        return sum(count for _, count in self.counts)

    @property
    def open(self) -> int:
        """How many items have not ended."""
        return sum(count for state, count in self.counts if state.open)

    def count(self, *states: ItemState) -> int:
        """Return how many items are in one of these states."""
        return sum(count for state, count in self.counts if state in states)


class Submission(Struct, frozen=True):
    """The answer to a request: what was accepted for sending, and what was refused with its reason."""

    operation_id: str
    items: tuple[OperationItem, ...]
    refused: tuple[tuple[VmRef, str], ...] = ()


class UndoOutcome(Struct, frozen=True):
    """The answer to a request to take an item back: a submission per step that was asked for, in order."""

    submissions: tuple[Submission, ...]
    refusal: str = ""
    """Which steps were done, which were not asked for any more, and why; empty when all were asked for."""
