"""The simulated Neutron: who sees what, filters and fields, floating IPs, security groups, quotas."""

from __future__ import annotations

from typing import Any

import pytest

from osvm_tui.cloud.mock.request import SimReply
from tests.unit.mock.nova_bench import NovaBench

OF_VMS = "device_owner=compute:nova"


def error(reply: SimReply) -> tuple[int, str]:
    return reply.status, reply.json()["NeutronError"]["type"]


def public(bench: NovaBench) -> str:
    return str(next(n["id"] for n in bench.world.things("network").values() if n["router:external"]))


def port_of(bench: NovaBench, vm: str) -> dict[str, Any]:
    (port,) = bench.neutron("GET", f"/ports?device_id={vm}", who="admin").json()["ports"]
    found: dict[str, Any] = port
    return found


def test_members_see_their_own_and_external_networks(bench: NovaBench) -> None:
    names = [row["name"] for row in bench.neutron("GET", "/networks").json()["networks"]]
    assert sorted(names) == ["private", "public"]
    every = bench.neutron("GET", "/networks", who="admin").json()["networks"]
    assert len(every) == 6


def test_ports_by_project_with_fields(bench: NovaBench) -> None:
    vm, _ = bench.vm(), bench.vm(project="web")
    rows = bench.neutron("GET", f"/ports?{OF_VMS}&fields=id&fields=device_id&fields=fixed_ips").json()["ports"]
    assert [row["device_id"] for row in rows] == [vm]
    assert set(rows[0]) == {"id", "device_id", "fixed_ips"}
    address = rows[0]["fixed_ips"][0]["ip_address"]
    found = bench.neutron("GET", f"/ports?fixed_ips=ip_address={address}").json()["ports"]
    assert [row["device_id"] for row in found] == [vm]
    assert len(bench.neutron("GET", f"/ports?{OF_VMS}", who="admin").json()["ports"]) == 2
    assert not any(name.startswith("_") for name in port_of(bench, vm))


def test_ports_vanish_with_their_server(bench: NovaBench) -> None:
    vm = bench.vm()
    bench.nova("DELETE", f"/servers/{vm}")
    assert len(bench.neutron("GET", f"/ports?{OF_VMS}").json()["ports"]) == 1
    bench.settle()
    assert bench.neutron("GET", f"/ports?{OF_VMS}").json()["ports"] == []


def test_pages_of_ports(bench: NovaBench) -> None:
    for _ in range(3):
        bench.vm()
    first = bench.neutron("GET", f"/ports?{OF_VMS}&limit=2").json()
    assert len(first["ports"]) == 2
    marker = first["ports_links"][0]["href"].rpartition("marker=")[2]
    rest = bench.neutron("GET", f"/ports?{OF_VMS}&limit=2&marker={marker}").json()
    assert len(rest["ports"]) == 1
    assert "ports_links" not in rest


def test_the_life_of_a_floating_ip(bench: NovaBench) -> None:
    vm = bench.vm()
    port = port_of(bench, vm)["id"]
    made = bench.neutron("POST", "/floatingips", {"floatingip": {"floating_network_id": public(bench)}})
    assert made.status == 201
    fip = made.json()["floatingip"]
    assert (fip["status"], fip["port_id"], fip["floating_ip_address"]) == ("DOWN", None, "203.0.112.2")
    path = f"/floatingips/{fip['id']}"
    linked = bench.neutron("PUT", path, {"floatingip": {"port_id": port}}).json()["floatingip"]
    assert linked["status"] == "DOWN"
    assert linked["port_details"]["device_id"] == vm
    bench.settle(10)
    assert bench.neutron("GET", path).json()["floatingip"]["status"] == "ACTIVE"
    assert len(bench.show(vm)["addresses"]["private"]) == 2
    free = bench.neutron("PUT", path, {"floatingip": {"port_id": None}}).json()["floatingip"]
    assert (free["port_id"], free["fixed_ip_address"]) == (None, None)
    bench.settle(10)
    assert len(bench.show(vm)["addresses"]["private"]) == 1
    assert bench.neutron("DELETE", path).status == 204
    assert error(bench.neutron("GET", path)) == (404, "FloatingIPNotFound")


def test_deleting_the_server_leaves_the_floating_ip(bench: NovaBench) -> None:
    vm = bench.vm()
    body = {"floating_network_id": public(bench), "port_id": port_of(bench, vm)["id"]}
    bench.neutron("POST", "/floatingips", {"floatingip": body})
    bench.nova("DELETE", f"/servers/{vm}")
    bench.settle()
    (left,) = bench.neutron("GET", "/floatingips").json()["floatingips"]
    assert (left["port_id"], left["status"]) == (None, "DOWN")


def test_refusals_of_floating_ips(bench: NovaBench) -> None:
    vm, other = bench.vm(), bench.vm(project="web")
    net = public(bench)

    def ask(**body: Any) -> SimReply:
        return bench.neutron("POST", "/floatingips", {"floatingip": body})

    assert error(ask(floating_network_id="nope")) == (404, "NetworkNotFound")
    assert error(ask(floating_network_id=bench.network()["id"])) == (400, "BadRequest")
    assert error(ask(floating_network_id=net, port_id="nope")) == (404, "PortNotFound")
    assert error(ask(floating_network_id=net, port_id=port_of(bench, other)["id"])) == (404, "PortNotFound")
    port = port_of(bench, vm)["id"]
    assert ask(floating_network_id=net, port_id=port).status == 201
    assert error(ask(floating_network_id=net, port_id=port)) == (409, "FloatingIPPortAlreadyAssociated")
    body = {"floatingip": {"floating_network_id": net}}
    assert error(bench.neutron("POST", "/floatingips", body, who="reader")) == (403, "PolicyNotAuthorized")


def test_the_quota_is_neutrons_409(bench: NovaBench) -> None:
    body = {"floatingip": {"floating_network_id": public(bench)}}
    replies = [bench.neutron("POST", "/floatingips", body) for _ in range(51)]
    assert [reply.status for reply in replies[:50]] == [201] * 50
    assert error(replies[50]) == (409, "OverQuota")


def test_security_groups(bench: NovaBench) -> None:
    made = bench.neutron("POST", "/security-groups", {"security_group": {"name": "extra"}})
    assert made.status == 201
    group = made.json()["security_group"]
    assert [rule["direction"] for rule in group["security_group_rules"]] == ["egress", "egress"]
    rule = {"security_group_id": group["id"], "direction": "ingress", "protocol": "tcp"}
    rule |= {"port_range_min": 80, "port_range_max": 80}
    added = bench.neutron("POST", "/security-group-rules", {"security_group_rule": rule})
    assert added.status == 201
    again = bench.neutron("POST", "/security-group-rules", {"security_group_rule": rule})
    assert error(again) == (409, "SecurityGroupRuleExists")
    assert added.json()["security_group_rule"]["id"] in again.json()["NeutronError"]["message"]
    vm = bench.vm()
    assert bench.act(vm, "addSecurityGroup", {"name": "extra"}).status == 202
    assert {"name": "extra"} in bench.show(vm)["security_groups"]
    assert error(bench.neutron("DELETE", f"/security-groups/{group['id']}")) == (409, "SecurityGroupInUse")
    assert bench.act(vm, "removeSecurityGroup", {"name": "extra"}).status == 202
    assert bench.act(vm, "removeSecurityGroup", {"name": "extra"}).status == 404
    assert bench.neutron("DELETE", f"/security-groups/{group['id']}").status == 204
    rule_path = f"/security-group-rules/{added.json()['security_group_rule']['id']}"
    assert bench.neutron("DELETE", rule_path).status == 404


def test_the_default_group_stays(bench: NovaBench) -> None:
    groups = bench.neutron("GET", "/security-groups?name=default").json()["security_groups"]
    reply = bench.neutron("DELETE", f"/security-groups/{groups[0]['id']}")
    assert reply.status == 409


def test_quotas_are_for_the_own_project(bench: NovaBench) -> None:
    own = bench.network()["project_id"]
    bench.vm()
    details = bench.neutron("GET", f"/quotas/{own}/details.json").json()["quota"]
    assert details["port"]["used"] == 2, "the VM's and the router's"
    assert bench.neutron("GET", f"/quotas/{own}").json()["quota"]["floatingip"] == 50
    other = bench.network("web")["project_id"]
    assert error(bench.neutron("GET", f"/quotas/{other}")) == (403, "PolicyNotAuthorized")


@pytest.mark.parametrize("path", ["/nope", "/networks/nope", "/ports/nope/what"])
def test_unknown_paths(bench: NovaBench, path: str) -> None:
    assert bench.neutron("GET", path).status == 404
