"""What the tests of operations share: a request run to its end, and the audit's phases of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from osvm_tui.domain.operations import ActionRequest, OperationItem
from osvm_tui.domain.vm import VmRef
from osvm_tui.services.api import AuditQuery
from osvm_tui.services.console import Console, utc_now
from tests.unit.services.scripted_cloud import ScriptedCloud, a_vm

Make = Callable[..., Console]
WAIT = 5.0


def becomes(cloud: ScriptedCloud, vm_state: str, **more: Any) -> Callable[[str, str], None]:
    """Return what a cloud does at once when an action is accepted."""

    def acted(action_id: str, vm_id: str) -> None:
        cloud.vms[vm_id] = a_vm(vm_id, vm_state, updated_at=utc_now(), **more)

    return acted


async def run(console: Console, action_id: str, *ids: str, **params: object) -> tuple[OperationItem, ...]:
    """Submit and wait for the end."""
    request = ActionRequest(action_id, tuple(VmRef("e", i) for i in ids), dict(params))
    submission = await console.submit(request)
    return await console.wait(submission.operation_id, WAIT)


async def phases(console: Console) -> list[tuple[str, str]]:
    """Return (action, phase) of the audit, oldest first, without sessions."""
    rows = await console.audit(AuditQuery())
    told = [(row.entry.action, row.entry.phase) for row in reversed(rows)]
    return [pair for pair in told if not pair[0].startswith("session")]
