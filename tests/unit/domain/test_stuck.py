"""When a transition is an outlier, which action is behind a task, and what may help."""

from __future__ import annotations

import pytest

from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.stuck import action_behind, limit_s, ways_out
from osvm_tui.domain.vm import Vm


def _vm(vm_state: str = "active", task_state: str | None = None, **more: str) -> Vm:
    return Vm(endpoint="e", id="1", name="web-1", status="X", vm_state=vm_state, task_state=task_state, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("vm_state", "task", "action"),
    [
        ("active", "powering-off", "stop"),
        ("active", "rebooting_hard", "reboot-hard"),
        ("building", None, "create-server"),
        ("building", "spawning", "create-server"),
        ("building", "deleting", "delete"),
        ("shelved_offloaded", "spawning", "unshelve"),
        ("active", None, ""),
        ("active", "a task of tomorrow", ""),
    ],
)
def test_a_task_tells_its_action(vm_state: str, task: str | None, action: str) -> None:
    assert action_behind(_vm(vm_state, task)) == action


def test_with_a_norm_three_times_the_usual_longest_is_too_long_and_without_one_the_deadline_is() -> None:
    assert limit_s("stop", 100.0) == 300.0
    assert limit_s("stop", 2.0) == 32.0, "a fast cloud is not nagged about seconds"
    assert limit_s("stop", None) == ACTIONS["stop"].deadline_s


@pytest.mark.parametrize(
    ("vm", "ways"),
    [
        (_vm(task_state="powering-off"), ["reboot-hard", "reset-state", "delete"]),
        (_vm(task_state="migrating"), ["live-migrate-force-complete", "live-migrate-abort", "reset-state", "delete"]),
        (_vm(task_state="deleting"), ["delete", "force-delete", "reset-state"]),
        (_vm("building", "spawning"), ["delete", "reset-state"]),
        (_vm(task_state="powering-off", host_status="DOWN"), ["evacuate", "reset-state", "delete"]),
    ],
)
def test_the_gentlest_way_out_comes_first_and_says_what_it_costs(vm: Vm, ways: list[str]) -> None:
    found = ways_out(vm)
    assert [way.action_id for way in found] == ways
    assert all(way.cost and way.action_id in ACTIONS for way in found)
