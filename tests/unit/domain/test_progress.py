"""What one reading says about an accepted action: arrived, failed, gone, silently given up, or not yet."""

from __future__ import annotations

import msgspec
import pytest

from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.operations import Progress, progress
from tests.unit.domain.nova_rules import vm_in


@pytest.mark.parametrize(
    ("action", "before", "state", "task", "seen"),
    [
        ("stop", "active", "active", "powering-off", Progress.WAITING),
        ("stop", "active", "stopped", None, Progress.ARRIVED),
        ("stop", "active", "active", None, Progress.ENDED_ELSEWHERE),
        ("stop", "error", "error", None, Progress.ENDED_ELSEWHERE),
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
