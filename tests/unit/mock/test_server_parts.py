"""What hangs on a server: rename, metadata, tags, interfaces, consoles, diagnostics, history, migrations."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.mock.nova_bench import NovaBench


def test_rename_and_description(bench: NovaBench) -> None:
    vm = bench.vm("rescued", locked_by="owner")
    reply = bench.nova("PUT", f"/servers/{vm}", {"server": {"name": "new", "description": "why"}})
    assert reply.status == 200
    view = reply.json()["server"]
    assert (view["name"], view["description"], view["updated"]) == ("new", "why", "2026-09-21T14:13:20Z")
    assert bench.nova("PUT", f"/servers/{vm}", {"server": {"name": ""}}).status == 400
    assert bench.nova("PUT", f"/servers/{vm}", {"server": {"bogus": "x"}}).status == 400
    assert bench.nova("PUT", f"/servers/{vm}", {"server": {"name": "x"}}, who="reader").status == 403
    old = bench.nova("PUT", f"/servers/{vm}", {"server": {"name": "x"}}, version="2.1").json()["server"]
    assert "OS-EXT-STS:vm_state" not in old


def test_metadata(bench: NovaBench) -> None:
    vm = bench.vm(metadata={"a": "1"})
    path = f"/servers/{vm}/metadata"
    assert bench.nova("POST", path, {"metadata": {"b": "2"}}).json() == {"metadata": {"a": "1", "b": "2"}}
    assert bench.nova("PUT", path, {"metadata": {"c": "3"}}).json() == {"metadata": {"c": "3"}}
    assert bench.nova("PUT", f"{path}/d", {"meta": {"d": "4"}}).status == 200
    assert bench.nova("DELETE", f"{path}/c").status == 204
    assert bench.nova("DELETE", f"{path}/c").status == 404
    assert bench.show(vm)["metadata"] == {"d": "4"}
    assert bench.show(vm)["updated"] == "2026-09-21T14:13:20Z"
    assert bench.nova("POST", path, {"metadata": {str(n): "" for n in range(200)}}).status == 403
    assert bench.nova("POST", f"/servers/{bench.vm('rescued')}/metadata", {"metadata": {}}).status == 409


def test_tags(bench: NovaBench) -> None:
    vm = bench.vm()
    path = f"/servers/{vm}/tags"
    assert bench.nova("PUT", f"{path}/red").status == 201
    assert bench.nova("PUT", f"{path}/red").status == 204
    assert bench.nova("PUT", path, {"tags": ["b", "a", "a"]}).json() == {"tags": ["a", "b"]}
    assert bench.nova("DELETE", f"{path}/a").status == 204
    assert bench.nova("DELETE", f"{path}/a").status == 404
    assert bench.nova("GET", f"{path}/b").status == 204
    assert bench.nova("PUT", path, {"tags": [str(n) for n in range(51)]}).status == 400
    assert bench.nova("DELETE", path).status == 204
    assert bench.nova("GET", path, version="2.25").status == 404
    other = bench.vm(project="web")
    assert bench.nova("PUT", f"/servers/{other}/tags/x").status == 403, "Nova's quirk: 403, not 404"


def test_remote_consoles(bench: NovaBench) -> None:
    vm = bench.vm()
    body = {"remote_console": {"protocol": "vnc", "type": "novnc"}}
    path = f"/servers/{vm}/remote-consoles"
    assert "token" in bench.nova("POST", path, body).json()["remote_console"]["url"]
    assert bench.nova("POST", path, body, version="2.5").status == 404
    assert bench.nova("POST", path, body, who="reader").status == 403
    serial = {"remote_console": {"protocol": "serial", "type": "serial"}}
    refused = bench.nova("POST", path, serial)
    assert refused.json()["badRequest"]["message"] == "Unavailable console type serial."
    bad = {"remote_console": {"protocol": "vnc", "type": "serial"}}
    assert bench.nova("POST", path, bad).status == 400
    for state, task, status in (("shelved_offloaded", None, 409), ("active", "deleting", 500)):
        other = bench.vm(state, task)
        assert bench.nova("POST", f"/servers/{other}/remote-consoles", body).status == status


def test_the_console_log_grows_with_time(bench: NovaBench) -> None:
    vm = bench.create().json()["server"]["id"]
    lengths = []
    for _ in range(60):
        bench.clock.now += 1
        reply = bench.act(vm, "os-getConsoleOutput", {})
        lengths.append(len(reply.json()["output"].splitlines()) if reply.status == 200 else 0)
    assert lengths == sorted(lengths)
    assert len(set(lengths)) > 8
    text = bench.act(vm, "os-getConsoleOutput", {"length": 3}).json()["output"]
    assert "Cloud-init v." in text
    assert "finished at" in text


def test_diagnostics(bench: NovaBench) -> None:
    vm = bench.vm()
    path = f"/servers/{vm}/diagnostics"
    assert bench.nova("GET", path).status == 403
    first = bench.nova("GET", path, who="admin").json()
    bench.clock.now += 10
    second = bench.nova("GET", path, who="admin").json()
    assert second["cpu_details"][0]["time"] > first["cpu_details"][0]["time"]
    assert (first["uptime"], first["num_cpus"], first["memory_details"]["maximum"]) == (5000, 2, 4)
    assert "cpu0_time" in bench.nova("GET", path, who="admin", version="2.1").json()
    assert bench.nova("GET", f"/servers/{bench.vm('stopped')}/diagnostics", who="admin").status == 409


def test_instance_actions(bench: NovaBench) -> None:
    vm = bench.vm()
    reply = bench.act(vm, "os-stop")
    request = reply.headers["x-openstack-request-id"]
    path = f"/servers/{vm}/os-instance-actions"
    (brief,) = bench.nova("GET", path).json()["instanceActions"]
    assert (brief["action"], brief["request_id"], brief["message"]) == ("stop", request, None)
    event = bench.nova("GET", f"{path}/{request}").json()["instanceAction"]["events"][0]
    assert (event["event"], event["result"], event["finish_time"]) == ("compute_stop_instance", None, None)
    bench.settle()
    event = bench.nova("GET", f"{path}/{request}", who="reader").json()["instanceAction"]["events"][0]
    assert event["result"] == "Success"
    assert "traceback" not in event
    assert "host" not in event
    assert bench.nova("GET", f"{path}/nope").status == 404
    bench.nova("DELETE", f"/servers/{vm}")
    bench.settle()
    kept = bench.nova("GET", path).json()["instanceActions"]
    assert [one["action"] for one in kept] == ["delete", "stop"]
    assert bench.nova("GET", path, version="2.20").status == 404


def test_a_second_action_ends_the_one_under_way(bench: NovaBench) -> None:
    vm = bench.vm()
    bench.act(vm, "reboot", {"type": "SOFT"})
    bench.act(vm, "reboot", {"type": "HARD"})
    hard, soft = bench.nova("GET", f"/servers/{vm}/os-instance-actions").json()["instanceActions"]
    assert (hard["message"], soft["message"]) == (None, "Error")
    assert bench.walk(vm, seconds=20) == ["rebooting_hard", "reboot_pending_hard", "reboot_started_hard", None]


def migrate_live(bench: NovaBench, vm: str) -> str:
    value = {"host": None, "block_migration": "auto"}
    assert bench.act(vm, "os-migrateLive", value, who="admin").status == 202
    (running,) = bench.nova("GET", f"/servers/{vm}/migrations", who="admin").json()["migrations"]
    return str(running["id"])


def test_a_live_migration_ends_on_another_host(bench: NovaBench) -> None:
    vm = bench.vm("paused")
    migrate_live(bench, vm)
    assert bench.states(vm)[:3] == ("MIGRATING", "paused", "migrating")
    bench.settle()
    assert bench.states(vm) == ("PAUSED", "paused", None, 3)
    assert bench.show(vm, who="admin")["OS-EXT-SRV-ATTR:host"] != "compute-01"
    (done,) = bench.nova("GET", "/os-migrations", who="admin").json()["migrations"]
    assert (done["status"], done["migration_type"]) == ("completed", "live-migration")


def test_a_live_migration_tells_how_far_it_is(bench: NovaBench) -> None:
    vm = bench.vm()
    number = migrate_live(bench, vm)
    path = f"/servers/{vm}/migrations/{number}"
    seen = []
    while (reply := bench.nova("GET", path, who="admin")).status == 200:
        row = reply.json()["migration"]
        seen.append(row["memory_processed_bytes"])
        assert row["memory_processed_bytes"] + row["memory_remaining_bytes"] == row["memory_total_bytes"] == 4096 << 20
        bench.clock.now += 1
    assert seen == sorted(set(seen))
    assert len(seen) > 4


def test_a_live_migration_can_be_aborted(bench: NovaBench) -> None:
    vm = bench.vm()
    number = migrate_live(bench, vm)
    path = f"/servers/{vm}/migrations/{number}"
    assert bench.nova("DELETE", path).status == 403
    assert bench.nova("DELETE", path, who="admin", version="2.23").status == 404
    assert bench.nova("DELETE", f"/servers/{vm}/migrations/99", who="admin").status == 404
    assert bench.nova("DELETE", path, who="admin").status == 202
    assert bench.states(vm)[2] == "migrating", "not yet"
    bench.settle(3)
    assert bench.states(vm) == ("ACTIVE", "active", None, 1)
    assert bench.show(vm, who="admin")["OS-EXT-SRV-ATTR:host"] == "compute-01"
    (record,) = bench.nova("GET", "/os-migrations", who="admin").json()["migrations"]
    assert record["status"] == "cancelled"
    assert bench.nova("DELETE", path, who="admin").status == 409, "no task any more"


def test_a_live_migration_can_be_forced(bench: NovaBench) -> None:
    vm = bench.vm()
    number = migrate_live(bench, vm)
    path = f"/servers/{vm}/migrations/{number}/action"
    assert (
        bench.nova("POST", f"/servers/{vm}/migrations/99/action", {"force_complete": None}, who="admin").status == 400
    )
    assert bench.nova("POST", path, {"force_complete": None}, who="admin").status == 202
    bench.settle(3)
    assert bench.states(vm)[2] is None
    assert bench.show(vm, who="admin")["OS-EXT-SRV-ATTR:host"] != "compute-01"
    forced, moved = bench.nova("GET", f"/servers/{vm}/os-instance-actions").json()["instanceActions"]
    assert (forced["action"], forced["message"]) == ("live_migration_force_complete", None)
    assert (moved["action"], moved["message"]) == ("live-migration", None)
    (record,) = bench.nova("GET", "/os-migrations", who="admin").json()["migrations"]
    assert record["status"] == "completed"


def test_naming_a_host_is_for_admins(bench: NovaBench) -> None:
    vm = bench.vm()
    value = {"host": "compute-03"}
    assert bench.act(vm, "migrate", value, who="admin").status == 202
    bench.settle()
    assert bench.show(vm, who="admin")["OS-EXT-SRV-ATTR:host"] == "compute-03"
    assert bench.act(bench.vm(), "migrate", {"host": "nowhere"}, who="admin").status == 400


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({"foo": None}, "There is no such action: foo"),
        ({"os-start": None, "os-stop": None}, "Malformed request body"),
        ({}, "Malformed request body"),
        ({"reboot": {"type": "X"}}, "'X' is not one of ['HARD', 'Hard', 'hard', 'SOFT', 'Soft', 'soft']"),
        ({"reboot": {}}, "'type' is a required property"),
        ({"os-resetState": {"state": "bogus"}}, "'bogus' is not one of ['active', 'error']"),
        ({"os-getConsoleOutput": {"length": "x"}}, "'x' does not match '^-?[0-9]+$'"),
        ({"lock": {"locked_reason": 5}}, "5 is not of type 'string'"),
    ],
)
def test_bodies_are_checked_before_the_lookup(bench: NovaBench, body: dict[str, Any], part: str) -> None:
    reply = bench.nova("POST", "/servers/00000000-0000-0000-0000-000000000000/action", body)
    assert reply.status == 400
    assert part in reply.json()["badRequest"]["message"]


def test_an_unknown_server_in_novas_words(bench: NovaBench) -> None:
    nobody = "00000000-0000-0000-0000-000000000000"
    start = bench.act(nobody, "os-start").json()["itemNotFound"]["message"]
    assert start == f"Instance {nobody} has no mapping to a cell."
    other = bench.act(nobody, "pause").json()["itemNotFound"]["message"]
    assert other == f"Instance {nobody} could not be found."


def test_flavors_by_version(bench: NovaBench) -> None:
    (first, *_) = bench.nova("GET", "/flavors/detail").json()["flavors"]
    assert "extra_specs" in first
    assert "extra_specs" not in bench.nova("GET", f"/flavors/{first['id']}", version="2.60").json()["flavor"]
    assert bench.nova("GET", "/flavors/nope").status == 404
    page = bench.nova("GET", "/flavors?limit=3").json()
    assert len(page["flavors"]) == 3
    assert "flavors_links" in page


def test_usage_windows(bench: NovaBench) -> None:
    bench.vm("stopped")
    assert bench.nova("GET", "/os-simple-tenant-usage").status == 403
    path = "/os-simple-tenant-usage"
    assert bench.nova("GET", f"{path}?start=2026-01-01T00:00:00Z", who="admin").status == 400
    every = bench.nova("GET", f"{path}?start=2020-01-01T00:00:00&detailed=1", who="admin").json()
    (usage,) = every["tenant_usages"]
    assert usage["total_hours"] == pytest.approx(5000 / 3600)
    assert usage["total_vcpus_usage"] == pytest.approx(2 * 5000 / 3600)
    assert usage["server_usages"][0]["uptime"] == 5000
    assert bench.nova("GET", f"{path}/unknown", who="admin").json() == {"tenant_usage": {}}


def test_the_apis_own_actions_are_in_the_history(bench: NovaBench) -> None:
    vm = bench.vm()
    locked = bench.act(vm, "lock").headers["x-openstack-request-id"]
    bench.act(vm, "os-resetState", {"state": "error"}, who="admin")
    path = f"/servers/{vm}/os-instance-actions"
    assert [one["action"] for one in bench.nova("GET", path).json()["instanceActions"]] == ["resetState", "lock"]
    (event,) = bench.nova("GET", f"{path}/{locked}", who="admin").json()["instanceAction"]["events"]
    assert (event["event"], event["result"], event["host"]) == ("api_lock", "Success", "controller-01")


def test_deleting_a_shelved_server_removes_its_image(bench: NovaBench) -> None:
    vm = bench.vm(name="box")
    bench.act(vm, "shelve")
    bench.settle()
    assert bench.image("box-shelved")
    assert bench.nova("DELETE", f"/servers/{vm}").status == 204
    assert "box-shelved" not in [image["name"] for image in bench.images().values()]
    assert bench.nova("GET", f"/servers/{vm}").status == 404, "no host: gone at once"
