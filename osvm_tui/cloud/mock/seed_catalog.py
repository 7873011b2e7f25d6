"""The seeded cloud's furniture: flavors, images, key pairs, hosts, networks, security groups; from chance alone."""

from __future__ import annotations

import base64
import ipaddress
import struct
from random import Random
from typing import Any

from osvm_tui.cloud.mock.accounts import PROJECTS, USERS
from osvm_tui.cloud.mock.clock import zulu
from osvm_tui.cloud.mock.images import base_image
from osvm_tui.cloud.mock.keypairs import fingerprint
from osvm_tui.cloud.mock.neutron_groups import group_record, rule_record
from osvm_tui.cloud.mock.seed_ids import uuid_of

Thing = dict[str, Any]
Things = dict[str, dict[str, Thing]]
YEAR_S = 365 * 86400.0
MIB = 1 << 20
HOSTS = tuple(f"compute-{number:02d}" for number in range(1, 9))
FLAVORS = (
    ("m1.tiny", 1, 512, 1),
    ("m1.small", 2, 4096, 20),
    ("m1.medium", 4, 8192, 40),
    ("m1.large", 8, 16384, 80),
    ("m1.xlarge", 16, 32768, 160),
    ("c1.small", 2, 2048, 10),
    ("c1.xlarge", 16, 16384, 40),
    ("r1.medium", 4, 32768, 40),
    ("r1.large", 4, 65536, 80),
    ("g1.large", 8, 32768, 80),
)
IMAGES = (
    ("cirros", 20, 1, 64, {"os_distro": "cirros"}),
    ("debian-12", 420, 2, 512, {"os_distro": "debian", "os_version": "12"}),
    ("ubuntu-20.04", 640, 1, 512, {"os_distro": "ubuntu", "os_version": "20.04"}),
    ("ubuntu-22.04", 690, 3, 1024, {"os_distro": "ubuntu", "os_version": "22.04"}),
    ("ubuntu-24.04", 740, 3, 1024, {"os_distro": "ubuntu", "os_version": "24.04"}),
    ("centos-stream-9", 1150, 10, 1024, {"os_distro": "centos", "os_version": "9"}),
    ("windows-2019", 9800, 40, 4096, {"os_distro": "windows", "os_type": "windows"}),
)
SUBNETS = {
    "demo": ("private", "192.168.128.0/24"),
    "ops": ("ops-net", "10.20.0.0/16"),
    "web": ("web-net", "10.30.0.0/16"),
    "batch": ("batch-net", "10.40.0.0/16"),
    "admin": ("admin-net", "10.10.0.0/24"),
}
PUBLIC = "203.0.112.0/20"
KEYS = {"demo": ("lab-key", "laptop"), "operator": ("ops-key",), "admin": ("admin-key",), "reader": ()}
OPEN_PORTS = {"web": (22, 80, 443), "db": (22, 5432)}


def furniture(rng: Random, at: float, demo_vms: int) -> Things:
    """Return all things but VMs and what belongs to them; `demo_vms` widens the private subnet."""
    things: Things = {"flavor": {}, "image": {}, "keypair": {}, "service": {}, "security_group": {}}
    for name, vcpus, ram, disk in FLAVORS:
        specs = {"resources:VGPU": "1"} if name.startswith("g1") else {}
        flavor = {"id": uuid_of(rng), "name": name, "vcpus": vcpus, "ram": ram, "disk": disk}
        flavor |= {"ephemeral": 0, "swap": 0, "extra_specs": specs}
        things["flavor"][str(flavor["id"])] = flavor
    for name, size, disk, ram, more in IMAGES:
        key = uuid_of(rng)
        owner = PROJECTS["admin"].id
        things["image"][key] = base_image(key, name, owner, at - 2 * YEAR_S, size * MIB, disk, ram, **more)
    _keys(rng, things, at)
    _hosts(rng, things, at)
    things |= _networks(rng, at - 2 * YEAR_S, demo_vms)
    for project in SUBNETS:
        _groups(rng, things, project, at - 2 * YEAR_S)
    return things


def _keys(rng: Random, things: Things, at: float) -> None:
    for user, names in KEYS.items():
        for name in names:
            blob = struct.pack(">I11sI32s", 11, b"ssh-ed25519", 32, rng.randbytes(32))
            public = f"ssh-ed25519 {base64.b64encode(blob).decode()} {user}@workstation"
            things["keypair"][f"{USERS[user].id}:{name}"] = {
                "name": name,
                "user_id": USERS[user].id,
                "public_key": public,
                "fingerprint": fingerprint(public),
                "type": "ssh",
                "created": at - YEAR_S,
                "number": len(things["keypair"]) + 1,
            }


def _hosts(rng: Random, things: Things, at: float) -> None:
    rows = [("nova-scheduler", "controller-01", "internal"), ("nova-conductor", "controller-01", "internal")]
    rows += [("nova-compute", host, "nova") for host in HOSTS]
    for place, (binary, host, zone) in enumerate(rows):
        key = uuid_of(rng)
        service = {"id": key, "binary": binary, "host": host, "zone": zone, "state": "up", "seen": at}
        service |= {"forced_down": False, "node": uuid_of(rng), "address": f"10.0.0.{place + 9}"}
        off = host == HOSTS[-1]
        service |= {"status": "disabled" if off else "enabled"}
        service |= {"disabled_reason": "memory replacement" if off else None}
        things["service"][key] = service


def _networks(rng: Random, at: float, demo_vms: int) -> Things:
    found: Things = {"network": {}, "subnet": {}, "router": {}, "port": {}, "floatingip": {}}
    public = _network(rng, found, "admin", "public", PUBLIC, at, external=True)
    for project, (name, cidr) in SUBNETS.items():
        if project == "demo" and demo_vms > 200:
            cidr = "192.168.128.0/17"
        private = _network(rng, found, project, name, cidr, at, external=False)
        _router(rng, found, project, public, private, at)
    return found


def _stamps(at: float) -> Thing:
    return {"created_at": zulu(at), "updated_at": zulu(at), "revision_number": 2, "tags": [], "description": ""}


def _network(rng: Random, found: Things, project: str, name: str, cidr: str, at: float, *, external: bool) -> Thing:
    owner = PROJECTS[project].id
    key, subnet_key = uuid_of(rng), uuid_of(rng)
    net = ipaddress.ip_network(cidr)
    network = {"id": key, "name": name, "project_id": owner, "tenant_id": owner, "admin_state_up": True}
    network |= {"status": "ACTIVE", "shared": False, "router:external": external, "subnets": [subnet_key]}
    network |= {"mtu": 1500 if external else 1450, "port_security_enabled": True, "is_default": False}
    network |= {"availability_zone_hints": [], "availability_zones": []}
    network |= {"ipv4_address_scope": None, "ipv6_address_scope": None, **_stamps(at)}
    found["network"][key] = network
    pool = {"start": str(net.network_address + 2), "end": str(net.broadcast_address - 1)}
    subnet = {"id": subnet_key, "name": f"{name}-subnet", "network_id": key, "cidr": cidr, "ip_version": 4}
    subnet |= {"project_id": owner, "tenant_id": owner, "gateway_ip": str(net.network_address + 1)}
    subnet |= {"allocation_pools": [pool], "dns_nameservers": ["192.0.2.53"], "enable_dhcp": True}
    subnet |= {"host_routes": [], "ipv6_address_mode": None, "ipv6_ra_mode": None, "service_types": []}
    found["subnet"][subnet_key] = subnet | {"subnetpool_id": None, **_stamps(at)}
    return network


def _router(rng: Random, found: Things, project: str, public: Thing, private: Thing, at: float) -> None:
    key, owner = uuid_of(rng), PROJECTS[project].id
    address = str(ipaddress.ip_network(PUBLIC).broadcast_address - 1 - len(found["router"]))
    gateway = {"network_id": public["id"], "enable_snat": True}
    fixed = [{"subnet_id": public["subnets"][0], "ip_address": address}]
    router: Thing = {"id": key, "name": f"{project}-router", "project_id": owner, "tenant_id": owner}
    router |= {"status": "ACTIVE", "admin_state_up": True, "routes": [], "flavor_id": None}
    router |= {"external_gateway_info": gateway | {"external_fixed_ips": fixed}}
    router |= {"availability_zone_hints": [], "availability_zones": []}
    found["router"][key] = router | _stamps(at)


def _groups(rng: Random, things: Things, project: str, at: float) -> None:
    owner = PROJECTS[project].id
    for name in ("default", *OPEN_PORTS):
        key = uuid_of(rng)
        group = group_record(key, owner, name, "" if name != "default" else "Default security group", at)
        rules = [rule_record(uuid_of(rng), group, at, direction="egress", ethertype=kind) for kind in ("IPv4", "IPv6")]
        if name == "default":
            rules += [
                rule_record(uuid_of(rng), group, at, ethertype=kind, remote_group_id=key) for kind in ("IPv4", "IPv6")
            ]
        for port in OPEN_PORTS.get(name, ()):
            source = "0.0.0.0/0" if name == "web" else "10.0.0.0/8"
            ports = {"port_range_min": port, "port_range_max": port, "remote_ip_prefix": source}
            rules.append(rule_record(uuid_of(rng), group, at, protocol="tcp", **ports))
        things["security_group"][key] = group | {"security_group_rules": rules}
