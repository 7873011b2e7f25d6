"""Neutron's ports as records: what is there when, whose they are, free addresses. Knows no request.

A port exists from `_from` until `_gone` (cloud time), so that a read need not write. One that Nova did not make
(`_kept`) outlives its server: from `_unbound` on it is free again.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from osvm_tui.cloud.mock.clock import zulu
from osvm_tui.cloud.mock.world import Thing, World

ROUTER_OWNER = "network:router_interface"
FREE = {"device_id": "", "device_owner": "", "status": "DOWN"}


def present(port: Thing, now: float) -> Thing:
    """Return a port as it is at cloud time `now`."""
    return port | FREE if port.get("_unbound", now + 1) <= now else port


def alive(world: World, now: float) -> Iterator[Thing]:
    """Iterate the ports that are there at `now`, as they are then; those of a server being built included."""
    for port in world.things("port").values():
        if port.get("_gone", now + 1) > now:
            yield present(port, now)


def of_server(world: World, server: str, now: float) -> list[Thing]:
    """Return the ports of a server."""
    return [port for port in alive(world, now) if port["device_id"] == server]


def release(world: World, port: Thing, at: float) -> None:
    """Let a server's port go at cloud time `at`: free if it was there before, else away with its associations."""
    if port.get("_kept"):
        world.put("port", port["id"], port | {"_unbound": at})
        return
    world.put("port", port["id"], port | {"_gone": at})
    loosen(world, port["id"], at)


def loosen(world: World, key: str, at: float) -> None:
    """Let the floating IPs of a port be free from cloud time `at` on."""
    for fip_key, fip in list(world.things("floatingip").items()):
        if fip["port_id"] == key:
            world.put("floatingip", fip_key, fip | {"_loose": at})


def port_record(key: str, project: str, subnet: Thing, address: str, mac: str, groups: list[str], at: float) -> Thing:
    """Return a port as Neutron keeps it, made at cloud time `at`."""
    return {
        "id": key,
        "name": "",
        "description": "",
        "admin_state_up": True,
        "status": "DOWN",
        "network_id": subnet["network_id"],
        "project_id": project,
        "tenant_id": project,
        "device_id": "",
        "device_owner": "",
        "mac_address": mac,
        "fixed_ips": [{"subnet_id": subnet["id"], "ip_address": address}],
        "security_groups": groups,
        "allowed_address_pairs": [],
        "extra_dhcp_opts": [],
        "binding:vnic_type": "normal",
        "port_security_enabled": True,
        "tags": [],
        "revision_number": 3,
        "created_at": zulu(at),
        "updated_at": zulu(at),
    }


def mac_of(key: str) -> str:
    """Return the MAC address that goes with a port's id."""
    return "fa:16:3e:" + ":".join(key[place : place + 2] for place in (0, 2, 4))


def taken(world: World, subnet: str) -> set[str]:
    """Return the addresses in use on a subnet."""
    every = (fixed for port in alive(world, world.now()) for fixed in port["fixed_ips"])
    return {fixed["ip_address"] for fixed in every if fixed["subnet_id"] == subnet}


def free_address(world: World, subnet: Thing) -> str | None:
    """Return the lowest free address of a subnet's pool, or None."""
    return lowest_free(subnet, taken(world, subnet["id"]))


def lowest_free(subnet: Thing, used: set[str]) -> str | None:
    """Return the lowest address of a subnet's pool that is not in `used`, or None."""
    pool = subnet["allocation_pools"][0]
    last = int(ipaddress.ip_address(pool["end"]))
    for number in range(int(ipaddress.ip_address(pool["start"])), last + 1):
        address = str(ipaddress.ip_address(number))
        if address not in used:
            return address
    return None


def within(address: str, cidr: str) -> bool:
    """Tell whether an address is of a range."""
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(cidr)
    except ValueError:
        return False
