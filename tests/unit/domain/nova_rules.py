"""An independent reading of Nova's rules (tests/data/nova-actions.json) as a judge for the gate under test."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from osvm_tui.domain.roles import Actor, ReleaseProfile
from osvm_tui.domain.states import status_of
from osvm_tui.domain.vm import Vm

DATA = json.loads((Path(__file__).parents[2] / "data" / "nova-actions.json").read_text())
RULES: dict[str, dict[str, Any]] = {rule["id"]: rule for rule in DATA["actions"]}
VM_STATES: tuple[str, ...] = tuple(DATA["vm_states"])
TASK_STATES: tuple[str | None, ...] = (None, *DATA["task_states"])
LADDER = ("reader", "member", "manager", "admin")
NEEDED_ROLE = {
    "project_member_or_admin": "member",
    "project_manager_or_admin": "manager",
    "admin": "admin",
    "service_or_admin": "admin",
}
PROFILE = ReleaseProfile(
    max_microversion=(2, 104),
    services=frozenset({"compute", "image", "network", "volume"}),
    soft_delete=True,
)


def vm_in(vm_state: str, task: str | None, *, launched: bool = True, locked: bool = False, host: bool = True) -> Vm:
    """Return a VM in the state asked for."""
    return Vm(
        endpoint="e", id="11111111-0000-0000-0000-000000000000", name="web-1", status=status_of(vm_state, task),
        vm_state=vm_state, task_state=task, project_id="p", locked=locked, host_id="h" if host else "",
        launched_at=datetime(2026, 1, 1, tzinfo=UTC) if launched else None,
    )  # fmt: skip


def actor_with(role: str) -> Actor:
    """Return an actor whose token carries `role` and those below it."""
    return Actor("ops", roles=frozenset(LADDER[: LADDER.index(role) + 1]), project_id="p")


def nova_says(rule: dict[str, Any], vm: Vm, role: str) -> bool:
    """Decide by the extract alone, in Nova's order."""
    if LADDER.index(role) < LADDER.index(NEEDED_ROLE[rule["policy"]["default_role"]]):
        return False
    if rule["locked_server_rejects_non_admin"] and vm.locked and role != "admin":
        return False
    if rule["allowed_vm_states"] != "any" and vm.vm_state not in rule["allowed_vm_states"]:
        return False
    if not _task_ok(rule["allowed_task_states"], vm.task_state):
        return False
    if rule["must_have_launched"] and not vm.launched:
        return False
    exempt = rule["id"] == "detach-volume" and vm.vm_state == "shelved_offloaded"
    return exempt or not rule["needs_host"] or bool(vm.host_id)


def _task_ok(allowed: Any, task: str | None) -> bool:
    if allowed == "any":
        return True
    if isinstance(allowed, dict):
        return task not in allowed["not"]
    return task in allowed


def cases() -> Iterator[tuple[Vm, str]]:
    """Yield every VM state with every task, launched or not, locked or not, with a host or not, for every role.

    A deleted VM answers 404 to everything and is judged apart.
    """
    living = [state for state in VM_STATES if state != "deleted"]
    for state, task in itertools.product(living, TASK_STATES):
        for launched, locked, host in itertools.product((True, False), repeat=3):
            vm = vm_in(state, task, launched=launched, locked=locked, host=host)
            for role in LADDER:
                yield vm, role
