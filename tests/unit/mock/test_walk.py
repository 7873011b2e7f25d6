"""Long walks of random actions, legal and illegal: the simulated cloud stays in one piece and keeps its rules.

What each answer must be is decided from the facts of tests/data, with the state read just before the call.
"""

from __future__ import annotations

from random import Random

import pytest

from osvm_tui.cloud.mock.statuses import KNOWN
from tests.unit.mock.nova_bench import NovaBench
from tests.unit.mock.test_rules import ACTIONS, ENTRIES, legal, role_of, send

WALKED = sorted(set(ACTIONS) - {"evacuate", "resize", "confirm-resize", "create-image", "create-backup", "restore"})
"""Resizes and images have preconditions of their own; evacuation needs a dead host."""


@pytest.mark.parametrize("seed", range(6))
def test_a_random_walk_agrees_with_the_facts(bench: NovaBench, seed: int) -> None:
    rng = Random(seed)
    vms = [bench.vm(state) for state in ("active", "stopped", "paused", "active")]
    wrong = []
    for _ in range(150):
        vm, key = rng.choice(vms), rng.choice(WALKED)
        who = rng.choice(["demo", "demo", "own_admin", "reader"])
        bench.clock.now += rng.choice([0.0, 0.3, 2.0, 30.0])
        if bench.nova("GET", f"/servers/{vm}").status == 404:  # force-deleted: another takes its place
            vms[vms.index(vm)] = vm = bench.vm(rng.choice(["active", "stopped", "rescued"]))
        status, vm_state, task, _ = bench.states(vm)
        assert status in KNOWN
        want = expected(bench, key, vm, who, vm_state, task)
        got = send(bench, key, vm, who)
        if got not in want:
            wrong.append((key, who, vm_state, task, got, sorted(want)))
    assert wrong == []


def expected(bench: NovaBench, key: str, vm: str, who: str, vm_state: str, task: str | None) -> set[int]:
    entry, view = ENTRIES[key], bench.show(vm, who="own_admin")
    admin, hostless = who == "own_admin", view["OS-EXT-SRV-ATTR:host"] is None
    if who == "reader" or (role_of(entry) != "member" and not admin):
        return {403}
    if view["locked"] and entry["locked_server_rejects_non_admin"] and not admin:
        return {409}
    if hostless and entry["needs_host"]:
        return {500} if key == "inject-network-info" else {409}
    if not legal(entry, vm_state, task):
        return {409}
    # these two may be asked for what is, or is not, there already: 404 is Nova's answer then
    extra = {404} if key == "remove-security-group" else set()
    return {entry["success"]["code"]} | extra
