"""`osvm vm ACTION`: the generated verbs, their gate, their questions and their exit codes."""

from __future__ import annotations

import io
import sqlite3
from pathlib import Path

import pytest

from osvm_tui.cli.vm import vm
from osvm_tui.domain.actions import offered
from tests.unit.cli.conftest import Osvm


def status(cloud: Osvm, name: str) -> str:
    return str(cloud(f"vm show {name} -o json").json["status"])


def test_every_offered_verb_has_its_command() -> None:
    assert {spec.id for spec in offered()} <= vm.commands.keys()


def test_stop_and_start_are_waited_for(cloud: Osvm) -> None:
    stopped = cloud("vm stop web-01 -o json")
    assert stopped.code == 0
    assert [item["state"] for item in stopped.json["items"]] == ["arrived"]
    assert status(cloud, "web-01") == "SHUTOFF"
    assert cloud("vm start web-01").code == 0
    assert status(cloud, "web-01") == "ACTIVE"


def test_a_gate_s_refusal_is_told_and_audited_and_nothing_is_sent(cloud: Osvm) -> None:
    told = cloud("vm start web-01")
    assert told.code == 3
    assert "SHUTOFF" in told.err
    rows = cloud("audit list -o json --action start").json
    assert [row["entry"]["phase"] for row in rows] == ["refused"]


def test_a_viewer_may_not(cloud: Osvm, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OSVM_CONSOLE_ROLE", "viewer")
    told = cloud("vm stop web-01")
    assert told.code == 3
    assert "viewer" in told.err
    assert status(cloud, "web-01") == "ACTIVE"


def test_several_vms_are_one_operation_and_a_refused_one_is_named(cloud: Osvm) -> None:
    cloud("vm stop web-01")
    told = cloud("vm stop web-01 web-05 web-05 -o json")
    assert told.code == 3
    assert [item["vm_name"] for item in told.json["items"]] == ["web-05"]
    assert len(told.json["refused"]) == 1
    assert status(cloud, "web-05") == "SHUTOFF"


def test_deleting_without_a_terminal_needs_yes(cloud: Osvm) -> None:
    told = cloud("vm delete web-01")
    assert told.code == 2
    assert "--yes" in told.err
    assert status(cloud, "web-01") == "ACTIVE"
    assert cloud("vm delete web-01 --yes").code == 0
    assert cloud("vm show web-01").code == 1


def test_rename_needs_something_to_change(cloud: Osvm) -> None:
    assert cloud("vm update-server web-01").code == 2
    assert cloud("vm update-server web-01 --name shop-01").code == 0
    assert status(cloud, "shop-01") == "ACTIVE"
    assert cloud("vm update-server web-05 shop-01 --name x").code == 2


def test_lock_carries_its_reason(cloud: Osvm) -> None:
    assert cloud("vm lock web-01 --reason", "audit running").code == 0
    shown = cloud("vm show web-01 -o json").json
    assert (shown["locked"], shown["locked_reason"]) == (True, "audit running")


def test_what_is_chosen_from_the_cloud_s_lists_is_given_by_name(cloud: Osvm) -> None:
    assert cloud("vm resize web-01 --flavor m1.large").code == 0
    assert status(cloud, "web-01") == "VERIFY_RESIZE"
    assert cloud("vm confirm-resize web-01").code == 0
    assert cloud("vm show web-01 -o json").json["flavor"]["name"] == "m1.large"
    told = cloud("vm resize web-01 --flavor m1.medum")
    assert (told.code, "near are: m1.medium" in told.err) == (2, True)


def test_pairs_and_words_are_repeated_and_taken_away_by_name(cloud: Osvm) -> None:
    assert cloud("vm set-metadata web-01 --metadata env=test --metadata team=a=b").code == 0
    assert cloud("vm set-tags web-01 --tags blue --tags old").code == 0
    assert cloud("vm delete-tags web-01 --tag old").code == 0
    assert cloud("vm delete-metadata web-01 --key env").code == 0
    assert cloud("vm delete-tags web-01 --tag green").code == 2
    shown = cloud("vm show web-01 -o json").json
    assert shown["tags"] == ["blue"]
    assert ["team", "a=b"] in shown["metadata"]
    assert "env" not in dict(shown["metadata"])


def test_a_password_is_read_from_standard_input_and_kept_nowhere(
    cloud: Osvm, bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("correct-horse\n"))
    told = cloud("vm change-password web-01")
    assert told.code == 0, told.err
    kept = [file for file in (bare / "state").rglob("*") if file.is_file() and "mock-cloud" not in file.name]
    assert kept
    assert not [file for file in kept if b"correct-horse" in file.read_bytes()]


def test_diagnostics_are_json(cloud: Osvm) -> None:
    assert cloud("vm diagnostics web-01").json["state"] == "running"


def test_a_server_group_and_hints_ride_along(cloud: Osvm) -> None:
    cloud("server-group create apart --policy anti-affinity")
    line = "vm create shop --flavor m1.tiny --image cirros --network none"
    told = cloud(f"{line} --server-group apart --hint different_host=x --hint different_host=y")
    assert told.code == 0, told.err
    groups = {item["name"]: item["members"] for item in cloud("server-group list -o json").json}
    assert groups["apart"] == [cloud("vm show shop -o json").json["id"]]
    assert cloud(f"{line} --hint nothing").code == 2


def test_not_waiting_is_done_when_sent(cloud: Osvm) -> None:
    cloud("mock knobs durations=null scale=5")
    told = cloud("vm stop web-01 --no-wait -o json")
    assert told.code == 0
    assert [item["state"] for item in told.json["items"]] == ["sent"]


def test_waiting_too_short_is_late(cloud: Osvm) -> None:
    cloud("mock knobs durations=null scale=50")
    assert cloud("vm stop web-01 --timeout 0.5").code == 6


def test_what_the_cloud_could_not_do_is_a_failure(cloud: Osvm) -> None:
    cloud("mock knobs late_error=1")
    told = cloud("vm stop web-01")
    assert told.code == 1
    assert "failed" in told.out


def test_create_by_names_waits_until_it_runs(cloud: Osvm) -> None:
    told = cloud("vm create shop --flavor m1.tiny --image cirros --network private --metadata env=test -o json")
    assert (told.code, told.err) == (0, "")
    shown = cloud("vm show shop -o json").json
    assert (shown["status"], shown["flavor"]["name"]) == ("ACTIVE", "m1.tiny")
    assert ["env", "test"] in shown["metadata"]


def test_create_several_by_a_pattern(cloud: Osvm) -> None:
    assert cloud("vm create shop-{n} --flavor m1.tiny --image cirros --network none --count 2").code == 0
    assert [vm["name"] for vm in cloud("vm list -o json --filter", "name:shop").json] == ["shop-1", "shop-2"]


def test_create_names_what_is_unknown(cloud: Osvm) -> None:
    told = cloud("vm create shop --flavor m1.tinny --image cirros")
    assert told.code == 2
    assert "m1.tinny" in told.err
    assert "m1.tiny" in told.err.splitlines()[-1]


def test_operations_and_audit_are_listed_offline(cloud: Osvm) -> None:
    cloud("vm stop web-01")
    items = cloud("op list -o json").json
    assert [(item["action_id"], item["vm_name"], item["state"]) for item in items] == [("stop", "web-01", "arrived")]
    assert cloud("op list --open -o json").json == []
    phases = [row["entry"]["phase"] for row in cloud("audit list -o json --action stop").json]
    assert phases == ["arrived", "sent", "requested"]
    assert all(row["entry"]["operator"] == "ops-1" for row in cloud("audit list -o json").json)
    assert cloud("audit verify").code == 0


def test_a_broken_chain_is_told(cloud: Osvm, bare: Path) -> None:
    cloud("vm stop web-01")
    connection = sqlite3.connect(bare / "state" / "osvm.db")
    with connection:
        connection.execute("DELETE FROM audit WHERE seq = 2")
    connection.close()
    told = cloud("audit verify -o json")
    assert told.code == 1
    assert told.json["broken_at"] == 2
