"""Since when a VM is in its state: never longer than somebody looked."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from osvm_tui.services.cost_states import began
from osvm_tui.store.base import StateInterval, VmLife
from tests.unit.services.scripted_cloud import a_vm

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def interval(state: str, since: int, until: int | None, seen: int | None = None, flavor: str = "m") -> StateInterval:
    """Return an interval by days ago."""
    end = None if until is None else NOW - timedelta(days=until)
    seen_at = NOW - timedelta(days=until or 0 if seen is None else seen)
    return StateInterval(state, "", "", 0, flavor, NOW - timedelta(days=since), end, seen_at)


@pytest.mark.parametrize(
    ("intervals", "days"),
    [
        ((interval("active", 99, 20), interval("stopped", 20, None)), 20),
        ((interval("stopped", 99, 20), interval("stopped", 20, None, flavor="l")), 99),
        ((interval("stopped", 99, 90), interval("stopped", 1, None)), 1),
        ((interval("stopped", 99, 1, seen=95), interval("stopped", 1, None)), 1),
        ((interval("stopped", 99, 1), interval("active", 1, None)), None),
        ((), None),
    ],
)
def test_a_state_lasts_as_long_as_it_was_seen(intervals: tuple[StateInterval, ...], days: int | None) -> None:
    vm = a_vm("1", "stopped")
    expected = {} if days is None else {vm.ref: NOW - timedelta(days=days)}
    assert began([VmLife(vm, False, intervals)], {vm.ref: vm}.get) == expected


def test_a_vm_that_is_in_another_state_now_or_gone_is_left_out() -> None:
    life = VmLife(a_vm("1", "stopped"), False, (interval("stopped", 9, None),))
    moved = a_vm("1", "active")
    assert began([life], {moved.ref: moved}.get) == {}
    assert began([life], lambda _: None) == {}
