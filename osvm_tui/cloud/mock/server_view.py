"""A server as Nova's API shows it: which field, from which microversion on, for whom. Pure functions of records.

Field sets and forms are those of recorded answers; knows no request and changes nothing.
"""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from typing import Any

import msgspec

from osvm_tui.cloud.mock.clock import plain, zulu
from osvm_tui.cloud.mock.fleet import Entry
from osvm_tui.cloud.mock.releases import Microversion
from osvm_tui.cloud.mock.server import Flavor, Moment, Server
from osvm_tui.cloud.mock.statuses import WITH_FAULT, WITH_PROGRESS, status_of

THRESHOLDS = (3, 9, 16, 19, 26, 47, 63, 71, 73, 90, 96, 98, 100)
_ATTR = "OS-EXT-SRV-ATTR:"
_BEFORE_PORTS = frozenset({"scheduling", None, "networking", "block_device_mapping"})


class Viewer(msgspec.Struct, frozen=True):
    """For whom and how a server is shown: role, microversion, root of the links, state of the hosts."""

    admin: bool
    minor: int
    root: str
    host_status: tuple[tuple[str, str], ...] = ()
    hosts_rev: int = 0

    @property
    def key(self) -> tuple[bool, int, str, int]:
        """What an encoded view depends on besides the server itself."""
        return self.admin, bisect_right(THRESHOLDS, self.minor), self.root, self.hosts_rev


def viewer(admin: bool, microversion: Microversion, base_url: str, hosts: dict[str, str], rev: int) -> Viewer:
    """Return how to show servers under `microversion`, with links below `base_url`."""
    return Viewer(admin, microversion[1], base_url + "/compute", tuple(hosts.items()), rev if admin else 0)


def links(root: str, kind: str, key: str) -> list[dict[str, str]]:
    """Return the self and bookmark links of one of Nova's resources."""
    return [
        {"href": f"{root}/v2.1/{kind}/{key}", "rel": "self"},
        {"href": f"{root}/{kind}/{key}", "rel": "bookmark"},
    ]


def bookmark(root: str, kind: str, key: str) -> list[dict[str, str]]:
    """Return the one bookmark link of a resource mentioned inside another."""
    return [{"href": f"{root}/{kind}/{key}", "rel": "bookmark"}]


def host_id(project: str, host: str | None) -> str:
    """Return the hash by which members can tell hosts apart within one project; empty without a host."""
    return hashlib.sha224((project + host).encode()).hexdigest() if host else ""


def brief(server: Server, viewer: Viewer) -> dict[str, Any]:
    """Return a server as GET /servers lists it."""
    return {"id": server.id, "links": links(viewer.root, "servers", server.id), "name": server.name}


def encoded(entry: Entry, viewer: Viewer, now: float) -> bytes:
    """Return the JSON of an evaluated entry for lists, kept until the server changes."""
    if entry.moment.request:
        return msgspec.json.encode(detail(entry, viewer, now))
    key = viewer.key
    found = entry.views.get(key)
    if found is None:
        found = entry.views[key] = msgspec.json.encode(detail(entry, viewer, now))
    return found


def detail(entry: Entry, viewer: Viewer, now: float) -> dict[str, Any]:
    """Return a server with all details as GET /servers/detail lists it."""
    server, moment = entry.server, entry.moment
    status = status_of(moment)
    view: dict[str, Any] = {
        "id": server.id,
        "name": server.name,
        "status": status,
        "tenant_id": server.project,
        "user_id": server.user,
        "metadata": server.metadata,
        "hostId": host_id(server.project, moment.host),
        "image": image_of(moment, viewer) if moment.image else "",
        "flavor": flavor_of(moment.flavor, viewer),
        "created": zulu(server.created),
        "updated": zulu(now if moment.request else entry.updated),
        "addresses": addresses(server, moment, now),
        "accessIPv4": "",
        "accessIPv6": "",
        "links": links(viewer.root, "servers", server.id),
        "OS-DCF:diskConfig": "MANUAL",
        "OS-EXT-AZ:availability_zone": "nova" if moment.host else "",
        "config_drive": "True" if server.config_drive else "",
        "key_name": server.key_name,
        "OS-SRV-USG:launched_at": plain(moment.launched_at),
        "OS-SRV-USG:terminated_at": plain(moment.terminated_at),
        "OS-EXT-STS:task_state": moment.task_state,
        "OS-EXT-STS:vm_state": moment.vm_state,
        "OS-EXT-STS:power_state": moment.power_state,
        "os-extended-volumes:volumes_attached": volumes(server, viewer, now),
    }
    if status in WITH_PROGRESS:
        view["progress"] = 0
    if server.security_groups and server.nics and has_ports(moment):
        view["security_groups"] = [{"name": name} for name in server.security_groups]
    if moment.fault is not None and status in WITH_FAULT:
        view["fault"] = fault_of(moment, viewer)
    _add_newer(view, server, viewer)
    if viewer.admin:
        _add_admin(view, server, moment, viewer)
    view.update(server.odd)
    return view


def has_ports(moment: Moment) -> bool:
    """Tell whether Neutron already (and still) has this server's ports."""
    if moment.deleted or moment.request:
        return False
    return moment.vm_state != "building" or moment.task_state not in _BEFORE_PORTS


def addresses(server: Server, moment: Moment, now: float) -> dict[str, list[dict[str, Any]]]:
    """Return Nova's cached addresses by network name: empty while building and after a delete."""
    if moment.vm_state == "building" or moment.deleted:
        return {}
    found: dict[str, list[dict[str, Any]]] = {}
    for nic in (one for one in server.nics if one.held_at(now)):
        shown = found.setdefault(nic.network_name, [])
        shown.append(_address(nic.mac, nic.ip, "fixed"))
        floating = nic.floating_at(now)
        if floating:
            shown.append(_address(nic.mac, floating, "floating"))
    return found


def _address(mac: str, ip: str, kind: str) -> dict[str, Any]:
    return {
        "version": 6 if ":" in ip else 4,
        "addr": ip,
        "OS-EXT-IPS:type": kind,
        "OS-EXT-IPS-MAC:mac_addr": mac,
    }


def image_of(moment: Moment, viewer: Viewer) -> dict[str, Any]:
    """Return the image that the server booted from, with its (empty) properties from 2.98 on."""
    image: dict[str, Any] = {"id": moment.image, "links": bookmark(viewer.root, "images", moment.image)}
    return image | {"properties": {}} if viewer.minor >= 98 else image


def flavor_of(flavor: Flavor, viewer: Viewer) -> dict[str, Any]:
    """Return the flavor: a link before 2.47, its embedded values without an id from then on."""
    if viewer.minor < 47:
        return {"id": flavor.id, "links": bookmark(viewer.root, "flavors", flavor.id)}
    return {
        "vcpus": flavor.vcpus,
        "ram": flavor.ram,
        "disk": flavor.disk,
        "ephemeral": flavor.ephemeral,
        "swap": flavor.swap,
        "original_name": flavor.name,
        "extra_specs": flavor.extra_specs,
    }


def fault_of(moment: Moment, viewer: Viewer) -> dict[str, Any]:
    """Return the fault; its details only for admins, or when the code is not 500."""
    fault = moment.fault
    assert fault is not None
    shown: dict[str, Any] = {"code": fault.code, "created": zulu(fault.created), "message": fault.message}
    if fault.details and (viewer.admin or fault.code != 500):
        shown["details"] = fault.details
    return shown


def volumes(server: Server, viewer: Viewer, now: float) -> list[dict[str, Any]]:
    """Return the attached volumes."""
    disks = [disk for disk in server.disks if disk.held_at(now)]
    if viewer.minor < 3:
        return [{"id": disk.volume} for disk in disks]
    return [{"id": disk.volume, "delete_on_termination": disk.dies} for disk in disks]


def _add_newer(view: dict[str, Any], server: Server, viewer: Viewer) -> None:
    minor = viewer.minor
    if minor >= 9:
        view["locked"] = server.locked_by is not None
    if minor >= 19:
        view["description"] = server.description
    if minor >= 26:
        view["tags"] = sorted(server.tags)
    if minor >= 63:
        view["trusted_image_certificates"] = None
    if minor >= 73:
        view["locked_reason"] = server.locked_reason
    if minor >= 90:
        view[_ATTR + "hostname"] = server.hostname
    if minor >= 96:
        view["pinned_availability_zone"] = None
    if minor >= 100:
        view["scheduler_hints"] = {}


def _add_admin(view: dict[str, Any], server: Server, moment: Moment, viewer: Viewer) -> None:
    view[_ATTR + "host"] = moment.host
    view[_ATTR + "hypervisor_hostname"] = moment.host
    view[_ATTR + "instance_name"] = f"instance-{server.number:08x}"
    if viewer.minor >= 3:
        view[_ATTR + "hostname"] = server.hostname
        view[_ATTR + "reservation_id"] = server.reservation
        view[_ATTR + "launch_index"] = 0
        view[_ATTR + "kernel_id"] = ""
        view[_ATTR + "ramdisk_id"] = ""
        view[_ATTR + "root_device_name"] = server.root_device
        view[_ATTR + "user_data"] = server.user_data
    if viewer.minor >= 16:
        view["host_status"] = dict(viewer.host_status).get(moment.host or "", "")
