"""Hosts of the simulated Nova: who sees them, by version, and what becomes of a host that is off or down."""

from __future__ import annotations

from typing import Any

import pytest

from osvm_tui.cloud.mock.request import SimReply
from tests.unit.mock.nova_bench import NovaBench
from tests.unit.mock.test_volume import NOBODY, text


def service(bench: NovaBench, host: str, binary: str = "nova-compute") -> dict[str, Any]:
    rows = bench.nova("GET", f"/os-services?host={host}&binary={binary}", who="admin").json()["services"]
    row: dict[str, Any] = rows[0]
    return row


def update(bench: NovaBench, key: str, who: str = "admin", version: str = "2.90", **body: Any) -> SimReply:
    return bench.nova("PUT", f"/os-services/{key}", body, who=who, version=version)


def hypervisors(bench: NovaBench, version: str, query: str = "") -> dict[str, Any]:
    reply = bench.nova("GET", f"/os-hypervisors/detail{query}", who="admin", version=version)
    assert reply.status == 200, reply.body
    body: dict[str, Any] = reply.json()
    return body


def test_hosts_are_for_admins(bench: NovaBench) -> None:
    for path in ("/os-services", "/os-hypervisors/detail", "/os-availability-zone/detail", "/os-migrations"):
        assert bench.nova("GET", path).status == 403
        assert bench.nova("GET", path, who="admin").status == 200
    assert bench.nova("GET", "/os-hypervisors/statistics", who="admin", version="2.88").status == 404


def test_what_a_hypervisor_tells_depends_on_the_version(bench: NovaBench) -> None:
    vm = bench.vm()
    old = hypervisors(bench, "2.1")["hypervisors"][0]
    assert (old["id"], isinstance(old["cpu_info"], str)) == (1, True)
    row = hypervisors(bench, "2.87")["hypervisors"][0]
    assert (row["vcpus_used"], row["running_vms"], row["memory_mb_used"]) == (2, 1, 4096)
    assert row["cpu_info"]["arch"] == "x86_64"
    new = hypervisors(bench, "2.88", "?with_servers=true")["hypervisors"][0]
    assert "vcpus" not in new
    assert " up 41 days" in new["uptime"]
    assert [one["uuid"] for one in new["servers"]] == [vm]


def test_pages_of_hypervisors(bench: NovaBench) -> None:
    first = hypervisors(bench, "2.87", "?limit=5")
    assert len(first["hypervisors"]) == 5
    marker = first["hypervisors_links"][0]["href"].rpartition("marker=")[2]
    rest = hypervisors(bench, "2.87", f"?limit=5&marker={marker}")
    names = [row["hypervisor_hostname"] for row in first["hypervisors"] + rest["hypervisors"]]
    assert names == [f"compute-{n:02d}" for n in range(1, 9)]
    assert "hypervisors_links" not in rest


def test_a_disabled_host_gets_no_new_vms(bench: NovaBench) -> None:
    for number in range(1, 8):
        key = service(bench, f"compute-{number:02d}")["id"]
        if number > 1:
            view = update(bench, key, status="disabled", disabled_reason="memory").json()["service"]
            assert (view["status"], view["disabled_reason"]) == ("disabled", "memory")
    vms = [bench.create().json()["server"]["id"] for _ in range(3)]
    bench.settle()
    assert {bench.show(vm, who="admin")["OS-EXT-SRV-ATTR:host"] for vm in vms} == {"compute-01"}
    again = update(bench, service(bench, "compute-02")["id"], status="enabled").json()["service"]
    assert (again["status"], again["disabled_reason"]) == ("enabled", None)


@pytest.mark.parametrize(
    ("body", "part"),
    [
        ({}, "No updates were requested."),
        ({"disabled_reason": "x"}, "No updates were requested."),
        ({"status": "bogus"}, "'bogus' is not one of ['enabled', 'disabled']"),
        (
            {"status": "enabled", "disabled_reason": "x"},
            "Specifying 'disabled_reason' with status 'enabled'",
        ),
        ({"status": "disabled", "disabled_reason": ""}, "'' is too short"),
        ({"forced_down": "x"}, "'x' is not one of"),
    ],
)
def test_refused_updates(bench: NovaBench, body: dict[str, Any], part: str) -> None:
    code, message = text(update(bench, service(bench, "compute-01")["id"], **body))
    assert code == 400
    assert part in message


def test_who_and_what_may_be_updated(bench: NovaBench) -> None:
    key = service(bench, "compute-01")["id"]
    assert update(bench, key, who="demo", status="disabled").status == 403
    assert text(update(bench, "nope", status="disabled")) == (400, "Invalid uuid nope")
    assert text(update(bench, NOBODY, status="disabled")) == (404, f"Service {NOBODY} could not be found.")
    scheduler = service(bench, "controller-01", "nova-scheduler")["id"]
    assert "Only nova-compute services can be updated" in text(update(bench, scheduler, status="disabled"))[1]
    old = update(bench, "disable", version="2.52", host="compute-02", binary="nova-compute")
    assert old.json()["service"] == {"host": "compute-02", "binary": "nova-compute", "status": "disabled"}


def test_a_vm_of_a_host_that_is_down_can_be_evacuated(bench: NovaBench) -> None:
    vm = bench.vm()
    assert bench.act(vm, "evacuate", {}, who="admin").status == 400, "the host is up"
    assert update(bench, service(bench, "compute-01")["id"], forced_down=True).json()["service"]["state"] == "down"
    assert bench.show(vm, who="admin")["host_status"] == "DOWN"
    assert bench.act(vm, "evacuate", {}, who="admin", version="2.94").status == 200
    bench.settle()
    assert bench.states(vm)[:3] == ("ACTIVE", "active", None)
    assert bench.show(vm, who="admin")["OS-EXT-SRV-ATTR:host"] not in ("compute-01", None)
    (record,) = bench.nova("GET", "/os-migrations", who="admin").json()["migrations"]
    assert (record["migration_type"], record["source_compute"], record["status"]) == (
        "evacuation",
        "compute-01",
        "done",
    )


def test_the_zones_tell_which_hosts_are_there(bench: NovaBench) -> None:
    update(bench, service(bench, "compute-02")["id"], forced_down=True)
    zones = bench.nova("GET", "/os-availability-zone/detail", who="admin").json()["availabilityZoneInfo"]
    (nova,) = [zone for zone in zones if zone["zoneName"] == "nova"]
    told = {
        host: tuple(rows["nova-compute"][key] for key in ("active", "available"))
        for host, rows in nova["hosts"].items()
    }
    assert (told["compute-01"], told["compute-02"], told["compute-08"]) == ((True, True), (True, False), (False, True))
