"""`states_since`: since when VMs are in the state that they are in now, as far as a console of this store saw it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from itertools import pairwise

from osvm_tui.domain.roles import Scope
from osvm_tui.domain.stretches import GRACE
from osvm_tui.domain.vm import Vm, VmRef
from osvm_tui.store.base import StateInterval, Store, VmLife


async def states_since(
    store: Store, scopes: Iterable[Scope], present: Callable[[VmRef], Vm | None], now: datetime
) -> dict[VmRef, datetime]:
    """Return when the present state of each VM in these scopes began, as `began` tells. Raises StoreError."""
    found: dict[VmRef, datetime] = {}
    for scope in scopes:
        found |= await asyncio.to_thread(began, await store.lives(scope, now), present)
    return found


def began(lives: Iterable[VmLife], present: Callable[[VmRef], Vm | None]) -> dict[VmRef, datetime]:
    """Return when the present state of each VM began. What lies before a time that nobody looked at is not counted:
    the VM may have been used meanwhile."""
    found: dict[VmRef, datetime] = {}
    for life in lives:
        vm = present(life.vm.ref)
        if vm is not None and (since := _since(life.intervals, vm.vm_state)) is not None:
            found[vm.ref] = since
    return found


def _since(intervals: tuple[StateInterval, ...], vm_state: str) -> datetime | None:
    if not intervals or intervals[-1].vm_state != vm_state:
        return None
    since = intervals[-1].since
    for later, earlier in pairwise(reversed(intervals)):
        if earlier.vm_state != vm_state or later.since - earlier.seen_at > GRACE:
            break
        since = earlier.since
    return since
