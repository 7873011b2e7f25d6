"""What a resized VM was before, told by its intervals: only where one follows the other without a gap."""

from __future__ import annotations

from datetime import timedelta

import pytest

from osvm_tui.domain.vm import Flavor
from osvm_tui.services.cost_earlier import Before, before_resize
from osvm_tui.store.base import StateInterval
from tests.unit.services.scripted_cloud import START, a_vm

SMALL, LARGE = Before("small", "active"), Before("large", "active")
RESIZED = a_vm("1", "resized", flavor=Flavor("large"), updated_at=START)


def seen(state: str, flavor: str, since: float, until: float | None, last: float | None = None) -> StateInterval:
    """Return an interval in minutes after the resize; `state` may name a task behind a slash."""
    vm_state, _, task = state.partition("/")
    end = until if until is not None else since
    began, ended, seen_at = (START + timedelta(minutes=each) for each in (since, end, end if last is None else last))
    return StateInterval(vm_state, task, "", 1, flavor, began, ended if until is not None else None, seen_at)


@pytest.mark.parametrize(
    ("intervals", "before"),
    [
        ((seen("active", "small", -9, 0), seen("resized", "large", 0, None)), SMALL),
        ((seen("stopped", "small", -9, 0), seen("resized", "large", 0, None)), Before("small", "stopped")),
        ((seen("active", "small", -9, None, -1),), SMALL),
        (
            (
                seen("active/resize_migrated", "small", -9, -1),
                seen("active/resize_finish", "large", -1, 0),
                seen("resized", "large", 0, 1),
                seen("resized/resize_reverting", "large", 1, None),
            ),
            SMALL,
        ),
        ((seen("active", "small", -9, 0, -4), seen("resized", "large", 0, None)), None),
        ((seen("active", "small", -9, None, -4),), None),
        ((seen("resized", "large", 0, None),), None),
        ((), None),
        (
            (seen("resized", "large", -9, -8), seen("active", "large", -8, 0), seen("resized", "large", 0, None)),
            LARGE,
        ),
        ((seen("active", "tiny", -9, -5), seen("resized", "small", -5, 0), seen("resized", "large", 0, None)), SMALL),
    ],
    ids=[
        "ran", "was stopped", "not saved yet", "every step seen", "a gap before", "a gap, not saved yet",
        "never seen before", "no history", "moved without another flavor", "confirmed and resized again",
    ],
)  # fmt: skip
def test_a_resized_vm_was_what_it_was_seen_as_right_before(
    intervals: tuple[StateInterval, ...], before: Before | None
) -> None:
    assert before_resize(RESIZED, intervals) == before


def test_without_a_time_of_the_last_change_nothing_is_taken_for_sure() -> None:
    vm = a_vm("1", "resized", flavor=Flavor("large"), updated_at=None)
    assert before_resize(vm, (seen("active", "small", -9, None),)) is None
