"""What can be given for each kind of parameter: labels, what is left out, and what a refusal of the cloud does."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from osvm_tui.domain.actions import ACTIONS
from osvm_tui.domain.catalog import Image, KeyPair, Network, SecurityGroup, SecurityRule, Subnet, Zone
from osvm_tui.domain.errors import CloudError, Forbidden, Unknown
from osvm_tui.domain.host import ComputeService, Migration, ServerGroup
from osvm_tui.domain.network import FloatingIp, Port, Router
from osvm_tui.domain.resources import RESOURCE_ACTIONS
from osvm_tui.domain.roles import ReleaseProfile
from osvm_tui.domain.vm import Flavor, VmRef
from osvm_tui.domain.volume import AttachedVolume, Volume, VolumeAttachment, VolumeSnapshot, VolumeType
from osvm_tui.services.console import Console
from tests.unit.services.requests import Make
from tests.unit.services.scripted_cloud import SCOPE, ScriptedCloud, a_vm

PLAIN = {"text", "secret", "flag", "choice", "int", "pairs", "words"}
REF = VmRef("e", "1")
PROFILE = ReleaseProfile(services=frozenset({"compute", "image", "network", "volume"}))


def a_cloud() -> ScriptedCloud:
    vm = a_vm(
        "1", host="node-1", flavor=Flavor("m1.small"), metadata=(("env", "test"),), tags=("blue",), volume_ids=("v2",)
    )
    cloud = ScriptedCloud(vm, scope=replace(SCOPE, profile=PROFILE))
    cloud.lists = {
        "flavors": (Flavor("m1.small", 2, 4096, 20, id="f1"), Flavor("m1.big", 8, 16384, 40, id="f2")),
        "images": (
            Image("i1", "ubuntu", size_bytes=2 * 1024**3, visibility="public"),
            Image("i2", "half", status="queued"),
        ),
        "networks": (
            Network("n1", "private", subnets=(Subnet("s1", "inside", "10.0.0.0/24"),)),
            Network("n2", "public", external=True),
        ),
        "ports": (
            Port(id="p1", network_id="n1", device_id="1", mac="fa:16:3e:00:00:01", fixed_ips=(("s1", "10.0.0.7"),),
                 security_group_ids=("g1", "g9")),
            Port(id="p2", network_id="n1", device_id="r1", device_owner="network:router_interface",
                 fixed_ips=(("s1", "10.0.0.1"),)),
        ),
        "routers": (Router(id="r1", name="edge", external_ips=("203.0.113.9",)),),
        "floating_ips": (
            FloatingIp(id="x1", address="203.0.113.4", port_id="p1", fixed_address="10.0.0.7"),
            FloatingIp(id="x2", address="203.0.113.5", description="spare", project_id="p"),
            FloatingIp(id="x3", address="203.0.113.6", project_id="other"),
        ),
        "security_groups": (
            SecurityGroup("g1", "web", rules=(
                SecurityRule(id="r9", protocol="tcp", port_min=443, port_max=443, description="tls"),
                SecurityRule(id="r8", direction="egress", ethertype="IPv6"),
                SecurityRule(id="r7", protocol="tcp", port_min=8000, port_max=8010, remote_group_id="g1"),
            )),
        ),
        "volumes": (
            Volume(id="v1", name="data", status="available", size_gib=10, type="ssd"),
            Volume(id="v2", name="root", status="in-use", size_gib=5, attachments=(VolumeAttachment("1"),)),
        ),
        "volume_attachments": (AttachedVolume("v2", "/dev/vda"), AttachedVolume("12345678-9", "/dev/vdb")),
        "volume_types": (VolumeType("t1", "ssd"),),
        "volume_snapshots": (VolumeSnapshot(id="n1", name="before", status="available", size_gib=5),),
        "keypairs": (KeyPair("ops", "aa:bb"),),
        "server_groups": (ServerGroup(id="sg1", name="apart", policy="anti-affinity"),),
        "zones": (Zone("nova"), Zone("dead", available=False)),
        "compute_services": (
            ComputeService(id="1", binary="nova-compute", host="node-1", state="up", status="enabled"),
            ComputeService(id="2", binary="nova-compute", host="node-2", state="up", status="enabled", zone="nova"),
            ComputeService(id="3", binary="nova-compute", host="node-3", state="down", status="enabled"),
            ComputeService(id="4", binary="nova-conductor", host="ctl", state="up", status="enabled"),
        ),
        "migrations": (
            Migration(
                id="7", status="running", source="node-1", destination="node-2", memory_total=1000, memory_remaining=400
            ),
            Migration(id="6", status="completed", source="node-2", destination="node-1"),
        ),
    }  # fmt: skip
    return cloud


async def offered(console: Console, kind: str, resource_id: str = "") -> list[tuple[str, str, str]]:
    found = await console.resources.choices(kind, "lab", REF, resource_id)
    return [(choice.value, choice.label, choice.detail) for choice in found]


EXPECTED = {
    "flavor": [("f2", "m1.big", "8 vCPU, 16 GiB memory, 40 GiB disk")],
    "image": [("i1", "ubuntu", "public, 2.0 GiB")],
    "network": [("n1", "private", "10.0.0.0/24")],
    "external-network": [("n2", "public", "")],
    "subnet": [("s1", "inside", "private, 10.0.0.0/24")],
    "router": [("r1", "edge", "203.0.113.9")],
    "security-group": [("g1", "web", "")],
    "floating-ip": [("x2", "203.0.113.5", "spare")],
    "volume": [("v1", "data", "10 GiB, ssd")],
    "volume-type": [("t1", "ssd", "")],
    "volume-snapshot": [("n1", "before", "5 GiB")],
    "keypair": [("ops", "ops", "ssh, aa:bb")],
    "server-group": [("sg1", "apart", "anti-affinity, 0 VMs")],
    "zone": [("nova", "nova", "")],
    "host": [("node-2", "node-2", "nova")],
    "migration": [("7", "node-1 to node-2", "running, memory 60 %")],
    "floating-ip-of-vm": [("x1", "203.0.113.4", "leads to 10.0.0.7")],
    "group-of-vm": [("g1", "web", ""), ("g9", "g9", "of another project")],
    "volume-of-vm": [("v2", "root", "5 GiB, /dev/vda"), ("12345678-9", "12345678", "/dev/vdb")],
    "metadata-key": [("env", "env", "test")],
    "tag": [("blue", "blue", "")],
}


@pytest.mark.parametrize("kind", EXPECTED)
async def test_each_kind_offers_what_fits_the_vm(console: Make, kind: str) -> None:
    one = console(a_cloud())
    await one.load()
    assert await offered(one, kind) == EXPECTED[kind]


async def test_ports_rules_and_subnets_are_told_so_that_they_can_be_chosen(console: Make) -> None:
    one = console(a_cloud())
    await one.load()
    assert (await offered(one, "port-of-vm"))[0] == ("p1", "10.0.0.7", "private, fa:16:3e:00:00:01")
    assert await offered(one, "rule-of-group", "g1") == [
        ("r9", "ingress tcp 443 from 0.0.0.0/0", "tls"),
        ("r8", "egress any to ::/0", ""),
        ("r7", "ingress tcp 8000-8010 from web", ""),
    ]
    assert await offered(one, "subnet-of-router", "r1") == [("s1", "inside", "private, 10.0.0.0/24")]


async def test_every_listed_kind_of_both_tables_is_answered(console: Make) -> None:
    one = console(a_cloud())
    await one.load()
    params = [param for spec in ACTIONS.values() for param in spec.params]
    params += [param for spec in RESOURCE_ACTIONS.values() for param in spec.params]
    kinds = {param.kind for param in params} - PLAIN
    assert kinds > {"flavor", "host", "rule-of-group"}
    for kind in sorted(kinds):
        assert await offered(one, kind, "g1"), kind
    with pytest.raises(Unknown):
        await offered(one, "colour")


async def test_what_policy_hides_is_an_empty_list_and_another_failure_is_told(console: Make) -> None:
    cloud = a_cloud()
    cloud.errors["compute_services"] = [Forbidden("for admins", status=403)]
    cloud.errors["migrations"] = [Forbidden("for admins", status=403)]
    cloud.errors["volumes"] = [CloudError("cinder is down"), CloudError("cinder is down")]
    one = console(cloud)
    await one.load()
    assert await offered(one, "host") == []
    assert await offered(one, "migration") == []
    with pytest.raises(CloudError, match="cinder is down"):
        await offered(one, "volume")
    # What is in the VM is known from Nova, whatever Cinder says.
    assert (await offered(one, "volume-of-vm"))[0] == ("v2", "v2", "/dev/vda")


async def test_a_vm_that_is_gone_has_nothing_to_choose_from(console: Make) -> None:
    one = console(a_cloud())
    await one.load()
    assert await one.resources.choices("tag", "lab", VmRef("e", "9")) == ()


async def test_what_was_made_a_moment_ago_is_offered_as_soon_as_it_is_there(console: Make) -> None:
    cloud = a_cloud()
    new = Volume(id="new", name="data-7", size_gib=1, status="creating")
    cloud.lists["volumes"] = (*cloud.lists["volumes"], new)
    one = console(cloud)
    await one.load()
    assert "data-7" not in [label for _, label, _ in await offered(one, "volume")]
    cloud.lists["volumes"] = (*cloud.lists["volumes"][:-1], replace(new, status="available"))
    assert "data-7" in [label for _, label, _ in await offered(one, "volume")]
    cloud.asked.clear()
    await offered(one, "volume")
    assert "volumes" not in cloud.asked, "what has arrived is not asked for again"
