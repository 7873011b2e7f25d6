"""Ports of servers: attach, detach, what is refused, and ports that were there before the server."""

from __future__ import annotations

from typing import Any

from osvm_tui.cloud.mock.request import SimReply
from tests.unit.mock.nova_bench import NovaBench
from tests.unit.mock.test_volume import NOBODY, text


def attach(bench: NovaBench, vm: str, **body: Any) -> SimReply:
    return bench.nova("POST", f"/servers/{vm}/os-interface", {"interfaceAttachment": body})


def held(bench: NovaBench, vm: str) -> list[str]:
    rows = bench.nova("GET", f"/servers/{vm}/os-interface").json()["interfaceAttachments"]
    return [row["port_id"] for row in rows]


def addresses(bench: NovaBench, vm: str) -> list[str]:
    return [one["addr"] for rows in bench.show(vm)["addresses"].values() for one in rows]


def result(bench: NovaBench, vm: str, reply: SimReply) -> tuple[str, str | None]:
    request = reply.headers["x-openstack-request-id"]
    action = bench.nova("GET", f"/servers/{vm}/os-instance-actions/{request}").json()["instanceAction"]
    return action["action"], action["events"][0]["result"]


def free_port(bench: NovaBench, **more: Any) -> dict[str, Any]:
    reply = bench.neutron("POST", "/ports", {"port": {"network_id": bench.network()["id"], "name": "mine", **more}})
    assert reply.status == 201, reply.body
    port: dict[str, Any] = reply.json()["port"]
    return port


def test_a_port_is_attached_and_detached(bench: NovaBench) -> None:
    vm = bench.vm()
    added = attach(bench, vm, net_id=bench.network()["id"])
    port = added.json()["interfaceAttachment"]["port_id"]
    assert (added.status, len(held(bench, vm)), len(addresses(bench, vm))) == (200, 2, 2)
    assert result(bench, vm, added) == ("attach_interface", "Success")
    gone = bench.nova("DELETE", f"/servers/{vm}/os-interface/{port}")
    assert gone.status == 202
    assert port in held(bench, vm), "the host has not done it yet"
    assert result(bench, vm, gone) == ("detach_interface", None)
    bench.settle(5)
    assert (len(held(bench, vm)), len(addresses(bench, vm))) == (1, 1)
    assert result(bench, vm, gone) == ("detach_interface", "Success")
    assert bench.neutron("GET", f"/ports/{port}").status == 404


def test_only_the_host_finds_out_that_a_port_is_unknown(bench: NovaBench) -> None:
    vm = bench.vm()
    reply = bench.nova("DELETE", f"/servers/{vm}/os-interface/{NOBODY}")
    assert reply.status == 202
    bench.settle(5)
    assert result(bench, vm, reply) == ("detach_interface", "Error")


def test_an_own_port_outlives_what_it_was_attached_to(bench: NovaBench) -> None:
    vm, other, port = bench.vm(), bench.vm(), free_port(bench)
    assert (port["status"], port["device_id"]) == ("DOWN", "")
    assert attach(bench, vm, port_id=port["id"]).status == 200
    assert text(attach(bench, other, port_id=port["id"])) == (409, f"Port {port['id']} is still in use.")
    bench.nova("DELETE", f"/servers/{vm}/os-interface/{port['id']}")
    bench.settle(5)
    free = bench.neutron("GET", f"/ports/{port['id']}").json()["port"]
    assert (free["device_id"], free["device_owner"], free["status"]) == ("", "", "DOWN")
    assert attach(bench, other, port_id=port["id"]).status == 200
    bench.nova("DELETE", f"/servers/{other}")
    bench.settle()
    assert bench.neutron("GET", f"/ports/{port['id']}").json()["port"]["device_id"] == ""


def test_deleting_the_port_takes_it_from_the_server(bench: NovaBench) -> None:
    vm, port = bench.vm(), free_port(bench)
    attach(bench, vm, port_id=port["id"])
    assert bench.neutron("DELETE", f"/ports/{port['id']}").status == 204
    assert port["fixed_ips"][0]["ip_address"] not in addresses(bench, vm)


def test_refusals_of_attaching(bench: NovaBench) -> None:
    vm, net = bench.vm(), bench.network()["id"]
    taken = addresses(bench, vm)[0]
    public = next(row["id"] for row in bench.world.things("network").values() if row["router:external"])
    assert text(attach(bench, vm, net_id="nope"))[1].endswith("'nope' is not a 'uuid'")
    assert attach(bench, vm, net_id=NOBODY).status == 404
    assert text(attach(bench, vm, port_id=NOBODY)) == (404, f"Port id {NOBODY} could not be found.")
    assert attach(bench, vm, net_id=net, port_id=NOBODY).status == 400
    assert attach(bench, vm, fixed_ips=[{"ip_address": taken}]).status == 400
    in_use = attach(bench, vm, net_id=net, fixed_ips=[{"ip_address": taken}])
    assert text(in_use) == (409, f"Fixed IP {taken} is already in use.")
    assert attach(bench, vm, net_id=net, fixed_ips=[{"ip_address": "1.2.3.4"}]).status == 400
    assert attach(bench, vm, net_id=public).status == 403
    assert attach(bench, bench.vm("rescued"), net_id=net).status == 409
    bench.neutron("POST", "/networks", {"network": {"name": "second"}})
    expected = (400, "Multiple possible networks found, use a Network ID to be more specific.")
    assert text(attach(bench, vm)) == expected


def test_groups_of_a_server_follow_its_ports(bench: NovaBench) -> None:
    vm = bench.vm()
    assert bench.act(vm, "addSecurityGroup", {"name": "web"}).status == 202
    assert bench.act(vm, "addSecurityGroup", {"name": "web"}).status == 400, "Neutron takes no group twice"
    assert {group["name"] for group in bench.show(vm)["security_groups"]} == {"default", "web"}
    rows = bench.neutron("GET", "/security-groups?name=web").json()["security_groups"]
    bench.neutron("PUT", f"/security-groups/{rows[0]['id']}", {"security_group": {"name": "site"}})
    assert {group["name"] for group in bench.show(vm)["security_groups"]} == {"default", "site"}
    bench.neutron("PUT", f"/ports/{held(bench, vm)[0]}", {"port": {"security_groups": [rows[0]["id"]]}})
    assert [group["name"] for group in bench.show(vm)["security_groups"]] == ["site"]
