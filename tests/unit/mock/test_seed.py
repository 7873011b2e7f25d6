"""The seeded cloud: the same every time, every state in it, and nothing in it that contradicts itself."""

from __future__ import annotations

import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from osvm_tui.cloud.mock.seed import reset
from osvm_tui.cloud.mock.statuses import DEFAULTS
from tests.unit.mock.bench_cloud import START
from tests.unit.mock.nova_bench import NovaBench

TABLES = {"servers": "id", "things": "kind, id", "actions": "server, started, request", "settings": "name"}


def content(path: Path) -> dict[str, list[Any]]:
    connection = sqlite3.connect(path)
    rows = {
        table: connection.execute(f"SELECT * FROM {table} ORDER BY {order}").fetchall()
        for table, order in TABLES.items()
    }
    connection.close()
    rows["settings"] = [row for row in rows["settings"] if row[0] != "generation"]
    return rows


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name in ("one", "two"):
        reset(tmp_path / name, vms=60, seed=7, start=START)
    reset(tmp_path / "two", vms=9, seed=8, start=START)
    reset(tmp_path / "two", vms=60, seed=7, start=START)
    assert content(tmp_path / "one") == content(tmp_path / "two")
    reset(tmp_path / "other", vms=60, seed=8, start=START)
    assert content(tmp_path / "one") != content(tmp_path / "other")


def test_the_file_is_for_its_owner_only(tmp_path: Path) -> None:
    reset(tmp_path / "cloud.db", vms=1)
    assert (tmp_path / "cloud.db").stat().st_mode & 0o077 == 0


def test_wrong_arguments(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="unknown release"):
        reset(tmp_path / "cloud.db", release="austin")
    with pytest.raises(ValueError, match="negative"):
        reset(tmp_path / "cloud.db", vms=-1)
    assert not (tmp_path / "cloud.db").exists()


@pytest.fixture
def fleet(tmp_path: Path) -> list[dict[str, Any]]:
    bench = NovaBench(tmp_path / "seeded.db", vms=60)
    path = "/servers/detail?all_tenants=1&changes-since=2000-01-01T00:00:00Z"
    rows: list[dict[str, Any]] = bench.nova("GET", path, who="admin").json()["servers"]
    return rows


def test_all_states_are_shown_and_most_are_active(fleet: list[dict[str, Any]]) -> None:
    statuses = Counter(row["status"] for row in fleet)
    assert len(fleet) == 60
    wanted = set(DEFAULTS.values()) | {"MIGRATING", "REBUILD", "RESIZE", "HARD_REBOOT", "UNKNOWN"}
    assert wanted <= set(statuses)
    assert statuses["ACTIVE"] > 25
    tasks = {row["OS-EXT-STS:task_state"] for row in fleet}
    assert {"powering-off", "image_uploading", "scheduling", "spawning"} <= tasks
    assert {row["locked_reason"] for row in fleet if row["locked"]} >= {"held for the security team"}


def test_faults_are_of_both_kinds(fleet: list[dict[str, Any]]) -> None:
    errors = [row for row in fleet if row["status"] == "ERROR"]
    assert {row["OS-SRV-USG:launched_at"] is None for row in errors} == {True, False}
    assert all(row["fault"]["message"] for row in errors)


def test_names_are_unique_and_addresses_too(fleet: list[dict[str, Any]]) -> None:
    assert len({row["name"] for row in fleet}) == len(fleet)
    addresses = [one["addr"] for row in fleet for net in row["addresses"].values() for one in net]
    assert len(addresses) == len(set(addresses)) > 40


def test_times_are_in_order(fleet: list[dict[str, Any]]) -> None:
    for row in fleet:
        assert row["created"] <= row["updated"], row["name"]
        if row["OS-SRV-USG:launched_at"]:
            assert row["created"] <= row["OS-SRV-USG:launched_at"] + "Z"


def test_history_leads_to_the_present_state(tmp_path: Path) -> None:
    bench = NovaBench(tmp_path / "seeded.db", vms=60)
    for entry in bench.world.fleet.of(None, START):
        actions = bench.world.history(entry.server.id)
        assert actions[-1]["action"] == "create"
        last = {"stopped": "stop", "paused": "pause", "suspended": "suspend", "rescued": "rescue"}
        expected = last.get(entry.moment.vm_state)
        if expected and entry.moment.task_state is None:
            assert actions[0]["action"] == expected
        if entry.moment.task_state and entry.moment.vm_state != "building":
            assert actions[0]["end"] is None or actions[0]["end"] > START


def test_the_projects_have_a_little_room_left(tmp_path: Path) -> None:
    bench = NovaBench(tmp_path / "seeded.db", vms=60)
    used = bench.nova("GET", "/limits").json()["limits"]["absolute"]
    assert used["totalInstancesUsed"] < used["maxTotalInstances"] <= 2 * used["totalInstancesUsed"]
    assert used["totalCoresUsed"] < used["maxTotalCores"]
    assert bench.create().status == 202


def test_a_seeded_machine_can_be_acted_on(tmp_path: Path) -> None:
    bench = NovaBench(tmp_path / "seeded.db", vms=60)
    rows = bench.nova("GET", "/servers/detail?status=ACTIVE").json()["servers"]
    idle = [row for row in rows if row["OS-EXT-STS:task_state"] is None and not row["locked"]]
    assert bench.act(idle[0]["id"], "os-stop").status == 202
    stuck = next(row for row in rows if row["OS-EXT-STS:task_state"] == "powering-off")
    bench.settle(7200)
    assert bench.states(stuck["id"])[2] == "powering-off"


def test_ten_thousand_settled_servers(tmp_path: Path) -> None:
    report = reset(tmp_path / "big.db", vms=10_000, seed=7, start=START)
    assert sum(report.statuses.values()) == 10_000
    assert report.statuses["ERROR"] < 60
    assert report.statuses["ACTIVE"] > 7_500


@pytest.fixture
def seeded(tmp_path: Path) -> NovaBench:
    return NovaBench(tmp_path / "seeded.db", vms=60)


def test_volumes_and_servers_tell_the_same(seeded: NovaBench) -> None:
    volumes = seeded.cinder("GET", "/volumes/detail?all_tenants=1", who="admin").json()["volumes"]
    assert {row["status"] for row in volumes} == {"in-use", "available", "error", "error_deleting"}
    told = {(one["server_id"], row["id"], one["device"]) for row in volumes for one in row["attachments"]}
    servers = seeded.nova("GET", "/servers/detail?all_tenants=1", who="admin").json()["servers"]
    seen = set()
    for server in servers:
        path = f"/servers/{server['id']}/os-volume_attachments"
        rows = seeded.nova("GET", path, who="admin").json()["volumeAttachments"]
        assert [row["volumeId"] for row in rows] == [
            one["id"] for one in server["os-extended-volumes:volumes_attached"]
        ]
        seen |= {(server["id"], row["volumeId"], row["device"]) for row in rows}
    assert seen == told
    assert len(told) > 5
    copies = seeded.cinder("GET", "/snapshots/detail?all_tenants=1", who="admin").json()["snapshots"]
    assert {copy["volume_id"] for copy in copies} <= {row["id"] for row in volumes}
    assert {copy["status"] for copy in copies} == {"available", "error"}


def test_a_seeded_volume_can_be_detached(seeded: NovaBench) -> None:
    for row in seeded.cinder("GET", "/volumes/detail?status=in-use").json()["volumes"]:
        vm = row["attachments"][0]["server_id"]
        if row["bootable"] == "false" and seeded.states(vm)[:3] == ("ACTIVE", "active", None):
            assert seeded.nova("DELETE", f"/servers/{vm}/os-volume_attachments/{row['id']}").status == 202
            seeded.settle(20)
            assert seeded.disk(row["id"])["status"] == "available"
            return
    pytest.fail("no such volume")


def test_members_of_groups_stand_where_their_policy_wants_them(seeded: NovaBench) -> None:
    rows = seeded.nova("GET", "/os-server-groups?all_projects=1", who="admin").json()["server_groups"]
    assert {row["policy"] for row in rows} == {"affinity", "anti-affinity", "soft-affinity", "soft-anti-affinity"}
    apart = next(row for row in rows if row["policy"] == "anti-affinity")
    hosts = [seeded.show(vm, who="admin")["OS-EXT-SRV-ATTR:host"] for vm in apart["members"]]
    assert len(set(hosts)) == len(hosts) > 1


def test_addresses_groups_and_hosts_of_the_seed(seeded: NovaBench) -> None:
    ips = seeded.neutron("GET", "/floatingips").json()["floatingips"]
    assert {ip["port_id"] is None for ip in ips} == {True, False}
    groups = seeded.neutron("GET", "/security-groups").json()["security_groups"]
    rules = next(group for group in groups if group["name"] == "legacy-open")["security_group_rules"]
    assert {rule["remote_ip_prefix"] for rule in rules if rule["direction"] == "ingress"} == {"0.0.0.0/0", "::/0"}
    servers = seeded.nova("GET", "/servers/detail?all_tenants=1&host=compute-09", who="admin").json()["servers"]
    assert [(row["status"], row["host_status"]) for row in servers] == [("ERROR", "DOWN")]
    assert seeded.act(servers[0]["id"], "evacuate", {}, who="admin").status == 200


def test_moves_of_the_seed_have_their_records(seeded: NovaBench) -> None:
    rows = seeded.nova("GET", "/os-migrations", who="admin").json()["migrations"]
    assert {(row["migration_type"], row["status"]) for row in rows} == {
        ("live-migration", "running"),
        ("resize", "migrating"),
        ("resize", "finished"),
    }
    moving = next(row["instance_uuid"] for row in rows if row["status"] == "running")
    (running,) = seeded.nova("GET", f"/servers/{moving}/migrations", who="admin").json()["migrations"]
    assert running["memory_processed_bytes"] > 0
    assert seeded.nova("DELETE", f"/servers/{moving}/migrations/{running['id']}", who="admin").status == 202
