"""Server groups of the simulated Nova: their forms by version, and what the scheduler makes of them."""

from __future__ import annotations

from typing import Any

import pytest

from osvm_tui.cloud.mock.request import SimReply
from tests.unit.mock.nova_bench import NovaBench
from tests.unit.mock.test_volume import NOBODY, text


def create(bench: NovaBench, version: str = "2.90", *, who: str = "demo", **body: Any) -> SimReply:
    return bench.nova("POST", "/os-server-groups", {"server_group": {"name": "g", **body}}, version=version, who=who)


def group(bench: NovaBench, policy: str, **more: Any) -> str:
    return str(create(bench, policy=policy, **more).json()["server_group"]["id"])


def boot(bench: NovaBench, key: str, count: int = 1) -> SimReply:
    body = {"name": "fresh", "flavorRef": bench.flavor("m1.small")["id"], "imageRef": bench.image("debian-12")}
    server = body | {"networks": "none", "max_count": count}
    return bench.nova("POST", "/servers", {"server": server, "os:scheduler_hints": {"group": key}})


def hosts(bench: NovaBench, key: str) -> list[str | None]:
    bench.settle()
    members = bench.nova("GET", f"/os-server-groups/{key}").json()["server_group"]["members"]
    return [bench.show(vm, who="admin")["OS-EXT-SRV-ATTR:host"] for vm in members]


def test_the_life_of_a_group(bench: NovaBench) -> None:
    made = create(bench, policy="anti-affinity", rules={"max_server_per_host": 2})
    view = made.json()["server_group"]
    assert (made.status, view["policy"], view["rules"], view["members"]) == (
        200,
        "anti-affinity",
        {"max_server_per_host": 2},
        [],
    )
    path = f"/os-server-groups/{view['id']}"
    assert bench.nova("GET", path).json()["server_group"] == view
    assert bench.nova("GET", "/os-server-groups").json()["server_groups"] == [view]
    assert bench.nova("GET", path, who="web").status == 404
    assert bench.nova("DELETE", path, who="reader").status == 403
    vm = boot(bench, view["id"]).json()["server"]["id"]
    assert bench.show(vm)["server_groups"] == [view["id"]]
    assert bench.nova("DELETE", path).status == 204
    assert bench.show(vm)["server_groups"] == []
    assert text(bench.nova("DELETE", path)) == (404, f"Instance group {view['id']} could not be found.")


def test_the_form_follows_the_microversion(bench: NovaBench) -> None:
    old = create(bench, "2.63", policies=["soft-affinity"]).json()["server_group"]
    assert (old["policies"], old["metadata"]) == (["soft-affinity"], {})
    assert create(bench, "2.63", policy="affinity").status == 400
    assert create(bench, "2.64", policies=["affinity"]).status == 400
    assert create(bench, "2.14", policies=["soft-affinity"]).status == 400
    assert set(bench.nova("GET", "/os-server-groups", version="2.1").json()["server_groups"][0]) == {
        "id",
        "name",
        "policies",
        "metadata",
        "members",
    }


@pytest.mark.parametrize(
    "body",
    [
        {"policy": "bogus"},
        {"policy": "affinity", "name": ""},
        {"policy": "affinity", "rules": {"max_server_per_host": 2}},
        {},
    ],
)
def test_wrong_groups(bench: NovaBench, body: dict[str, Any]) -> None:
    assert create(bench, **body).status == 400


def test_how_many_groups_a_project_may_have(bench: NovaBench) -> None:
    for _ in range(10):
        assert create(bench, policy="affinity").status == 200
    assert text(create(bench, policy="affinity")) == (403, "Quota exceeded, too many server groups.")
    assert create(bench, policy="affinity", who="reader").status == 403


def test_affinity_keeps_them_together(bench: NovaBench) -> None:
    key = group(bench, "affinity")
    for _ in range(4):
        assert boot(bench, key).status == 202
    assert len(set(hosts(bench, key))) == 1


def test_anti_affinity_keeps_them_apart_until_no_host_is_left(bench: NovaBench) -> None:
    key = group(bench, "anti-affinity")
    boot(bench, key, count=7)
    assert len(set(hosts(bench, key))) == 7, "the eighth host is disabled"
    late = boot(bench, key).json()["server"]["id"]
    bench.settle()
    assert bench.show(late)["fault"]["message"] == "No valid host was found. "
    moved = bench.nova("GET", f"/os-server-groups/{key}").json()["server_group"]["members"][-1]
    value = {"host": None, "block_migration": "auto"}
    before = bench.show(moved, who="admin")["OS-EXT-SRV-ATTR:host"]
    assert bench.act(moved, "os-migrateLive", value, who="admin").status == 202
    bench.settle()
    assert bench.show(moved, who="admin")["OS-EXT-SRV-ATTR:host"] == before, "nowhere to go"


def test_a_rule_allows_more_on_a_host(bench: NovaBench) -> None:
    key = group(bench, "anti-affinity", rules={"max_server_per_host": 2})
    boot(bench, key, count=10)
    found = hosts(bench, key)
    assert None not in found
    assert max(found.count(host) for host in found) == 2


def test_soft_policies_do_what_they_can(bench: NovaBench) -> None:
    apart, together = group(bench, "soft-anti-affinity"), group(bench, "soft-affinity")
    boot(bench, apart, count=9)
    boot(bench, together, count=3)
    found = hosts(bench, apart)
    assert sorted(found.count(host) for host in set(found)) == [1, 1, 1, 1, 1, 2, 2]
    assert len(set(hosts(bench, together))) == 1


def test_wrong_hints(bench: NovaBench) -> None:
    assert text(boot(bench, "nope"))[1].endswith("'nope' is not a 'uuid'")
    assert text(boot(bench, NOBODY)) == (400, f"Instance group {NOBODY} could not be found.")
    key = group(bench, "soft-affinity")
    boot(bench, key, count=10)
    assert text(boot(bench, key)) == (403, "Quota exceeded, too many servers in group")
