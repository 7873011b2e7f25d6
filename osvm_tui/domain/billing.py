"""`BillingPolicy`: which component of a VM accrues in which vm_state, and which share of its price; pure.

The presets are what providers say on their own pages: billed while it exists (OVHcloud, Leaseweb), shut off billed as
running and shelved not (Catalyst Cloud, CSC Pouta, CREODIAS), turned off without compute (Infomaniak, Gcore), a fifth
while it does not run (Binero).
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct, field
from msgspec.structs import replace

from osvm_tui.domain.rates import COMPUTE, VM_COMPONENTS, Component

Shares = dict[Component, Decimal]

VM_STATES = (
    "building", "active", "stopped", "paused", "suspended", "rescued", "resized", "error", "shelved",
    "shelved_offloaded", "soft-delete",
)  # fmt: skip
"""Every vm_state in which a VM exists."""
ONE, NONE = Decimal(1), Decimal(0)
_ALL: Shares = dict.fromkeys(VM_COMPONENTS, ONE)
_NOTHING: Shares = dict.fromkeys(VM_COMPONENTS, NONE)
_DISK: Shares = {**_NOTHING, Component.DISK: ONE}


class BillingPolicy(Struct, frozen=True, kw_only=True):
    """One way of billing. What is left out of `states` accrues as in `otherwise`."""

    name: str
    title: str
    states: dict[str, Shares]
    otherwise: Shares = field(default_factory=lambda: dict(_ALL))
    from_launch: bool = True
    """Whether a VM that never ran costs nothing, and one that did nothing before it ran."""

    def share(self, vm_state: str, component: Component) -> Decimal:
        """Return the part of its price, 0 to 1, that a component costs in a state. A deleted VM costs nothing."""
        if vm_state == "deleted":
            return NONE
        return self.states.get(vm_state, self.otherwise).get(component, NONE)


def _fifth() -> Shares:
    return {**_ALL, **dict.fromkeys((*COMPUTE, Component.LICENSE), Decimal("0.2"))}


EXISTING = BillingPolicy(
    name="existing", title="billed from create to delete, whatever the state", states={}, from_launch=False
)
SHELVED_FREE = BillingPolicy(
    name="shelved-free",
    title="shut off, paused and suspended billed as running; shelved pays storage, images and addresses only",
    states={"building": _NOTHING, "shelved": _DISK, "shelved_offloaded": _NOTHING, "soft-delete": _DISK},
)
"""The disk of an offloaded VM is gone: the image that it left is billed as an image."""
STOPPED_FREE = BillingPolicy(
    name="stopped-free",
    title="turned off costs no compute; storage and addresses remain",
    states={**SHELVED_FREE.states, "stopped": _DISK},
)
REDUCED = BillingPolicy(
    name="reduced",
    title="a fifth of the price while it does not run; storage and addresses in full",
    states={
        "building": _NOTHING,
        **dict.fromkeys(("stopped", "paused", "suspended", "shelved", "soft-delete"), _fifth()),
        "shelved_offloaded": {**_fifth(), Component.DISK: NONE},
    },
)
PRESETS = {policy.name: policy for policy in (EXISTING, SHELVED_FREE, STOPPED_FREE, REDUCED)}


def own_policy(
    name: str, like: BillingPolicy, states: dict[str, Shares], *, title: str = "", from_launch: bool | None = None
) -> BillingPolicy:
    """Return a policy that bills as `like` but for what `states` say; a component left out there is as in `like`."""
    merged = dict(like.states)
    for state, shares in states.items():
        merged[state] = {**like.states.get(state, like.otherwise), **shares}
    launch = like.from_launch if from_launch is None else from_launch
    return replace(like, name=name, title=title or f"own table, like {like.name}", states=merged, from_launch=launch)
