"""Lists of servers: order, pages, filters, parameters that Nova refuses, and odd answers."""

from __future__ import annotations

from typing import Any

import pytest

from osvm_tui.cloud.mock.clock import zulu
from tests.unit.mock.bench_cloud import START
from tests.unit.mock.nova_bench import NovaBench


def ids(bench: NovaBench, query: str, **options: Any) -> list[str]:
    reply = bench.nova("GET", f"/servers{query}", **options)
    assert reply.status == 200, reply.body
    return [row["id"] for row in reply.json()["servers"]]


def refused(bench: NovaBench, query: str, **options: Any) -> tuple[int, str]:
    reply = bench.nova("GET", f"/servers{query}", **options)
    return reply.status, next(iter(reply.json().values()))["message"]


def test_pages_cover_the_fleet_once_in_order(bench: NovaBench) -> None:
    vms = [bench.vm() for _ in range(7)]
    seen: list[str] = []
    query = "?limit=3"
    while page := ids(bench, query):
        seen += page
        query = f"?limit=3&marker={page[-1]}"
    assert seen == vms[::-1]


def test_a_deleted_marker_still_works(bench: NovaBench) -> None:
    vms = [bench.vm() for _ in range(3)]
    bench.nova("DELETE", f"/servers/{vms[1]}")
    bench.settle()
    assert ids(bench, f"?marker={vms[1]}") == [vms[0]]
    assert refused(bench, "?marker=nope") == (400, "marker [nope] not found")


def test_a_marker_of_another_project_is_unknown(bench: NovaBench) -> None:
    other = bench.vm(project="web")
    assert refused(bench, f"?marker={other}")[0] == 400


def test_limits(bench: NovaBench) -> None:
    bench.vm()
    assert ids(bench, "?limit=0") == []
    assert refused(bench, "?limit=-1")[0] == 400


def test_more_than_a_thousand_is_cut(tmp_path: Any) -> None:
    bench = NovaBench(tmp_path / "big.db", vms=1100)
    page = ids(bench, "?all_tenants=1&limit=5000", who="admin")
    assert len(page) == 1000


def test_build_requests_come_first_whatever_the_order(bench: NovaBench) -> None:
    bench.vm(name="aaa")
    new = bench.create("zzz").json()["server"]["id"]
    assert ids(bench, "?sort_key=display_name&sort_dir=asc")[0] == new
    assert ids(bench, f"?sort_key=display_name&sort_dir=asc&limit=1&marker={new}") != [new]


def test_sorting(bench: NovaBench) -> None:
    names = ["b", "c", "a"]
    vms = {name: bench.vm(name=name) for name in names}
    assert ids(bench, "?sort_key=display_name&sort_dir=asc") == [vms["a"], vms["b"], vms["c"]]
    page = ids(bench, f"?sort_key=display_name&sort_dir=asc&limit=1&marker={vms['a']}")
    assert page == [vms["b"]]
    assert refused(bench, "?sort_key=host") == (403, "Only administrators can sort servers by host")
    assert refused(bench, "?sort_key=colour")[0] == 400
    assert ids(bench, "?sort_dir=asc") == [vms["b"], vms["c"], vms["a"]]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("?name=^web", {"web-1", "web-2"}),
        ("?status=SHUTOFF", {"web-2"}),
        ("?status=shutoff&status=ACTIVE", {"web-1", "web-2"}),
        ("?locked=true", {"db"}),
        ("?tags=red,blue", {"web-1"}),
        ("?tags-any=red,green", {"web-1", "web-2"}),
        ("?not-tags=red,blue", {"web-2", "db"}),
        ("?vm_state=paused", {"db"}),
        ("?deleted=true", {"web-1", "web-2", "db"}),
        ("?host=compute-09", {"web-1", "web-2", "db"}),
        ("?_private=1", {"web-1", "web-2", "db"}),
    ],
)
def test_filters_of_members(bench: NovaBench, query: str, names: set[str]) -> None:
    made = {
        "web-1": bench.vm(name="web-1", tags=["red", "blue"]),
        "web-2": bench.vm("stopped", name="web-2", tags=["green"]),
        "db": bench.vm("paused", name="db", locked_by="owner"),
    }
    assert set(ids(bench, query)) == {made[name] for name in names}


def test_filters_by_address_image_and_flavor(bench: NovaBench) -> None:
    vm = bench.vm()
    bench.vm(image="cirros")
    address = bench.show(vm)["addresses"]["private"][0]["addr"]
    assert ids(bench, f"?ip={address.replace('.', '%5C.')}$") == [vm]
    assert ids(bench, f"?image={bench.image('debian-12')}") == [vm]
    assert len(ids(bench, f"?flavor={bench.flavor('m1.small')['id']}")) == 2


def test_admins_see_all_projects_and_filter_by_project_and_host(bench: NovaBench) -> None:
    demo, web = bench.vm(), bench.vm(project="web", host="compute-02")
    assert set(ids(bench, "?all_tenants=1", who="admin")) == {demo, web}
    assert ids(bench, "", who="admin") == []
    assert ids(bench, "?all_tenants=1&host=compute-02", who="admin") == [web]
    project = bench.show(web, who="admin")["tenant_id"]
    assert ids(bench, f"?all_tenants=1&project_id={project}", who="admin") == [web]
    assert refused(bench, "?all_tenants=1")[0] == 403
    assert ids(bench, "?all_tenants=0") == [demo]
    assert refused(bench, "?all_tenants=perhaps")[0] == 400


def test_deleted_servers_are_for_admins(bench: NovaBench) -> None:
    vm = bench.vm()
    bench.nova("DELETE", f"/servers/{vm}")
    bench.settle()
    assert ids(bench, "?deleted=true&all_tenants=1", who="admin") == [vm]
    assert ids(bench, "?deleted=true") == []
    assert refused(bench, "?status=DELETED") == (403, "Only administrators may list deleted instances")


def test_unknown_parameters_and_values(bench: NovaBench) -> None:
    assert refused(bench, "?nope=1") == (400, "'nope' does not match any of the regexes: '^_'")
    assert ids(bench, "?nope=1", version="2.1") == []
    assert refused(bench, "?status=NOPE") == (400, "Invalid status value")
    assert ids(bench, "?status=NOPE", version="2.1") == []
    assert refused(bench, "?name=([")[0] == 400
    text = "Invalid input for query parameters changes-since. Value: yesterday. 'yesterday' is not a 'date-time'"
    assert refused(bench, "?changes-since=yesterday") == (400, text)
    late, early = zulu(START), zulu(START - 9)
    assert refused(bench, f"?changes-since={late}&changes-before={early}")[0] == 400


def test_a_change_that_becomes_due_is_found_by_changes_since(bench: NovaBench) -> None:
    vm = bench.vm("stopped")
    bench.act(vm, "os-start")
    bench.clock.now += 30
    query = f"?changes-since={zulu(START + 0.5)}"
    assert ids(bench, query) == [vm], "the step that nobody read yet"
    assert ids(bench, f"?changes-since={zulu(START + 25)}") == []


def test_the_versions_of_the_header(bench: NovaBench) -> None:
    assert bench.nova("GET", "/servers", version="latest").headers["openstack-api-version"] == "compute 2.100"
    assert bench.nova("GET", "/servers", version="abc").status == 400
    bench.knobs(maximum_microversion="2.79")
    assert bench.nova("GET", "/servers", version="2.80").status == 406


def test_odd_answers(bench: NovaBench) -> None:
    for _ in range(20):
        bench.vm()
    plain = bench.nova("GET", "/servers/detail").json()["servers"]
    bench.knobs(odd=1.0)
    odd = bench.nova("GET", "/servers/detail").json()["servers"]
    assert [row["id"] for row in odd] == [row["id"] for row in plain]
    assert all(one != other for one, other in zip(odd, plain, strict=True))


def test_an_unscoped_token_may_do_nothing(bench: NovaBench) -> None:
    reply = bench.ask("compute", "GET", "/servers", user=None)
    assert reply.status == 401
