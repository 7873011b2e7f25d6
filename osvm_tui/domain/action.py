"""`ActionSpec`: everything the house needs to know about one verb; knows no key handling, dialog or wire."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from osvm_tui.domain.roles import CloudRole, ConsoleRole


class Group(StrEnum):
    """The sections of the action menu, in order."""

    POWER = "Power"
    LIFECYCLE = "Lifecycle"
    LOOK = "Look"
    IMAGE = "Image"
    NETWORK = "Network"
    STORAGE = "Storage"
    ADMIN = "Admin"


class Risk(StrEnum):
    """Which dialog asks: none, a sentence with two buttons, or typing the name."""

    SAFE = "safe"
    DISRUPTIVE = "disruptive"
    DESTRUCTIVE = "destructive"


class TaskRule(Struct, frozen=True):
    """Which task_state an action tolerates."""

    idle: bool = True
    """Whether no task at all is fine."""
    any: bool = False
    allowed: frozenset[str] = frozenset()
    refused: frozenset[str] = frozenset()

    def admits(self, task: str | None) -> bool:
        """Return whether Nova would take the call while `task` is going on."""
        if task is None:
            return self.idle
        if self.any:
            return task not in self.refused
        return task in self.allowed


IDLE = TaskRule()
ANY_TASK = TaskRule(any=True)


class Param(Struct, frozen=True):
    """One thing the operator gives with an action.

    `kind` is text, secret, flag, choice, int, pairs (key=value, comma separated; a dict), words (comma separated; a
    list), or what is picked from a list that the cloud gives: flavor, image, network, external-network, subnet, router,
    security-group, floating-ip (free ones), volume (free ones), volume-type, volume-snapshot, keypair, server-group,
    zone, host, migration, and of the VM itself: port-of-vm, floating-ip-of-vm, group-of-vm, volume-of-vm,
    metadata-key, tag; of a security group: rule-of-group; of a router: subnet-of-router.
    """

    name: str
    kind: str = "text"
    required: bool = True
    help: str = ""
    choices: tuple[str, ...] = ()
    default: str = ""


class Expect(Struct, frozen=True):
    """What tells that an accepted action has arrived; judged on a reading taken after the cloud's answer."""

    vm_states: frozenset[str] = frozenset()
    """Arrived when idle in one of these; empty means any, `*same` means the vm_state it had before."""
    gone: bool = False
    locked: bool | None = None
    immediate: bool = False
    """The answer itself is the arrival: nothing to wait for."""
    logged: bool = False
    """Arrived when Nova's action log has the request's event finished: nothing else of the VM need move."""
    moved: bool = False
    """Arrived only on another host than before: a move that failed ends in the same state."""


class ActionSpec(Struct, frozen=True, kw_only=True):
    """One verb of Nova (or Neutron) on a VM. Gate, keys, buttons, menu, dialogs, headless verbs and audit read it.

    Sources of the rule fields: Nova's compute API decorators and default policies, 23.0.0 to 34.0.0.
    """

    id: str
    label: str
    help: str
    doing: str
    """How the console says that it is under way: "stopping"."""
    group: Group
    key: str = ""
    """Second letter in the action menu; opposite verbs share one and the state chooses."""
    vm_states: frozenset[str] | None = None
    """None means any."""
    tasks: TaskRule = IDLE
    launched: bool = True
    lock: bool = True
    """Whether a locked VM refuses it to anybody but an admin."""
    needs_host: bool = False
    host_up: bool = False
    """Whether the VM's nova-compute must be up."""
    host_down: bool = False
    """Whether the VM's nova-compute must be down."""
    cloud_role: CloudRole = CloudRole.MEMBER
    console_role: ConsoleRole = ConsoleRole.OPERATOR
    service: str = "compute"
    microversion: tuple[int, int] = (2, 1)
    risk: Risk = Risk.SAFE
    params: tuple[Param, ...] = ()
    expect: Expect = Expect(immediate=True)
    deadline_s: float = 60.0
    """After this an accepted action that has not arrived is called late; it is followed on."""
    edits: bool = False
    """Whether the parameters are the VM's own values: a form starts from them, and one at least must be given."""
    bulk: bool = True
    changes: bool = True
    """False for verbs that only look: no operation is made of them."""
    offered: bool = False
    """Whether this release of the console offers it; all are gated."""
    note: str = ""
    """One sentence an operator should know before pressing it."""
