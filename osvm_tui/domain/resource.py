"""`ResourceSpec`: everything the house needs to know about one change of what VMs stand on, and `ResourceTarget`."""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct

from osvm_tui.domain.action import Param, Risk
from osvm_tui.domain.catalog import CatalogKind
from osvm_tui.domain.roles import CloudRole, ConsoleRole


class Bill(StrEnum):
    """What a change does to what is paid for beside VMs."""

    BEGINS = "begins"
    """A new item is paid for."""
    GROWS = "grows"
    """The item is paid for in another size."""
    COPIED = "copied"
    """A copy of it is paid for, too."""
    ENDS = "ends"
    """The item is paid for no more."""
    STAYS = "stays"
    """Nothing, though an operator may think so."""


class ResourceTarget(Struct, frozen=True):
    """The item that a change means, frozen at the key press; for a creation `id` is empty."""

    entry: str
    id: str
    name: str = ""
    status: str = ""
    used: bool = False
    """Whether a VM uses it."""
    project_id: str = ""
    asked_in: str = ""
    """Id of the project that the entry was in at the key press; empty where it does not matter."""


class ResourceSpec(Struct, frozen=True, kw_only=True):
    """One verb on a resource. Gate, keys, menu, dialogs, headless verbs and audit read it."""

    id: str
    """`KIND.VERB`, for example `volume.extend`."""
    kind: CatalogKind
    label: str
    help: str
    doing: str
    phrase: str = ""
    """How a question begins that ends with the item's name, where the label alone makes no sentence."""
    key: str = ""
    """Second letter in the place's action menu."""
    creates: bool = False
    """Whether it needs no item: `N` in its place."""
    statuses: frozenset[str] | None = None
    """What the item's own status must be; None means any."""
    free: bool | None = None
    """True: only an item that no VM uses; False: only one that is in use; None: either."""
    service: str = "network"
    microversion: tuple[int, int] = (2, 1)
    cloud_role: CloudRole = CloudRole.MEMBER
    console_role: ConsoleRole = ConsoleRole.OPERATOR
    risk: Risk = Risk.SAFE
    params: tuple[Param, ...] = ()
    edits: bool = False
    """Whether the parameters are the item's own values: the form starts from them."""
    note: str = ""
    bill: Bill | None = None
    """None: the item is nothing that is paid for, or the change has nothing to do with it."""
