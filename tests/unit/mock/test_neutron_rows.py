"""Neutron's ports, networks, subnets, routers and rules: making, changing, deleting, and every refusal in its words."""

from __future__ import annotations

from typing import Any

import pytest

from osvm_tui.cloud.mock.request import SimReply
from tests.unit.mock.nova_bench import NovaBench
from tests.unit.mock.test_volume import NOBODY


def make(bench: NovaBench, kind: str, **body: Any) -> SimReply:
    who = body.pop("who", "demo")
    return bench.neutron("POST", f"/{kind.replace('_', '-')}s", {kind: body}, who=who)


def made(bench: NovaBench, kind: str, **body: Any) -> dict[str, Any]:
    reply = make(bench, kind, **body)
    assert reply.status == 201, reply.body
    row: dict[str, Any] = reply.json()[kind]
    assert not any(name.startswith("_") for name in row)
    return row


def error(reply: SimReply) -> tuple[int, str]:
    return reply.status, reply.json()["NeutronError"]["type"]


def public(bench: NovaBench) -> str:
    return str(next(row["id"] for row in bench.world.things("network").values() if row["router:external"]))


# ports


def test_a_port_is_made_changed_and_deleted(bench: NovaBench) -> None:
    port = made(bench, "port", network_id=bench.network()["id"], name="a", fixed_ips=[{"ip_address": "192.168.128.77"}])
    assert (port["fixed_ips"][0]["ip_address"], port["status"], len(port["security_groups"])) == (
        "192.168.128.77",
        "DOWN",
        1,
    )
    path = f"/ports/{port['id']}"
    changed = bench.neutron("PUT", path, {"port": {"name": "b", "admin_state_up": False}}).json()["port"]
    assert (changed["name"], changed["admin_state_up"], changed["revision_number"]) == ("b", False, 2)
    assert [row["id"] for row in bench.neutron("GET", "/ports?name=b").json()["ports"]] == [port["id"]]
    assert bench.neutron("DELETE", path).status == 204
    assert error(bench.neutron("DELETE", path)) == (404, "PortNotFound")


def test_refused_ports(bench: NovaBench) -> None:
    net = bench.network()["id"]
    made(bench, "port", network_id=net, fixed_ips=[{"ip_address": "192.168.128.77"}])
    taken, outside = [{"ip_address": "192.168.128.77"}], [{"ip_address": "1.2.3.4"}]
    assert error(make(bench, "port", name="x")) == (400, "HTTPBadRequest")
    assert error(make(bench, "port", network_id="nope")) == (400, "HTTPBadRequest")
    assert error(make(bench, "port", network_id=NOBODY)) == (404, "NetworkNotFound")
    assert error(make(bench, "port", network_id=bench.network("web")["id"])) == (404, "NetworkNotFound")
    assert error(make(bench, "port", network_id=public(bench))) == (403, "HTTPForbidden")
    assert error(make(bench, "port", network_id=net, bogus=1)) == (400, "HTTPBadRequest")
    assert error(make(bench, "port", network_id=net, fixed_ips=taken)) == (409, "IpAddressAlreadyAllocated")
    assert error(make(bench, "port", network_id=net, fixed_ips=outside)) == (400, "InvalidIpForNetwork")
    assert error(make(bench, "port", network_id=net, security_groups=[NOBODY])) == (404, "SecurityGroupNotFound")
    assert error(make(bench, "port", network_id=net, who="reader")) == (403, "PolicyNotAuthorized")
    router_port = bench.neutron("GET", "/ports?device_owner=network:router_interface").json()["ports"][0]
    assert error(bench.neutron("DELETE", f"/ports/{router_port['id']}")) == (409, "ServicePortInUse")


# networks, subnets, routers


def test_a_network_with_subnet_and_router(bench: NovaBench) -> None:
    net = made(bench, "network", name="n")
    subnet = made(bench, "subnet", network_id=net["id"], cidr="10.77.0.0/24", ip_version=4, name="s")
    assert (subnet["gateway_ip"], subnet["allocation_pools"]) == (
        "10.77.0.1",
        [{"start": "10.77.0.2", "end": "10.77.0.254"}],
    )
    assert bench.neutron("GET", f"/networks/{net['id']}").json()["network"]["subnets"] == [subnet["id"]]
    router = made(bench, "router", name="r", external_gateway_info={"network_id": public(bench)})
    path, body = f"/routers/{router['id']}", {"subnet_id": subnet["id"]}
    added = bench.neutron("PUT", f"{path}/add_router_interface", body)
    assert (added.status, added.json()["subnet_ids"]) == (200, [subnet["id"]])
    assert error(bench.neutron("PUT", f"{path}/add_router_interface", body)) == (400, "BadRequest")
    for used, kind in ((path, "Router"), (f"/subnets/{subnet['id']}", "Subnet"), (f"/networks/{net['id']}", "Network")):
        assert error(bench.neutron("DELETE", used)) == (409, f"{kind}InUse")
    port = made(bench, "port", network_id=net["id"])
    fip = made(bench, "floatingip", floating_network_id=public(bench), port_id=port["id"])
    assert fip["router_id"] == router["id"]
    assert error(bench.neutron("PUT", f"{path}/remove_router_interface", body))[0] == 409
    assert error(bench.neutron("PUT", path, {"router": {"external_gateway_info": None}}))[0] == 409
    bench.neutron("DELETE", f"/floatingips/{fip['id']}")
    bench.neutron("DELETE", f"/ports/{port['id']}")
    assert bench.neutron("PUT", f"{path}/remove_router_interface", body).status == 200
    assert error(bench.neutron("PUT", f"{path}/remove_router_interface", body)) == (404, "RouterInterfaceNotFound")
    for gone in (path, f"/networks/{net['id']}"):
        assert bench.neutron("DELETE", gone).status == 204
    assert error(bench.neutron("GET", f"/subnets/{subnet['id']}")) == (404, "SubnetNotFound")


def test_a_floating_ip_needs_a_way_out(bench: NovaBench) -> None:
    net = made(bench, "network", name="n")
    made(bench, "subnet", network_id=net["id"], cidr="10.77.0.0/24", ip_version=4)
    port = made(bench, "port", network_id=net["id"])
    refused = make(bench, "floatingip", floating_network_id=public(bench), port_id=port["id"])
    assert error(refused) == (404, "ExternalGatewayForFloatingIPNotFound")


def test_refused_networks_and_subnets(bench: NovaBench) -> None:
    net = bench.network()["id"]
    assert error(make(bench, "network", name="n", shared=True)) == (403, "PolicyNotAuthorized")
    assert error(make(bench, "network", name="n", who="reader")) == (403, "PolicyNotAuthorized")
    assert error(make(bench, "subnet", network_id=net, cidr="192.168.128.0/25", ip_version=4)) == (400, "InvalidInput")
    assert error(make(bench, "subnet", network_id=net, cidr="x", ip_version=4)) == (400, "InvalidInput")
    assert error(make(bench, "subnet", network_id=net, ip_version=4)) == (400, "BadRequest")
    assert error(bench.neutron("DELETE", f"/networks/{bench.network('web')['id']}")) == (404, "NetworkNotFound")
    renamed = bench.neutron("PUT", f"/networks/{net}", {"network": {"name": "other"}}).json()["network"]
    assert renamed["name"] == "other"
    shown = bench.neutron("PUT", f"/subnets/{renamed['subnets'][0]}", {"subnet": {"name": "z"}}).json()["subnet"]
    assert shown["name"] == "z"


def test_quotas_of_neutron(bench: NovaBench) -> None:
    project = bench.network()["project_id"]
    with bench.world.transaction():
        bench.world.put("network_quota", project, {"router": 1, "port": 1, "floatingip": 0, "security_group_rule": 1})
    group = bench.neutron("GET", "/security-groups?name=default").json()["security_groups"][0]["id"]
    for reply in (
        make(bench, "router", name="r"),
        make(bench, "port", network_id=bench.network()["id"]),
        make(bench, "floatingip", floating_network_id=public(bench)),
        make(bench, "security_group_rule", security_group_id=group, direction="ingress", protocol="tcp"),
    ):
        assert error(reply) == (409, "OverQuota")


def test_an_empty_change_frees_a_floating_ip(bench: NovaBench) -> None:
    port = made(bench, "port", network_id=bench.network()["id"])
    fip = made(bench, "floatingip", floating_network_id=public(bench), port_id=port["id"])
    path = f"/floatingips/{fip['id']}"
    kept = bench.neutron("PUT", path, {"floatingip": {"description": "d"}}).json()["floatingip"]
    assert (kept["port_id"], kept["description"]) == (port["id"], "d")
    assert bench.neutron("PUT", path, {"floatingip": {}}).json()["floatingip"]["port_id"] is None


# rules


@pytest.fixture
def group(bench: NovaBench) -> str:
    return str(made(bench, "security_group", name="g")["id"])


def test_rules_are_added_and_removed(bench: NovaBench, group: str) -> None:
    ssh = {"direction": "ingress", "protocol": "tcp", "port_range_min": 22, "port_range_max": 22}
    rule = made(bench, "security_group_rule", security_group_id=group, remote_ip_prefix="10.0.0.1/8", **ssh)
    assert (rule["remote_ip_prefix"], rule["normalized_cidr"]) == ("10.0.0.1/8", "10.0.0.0/8")
    world = made(bench, "security_group_rule", security_group_id=group, remote_ip_prefix="0.0.0.0/0", **ssh)
    again = make(bench, "security_group_rule", security_group_id=group, **ssh)
    assert error(again) == (409, "SecurityGroupRuleExists"), "no range is everywhere"
    assert world["id"] in again.json()["NeutronError"]["message"]
    assert bench.neutron("GET", f"/security-group-rules/{rule['id']}").status == 200
    assert bench.neutron("DELETE", f"/security-group-rules/{rule['id']}").status == 204
    assert error(bench.neutron("DELETE", f"/security-group-rules/{rule['id']}")) == (404, "SecurityGroupRuleNotFound")


@pytest.mark.parametrize(
    ("fields", "status", "kind"),
    [
        ({"protocol": "tcp"}, 400, "HTTPBadRequest"),
        ({"direction": "sideways"}, 400, "HTTPBadRequest"),
        ({"direction": "ingress", "bogus": 1}, 400, "HTTPBadRequest"),
        ({"direction": "ingress", "protocol": "any"}, 400, "SecurityGroupRuleInvalidProtocol"),
        (
            {"direction": "ingress", "port_range_min": 1, "port_range_max": 2},
            400,
            "SecurityGroupProtocolRequiredWithPorts",
        ),
        ({"direction": "ingress", "protocol": "tcp", "port_range_min": 3}, 400, "SecurityGroupInvalidPortRange"),
        (
            {"direction": "ingress", "protocol": "tcp", "port_range_min": 0, "port_range_max": 70000},
            400,
            "SecurityGroupInvalidPortValue",
        ),
        ({"direction": "ingress", "protocol": "icmp", "port_range_min": 300}, 400, "SecurityGroupInvalidIcmpValue"),
        ({"direction": "ingress", "protocol": "icmp", "port_range_max": 0}, 400, "SecurityGroupMissingIcmpType"),
        ({"direction": "ingress", "remote_ip_prefix": "zz"}, 400, "InvalidCIDR"),
        ({"direction": "ingress", "remote_ip_prefix": "::/0"}, 400, "SecurityGroupRuleParameterConflict"),
        ({"direction": "ingress", "remote_group_id": NOBODY}, 404, "SecurityGroupNotFound"),
    ],
)
def test_refused_rules(bench: NovaBench, group: str, fields: dict[str, Any], status: int, kind: str) -> None:
    assert error(make(bench, "security_group_rule", security_group_id=group, **fields)) == (status, kind)


def test_a_deleted_group_takes_the_rules_that_name_it(bench: NovaBench, group: str) -> None:
    other = made(bench, "security_group", name="other")["id"]
    both = {"remote_ip_prefix": "10.0.0.0/8", "remote_group_id": group}
    refused = make(bench, "security_group_rule", security_group_id=other, direction="ingress", **both)
    assert error(refused) == (400, "SecurityGroupMultipleRemoteEntites")
    made(bench, "security_group_rule", security_group_id=other, direction="ingress", remote_group_id=group)
    assert bench.neutron("DELETE", f"/security-groups/{group}").status == 204
    left = bench.neutron("GET", f"/security-groups/{other}").json()["security_group"]["security_group_rules"]
    assert [rule["direction"] for rule in left] == ["egress", "egress"]


def test_the_default_group_keeps_its_name(bench: NovaBench, group: str) -> None:
    default = bench.neutron("GET", "/security-groups?name=default").json()["security_groups"][0]["id"]
    renamed = bench.neutron("PUT", f"/security-groups/{default}", {"security_group": {"name": "x"}})
    assert error(renamed) == (409, "SecurityGroupCannotUpdateDefault")
    taken = bench.neutron("PUT", f"/security-groups/{group}", {"security_group": {"name": "default"}})
    assert error(taken) == (409, "SecurityGroupDefaultAlreadyExists")
