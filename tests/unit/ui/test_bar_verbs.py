"""Which verbs stand as buttons: those that a state waits for first, and never more than fit."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from osvm_tui.ui.bar_verbs import bar_verbs, every_bar
from tests.pilot.fake_fleet import seeded_fleet

VM = seeded_fleet(1, 7)[0]


def verbs(vm_state: str, task: str | None = None, *, locked: bool = False) -> list[str]:
    return [spec.id for spec in bar_verbs(replace(VM, vm_state=vm_state, task_state=task, locked=locked))]


@pytest.mark.parametrize(
    ("vm_state", "first"),
    [
        ("resized", ["confirm-resize", "revert-resize"]),
        ("rescued", ["unrescue"]),
        ("soft-delete", ["restore", "force-delete"]),
        ("error", ["reboot-hard", "rebuild"]),
        ("active", ["stop", "reboot-soft"]),
        ("stopped", ["start"]),
    ],
)
def test_what_a_state_waits_for_stands_first(vm_state: str, first: list[str]) -> None:
    assert verbs(vm_state)[: len(first)] == first


def test_a_migration_is_ended_from_the_first_buttons() -> None:
    assert verbs("active", "migrating")[:2] == ["live-migrate-force-complete", "live-migrate-abort"]


def test_opposites_are_chosen_by_the_state_and_none_stands_twice() -> None:
    assert {"stop", "pause", "suspend", "shelve", "lock"} <= set(verbs("active"))
    assert {"start", "lock"} <= set(verbs("stopped"))
    assert {"unlock", "unpause"} <= set(verbs("paused", locked=True))
    assert len(verbs("error")) == len(set(verbs("error")))


@pytest.mark.parametrize("vm_state", ["active", "stopped", "error", "resized", "rescued", "shelved_offloaded"])
def test_the_buttons_take_at_most_three_lines_of_eighty_columns(vm_state: str) -> None:
    lines, x = 1, 0
    for spec in bar_verbs(replace(VM, vm_state=vm_state)):
        length = len(spec.label) + 4
        lines, x = (lines + 1, length + 1) if x and x + length > 76 else (lines, x + length + 1)
    assert lines <= 3


@pytest.mark.parametrize(
    ("vm_state", "task"),
    [("resized", None), ("rescued", None), ("error", None), ("active", "migrating"), ("building", None), ("new", None)],
)
def test_every_row_of_buttons_is_known_beforehand(vm_state: str, task: str | None) -> None:
    for locked in (False, True):
        assert bar_verbs(replace(VM, vm_state=vm_state, task_state=task, locked=locked)) in every_bar()
