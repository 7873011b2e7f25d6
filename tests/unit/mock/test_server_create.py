"""Creating servers: refusals in Nova's words, the walk of a build, counts, quota, and what a build leaves."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from tests.unit.mock.nova_bench import NovaBench

NOWHERE = "00000000-0000-0000-0000-000000000000"


def text_of(reply: Any) -> str:
    return str(next(iter(reply.json().values()))["message"])


def test_the_walk_of_a_build(bench: NovaBench) -> None:
    reply = bench.create()
    assert reply.status == 202
    assert set(reply.json()["server"]) == {"id", "links", "OS-DCF:diskConfig", "security_groups", "adminPass"}
    vm = reply.json()["server"]["id"]
    assert bench.show(vm)["OS-EXT-STS:task_state"] == "scheduling"
    steps = ["scheduling", None, "networking", "block_device_mapping", "spawning", None]
    assert bench.walk(vm, seconds=30) == steps
    assert bench.states(vm) == ("ACTIVE", "active", None, 1)
    view = bench.show(vm)
    assert view["hostId"]
    assert view["OS-SRV-USG:launched_at"]
    assert view["security_groups"] == [{"name": "default"}]
    (port,) = bench.neutron("GET", f"/ports?device_id={vm}").json()["ports"]
    assert port["status"] == "ACTIVE"


@pytest.mark.parametrize(
    ("more", "code", "part"),
    [
        ({"imageRef": NOWHERE}, 400, "Can not find requested image"),
        ({"imageRef": "nope"}, 400, "'nope' is not valid under any of the given schemas"),
        ({"flavorRef": "nope"}, 400, "Flavor nope could not be found."),
        ({"networks": [{"uuid": NOWHERE}]}, 400, f"Network {NOWHERE} could not be found."),
        ({"key_name": "nokey"}, 400, "Invalid key_name provided."),
        ({"security_groups": [{"name": "nosg"}]}, 400, "Unable to find security_group with name or id 'nosg'"),
        ({"user_data": "%%%"}, 400, "is not a 'base64'"),
        ({"user_data": "A" * 65536}, 400, "is too long"),
        ({"bogus": 1}, 400, "Additional properties are not allowed ('bogus' was unexpected)"),
        ({"name": " "}, 400, "is too short"),
        ({"imageRef": ""}, 400, "Missing imageRef attribute"),
        ({"min_count": 900}, 403, "Quota exceeded for cores, instances, ram: Requested 1800, 900,"),
    ],
)
def test_refusals(bench: NovaBench, more: dict[str, Any], code: int, part: str) -> None:
    reply = bench.create(**more)
    assert reply.status == code
    assert part in text_of(reply)
    assert bench.nova("GET", "/servers").json()["servers"] == []


def test_missing_properties(bench: NovaBench) -> None:
    reply = bench.nova("POST", "/servers", {"server": {"name": "x"}})
    assert text_of(reply).endswith("'flavorRef' is a required property")
    body = {"server": {"name": "x", "flavorRef": "y"}}
    assert "'networks' is a required property" in text_of(bench.nova("POST", "/servers", body))
    assert bench.nova("POST", "/servers", {}).status == 400


def test_readers_may_not_create(bench: NovaBench) -> None:
    body = {"server": {"name": "x", "flavorRef": "y", "networks": "none"}}
    assert bench.nova("POST", "/servers", body, who="reader").status == 403


def test_an_image_too_big_for_the_flavor(bench: NovaBench) -> None:
    tiny = bench.flavor("m1.tiny")["id"]
    reply = bench.create(flavorRef=tiny, imageRef=bench.image("windows-2019"))
    assert text_of(reply) == "Flavor's memory is too small for requested image."


def test_several_servers_get_numbers(bench: NovaBench) -> None:
    bench.create("worker", min_count=3)
    names = [row["name"] for row in bench.nova("GET", "/servers").json()["servers"]]
    assert sorted(names) == ["worker-1", "worker-2", "worker-3"]
    bench.settle()
    addresses = {str(bench.show(row["id"])["addresses"]) for row in bench.nova("GET", "/servers").json()["servers"]}
    assert len(addresses) == 3


def test_what_the_body_says_is_kept(bench: NovaBench) -> None:
    data = base64.b64encode(b"#cloud-config\n").decode()
    more: dict[str, Any] = {
        "metadata": {"role": "db"},
        "description": "mine",
        "tags": ["a"],
        "key_name": "lab-key",
        "user_data": data,
    }
    vm = bench.create(**more).json()["server"]["id"]
    view = bench.show(vm)
    assert (view["metadata"], view["description"], view["tags"]) == ({"role": "db"}, "mine", ["a"])
    assert view["key_name"] == "lab-key"
    assert bench.show(vm, who="admin")["OS-EXT-SRV-ATTR:user_data"] == data


def test_boot_from_volume(bench: NovaBench) -> None:
    device = {"boot_index": 0, "source_type": "image", "destination_type": "volume", "volume_size": 10}
    device |= {"uuid": bench.image("debian-12"), "delete_on_termination": True}
    vm = bench.create(imageRef="", block_device_mapping_v2=[device]).json()["server"]["id"]
    view = bench.show(vm)
    assert view["image"] == ""
    assert len(view["os-extended-volumes:volumes_attached"]) == 1


def test_a_flavor_that_no_host_can_hold_ends_without_a_valid_host(bench: NovaBench) -> None:
    vm = bench.create(flavorRef=bench.flavor("g1.large")["id"]).json()["server"]["id"]
    bench.settle()
    assert bench.show(vm)["fault"]["message"] == "No valid host was found. "


def test_a_late_build_failure(bench: NovaBench) -> None:
    bench.knobs(late_error=1.0)
    vm = bench.create().json()["server"]["id"]
    bench.settle()
    assert bench.states(vm)[:2] == ("ERROR", "error")
    assert bench.show(vm)["fault"]["message"].startswith(f"Build of instance {vm} aborted")
    assert bench.neutron("GET", f"/ports?device_id={vm}").json()["ports"] == []


def test_deleting_during_the_build(bench: NovaBench) -> None:
    vm = bench.create().json()["server"]["id"]
    bench.clock.now += 4
    assert bench.states(vm)[1] == "building"
    assert bench.nova("DELETE", f"/servers/{vm}").status == 204
    bench.settle()
    assert bench.nova("GET", f"/servers/{vm}").status == 404
    assert bench.neutron("GET", f"/ports?device_id={vm}").json()["ports"] == []


def test_a_deleted_build_request_leaves_no_port(bench: NovaBench) -> None:
    vm = bench.create().json()["server"]["id"]
    assert bench.nova("DELETE", f"/servers/{vm}").status == 204
    bench.settle()
    assert bench.neutron("GET", "/ports?device_owner=compute:nova").json()["ports"] == []


def test_nova_does_not_start_or_stop_a_build_request(bench: NovaBench) -> None:
    vm = bench.create().json()["server"]["id"]
    assert bench.act(vm, "os-stop").status == 404
    assert bench.act(vm, "pause").status == 409
