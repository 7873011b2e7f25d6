"""Nova's server JSON -> Vm, on recorded answers and on damaged ones."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from osvm_tui.cloud.wire.servers import ServerRow, VmDecoder, ids, without_secrets
from osvm_tui.domain.vm import Vm
from tests.unit.cloud.recorded import recorded

ENDPOINT = "http://cloud/v2.1|R"


def show(name: str) -> Vm:
    return VmDecoder(ENDPOINT).one(recorded(name).body)


def server(name: str = "server-show") -> dict[str, Any]:
    found: dict[str, Any] = json.loads(recorded(name).body)["server"]
    return found


def page(*servers: object, **more: object) -> bytes:
    return json.dumps({"servers": servers, **more}).encode()


def test_a_member_sees_states_flavor_addresses_and_no_host() -> None:
    vm = show("server-show")
    assert (vm.name, vm.status, vm.vm_state, vm.task_state, vm.power_state) == ("verify-1", "ACTIVE", "active", None, 1)
    assert vm.flavor is not None
    assert (vm.flavor.name, vm.flavor.vcpus, vm.flavor.memory_mib, vm.flavor.disk_gib) == ("m1.small", 2, 4096, 20)
    assert vm.fixed_ip == "192.168.128.48"
    assert vm.addresses[0].mac == "fa:16:3e:d6:fc:33"
    assert (vm.host, vm.has_host) == ("", True)
    assert vm.metadata == (("role", "db"),)
    assert vm.security_groups == ("web",)
    assert vm.key_name == "lab-key"
    assert vm.ref.endpoint == ENDPOINT


RECORDED = ("server-show", "server-show-admin", "server-show-21", "server-show-bfv", "server-show-fault")


@pytest.mark.parametrize("name", RECORDED)
def test_what_nova_really_says_needs_no_leniency(name: str) -> None:
    assert msgspec.json.decode(json.dumps(server(name)), type=ServerRow).id == server(name)["id"]


def test_launched_at_without_zone_is_utc() -> None:
    assert show("server-show").launched_at == datetime(2026, 11, 21, 23, 45, 10, tzinfo=UTC)


def test_an_admin_sees_host_and_host_status() -> None:
    vm = show("server-show-admin")
    assert vm.host.startswith("compute-")
    assert vm.host_status == "UP"
    assert vm.instance_name


def test_boot_from_volume_has_no_image_but_a_volume() -> None:
    vm = show("server-show-bfv")
    assert vm.image_id is None
    assert len(vm.volume_ids) == 1
    assert vm.dying_volume_ids == vm.volume_ids, "recorded with delete_on_termination"


def test_of_its_volumes_only_those_die_with_a_vm_of_which_nova_says_so() -> None:
    told = ({"id": "dies", "delete_on_termination": True}, {"id": "stays", "delete_on_termination": False})
    odd = (
        {"id": "old"},
        {"id": "null", "delete_on_termination": None},
        {"id": "odd", "delete_on_termination": "x"},
    )
    (vm,) = VmDecoder(ENDPOINT).page(page({**server(), "os-extended-volumes:volumes_attached": [*told, *odd]})).vms
    assert vm.volume_ids == ("dies", "stays", "old", "null", "odd")
    assert vm.dying_volume_ids == ("dies",)


def test_before_247_the_flavor_is_only_an_id() -> None:
    vm = show("server-show-21")
    assert vm.flavor is not None
    assert vm.flavor.id == "6f2e5303-b06f-42f3-a9f6-5a230c998eb8"
    assert vm.flavor.vcpus == 0


def test_a_fault_comes_with_code_and_message() -> None:
    vm = show("server-show-fault")
    assert vm.fault is not None
    assert vm.fault.code == 500
    assert "asked to fail" in vm.fault.message
    assert (vm.launched, vm.has_host) == (False, False)


def test_a_floating_address_is_told_apart() -> None:
    vm = show("server-show-with-fip")
    assert vm.floating_ip.startswith("203.0.")
    assert vm.fixed_ip.startswith("192.168.")


def test_a_delta_names_the_deleted_and_shows_none_of_them() -> None:
    found = VmDecoder(ENDPOINT).page(recorded("changes-since-demo").body)
    assert len(found.gone) >= 2
    assert not {vm.id for vm in found.vms} & set(found.gone)


def test_equal_flavors_are_one_object() -> None:
    first, second = VmDecoder(ENDPOINT).page(page(server(), server())).vms
    assert first.flavor is second.flavor
    assert first.host_id is second.host_id


ODD: list[tuple[str, object]] = [
    ("OS-EXT-STS:power_state", None),
    ("OS-EXT-STS:power_state", "1"),
    ("addresses", None),
    ("addresses", {"private": None}),
    ("metadata", {"k": 5}),
    ("created", "yesterday"),
    ("flavor", None),
    ("flavor", {"original_name": None, "vcpus": None}),
    ("tags", None),
    ("locked", "maybe"),
    ("fault", {"code": "x"}),
    ("security_groups", [{}]),
    ("name", None),
]


@pytest.mark.parametrize(("key", "value"), ODD)
def test_an_odd_field_costs_neither_the_vm_nor_its_page(key: str, value: object) -> None:
    odd = {**server(), key: value}
    sound = {**server(), "id": "other"}
    first, second = VmDecoder(ENDPOINT).page(page(odd, sound)).vms
    assert (first.id, first.vm_state) == (server()["id"], "active")
    assert second == msgspec.structs.replace(show("server-show"), id="other")


def test_unknown_words_stay_visible() -> None:
    odd = {**server(), "status": "TELEPORTING", "OS-EXT-STS:vm_state": "teleported", "OS-EXT-STS:task_state": "x-y"}
    (vm,) = VmDecoder(ENDPOINT).page(page(odd)).vms
    assert (vm.status, vm.vm_state, vm.task_state) == ("TELEPORTING", "teleported", "x-y")


def test_a_stub_of_a_down_cell_is_unknown() -> None:
    stub = {"id": "a", "status": "UNKNOWN", "tenant_id": "p", "created": "2026-01-01T00:00:00Z", "links": []}
    (vm,) = VmDecoder(ENDPOINT).page(page(stub)).vms
    assert (vm.status, vm.vm_state, vm.name) == ("UNKNOWN", "unknown", "a")


def test_what_is_no_server_is_left_out() -> None:
    found = VmDecoder(ENDPOINT).page(page(None, 5, {}, server()))
    assert len(found.vms) == 1


def test_broken_text_does_not_lose_the_page() -> None:
    body = page({**server(), "name": "caf?"}, server()).replace(b"caf?", b"caf\xe9")
    assert len(VmDecoder(ENDPOINT).page(body).vms) == 2


def test_the_next_page_is_asked_for_as_the_link_says() -> None:
    href = "http://cloud/v2.1/servers/detail?limit=1&all_tenants=1&marker=abc"
    links = [{"rel": "next", "href": href}]
    found = VmDecoder(ENDPOINT).page(page(server(), servers_links=links))
    assert found.next_query == (("limit", "1"), ("all_tenants", "1"), ("marker", "abc"))


def test_ids_are_read_without_details() -> None:
    assert ids(page({"id": "a", "name": "n", "links": []}, {"id": "b"})) == (("a", "b"), ())


def test_raw_json_keeps_everything_but_user_data() -> None:
    key = "OS-EXT-SRV-ATTR:user_data"
    body = json.dumps({"server": {**server("server-show-admin"), key: "c2VjcmV0"}}).encode()
    shown = json.loads(without_secrets(body))["server"]
    assert shown.pop(key) == "(withheld)"
    assert shown == {name: value for name, value in server("server-show-admin").items() if name != key}


def test_not_json_is_said_to_be_so() -> None:
    with pytest.raises(msgspec.DecodeError):
        VmDecoder(ENDPOINT).page(b"<html>hello</html>")
