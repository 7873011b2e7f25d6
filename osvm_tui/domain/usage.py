"""Nova's own record of how long VMs were held, whatever their state; knows no wire and no prices."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from msgspec import Struct


class VmUsage(Struct, frozen=True, kw_only=True):
    """One VM in a window. Nova counts from `started_at`, which resize, rebuild, rescue and unshelve write anew."""

    vm_id: str
    name: str = ""
    project_id: str = ""
    flavor: str = ""
    hours: Decimal = Decimal(0)
    started_at: datetime | None = None
    ended_at: datetime | None = None
    state: str = ""
    """`terminated` once it has ended, else its vm_state."""
