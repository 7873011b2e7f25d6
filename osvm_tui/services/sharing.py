"""Let equal texts of many VMs be one object. A picture read from a file has ten thousand copies of each flavor's name.

Values stay equal and keep their identity as VMs; only memory changes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

from msgspec.structs import force_setattr

from osvm_tui.domain.vm import Vm

_REPEATED = (
    "endpoint", "status", "vm_state", "task_state", "project_id", "user_id", "flavor", "image_id", "key_name",
    "availability_zone", "host", "hypervisor_hostname", "host_id", "host_status", "security_groups", "metadata", "tags",
)  # fmt: skip
_TURN = 250


async def share_texts(vms: Sequence[Vm]) -> None:
    """Do so in turns that do not hold up the loop."""
    known: dict[Any, Any] = {}
    for start in range(0, len(vms), _TURN):
        for vm in vms[start : start + _TURN]:
            share(vm, known)
        await asyncio.sleep(0)


def share(vm: Vm, known: dict[Any, Any]) -> None:
    """Put the first object of each value in `known` in place of this VM's equal ones."""
    for name in _REPEATED:
        value = getattr(vm, name)
        if value:
            force_setattr(vm, name, known.setdefault(value, value))
