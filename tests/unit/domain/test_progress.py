"""What one reading says about an accepted action: arrived, failed, gone, silently given up, or not yet."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.catalog import InstanceAction, InstanceEvent
from osvm_tui.domain.progress import Progress, needs_log, progress
from tests.unit.domain.nova_rules import vm_in

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("action", "before", "state", "task", "seen"),
    [
        ("stop", "active", "active", "powering-off", Progress.WAITING),
        ("stop", "active", "stopped", None, Progress.ARRIVED),
        ("stop", "active", "active", None, Progress.ENDED_ELSEWHERE),
        ("stop", "error", "error", None, Progress.ENDED_ELSEWHERE),
        ("rebuild", "error", "error", "rebuilding", Progress.WAITING),
        ("rebuild", "error", "error", None, Progress.ENDED_ELSEWHERE),
        ("resize", "stopped", "resized", None, Progress.ARRIVED),
        ("resize", "stopped", "stopped", None, Progress.ENDED_ELSEWHERE),
        ("revert-resize", "resized", "active", "resize_reverting", Progress.WAITING),
        ("revert-resize", "resized", "stopped", None, Progress.ARRIVED),
        ("start", "stopped", "error", None, Progress.ERROR),
        ("reboot-hard", "error", "error", "rebooting_hard", Progress.WAITING),
        ("reboot-hard", "error", "active", None, Progress.ARRIVED),
        ("shelve", "active", "shelved", "shelving_offloading", Progress.WAITING),
        ("shelve", "active", "shelved_offloaded", None, Progress.ARRIVED),
        ("confirm-resize", "resized", "resized", None, Progress.WAITING),
        ("create-image", "paused", "paused", "image_uploading", Progress.WAITING),
        ("create-image", "paused", "paused", None, Progress.ARRIVED),
        ("create-server", "building", "building", None, Progress.WAITING),
        ("create-server", "building", "error", None, Progress.ERROR),
        ("delete", "active", "active", "deleting", Progress.WAITING),
        ("delete", "active", "active", None, Progress.WAITING),
        ("delete", "active", "error", None, Progress.ERROR),
        ("delete", "error", "error", None, Progress.WAITING),
        ("delete", "active", "soft-delete", None, Progress.ARRIVED),
        ("update-server", "active", "active", None, Progress.ARRIVED),
    ],
)
def test_a_reading_is_judged(action: str, before: str, state: str, task: str | None, seen: Progress) -> None:
    assert progress(ACTIONS[action].expect, before, vm_in(state, task)) is seen


def test_a_404_is_the_arrival_of_a_delete_and_the_loss_of_anything_else() -> None:
    assert progress(ACTIONS["delete"].expect, "active", None) is Progress.ARRIVED
    assert progress(ACTIONS["stop"].expect, "active", None) is Progress.GONE


def test_locks_are_judged_by_the_lock() -> None:
    free = vm_in("active", None)
    held = msgspec.structs.replace(free, locked=True)
    assert progress(ACTIONS["lock"].expect, "active", held) is Progress.ARRIVED
    assert progress(ACTIONS["lock"].expect, "active", free) is Progress.WAITING
    assert progress(ACTIONS["unlock"].expect, "active", free) is Progress.ARRIVED


def said(result: str, *, finished: bool = True, message: str = "") -> InstanceAction:
    """Return an entry of the action log with one event."""
    event = InstanceEvent("compute_detach_volume", NOON, NOON if finished else None, result)
    return InstanceAction("detach_volume", "req-1", NOON, NOON, "u", "p", message, (event,))


@pytest.mark.parametrize(
    ("log", "seen"),
    [
        (None, Progress.WAITING),
        (InstanceAction("detach_volume", "req-1", NOON, NOON, "u", "p"), Progress.WAITING),
        (said("", finished=False), Progress.WAITING),
        (said("Success"), Progress.ARRIVED),
        (said("Error", message="Error"), Progress.ENDED_ELSEWHERE),
    ],
)
def test_what_leaves_no_state_is_judged_by_the_action_log(log: InstanceAction | None, seen: Progress) -> None:
    assert progress(ACTIONS["detach-volume"].expect, "active", vm_in("active", None), log=log) is seen


@pytest.mark.parametrize("action", ["live-migrate", "evacuate"])
def test_a_move_has_arrived_only_on_another_host(action: str) -> None:
    vm = msgspec.structs.replace(vm_in("active", None), host_id="there")
    expect = ACTIONS[action].expect
    assert progress(expect, "active", vm, host_before="here") is Progress.ARRIVED
    assert progress(expect, "active", vm, host_before="there") is Progress.ENDED_ELSEWHERE


def test_an_end_in_the_state_from_before_is_asked_of_the_log() -> None:
    assert needs_log(ACTIONS["rebuild"].expect, "active")
    assert needs_log(ACTIONS["create-image"].expect, "paused")
    assert not needs_log(ACTIONS["rebuild"].expect, "error")
    assert not needs_log(ACTIONS["stop"].expect, "active")
    assert not needs_log(ACTIONS["live-migrate"].expect, "active")


def test_a_forced_delete_of_a_soft_deleted_vm_has_not_arrived_before_it_is_gone() -> None:
    assert progress(ACTIONS["force-delete"].expect, "soft-delete", vm_in("soft-delete", None)) is Progress.WAITING
