"""What a naive simulated cloud gets wrong: one test for each of the 26 traps of nova-facts.md, section 8."""

from __future__ import annotations

from typing import Any

import pytest

from osvm_tui.cloud.mock import accounts
from osvm_tui.cloud.mock.clock import zulu
from osvm_tui.cloud.mock.request import SimReply
from tests.unit.mock.bench_cloud import START
from tests.unit.mock.nova_bench import NovaBench


def message(reply: SimReply) -> str:
    fault: dict[str, Any] = next(iter(reply.json().values()))
    return str(fault["message"])


def listed(bench: NovaBench, query: str = "", **options: Any) -> list[dict[str, Any]]:
    reply = bench.nova("GET", f"/servers/detail{query}", **options)
    assert reply.status == 200, reply.body
    rows: list[dict[str, Any]] = reply.json()["servers"]
    return rows


def test_01_an_action_answers_202_and_finishes_later(bench: NovaBench) -> None:
    vm = bench.vm("stopped")
    assert bench.act(vm, "os-start").status == 202
    assert bench.states(vm) == ("SHUTOFF", "stopped", "powering-on", 4)
    bench.settle()
    assert bench.states(vm) == ("ACTIVE", "active", None, 1)
    assert bench.nova("DELETE", f"/servers/{vm}").status == 204
    assert bench.states(vm)[2] == "deleting"
    bench.settle()
    assert bench.nova("GET", f"/servers/{vm}").status == 404


@pytest.mark.parametrize(
    ("state", "key", "status", "task"),
    [
        ("active", "os-stop", "ACTIVE", "powering-off"),
        ("active", "pause", "ACTIVE", "pausing"),
        ("active", "suspend", "ACTIVE", "suspending"),
        ("active", "shelve", "ACTIVE", "shelving"),
        ("active", "rescue", "ACTIVE", "rescuing"),
        ("stopped", "os-start", "SHUTOFF", "powering-on"),
        ("paused", "unpause", "PAUSED", "unpausing"),
    ],
)
def test_02_status_stays_and_only_the_task_moves(
    bench: NovaBench, state: str, key: str, status: str, task: str
) -> None:
    vm = bench.vm(state)
    assert bench.act(vm, key).status in (200, 202)
    assert bench.states(vm)[:3] == (status, state, task)


def test_03_the_gate_looks_at_task_and_launch_too(bench: NovaBench) -> None:
    vm = bench.vm("active", "image_uploading")
    busy = bench.act(vm, "os-stop")
    assert busy.status == 409
    assert message(busy) == f"Cannot 'stop' instance {vm} while it is in task_state image_uploading"
    assert bench.act(bench.vm("error", launched=False, host=None), "reboot", {"type": "HARD"}).status == 409


def test_04_each_refusal_has_its_own_code(bench: NovaBench) -> None:
    vm = bench.vm()
    assert bench.act(vm, "os-start").status == 409
    assert bench.act(bench.vm(locked_by="admin"), "os-stop").status == 409
    assert bench.act(vm, "os-stop", who="reader").status == 403
    assert bench.act(vm, "os-stop", who="web").status == 404
    assert bench.nova("GET", "/servers", version="2.999").status == 406
    assert bench.act(vm, "resize", {"flavorRef": "nope"}).status == 400
    assert bench.create(min_count=1000).status == 403


def test_05_a_lock_spares_what_it_spares(bench: NovaBench) -> None:
    vm = bench.vm(locked_by="owner")
    assert message(bench.act(vm, "os-stop")) == f"Instance {vm} is locked"
    assert bench.nova("PUT", f"/servers/{vm}", {"server": {"name": "renamed"}}).status == 200
    assert bench.nova("PUT", f"/servers/{vm}/tags", {"tags": ["a"]}).status == 200
    assert bench.act(vm, "os-getConsoleOutput", {}).status == 200
    assert bench.act(vm, "addSecurityGroup", {"name": "web"}).status == 202
    assert bench.act(vm, "os-stop", who="own_admin").status == 202
    assert bench.act(bench.vm(locked_by="owner"), "createImage", {"name": "s"}).status == 202


def test_05_an_admins_lock_is_403_to_a_member(bench: NovaBench) -> None:
    vm = bench.vm()
    assert bench.act(vm, "lock", {"locked_reason": "audit"}, who="admin").status == 202
    assert bench.act(vm, "unlock").status == 403
    assert bench.show(vm)["locked_reason"] == "audit"
    own = bench.vm()
    assert bench.act(own, "lock", who="own_admin").status == 202
    assert bench.act(own, "unlock").status == 202, "an admin scoped to the project sets an owner's lock"


def test_06_codes_of_success_differ(bench: NovaBench) -> None:
    assert bench.act(bench.vm("resized"), "confirmResize").status == 204
    rescued = bench.act(bench.vm(), "rescue", {})
    assert rescued.status == 200
    assert rescued.json()["adminPass"]
    assert bench.act(bench.vm("rescued"), "unrescue").status == 202


def test_07_a_resize_waits_for_a_word_and_keeps_the_power(bench: NovaBench) -> None:
    vm = bench.vm("stopped")
    big = bench.flavor("m1.medium")
    assert bench.act(vm, "resize", {"flavorRef": big["id"]}).status == 202
    assert bench.states(vm)[0] == "RESIZE"
    tasks = bench.walk(vm, seconds=40)
    assert tasks == ["resize_prep", "resize_migrating", "resize_migrated", "resize_finish", None]
    assert bench.states(vm) == ("VERIFY_RESIZE", "resized", None, 4)
    assert bench.act(vm, "confirmResize").status == 204
    assert bench.states(vm)[:3] == ("VERIFY_RESIZE", "resized", None)
    assert bench.act(vm, "confirmResize").status == 400, "the first confirm is still running"
    bench.settle()
    assert bench.states(vm) == ("SHUTOFF", "stopped", None, 4)
    assert bench.show(vm)["flavor"]["original_name"] == "m1.medium"


def test_07_a_revert_returns_to_the_old_flavor_and_host(bench: NovaBench) -> None:
    vm = bench.vm("active")
    host = bench.show(vm, who="admin")["OS-EXT-SRV-ATTR:host"]
    bench.act(vm, "resize", {"flavorRef": bench.flavor("m1.medium")["id"]})
    bench.settle()
    moved = bench.show(vm, who="admin")
    assert moved["OS-EXT-SRV-ATTR:host"] != host
    assert bench.act(vm, "revertResize").status == 202
    assert bench.states(vm)[0] == "REVERT_RESIZE"
    bench.settle()
    back = bench.show(vm, who="admin")
    assert (back["OS-EXT-SRV-ATTR:host"], back["flavor"]["original_name"]) == (host, "m1.small")


def test_08_shelve_ends_offloaded_with_an_image(bench: NovaBench) -> None:
    vm = bench.vm(name="box")
    bench.act(vm, "shelve")
    tasks = bench.walk(vm, seconds=60)
    upload = ["shelving_image_pending_upload", "shelving_image_uploading"]
    assert tasks == ["shelving", *upload, "shelving_offloading", None]
    assert bench.states(vm) == ("SHELVED_OFFLOADED", "shelved_offloaded", None, 4)
    assert bench.show(vm, who="admin")["OS-EXT-SRV-ATTR:host"] is None
    assert bench.show(vm)["hostId"] == ""
    assert bench.image("box-shelved")
    bench.act(vm, "unshelve")
    bench.settle()
    assert bench.states(vm) == ("ACTIVE", "active", None, 1)
    assert "box-shelved" not in [image["name"] for image in bench.images().values()]


def test_09_unrescue_ends_active_and_rebuild_returns_to_off(bench: NovaBench) -> None:
    vm = bench.vm("stopped")
    bench.act(vm, "rescue")
    bench.settle()
    bench.act(vm, "unrescue")
    bench.settle()
    assert bench.states(vm) == ("ACTIVE", "active", None, 1)
    off = bench.vm("stopped")
    bench.act(off, "rebuild", {"imageRef": bench.image("ubuntu-20.04")})
    assert bench.states(off)[0] == "REBUILD"
    steps = ["rebuilding", "rebuild_block_device_mapping", "rebuild_spawning", None, "powering-off", None]
    assert bench.walk(off, seconds=40) == steps
    assert bench.states(off) == ("SHUTOFF", "stopped", None, 4)


def test_10_power_state_follows_the_driver(bench: NovaBench) -> None:
    vm = bench.vm()
    bench.act(vm, "suspend")
    assert bench.states(vm)[3] == 1
    bench.settle()
    assert bench.states(vm) == ("SUSPENDED", "suspended", None, 4)
    bench.knobs(power_suspended=7)
    other = bench.vm()
    bench.act(other, "suspend")
    bench.settle()
    assert bench.states(other)[3] == 7
    bench.act(vm, "os-resetState", {"state": "active"}, who="admin")
    assert bench.states(vm) == ("ACTIVE", "active", None, 4), "reset-state leaves the power state"


def test_11_changes_since_lists_the_deleted_and_misses_tags_and_addresses(bench: NovaBench) -> None:
    vm, other = bench.vm(), bench.vm()
    since = f"?changes-since={zulu(START - 1)}"
    assert listed(bench, since) == []
    bench.nova("PUT", f"/servers/{vm}/tags", {"tags": ["new"]})
    bench.act(vm, "addSecurityGroup", {"name": "web"})
    assert listed(bench, since) == [], "tags and groups do not move updated"
    bench.nova("DELETE", f"/servers/{other}")
    bench.settle()
    (gone,) = listed(bench, since)
    assert (gone["id"], gone["status"], gone["addresses"]) == (other, "DELETED", {})
    assert gone["OS-SRV-USG:terminated_at"] is not None
    bench.nova("PUT", f"/servers/{vm}", {"server": {"name": "renamed"}})
    assert {row["id"] for row in listed(bench, since)} == {vm, other}


def test_11_a_build_request_is_in_every_answer_and_dies_without_a_trace(bench: NovaBench) -> None:
    created = bench.create()
    new = created.json()["server"]["id"]
    future = f"?changes-since={zulu(START + 86400)}"
    (row,) = listed(bench, future)
    assert (row["id"], row["updated"]) == (new, zulu(START))
    assert bench.nova("DELETE", f"/servers/{new}").status == 204
    assert bench.nova("GET", f"/servers/{new}").status == 404
    bench.settle()
    assert listed(bench, f"?changes-since={zulu(START - 60)}") == []


def test_12_addresses_are_empty_while_building_and_a_floating_ip_is_late(bench: NovaBench) -> None:
    new = bench.create().json()["server"]["id"]
    for _ in range(30):
        bench.clock.now += 0.2
        if bench.states(new)[1] == "building":
            assert bench.show(new)["addresses"] == {}
    bench.settle()
    assert list(bench.show(new)["addresses"]) == ["private"]
    port = bench.neutron("GET", f"/ports?device_id={new}").json()["ports"][0]
    public = next(n for n in bench.world.things("network").values() if n["router:external"])
    body = {"floatingip": {"floating_network_id": public["id"], "port_id": port["id"]}}
    made = bench.neutron("POST", "/floatingips", body)
    assert made.status == 201
    kinds = [one["OS-EXT-IPS:type"] for one in bench.show(new)["addresses"]["private"]]
    assert kinds == ["fixed"], "Nova hears of it seconds later"
    before = bench.show(new)["updated"]
    bench.settle(30)
    kinds = [one["OS-EXT-IPS:type"] for one in bench.show(new)["addresses"]["private"]]
    assert kinds == ["fixed", "floating"]
    assert bench.show(new)["updated"] == before


def test_13_no_valid_host_is_accepted_and_arrives_as_a_fault(bench: NovaBench) -> None:
    bench.knobs(no_valid_host=1.0)
    reply = bench.create()
    assert reply.status == 202
    vm = reply.json()["server"]["id"]
    bench.settle()
    view = bench.show(vm)
    assert (view["status"], view["fault"]["code"]) == ("ERROR", 500)
    assert view["fault"]["message"] == "No valid host was found. "
    assert "details" not in view["fault"]
    assert view["OS-SRV-USG:launched_at"] is None
    assert bench.show(vm, who="admin")["OS-EXT-SRV-ATTR:host"] is None


def test_14_a_failed_resize_or_unshelve_goes_back_silently(bench: NovaBench) -> None:
    bench.knobs(no_valid_host=1.0)
    vm, shelved = bench.vm(), bench.vm("shelved_offloaded")
    assert bench.act(vm, "resize", {"flavorRef": bench.flavor("m1.medium")["id"]}).status == 202
    assert bench.act(shelved, "unshelve").status == 202
    bench.settle()
    assert bench.states(vm) == ("ACTIVE", "active", None, 1)
    assert "fault" not in bench.show(vm)
    assert bench.states(shelved)[:3] == ("SHELVED_OFFLOADED", "shelved_offloaded", None)
    (action,) = bench.nova("GET", f"/servers/{vm}/os-instance-actions").json()["instanceActions"]
    assert (action["action"], action["message"]) == ("resize", "Error")


def test_15_error_servers_allow_some_and_those_of_cell0_almost_nothing(bench: NovaBench) -> None:
    assert bench.act(bench.vm("error"), "os-stop").status == 202
    assert bench.act(bench.vm("error"), "reboot", {"type": "HARD"}).status == 202
    assert bench.act(bench.vm("error"), "rescue").status == 200
    for key in ("os-start", "pause", "shelve"):
        assert bench.act(bench.vm("error"), key).status == 409
    never = bench.vm("error", launched=False)
    for key in ("os-stop", "rescue"):
        assert bench.act(never, key).status == 409
    assert bench.act(never, "lock").status == 202
    assert bench.act(never, "unlock").status == 202
    assert bench.nova("DELETE", f"/servers/{never}").status == 204
    assert bench.nova("GET", f"/servers/{never}").status == 404, "without a host it is gone at once"


def test_16_full_pages_have_a_next_link_even_if_nothing_follows(bench: NovaBench) -> None:
    vms = [bench.vm() for _ in range(4)]
    first = bench.nova("GET", "/servers?limit=2").json()
    assert [row["id"] for row in first["servers"]] == [vms[3], vms[2]], "newest first"
    assert first["servers_links"][0]["href"].endswith(f"limit=2&marker={vms[2]}")
    second = bench.nova("GET", f"/servers?limit=2&marker={vms[2]}").json()
    assert [row["id"] for row in second["servers"]] == [vms[1], vms[0]]
    assert "servers_links" in second
    third = bench.nova("GET", f"/servers?limit=2&marker={vms[0]}").json()
    assert third == {"servers": []}


def test_17_fields_follow_the_microversion_and_the_role(bench: NovaBench) -> None:
    vm = bench.vm()
    old = bench.show(vm, version="2.1")
    assert "id" in old["flavor"]
    assert {"locked", "description", "tags"}.isdisjoint(old)
    new = bench.show(vm, version="2.90")
    assert "id" not in new["flavor"]
    assert "OS-EXT-SRV-ATTR:host" not in new
    assert "host_status" not in new
    assert bench.show(vm, who="admin")["host_status"] == "UP"
    assert "server_groups" in new
    assert "server_groups" not in listed(bench)[0]
    assert "fault" not in new
    assert "progress" in new
    assert "progress" not in bench.show(bench.vm("stopped"))
    assert bench.show(bench.vm(image=""))["image"] == ""


def test_18_console_output_is_for_members_and_needs_a_host(bench: NovaBench) -> None:
    vm = bench.vm()
    whole = bench.act(vm, "os-getConsoleOutput", {}).json()["output"].splitlines()
    last = bench.act(vm, "os-getConsoleOutput", {"length": 3}).json()["output"].splitlines()
    assert last == whole[-3:]
    assert len(whole) > 10
    assert bench.act(vm, "os-getConsoleOutput", {}, who="reader").status == 403
    assert bench.act(bench.vm("shelved_offloaded"), "os-getConsoleOutput", {}).status == 409


def test_19_a_snapshot_blocks_and_its_image_is_queued_at_first(bench: NovaBench) -> None:
    vm = bench.vm()
    reply = bench.act(vm, "createImage", {"name": "snap"})
    image = reply.json()["image_id"]
    assert bench.images()[image]["status"] == "queued"
    assert bench.act(vm, "os-stop").status == 409
    bench.settle()
    assert bench.images()[image]["status"] == "active"
    assert bench.states(vm) == ("ACTIVE", "active", None, 1)
    volume = bench.vm(image="")
    at_once = bench.act(volume, "createImage", {"name": "vsnap"}).json()["image_id"]
    assert bench.states(volume)[2] is None
    seen = bench.images()[at_once]
    assert (seen["status"], seen["size"]) == ("active", 0)


def test_20_novas_own_floating_ip_actions_are_gone(bench: NovaBench) -> None:
    assert bench.act(bench.vm(), "addFloatingIp", {"address": "203.0.112.9"}).status == 404


def test_21_every_server_that_is_not_deleted_counts_against_the_quota(bench: NovaBench) -> None:
    for state in ("active", "error", "stopped", "shelved_offloaded", "soft-delete"):
        bench.vm(state)
    used = bench.nova("GET", "/limits").json()["limits"]["absolute"]
    assert (used["totalInstancesUsed"], used["totalCoresUsed"]) == (5, 10)


def test_22_usage_goes_on_when_off_and_starts_anew_with_a_rebuild(bench: NovaBench) -> None:
    off, rebuilt = bench.vm("stopped"), bench.vm()
    bench.act(rebuilt, "rebuild", {"imageRef": bench.image("debian-12")})
    bench.settle(3600)
    project = accounts.PROJECTS["demo"].id
    path = f"/os-simple-tenant-usage/{project}?start=2020-01-01T00:00:00"
    usage = bench.nova("GET", path).json()["tenant_usage"]
    hours = {row["instance_id"]: row["hours"] for row in usage["server_usages"]}
    assert hours[off] == pytest.approx((5000 + 3600) / 3600)
    assert hours[rebuilt] < 1.0, "launched_at was rewritten"


def test_23_a_cell_that_is_down_shortens_the_list_and_answers_200(bench: NovaBench) -> None:
    here, there = bench.vm(host="compute-01"), bench.vm(host="compute-02")
    bench.knobs(cell_down=["compute-02"])
    assert [row["id"] for row in listed(bench)] == [here]
    bench.knobs(cell_down=[])
    assert {row["id"] for row in listed(bench)} == {here, there}


def test_24_deleting_twice_is_204_twice(bench: NovaBench) -> None:
    vm = bench.vm()
    assert bench.nova("DELETE", f"/servers/{vm}").status == 204
    bench.clock.now += 0.1
    assert bench.nova("DELETE", f"/servers/{vm}").status == 204
    bench.world.refresh()
    records = bench.world.history(vm)
    assert [record["action"] for record in records] == ["delete"]


def test_25_hyphens_are_where_nova_has_them(bench: NovaBench) -> None:
    bench.knobs(reclaim=True)
    vm, off, on = bench.vm(), bench.vm("stopped"), bench.vm()
    bench.nova("DELETE", f"/servers/{vm}")
    bench.act(off, "os-start")
    bench.act(on, "os-stop")
    tasks = [bench.states(one)[2] for one in (vm, off, on)]
    assert tasks == ["soft-deleting", "powering-on", "powering-off"]
    bench.settle()
    assert bench.states(vm)[:2] == ("SOFT_DELETED", "soft-delete")
    assert vm not in {row["id"] for row in listed(bench)}
    assert vm in {row["id"] for row in listed(bench, f"?changes-since={zulu(START)}")}
    bench.act(vm, "restore")
    bench.settle()
    assert bench.states(vm)[:2] == ("ACTIVE", "active")


def test_26_calls_that_wait_for_the_host_take_longer_and_tokens_expire(bench: NovaBench) -> None:
    vm = bench.vm()
    bench.knobs(host_latency=1.5)
    assert bench.act(vm, "os-getConsoleOutput", {}).delay_s == 1.5
    assert bench.nova("GET", f"/servers/{vm}").delay_s == 0.0
    bench.knobs(tokens_from=START + 10)
    assert bench.nova("GET", f"/servers/{vm}").status == 401
