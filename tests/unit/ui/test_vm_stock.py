"""What a VM is plugged into: only what is its own, with the names of things, and what could not be read in words."""

from __future__ import annotations

from msgspec.structs import replace

from osvm_tui.domain.catalog import CatalogKind, Network, SecurityGroup, SecurityRule
from osvm_tui.domain.network import FloatingIp, Port
from osvm_tui.domain.volume import Volume, VolumeAttachment
from osvm_tui.services.api import CatalogItem, CatalogView
from osvm_tui.ui.vm_stock import BLOCKS, stock_sections
from tests.pilot.fake_fleet import seeded_fleet

VM = replace(seeded_fleet(1, 7)[0], id="vm-1", volume_ids=("v-lost",), security_groups=("web",))
PORTS = (
    Port(id="p-1", network_id="n-1", device_id="vm-1", fixed_ips=(("s", "10.0.0.7"),), security_group_ids=("g-1",)),
    Port(id="p-2", network_id="n-1", device_id="other", fixed_ips=(("s", "10.0.0.8"),), security_group_ids=("g-2",)),
)
RULES = (
    SecurityRule(id="r-1", protocol="tcp", port_min=443, port_max=443, remote_cidr="0.0.0.0/0"),
    SecurityRule(id="r-2", protocol="tcp", port_min=22, port_max=22, remote_cidr="10.0.0.0/8"),
    SecurityRule(id="r-3", direction="egress"),
)


def shown(**items: tuple[CatalogItem, ...] | str) -> dict[str, str]:
    views = {}
    for name, found in items.items():
        kind = CatalogKind[name.upper()]
        views[kind] = (
            CatalogView("lab", kind, error=found) if isinstance(found, str) else CatalogView("lab", kind, found)
        )
    return {name: content.plain for name, content in stock_sections(VM, views).items()}


def test_only_what_is_its_own_is_shown_by_name() -> None:
    told = shown(
        port=PORTS,
        network=(Network("n-1", "private"),),
        floating_ip=(
            FloatingIp(id="f-1", address="203.0.113.4", port_id="p-1", fixed_address="10.0.0.7", status="ACTIVE"),
            FloatingIp(id="f-2", address="203.0.113.5", port_id="p-2", fixed_address="10.0.0.8"),
            FloatingIp(id="f-3", address="203.0.113.6"),
        ),
        security_group=(SecurityGroup("g-1", "web", rules=RULES), SecurityGroup("g-2", "db", rules=RULES)),
        volume=(
            Volume(
                id="v-1", name="data", size_gib=10, status="in-use", attachments=(VolumeAttachment("vm-1", "/dev/vdb"),)
            ),
            Volume(id="v-2", name="theirs", size_gib=10, attachments=(VolumeAttachment("other", "/dev/vdb"),)),
        ),
    )
    assert tuple(told) == BLOCKS
    assert told["ports"].startswith("private  10.0.0.7")
    assert "10.0.0.8" not in told["ports"]
    assert told["floating IPs"] == "203.0.113.4  to 10.0.0.7  ACTIVE"
    assert told["security groups"].splitlines() == [
        "web",
        "  tcp 443 from the whole world  !",
        "  tcp 22 from 10.0.0.0/8",
    ]
    assert told["volumes"].splitlines() == ["/dev/vdb  data  10 GiB  in-use", "v-lost"]


def test_what_is_not_read_yet_or_could_not_be_says_so() -> None:
    told = shown(port="cinder is silent", security_group=())
    assert told["ports"] == "not read: cinder is silent"
    assert told["floating IPs"] == "reading ..."
    assert told["security groups"] == "web"
    assert told["volumes"] == "v-lost"


def test_a_vm_without_anything_is_told_in_words() -> None:
    bare = replace(VM, volume_ids=(), security_groups=())
    kinds = (CatalogKind.PORT, CatalogKind.FLOATING_IP, CatalogKind.SECURITY_GROUP, CatalogKind.VOLUME)
    told = stock_sections(bare, {kind: CatalogView("lab", kind) for kind in kinds})
    assert [content.plain for content in told.values()] == [
        "no port: it has no network",
        "none",
        "none",
        "none: its disk is on its host",
    ]


def test_long_groups_are_cut_and_hostile_names_are_plain() -> None:
    group = SecurityGroup("g-1", "w\x1b]0;x\x07eb", rules=RULES[:1] * 9)
    told = shown(port=PORTS, security_group=(group,))["security groups"]
    assert "\x1b" not in told
    assert told.splitlines()[-1] == "  and 3 rules more in :sg"
