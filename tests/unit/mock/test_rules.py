"""The simulator's gate table against the facts read from Nova's source, and against its own answers.

The expectations come from tests/data/nova-actions.json alone, never from the table under test.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from osvm_tui.cloud.mock.rules import RULES
from tests.unit.mock.nova_bench import NovaBench

FACTS = json.loads((Path(__file__).parents[2] / "data" / "nova-actions.json").read_text())
ENTRIES = {entry["id"]: entry for entry in FACTS["actions"]}
KEYS = {
    "reboot-soft": "reboot",
    "reboot-hard": "reboot-hard",
    "delete": "delete",
    "remote-console": "remote-console",
    "live-migrate-force-complete": "force_complete",
    "live-migrate-abort": "abort",
    "attach-interface": "attach-interface",
    "detach-interface": "detach-interface",
    "attach-volume": "attach-volume",
    "detach-volume": "detach-volume",
    "update-volume-attachment": "update-attachment",
    "set-metadata": "set-metadata",
    "delete-metadata": "delete-metadata",
    "set-tags": "set-tags",
    "delete-tags": "delete-tags",
    "update-server": "update",
    "diagnostics": "diagnostics",
}
ABSENT = {"create-server", "soft-delete", "add-floating-ip", "remove-floating-ip", "swap-volume"}
"""Not gated by a server's state, the same gate under another id, or Cinder's own."""
TABLE = {key: KEYS.get(key, entry["body_key"]) for key, entry in ENTRIES.items() if key not in ABSENT}
ACTIONS = {
    key: TABLE[key]
    for key, entry in ENTRIES.items()
    if key in TABLE and entry["path"] == "/servers/{id}/action" and key != "remote-console"
}
VM_STATES = [state for state in FACTS["vm_states"] if state != "deleted"]


def role_of(entry: dict[str, Any]) -> str:
    default: str = entry["policy"]["default_role"]
    return {"project_member_or_admin": "member", "project_manager_or_admin": "manager"}.get(default, default)


@pytest.mark.parametrize("key", sorted(TABLE))
def test_the_table_says_what_nova_says(key: str) -> None:
    entry, rule = ENTRIES[key], RULES[TABLE[key]]
    tasks = entry["allowed_task_states"]
    free = tasks == "any" or isinstance(tasks, dict)
    assert rule.task_states == (None if free else frozenset(tasks))
    states = entry["allowed_vm_states"]
    assert rule.vm_states == (None if states == "any" else frozenset(states))
    assert rule.lock is entry["locked_server_rejects_non_admin"]
    assert rule.launched is entry["must_have_launched"]
    assert rule.host is entry["needs_host"]
    assert rule.role == role_of(entry)
    assert rule.policy == entry["policy"]["rule"]


def test_every_entry_of_the_facts_is_in_the_table_or_named_as_absent() -> None:
    assert set(TABLE) | ABSENT == set(ENTRIES)
    assert {TABLE[key] for key in TABLE} == set(RULES)


def body_of(bench: NovaBench, key: str) -> Any:
    """Return a body that Nova would take for this action."""
    bodies: dict[str, Any] = {
        "reboot-soft": {"type": "SOFT"},
        "reboot-hard": {"type": "HARD"},
        "rebuild": {"imageRef": bench.image("debian-12")},
        "resize": {"flavorRef": bench.flavor("m1.medium")["id"]},
        "create-image": {"name": "snap"},
        "create-backup": {"name": "snap", "backup_type": "daily", "rotation": 1},
        "change-password": {"adminPass": "secret"},
        "console-output": {},
        "live-migrate": {"host": None, "block_migration": "auto"},
        "evacuate": {},
        "reset-state": {"state": "active"},
        "add-security-group": {"name": "web"},
        "remove-security-group": {"name": "default"},
    }
    return bodies.get(key)


def legal(entry: dict[str, Any], vm_state: str, task: str | None) -> bool:
    states, tasks = entry["allowed_vm_states"], entry["allowed_task_states"]
    by_task = tasks == "any" or task in tasks
    return (states == "any" or vm_state in states) and by_task


def send(bench: NovaBench, key: str, server_id: str, who: str) -> int:
    wire = ENTRIES[key]["body_key"]
    return bench.act(server_id, wire, body_of(bench, key), who=who).status


@pytest.mark.parametrize("key", sorted(ACTIONS))
def test_each_state_is_accepted_or_refused_as_nova_does(bench: NovaBench, key: str) -> None:
    entry = ENTRIES[key]
    who = "demo" if role_of(entry) == "member" else "own_admin"
    if key == "evacuate":
        down(bench, "compute-01")
    wrong = []
    for vm_state in VM_STATES:
        for task in (None, "image_uploading", "rebooting"):
            server_id = bench.vm(vm_state, task)
            status = send(bench, key, server_id, who)
            hostless = vm_state in ("shelved_offloaded", "building")
            want = entry["success"]["code"] if legal(entry, vm_state, task) else 409
            if entry["needs_host"] and hostless:
                want = 500 if key == "inject-network-info" else 409
            if key == "evacuate" and hostless:
                want = 400  # no host named and none there: "the same one"
            if status != want:
                wrong.append((vm_state, task, status, want))
    assert wrong == []


def down(bench: NovaBench, host: str) -> None:
    row = next(s for s in bench.world.things("service").values() if s["host"] == host)
    reply = bench.nova("PUT", f"/os-services/{row['id']}", {"forced_down": True}, who="admin")
    assert reply.status == 200


@pytest.mark.parametrize("key", sorted(ACTIONS))
def test_role_lock_launch_and_project(bench: NovaBench, key: str) -> None:
    entry = ENTRIES[key]
    states = entry["allowed_vm_states"]
    state = "active" if states == "any" else states[0]
    ok = entry["success"]["code"]
    if key == "evacuate":
        down(bench, "compute-01")
    assert send(bench, key, bench.vm(state), "reader") == 403
    assert send(bench, key, bench.vm(state), "web") == 404
    assert send(bench, key, bench.vm(state), "own_admin") == ok
    if role_of(entry) != "member":
        assert send(bench, key, bench.vm(state), "demo") == 403
        return
    locked = send(bench, key, bench.vm(state, locked_by="owner"), "demo")
    assert locked == (409 if entry["locked_server_rejects_non_admin"] else ok)
    assert send(bench, key, bench.vm(state, locked_by="owner"), "own_admin") == ok
    if entry["must_have_launched"]:
        assert send(bench, key, bench.vm(state, launched=False), "demo") == 409
