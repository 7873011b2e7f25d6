"""The gate against an independent extract of Nova's rules: every action, state, task, lock, launch, host and role."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec
import pytest

from osvm_tui.domain.action import ActionSpec, TaskRule
from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.gating import Refusal, check
from osvm_tui.domain.roles import Actor, ConsoleRole, ReleaseProfile
from osvm_tui.domain.vm import Vm
from tests.unit.domain.nova_rules import LADDER, PROFILE, RULES, actor_with, cases, nova_says, vm_in

CASES = tuple(cases())
ACTORS = {role: actor_with(role) for role in LADDER}


def test_the_table_has_every_action_and_no_other() -> None:
    assert set(ACTIONS) == set(RULES)
    assert len(ACTIONS) == 53


@pytest.mark.parametrize("action_id", sorted(RULES))
def test_the_gate_agrees_with_nova_in_every_state(action_id: str) -> None:
    spec, rule = ACTIONS[action_id], RULES[action_id]
    wrong = [
        (vm.vm_state, vm.task_state, vm.launched, vm.locked, vm.has_host, role)
        for vm, role in CASES
        if check(spec, vm, ACTORS[role], PROFILE).allowed is not nova_says(rule, vm, role)
    ]
    assert wrong == []


@pytest.mark.parametrize("action_id", sorted(RULES))
def test_every_refusal_has_a_sentence_and_every_yes_has_none(action_id: str) -> None:
    for vm, role in CASES[::37]:
        verdict = check(ACTIONS[action_id], vm, ACTORS[role], PROFILE)
        assert bool(verdict.reason) is not verdict.allowed
        assert (verdict.refusal is Refusal.NONE) is verdict.allowed
        assert "\n" not in verdict.reason
        assert not verdict.reason.endswith(".")


def test_static_fields_equal_the_extract() -> None:
    for action_id, rule in RULES.items():
        spec = ACTIONS[action_id]
        assert spec.lock is rule["locked_server_rejects_non_admin"], action_id
        assert spec.host_up is rule["host_service_must_be_up"], action_id
        if rule["min_microversion"]:
            assert ".".join(map(str, spec.microversion)) == rule["min_microversion"], action_id


def test_mutations_of_the_table_are_caught(capsys: pytest.CaptureFixture[str]) -> None:
    """Flip every cell of every row: the comparison above must notice each flip."""
    tried = caught = 0
    missed = []
    for action_id, rule in RULES.items():
        for name, mutant in _mutants(action_id):
            tried += 1
            seen = any(
                check(mutant, vm, ACTORS[role], PROFILE).allowed is not nova_says(rule, vm, role)
                for vm, role in _relevant(name)
            )
            caught += seen
            if not seen:
                missed.append((action_id, name))
    with capsys.disabled():
        print(f"\ngate mutation check: caught {caught} of {tried}")
    assert missed == []


def _relevant(name: str) -> Sequence[tuple[Vm, str]]:
    """Return the cases in which a mutant can differ at all, so that the check stays quick."""
    kind, _, value = name.partition(":")
    if kind == "vm_state":
        return [case for case in CASES if case[0].vm_state == value]
    if kind == "task":
        return [case for case in CASES if (case[0].task_state or "none") == value]
    return CASES


def _mutants(action_id: str) -> Iterator[tuple[str, ActionSpec]]:
    spec = ACTIONS[action_id]
    replace = msgspec.structs.replace
    states = {vm.vm_state for vm, _ in CASES}
    for state in sorted(states):
        present = states if spec.vm_states is None else spec.vm_states
        flipped = frozenset(present ^ {state}) if spec.vm_states is not None else frozenset(states - {state})
        yield f"vm_state:{state}", replace(spec, vm_states=flipped)
    for task in sorted({vm.task_state or "none" for vm, _ in CASES}):
        yield f"task:{task}", replace(spec, tasks=_flip_task(spec.tasks, task))
    yield "launched", replace(spec, launched=not spec.launched)
    if (
        spec.cloud_role != "admin"
    ):  # an admin passes locks, so there the cell decides nothing; compared as a field above
        yield "lock", replace(spec, lock=not spec.lock)
    yield "host", replace(spec, needs_host=not spec.needs_host)
    for role in LADDER:
        if role != spec.cloud_role:
            yield f"role {role}", replace(spec, cloud_role=role)


def _flip_task(rule: TaskRule, task: str) -> TaskRule:
    replace = msgspec.structs.replace
    if task == "none":
        return replace(rule, idle=not rule.idle)
    if rule.any:
        return replace(rule, refused=frozenset(rule.refused ^ {task}))
    return replace(rule, allowed=frozenset(rule.allowed ^ {task}))


def test_a_deleted_vm_refuses_everything() -> None:
    for spec in ACTIONS.values():
        assert check(spec, vm_in("deleted", None), ACTORS["admin"], PROFILE).refusal is Refusal.GONE


def test_an_unknown_state_refuses_what_depends_on_the_state() -> None:
    vm = msgspec.structs.replace(vm_in("active", None), vm_state="quantum", status="UNKNOWN")
    assert check(ACTIONS["stop"], vm, ACTORS["admin"], PROFILE).refusal is Refusal.UNKNOWN_STATE
    assert check(ACTIONS["console-output"], vm, ACTORS["admin"], PROFILE).allowed


def test_a_down_host_refuses_what_needs_it_up() -> None:
    vm = msgspec.structs.replace(vm_in("active", None), host="compute-01", host_status="DOWN")
    verdict = check(ACTIONS["resize"], vm, ACTORS["admin"], PROFILE)
    assert verdict.refusal is Refusal.HOST
    assert verdict.reason == "nova-compute of compute-01 is down"
    assert check(ACTIONS["stop"], vm, ACTORS["admin"], PROFILE).allowed


def test_a_host_that_is_up_refuses_what_needs_it_down() -> None:
    vm = msgspec.structs.replace(vm_in("active", None), host="compute-01", host_status="UP")
    verdict = check(ACTIONS["evacuate"], vm, ACTORS["admin"], PROFILE)
    assert verdict.refusal is Refusal.HOST_UP
    assert verdict.reason == "nova-compute of compute-01 is up: web-1 can be migrated instead"
    for status in ("DOWN", "UNKNOWN", None):
        asked = msgspec.structs.replace(vm, host_status=status)
        assert check(ACTIONS["evacuate"], asked, ACTORS["admin"], PROFILE).allowed
    needing = {spec.id for spec in ACTIONS.values() if spec.host_down}
    wanted = {i for i, rule in RULES.items() if any("must be DOWN" in text for text in rule["preconditions"])}
    assert needing == wanted == {"evacuate"}


@pytest.mark.parametrize(
    ("action_id", "state", "task", "reason"),
    [
        ("resume", "active", None, "resume needs SUSPENDED; web-1 is ACTIVE"),
        ("start", "error", "powering-off", "start needs SHUTOFF and no task; web-1 is ERROR and busy (powering-off)"),
        ("stop", "active", "pausing", "stop needs no task; web-1 is ACTIVE and busy (pausing)"),
        ("remote-console", "active", "migrating",
         "console url needs no task deleting, migrating; web-1 is MIGRATING and busy (migrating)"),
    ],
)  # fmt: skip
def test_the_reason_says_what_it_needs_and_what_it_is(
    action_id: str, state: str, task: str | None, reason: str
) -> None:
    verdict = check(ACTIONS[action_id], vm_in(state, task), ACTORS["member"], PROFILE)
    assert verdict.reason == reason


def test_policy_is_told_before_state() -> None:
    stopped = vm_in("stopped", None)
    assert check(ACTIONS["stop"], stopped, ACTORS["reader"], PROFILE).refusal is Refusal.CLOUD_ROLE
    viewer = Actor("eve", ConsoleRole.VIEWER, frozenset({"admin"}), "p")
    verdict = check(ACTIONS["start"], stopped, viewer, PROFILE)
    assert verdict.reason == "console role viewer may not start"
    other = Actor("ops", roles=frozenset({"member"}), project_id="q")
    assert check(ACTIONS["start"], stopped, other, PROFILE).refusal is Refusal.PROJECT


def test_the_profile_decides_services_microversions_and_managers() -> None:
    active = vm_in("active", None)
    small = ReleaseProfile(max_microversion=(2, 20), services=frozenset({"compute"}))
    assert check(ACTIONS["attach-volume"], active, ACTORS["member"], small).reason == (
        "this cloud has no volume service"
    )
    assert check(ACTIONS["set-tags"], active, ACTORS["member"], small).refusal is Refusal.MICROVERSION
    assert not check(ACTIONS["migrate"], active, ACTORS["manager"], small).allowed
    assert check(ACTIONS["migrate"], active, ACTORS["manager"], PROFILE).allowed
    assert not check(ACTIONS["soft-delete"], active, ACTORS["member"], ReleaseProfile()).allowed
