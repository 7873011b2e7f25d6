"""What a VM waits for: the operator after a resize, and the end of a live migration as far as the cloud tells it."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from osvm_tui.domain.errors import Forbidden
from osvm_tui.domain.vm import Vm
from osvm_tui.ui.waiting import MigrationWatch, waits_for
from tests.pilot.fake_console import FakeConsole
from tests.pilot.fake_fleet import NOW


def moving(api: FakeConsole) -> Vm:
    vm = replace(api.in_state("active"), task_state="migrating")
    api.put(vm)
    return vm


def test_a_resized_vm_waits_for_the_operator_unless_it_is_busy_already() -> None:
    vm = FakeConsole().in_state("resized")
    assert waits_for(vm).startswith("waiting for confirm or revert")
    assert waits_for(replace(vm, task_state="resize_reverting")) == ""
    assert waits_for(replace(vm, vm_state="active")) == ""


async def test_a_migration_tells_how_far_it_is_and_is_asked_every_three_seconds() -> None:
    api, now = FakeConsole(), [NOW]
    vm, watch = moving(api), MigrationWatch(api, lambda: now[0])
    assert watch.due(vm)
    await watch.read(vm)
    assert not watch.due(vm)
    now[0] += timedelta(seconds=4)
    assert watch.due(vm)
    choice = (await api.resources.choices("migration", "mock", vm.ref))[0]
    assert watch.words(vm) == f"live migration for 4 s: {choice.label}, {choice.detail}"


async def test_what_the_cloud_keeps_to_itself_stays_unknown() -> None:
    api = FakeConsole()
    vm, watch = moving(api), MigrationWatch(api, lambda: NOW)
    api.resources.fail_next = Forbidden("not for members")
    await watch.read(vm)
    assert watch.words(vm) == "live migration for 0 s"


async def test_another_vm_has_nothing_of_the_one_before() -> None:
    api = FakeConsole()
    vm, watch = moving(api), MigrationWatch(api, lambda: NOW)
    await watch.read(vm)
    other = replace(api.in_state("stopped"), task_state="migrating")
    assert watch.words(other) == "live migration"
    assert watch.due(other)
    assert watch.words(replace(other, task_state=None)) == ""
