"""What the New VM form offers for each field, and what it chooses beforehand. Pure reading of catalogs."""

from __future__ import annotations

from osvm_tui.domain.catalog import Image, Network
from osvm_tui.domain.host import ServerGroup
from osvm_tui.services.api import ConsoleApi
from osvm_tui.ui.dialogs.pick import Choice
from osvm_tui.ui.format import count, mib, size
from osvm_tui.ui.order_draft import NO_NETWORK, Catalogs
from osvm_tui.ui.what_if import price_of_size


def choices_for(name: str, catalogs: Catalogs, api: ConsoleApi, entry: str) -> list[Choice]:
    """Return the choices of a field of the form for the cloud `entry`."""
    match name:
        case "cloud":
            return [Choice(scope.entry, scope.entry, str(scope.state)) for scope in api.scopes()]
        case "image":
            return [Choice(image.id, image.name, _image(image)) for image in catalogs.images]
        case "flavor":
            return _sizes(catalogs, api, entry)
        case "network":
            networks = [Choice(each.id, each.name, _network(each, catalogs)) for each in catalogs.networks]
            return [*networks, Choice(NO_NETWORK, "no network", "the VM gets no port")]
        case "groups":
            return [Choice(each.id, each.name, each.description) for each in catalogs.groups]
        case "server-group":
            groups = [Choice(each.id, each.name, _members(each)) for each in catalogs.server_groups]
            return [Choice("", "none", "the scheduler is free"), *groups]
        case _:
            keys = [Choice(key.name, key.name, key.fingerprint) for key in catalogs.keys]
            return [Choice("", "none", "no key is put into the guest"), *keys]


def preselected(name: str, catalogs: Catalogs) -> tuple[str, ...]:
    """Return what a field starts with: the one network or key there is, and the group named default."""
    match name:
        case "network":
            usual = [each.id for each in catalogs.networks if catalogs.usual(each)]
            return tuple(usual) if len(usual) == 1 else ()
        case "key":
            return (catalogs.keys[0].name,) if len(catalogs.keys) == 1 else ()
        case "groups":
            return tuple(each.id for each in catalogs.groups if each.name == "default")[:1]
        case _:
            return ()


def _sizes(catalogs: Catalogs, api: ConsoleApi, entry: str) -> list[Choice]:
    """Return the sizes in columns, each with its price a month where it has one."""
    rows = [
        (f"{each.vcpus} vCPU", mib(each.memory_mib), f"{each.disk_gib} GiB disk", price_of_size(api, entry, each.id))
        for each in catalogs.flavors
    ]
    widths = [max(len(row[n]) for row in rows) for n in range(4)] if rows else []
    told = ["  ".join(part.rjust(width) for part, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    return [Choice(each.id, each.name, line) for each, line in zip(catalogs.flavors, told, strict=True)]


def _members(group: ServerGroup) -> str:
    return f"{group.policy}, {count(len(group.members))} VMs"


def _image(image: Image) -> str:
    needs = f", needs {image.min_disk_gib} GiB disk" if image.min_disk_gib else ""
    return f"{size(image.size_bytes)}{needs}{', from a VM' if image.snapshot else ''}"


def _network(network: Network, catalogs: Catalogs) -> str:
    told = [", ".join(subnet.cidr for subnet in network.subnets) or "no subnet"]
    if network.external:
        told.append("external")
    elif not catalogs.usual(network):
        told.append("of another project")
    return ", ".join(told)
